import fs from "node:fs";
import path from "node:path";
import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { replay, type ReplayFacts } from "../../src/acp/replay/load.ts";
import { openStore } from "../../src/open/open-store.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages, type SessionMessage } from "../../src/index.ts";
import { tempConfigDir } from "./config-dir.ts";
import { FakeTerminal, invocation } from "./fake-terminal.ts";
import { connectMcpHere } from "./mcp-client.ts";
import { readThrough } from "./mcp-pages.ts";

const CASES = path.resolve("fixtures", "cases");

/** Stores on which we, or others, were wrong once. Each has a README that says what is right. */
export const caseNames = fs.readdirSync(CASES);

/** A copy of one of `fixtures/cases`, which goes when the test has ended. */
export function caseConfigDir(name: string): string {
  const dir = tempConfigDir();
  fs.cpSync(path.join(CASES, name), dir, { recursive: true });
  return dir;
}

/** Ids of the sessions in a config dir, by project key and id. */
export function sessionIdsIn(configDir: string): string[] {
  const projects = path.join(configDir, "projects");
  return fs
    .readdirSync(projects)
    .flatMap((key) => fs.readdirSync(path.join(projects, key)))
    .flatMap((name) => /^([0-9a-f-]{36})\.jsonl$/.exec(name)?.[1] ?? []);
}

export interface Surfaces {
  /** What `show` prints, without colours and without folding. */
  readonly show: string;
  /** What `session/load` sends. */
  readonly updates: readonly SessionUpdate[];
  /** What the answer to `session/load` says of it. */
  readonly facts: ReplayFacts;
  /** What stands between the markers of `read_session`, all pages from the start. */
  readonly mcp: string;
  /** What the pages say beside that: headers and footers. */
  readonly pages: readonly string[];
  /** What the library gives. */
  readonly messages: readonly SessionMessage[];
}

/** A session as each of the four surfaces shows it, the whole conversation, compacted parts included. */
export async function onEverySurface(configDir: string, sessionId: string): Promise<Surfaces> {
  const terminal = new FakeTerminal();
  await show(invocation(terminal, configDir, [sessionId], { full: true }));
  const updates: SessionUpdate[] = [];
  const send = async (update: SessionUpdate): Promise<void> => void updates.push(update);
  const facts = await replay(openStore([configDir]), sessionId, send, new AbortController().signal, {});
  const pages = await readThrough(await connectMcpHere(configDir), { session: sessionId }, "start");
  return {
    show: terminal.out,
    updates,
    facts,
    mcp: pages.map(({ body }) => body).join("\n"),
    pages: pages.map(({ text, body }) => text.replace(body, "")),
    messages: await getSessionMessages(sessionId, { configDirs: [configDir], includeCompacted: true }),
  };
}
