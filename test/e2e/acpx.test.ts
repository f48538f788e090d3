/** The built server against a stranger's client: acpx, as a person types it. */
import { execFile } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { messageProblems } from "../support/acp-schema.ts";
import { turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { nodes, ownNode } from "../support/nodes.ts";

const require = createRequire(import.meta.url);
const RECORD = path.resolve(import.meta.dirname, "../support/record.mjs");
/** How long acpx keeps the agent for a further prompt, seconds: longer than a test. It is closed before. */
const OWNER_SECONDS = "90";

interface Listed {
  readonly source: string;
  readonly sessions: readonly { readonly sessionId: string; readonly cwd: string }[];
  readonly nextCursor?: string;
}
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

describe.each(ownNode())("server under Node $version", ({ path: node }) => {
  test("acpx sessions list: all sessions, a page for each cursor; --filter-cwd: those of one directory", async () => {
    const { dir, acpx } = workspace(node);
    const ids = writeSessions(dir, 61).reverse();

    const first = JSON.parse(await acpx("sessions", "list")) as Listed;
    expect(first).toMatchObject({ source: "agent" });
    const second = JSON.parse(await acpx("sessions", "list", "--cursor", first.nextCursor ?? "")) as Listed;
    expect(second.nextCursor).toBeUndefined();
    expect([...first.sessions, ...second.sessions].map((row) => row.sessionId)).toEqual(ids);

    const here = JSON.parse(await acpx("sessions", "list", "--filter-cwd", "/v")) as Listed;
    expect(here.sessions.map((row) => row.cwd)).toEqual(Array.from({ length: 30 }, () => "/v"));
    await expect(acpx("sessions", "list", "--cursor", "junk")).rejects.toThrow(/cursor/);
  });

  test("acpx resumes a session under a name, prompts it, and closes it", async () => {
    const { dir, acpx, conversations } = workspace(node);
    const id = sessionId(1);
    const transcript = writeSession(dir, "-w", id, turnRows("say hello"));
    const before = fs.readFileSync(transcript, "utf8");

    const created = JSON.parse(await acpx("sessions", "new", "--name", "r1", "--resume-session", id)) as object;
    expect(created).toMatchObject({ action: "session_ensured", created: true, acpxSessionId: id, name: "r1" });
    const answer = await acpx("--ttl", OWNER_SECONDS, "prompt", "-s", "r1", "hello again");
    expect(answer).toContain("agent_message_chunk");
    expect(answer).toContain("end_turn");
    const closed = JSON.parse(await acpx("sessions", "close", "r1")) as object;
    expect(closed).toMatchObject({ action: "session_closed", acpxSessionId: id });

    const sent = conversations().flatMap(({ client }) => client.filter(({ method }) => method !== "initialize"));
    expect(sent.map(({ method, params }) => [method, params?.["sessionId"]])).toEqual([
      ["session/resume", id],
      ["session/resume", id],
      ["session/prompt", id],
      ["session/close", id],
    ]);
    expect(fs.readFileSync(transcript, "utf8")).toBe(before);
  });

  test("acpx is told of an unknown session by the code after which it offers a new one", async () => {
    const { acpx, conversations } = workspace(node);
    await expect(acpx("sessions", "new", "--resume-session", sessionId(9))).rejects.toThrow(sessionId(9));
    const answers = conversations().flatMap(({ agent }) => agent);
    expect(answers).toContainEqual(
      expect.objectContaining({ error: expect.objectContaining({ code: -32002 }) as object }),
    );
  });
});

/**
 * A config dir, and acpx with a home and a working directory of its own that starts our server for it. When the test
 * ends, all that the server said must have been right by the schema.
 */
function workspace(node: string) {
  const dir = tempConfigDir();
  const home = tempConfigDir();
  const agent = [node, RECORD, home, node, binary(), "acp", "--config-dir", dir].map((word) => JSON.stringify(word));
  const acpx = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const all = [acpxProgram(), "--format", "json", "--agent", agent.join(" "), ...args];
      const env = { ...process.env, HOME: home, USERPROFILE: home };
      execFile(newNode(), all, { cwd: home, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${error.message}\n${stdout}\n${stderr}`)),
      );
    });
  /** What was said, a conversation for each time that the server was started, in the order they began. */
  const conversations = () =>
    fs
      .readdirSync(home)
      .filter((name) => name.endsWith(".client"))
      .map((name) => path.join(home, name))
      .sort((a, b) => fs.statSync(a).birthtimeMs - fs.statSync(b).birthtimeMs)
      .map((file) => ({ client: messages(file), agent: messages(file.replace(/client$/, "agent")) }));
  onTestFinished(() => expect(conversations().flatMap(wrong)).toEqual([]));
  return { dir, acpx, conversations };
}

const messages = (file: string): Message[] =>
  fs
    .readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Message);

function wrong({ client, agent }: { client: readonly Message[]; agent: readonly Message[] }): string[] {
  const methods = new Map(client.map(({ id, method }) => [id as unknown, method]));
  return agent.flatMap((message) => messageProblems(message, (id) => methods.get(id)));
}

function acpxProgram(): string {
  try {
    return path.join(path.dirname(require.resolve("acpx/package.json")), "dist", "cli.js");
  } catch {
    throw new Error("acpx is not installed: npm ci");
  }
}

/** acpx wants Node 22 or later. */
function newNode(): string {
  const found = nodes().find(({ version }) => Number(/^v(\d+)/.exec(version)?.[1]) >= 22);
  if (found === undefined) throw new Error("no Node 22 or later is installed for acpx: npm ci");
  return found.path;
}
