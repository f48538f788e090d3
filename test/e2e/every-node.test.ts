/**
 * A round through the whole program under every supported Node: what is printed, answered and left on the disk is, byte for
 * byte, what this process's own Node gives, which all other tests look at.
 */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../support/run-cli.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { startHttpProcess } from "../support/mcp-http.ts";
import { INITIALIZE, INITIALIZED } from "../support/mcp-client.ts";
import { nodes, ownNode } from "../support/nodes.ts";
import { jsonl, user } from "../support/rows.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../../fixtures/config");
/** Sessions of the fixtures, by the subjects of their titles. */
const AUGUST = "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01";
const SLOW_TESTS = "c27a9d34-1e68-4b95-a1d7-3b8e6f0d5c03";
const JAPANESE = "17c5e358";
const TIDES = "a4e1c7be";
/** One row of it is longer than what is read, written and piped at once. */
const LONG = sessionId(1);

const others = nodes().filter(({ version }) => !ownNode().some((own) => own.version === version));

/** A store with texts that are long, invalid, in many scripts, and on lines that some readers split. */
function store(): string {
  const dir = tempConfigDir();
  fs.cpSync(FIXTURES, dir, { recursive: true, preserveTimestamps: true });
  const text = `line\u2028separator ${"é日本😀 ".repeat(100_000)}`;
  const file = put(dir, `projects/-w/${LONG}.jsonl`, jsonl([user(1, null, text), user(2, 1, "and then")]));
  fs.appendFileSync(file, Buffer.from('{"type":"user","uuid":"\xff","message":{"content":"\xc3("}}\n{"cut', "latin1"));
  // Times that a list would tell by the clock.
  for (const name of fs.readdirSync(dir, { recursive: true, encoding: "utf8" }))
    fs.utimesSync(path.join(dir, name), 1_790_000_000, 1_790_000_000);
  return dir;
}

/** What differs from run to run: the place, new ids, times, random tokens. */
const settled = (dir: string, text: string): string =>
  text
    .replaceAll(dir, "DIR")
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => (KNOWN.test(id) ? id : "ID"))
    // Each Node has its own engine for searches.
    .replace(/node:sqlite|libsql/g, "ENGINE")
    .replace(/\d{8}T\d{9}Z|\b\d{13}\b|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
const KNOWN = /^(?:5d3f2a10|c27a9d34|17c5e358|a4e1c7be|9b1e6c22|e84b0f46|3af6d76a|60d8b98c|0aaaaaaa)/;

/** What the commands print, one after the other on one store, and what is then on the disk. */
function commands(node: string): { printed: [string[], number | null, string, string][]; names: string[] } {
  const dir = store();
  const run = (...args: string[]): [string[], number | null, string, string] => {
    const { status, stdout, stderr } = runCli([...args, "--config-dir", dir], { node, env: { TZ: "UTC" } });
    return [args, status, settled(dir, stdout), settled(dir, stderr)];
  };
  const printed = [
    run("--version"),
    run("list", "--all", "--json"),
    run("list", "--all", "--since", "2026-08-01", "--sort", "nothing"),
    run("show", LONG, "--full"),
    run("show", JAPANESE, "--format", "markdown"),
    run("show", SLOW_TESTS, "--format", "json", "--thinking"),
    run("doctor", "--json"),
    run("fork", AUGUST, "--title", "Caf\u00e9 \ud83d\uddfe"),
    run("rename", TIDES, "A\u200bnother"),
    run("tag", AUGUST, "\uff37\uff49\uff44\uff45"),
    run("archive", JAPANESE),
    run("delete", SLOW_TESTS),
    run("restore", "c27a"),
    run("delete", TIDES),
    run("trash", "empty", "--yes"),
    run("completion", "bash"),
  ];
  const names = fs.readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => settled(dir, name));
  return { printed, names: names.sort() };
}

interface Served {
  readonly status: number | null;
  readonly stderr: string;
  readonly answers: readonly string[];
  readonly others: readonly string[];
}

/** What a server prints for all these lines at once. */
function served(node: string, command: "acp" | "mcp", messages: readonly object[]): Served {
  const dir = store();
  const input = messages.map((message) => `${JSON.stringify(message)}\n`).join("");
  const env = { TZ: "UTC", XDG_CACHE_HOME: tempConfigDir() };
  const { status, stdout, stderr } = runCli([command, "--config-dir", dir], { node, input, env });
  const lines = settled(dir, stdout).split("\n").map(withoutMark);
  // Answers come as they are ready; the updates of one load stay in order.
  const answers = lines.filter((line) => line.includes('"id":')).sort();
  return { status, stderr, answers, others: lines.filter((line) => !line.includes('"id":')) };
}

/** Quoted text of transcripts stands between marks that nobody can guess. */
function withoutMark(line: string): string {
  const [, mark] = /--- transcript data (\w+)/.exec(line) ?? [];
  return mark === undefined ? line : line.replaceAll(mark, "MARK");
}

const request = (id: number, method: string, params: object): object => ({ jsonrpc: "2.0", id, method, params });
const load = (id: string): object => ({ sessionId: id, cwd: "/w", mcpServers: [] });
const ACP = [
  request(0, "initialize", { protocolVersion: 1 }),
  request(1, "session/list", {}),
  request(2, "session/load", load(SLOW_TESTS)),
  request(3, "session/load", load(sessionId(9))),
  request(4, "_claude-transcripts/session/search", { query: "日本語" }),
  { jsonrpc: "2.0", method: "_nobody/knows", params: { text: "x".repeat(3_000_000) } },
];
const tool = (id: number, name: string, args: object): object => request(id, "tools/call", { name, arguments: args });
const MCP = [
  INITIALIZE,
  INITIALIZED,
  request(1, "tools/list", {}),
  request(2, "resources/list", {}),
  request(3, "prompts/list", {}),
  tool(4, "list_sessions", { scope: "all" }),
  tool(5, "search_sessions", { scope: "all", query: "日本語" }),
  tool(6, "list_projects", {}),
  tool(7, "read_session", { session: "ffff" }),
];

/** What the server over HTTP answers to a client without the token, and to one that has it. */
async function overHttp(node: string): Promise<unknown> {
  const dir = store();
  const server = await startHttpProcess(dir, { node });
  const post = async (headers: Record<string, string>): Promise<unknown> => {
    const sent = { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers };
    const answer = await fetch(server.url, { method: "POST", headers: sent, body: JSON.stringify(INITIALIZE) });
    return { status: answer.status, text: settled(dir, await answer.text()) };
  };
  const answers = [await post({}), await post({ authorization: `Bearer ${server.token}` })];
  return { answers, code: await server.end("SIGTERM") };
}

test("every command", () => {
  const own = commands(process.execPath);
  expect(own.printed.map(([, status]) => status)).toEqual(
    own.printed.map(([args]) => (args.includes("nothing") ? 2 : 0)),
  );
  for (const { path: node, version } of others) expect(commands(node), version).toEqual(own);
});

test("the server for editors", () => {
  const long = [ACP[0] as object, request(1, "session/load", load(LONG))];
  const round = (node: string) => [ACP, long].map((messages) => served(node, "acp", messages));
  const own = round(process.execPath);
  expect(own.map(({ status, stderr, answers }) => [status, stderr, answers.length])).toEqual([
    [0, "", 5],
    [0, "", 2],
  ]);
  expect(own.every(({ others: updates }) => updates.length > 2)).toBe(true);
  for (const { path: node, version } of others) expect(round(node), version).toEqual(own);
});

test("the server for agents", () => {
  const own = served(process.execPath, "mcp", MCP);
  expect({ ...own, answers: own.answers.length }).toEqual({ status: 0, stderr: "", answers: 8, others: [""] });
  for (const { path: node, version } of others) expect(served(node, "mcp", MCP), version).toEqual(own);
});

test("the server for agents over HTTP", async () => {
  const own = await overHttp(process.execPath);
  expect(own).toMatchObject({ answers: [{ status: 401 }, { status: 200 }], code: 0 });
  for (const { path: node, version } of others) expect(await overHttp(node), version).toEqual(own);
});

test("there are other versions to run under", () => {
  expect(others.length).toBeGreaterThan(process.env["CI"] ? 1 : -1);
});
