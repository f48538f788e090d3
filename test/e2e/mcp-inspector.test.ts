/** The protocol's own inspector as a client, over both transports; what it cannot ask for, through the SDK's client. */
import { execFile } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import {
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { connectMcp } from "../support/mcp-client.ts";
import { startHttpProcess } from "../support/mcp-http.ts";

const require = createRequire(import.meta.url);
const inspector = path.join(
  path.dirname(require.resolve("@modelcontextprotocol/inspector/package.json")),
  "clients/launcher/build/index.js",
);
/** It writes below its home. */
let home: string;
beforeAll(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-"))));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

interface Printed {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

const inspect = (server: readonly string[], args: readonly string[]): Promise<Printed> =>
  new Promise((resolve) => {
    const env = { ...process.env, HOME: home, USERPROFILE: home, CLAUDE_PROJECT_DIR: "", CLAUDE_CODE_SESSION_ID: "" };
    execFile(process.execPath, [inspector, "--cli", ...server, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

/** A session with a title, a tag and two messages. */
function store(): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= 8; n++) {
    const id = sessionId(n);
    const rows = conversation(id, `question ${n}`, `answer ${n}`);
    const tag = JSON.stringify({ type: "tag", tag: `tag-${n}`, sessionId: id });
    put(dir, `projects/-w/${id}.jsonl`, `${rows}${tag}\n`);
  }
  return dir;
}

const OK = 0;
const PROTOCOL_ERROR = 1;
const TOOL_ERROR = 5;

type Case = readonly [code: number, output: RegExp, ...args: string[]];

const tool = (name: string, args: object): string[] =>
  "--method tools/call --tool-name".split(" ").concat(name, "--tool-args-json", JSON.stringify(args));
const uri = `claude-transcripts://session/${sessionId(1)}`;
const read = (uri: string): string[] => ["--method", "resources/read", "--uri", uri];
const prompt = (name: string, args: string): string[] =>
  "--method prompts/get --prompt-name".split(" ").concat(name, "--prompt-args", args);
const session = (n: number): { session: string } => ({ session: sessionId(n) });
const nobody = { session: "ffff" };
const NOBODY = /No session id starts with/;

/** What is asked, with the exit code and what is printed. The changing ones have a session each. */
const CASES: readonly Case[] = [
  [OK, /"list_sessions"[^]*"restore_session"/, "--method", "tools/list", "--strict"],
  [OK, /question 8/, ...tool("list_sessions", { scope: "all", limit: 3 })],
  [TOOL_ERROR, /no argument \\"limt/, ...tool("list_sessions", { limt: 3 })],
  [OK, /question 2/, ...tool("search_sessions", { query: "question 2", scope: "all" })],
  [TOOL_ERROR, /query/, ...tool("search_sessions", {})],
  [OK, /"path": "\/w"/, ...tool("list_projects", {})],
  [TOOL_ERROR, /no argument \\"path/, ...tool("list_projects", { path: "/w" })],
  [OK, /answer 1[^]*This is the end/, ...tool("read_session", session(1))],
  [TOOL_ERROR, NOBODY, ...tool("read_session", nobody)],
  [OK, /answer 1/, ...tool("get_message", { ...session(1), id: "2" })],
  [TOOL_ERROR, /99/, ...tool("get_message", { ...session(1), id: "99" })],
  [OK, /question 3/, ...tool("fork_session", session(3))],
  [OK, /"title": "another"/, ...tool("rename_session", { ...session(4), title: "another" })],
  [TOOL_ERROR, /title/, ...tool("rename_session", session(4))],
  [OK, /"tag": "done"/, ...tool("tag_session", { ...session(5), tag: "done" })],
  [OK, /"archived": true/, ...tool("archive_session", session(6))],
  [TOOL_ERROR, NOBODY, ...tool("delete_session", { ...nobody, confirm: true })],
  [TOOL_ERROR, /trash/, ...tool("restore_session", nobody)],
  [TOOL_ERROR, /not found/, ...tool("no_such_tool", {})],

  [OK, /"uri": "claude-transcripts:\/\/session\//, "--method", "resources/list"],
  [OK, /session\/\{id\}\/messages\{\?cursor\}/, "--method", "resources/templates/list"],
  [OK, /answer 1/, ...read(uri)],
  [OK, /"text": "\{\\"session/, ...read(`${uri}/messages`)],
  [OK, /parentUuid/, ...read(`${uri}/raw`)],
  [OK, /question 7/, ...read("claude-transcripts://project/-w")],
  [PROTOCOL_ERROR, /There is no resource/, ...read(`${uri}/../${sessionId(2)}`)],
  [OK, /"continue-from"[^]*"recap"[^]*"what-did-i-do"/, "--method", "prompts/list"],
  [OK, /answer 1/, ...prompt("continue-from", `session=${sessionId(1)}`)],
  [OK, /answer 1/, ...prompt("recap", `session=${sessionId(1)}`)],
  [OK, /question 1/, ...prompt("what-did-i-do", "period=9999d")],
  [PROTOCOL_ERROR, NOBODY, ...prompt("recap", "session=ffff")],
];
/** Every method once, and each way in which it fails. */
const EVERY_METHOD = [...new Map(CASES.toReversed().map((one) => [`${one[0]} ${one[3]}`, one])).values()];
/** One after the other. */
const THEN: readonly Case[] = [
  [OK, /"deleted": true/, ...tool("delete_session", { ...session(7), confirm: true })],
  [OK, /question 7/, ...tool("restore_session", session(7))],
  [OK, /question 7/, ...tool("read_session", session(7))],
];

/** What came out otherwise. */
async function wrong(server: readonly string[], cases: readonly Case[], atOnce: number): Promise<unknown[]> {
  const waiting = [...cases];
  const found: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const [code, output, ...args] = one;
      const printed = await inspect(server, args);
      const text = printed.stdout + printed.stderr;
      if (printed.code !== code || !output.test(text)) found.push([args.join(" "), printed.code, text]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

/** Each call starts two processes: on a slow machine all of them take minutes. */
const ALL = { timeout: 600_000 };

describe("the inspector", () => {
  test("gets what it asks for over stdin and stdout", ALL, async () => {
    const server = [process.execPath, binary(), "mcp", "--config-dir", store()];
    expect(await wrong(server, CASES, 3)).toEqual([]);
    expect(await wrong(server, THEN, 1)).toEqual([]);
  });

  test("gets what it asks for over HTTP", ALL, async () => {
    const { url, token } = await startHttpProcess(store());
    const server = [url, "--transport", "http", "--header", `Authorization: Bearer ${token}`];
    expect(EVERY_METHOD).toHaveLength(10);
    expect(await wrong(server, EVERY_METHOD, 3)).toEqual([]);
    expect(await wrong(server, THEN, 1)).toEqual([]);
  });

  test("is not let in over HTTP without the token", async () => {
    const { url } = await startHttpProcess(tempConfigDir());
    const { code, stdout } = await inspect([url, "--transport", "http"], ["--method", "tools/list"]);
    expect(code).not.toBe(0);
    expect(stdout).not.toContain("list_sessions");
  });
});

describe("the SDK's client", () => {
  const ofResource = (uri: string) => ({ type: "ref/resource" as const, uri });
  const ofPrompt = (name: string) => ({ type: "ref/prompt" as const, name });

  test("is told the values that begin so", async () => {
    const { client } = await connectMcp(store());
    const values = async (ref: ReturnType<typeof ofResource | typeof ofPrompt>, name: string, value: string) =>
      (await client.complete({ ref, argument: { name, value } })).completion;
    const ids = await values(ofResource("claude-transcripts://session/{id}"), "id", sessionId(1).slice(0, 35));
    expect(ids).toEqual({ values: [1, 2, 3, 4, 5, 6, 7, 8].map(sessionId), total: 8, hasMore: false });
    expect((await values(ofPrompt("recap"), "session", sessionId(3))).values).toEqual([sessionId(3)]);
    expect((await values(ofPrompt("recap"), "session", "")).total).toBe(8);
    expect((await values(ofResource("claude-transcripts://project/{key}"), "key", "-")).values).toEqual(["-w"]);
    expect((await values(ofPrompt("what-did-i-do"), "project", "/")).values).toEqual(["/w"]);
    expect((await values(ofPrompt("what-did-i-do"), "tag", "TAG-4")).values).toEqual(["tag-4"]);
    expect((await values(ofPrompt("recap"), "nothing", "")).values).toEqual([]);
    await expect(values(ofPrompt("nobody"), "x", "")).rejects.toMatchObject({ code: -32602 });
  });

  test("is given 100 values at most, and told how many there are", async () => {
    const dir = tempConfigDir();
    for (let n = 0; n < 130; n++) put(dir, `projects/-w/${sessionId(n)}.jsonl`, conversation(sessionId(n), "a"));
    const { client } = await connectMcp(dir);
    for (const value of ["", "0aaa"]) {
      const { completion } = await client.complete({ ref: ofPrompt("recap"), argument: { name: "session", value } });
      expect(completion).toMatchObject({ total: 130, hasMore: true });
      expect(new Set(completion.values).size).toBe(100);
    }
  });

  test("is told of changes of what it subscribed to, and of new sessions", async () => {
    const dir = store();
    const { client } = await connectMcp(dir);
    const updated: string[] = [];
    let lists = 0;
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void updated.push(params.uri));
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => void lists++);
    const project = "claude-transcripts://project/-w";
    await client.subscribeResource({ uri });
    await client.subscribeResource({ uri: project });
    for (const nothing of ["claude-transcripts://session/ffff", `${uri}/../x`, "file:///etc/passwd"]) {
      await expect(client.subscribeResource({ uri: nothing })).rejects.toMatchObject({ code: -32002 });
    }
    // The watching begins in the background, and says nothing of when it has.
    const file = path.join(dir, "projects/-w", `${sessionId(1)}.jsonl`);
    let rows = 0;
    const append = (): void => fs.appendFileSync(file, `${JSON.stringify({ type: "tag", tag: `t${rows++}` })}\n`);
    await expect
      .poll(() => (append(), updated.includes(uri) && updated.includes(project)), { interval: 100 })
      .toBe(true);
    await expect
      .poll(
        () => {
          put(dir, `projects/-w/${sessionId(100 + rows++)}.jsonl`, conversation(sessionId(1), "new"));
          return lists;
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBeGreaterThan(0);

    await client.unsubscribeResource({ uri });
    updated.length = 0;
    // That the other one is told says that there was time to be told of this one.
    await expect.poll(() => (append(), updated.includes(project)), { interval: 100 }).toBe(true);
    expect(updated).not.toContain(uri);
  });

  test("cannot subscribe over HTTP", async () => {
    const { url, token } = await startHttpProcess(store());
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "resources/subscribe", params: { uri } });
    const answer = await (await fetch(url, { method: "POST", headers, body })).text();
    expect(answer).toContain("-32601");
  });
});
