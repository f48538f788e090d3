import fs from "node:fs";
import path from "node:path";
import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { replay, type ReplayFacts, type ReplayRequest } from "../../src/acp/replay/load.ts";
import { openStore } from "../../src/open/open-store.ts";

/** Small transcripts, one for each tool or kind of message; `<name>/` has the sidecars, `<name>.updates.json` what a load shows. */
export const replayFixtures = path.resolve("fixtures", "replay");
export const replayNames = fs
  .readdirSync(replayFixtures)
  .flatMap((file) => (file.endsWith(".jsonl") ? [file.slice(0, -".jsonl".length)] : []));

/** Loads a fixture as a session of `configDir`. */
export async function replayFixture(
  configDir: string,
  name: string,
  request: ReplayRequest = {},
): Promise<{ updates: SessionUpdate[]; facts: ReplayFacts }> {
  const text = fs.readFileSync(path.join(replayFixtures, `${name}.jsonl`), "utf8");
  const id = /"sessionId":"([^"]+)"/.exec(text)?.[1];
  if (id === undefined) throw new Error(`${name}.jsonl names no session`);
  const project = path.join(configDir, "projects", "-home-ada-acme");
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(path.join(project, `${id}.jsonl`), text);
  const sidecars = path.join(replayFixtures, name);
  if (fs.existsSync(sidecars)) fs.cpSync(sidecars, path.join(project, id), { recursive: true });
  const updates: SessionUpdate[] = [];
  const send = async (update: SessionUpdate): Promise<void> => void updates.push(update);
  const facts = await replay(openStore([configDir]), id, send, new AbortController().signal, request);
  return { updates, facts };
}

/** The updates as they are recorded: one a line, so that a change of one is a change of one line. */
export const recorded = (updates: readonly unknown[]): string =>
  `[\n${updates.map((update) => JSON.stringify(update)).join(",\n")}\n]\n`;
