/** How the server behaves as a process: when it ends, what it prints, how much it holds. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { connect, RawClient, texts } from "../support/acp-client.ts";
import { LOADED, turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { nodes } from "../support/nodes.ts";
import { type Row, uuid } from "../support/rows.ts";

const MB = 1024 * 1024;
const load = (id: string) => ({ sessionId: id, cwd: "/w", mcpServers: [] });

/** A long conversation: each row a prompt or an answer of 4 KB. */
function writeBigSession(dir: string, bytes: number): string {
  const text = "lorem ipsum dolor sit amet ".repeat(150);
  const lines: string[] = [];
  for (let n = 1, size = 0; size < bytes; n++) {
    const type = n % 2 === 1 ? "user" : "assistant";
    const row: Row = {
      parentUuid: n === 1 ? null : uuid(n - 1),
      isSidechain: false,
      cwd: "/w",
      sessionId: sessionId(1),
      uuid: uuid(n),
      timestamp: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
      type,
      message: {
        role: type,
        content: [{ type: "text", text: `${n} ${text}` }],
        ...(type === "assistant" && { id: `msg_${n}` }),
      },
    };
    const line = `${JSON.stringify(row)}\n`;
    lines.push(line);
    size += line.length;
  }
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, lines.join(""));
  return sessionId(1);
}

/** Far above the time for pending work, which a loaded machine stretches; a server that missed the end would wait for ever. */
const ENDS_MS = 10_000;

/** Pipes, and the end of a process, are not the same in every version. */
describe.each(nodes())("Node $version", ({ path: node }) => {
  const start = (dir: string) => connect({ node, args: ["--config-dir", dir] });

  test("SHUTDOWN-001 B11: it ends when stdin ends", async () => {
    const client = await start(tempConfigDir());
    const { code, ms } = await client.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(ENDS_MS);
    expect(client.stderr).toBe("");
  });

  test("SHUTDOWN-001: also while a load is under way that nobody reads", async () => {
    const dir = tempConfigDir();
    const id = writeBigSession(dir, 8 * MB);
    const client = await start(dir);
    // What reads no more would begin to again after `once(…, "readable")` if it were only paused.
    client.child.stdout.unpipe();
    void client.call("session/load", load(id));
    await once(client.child.stdout, "readable");
    const { code, ms } = await client.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(ENDS_MS);
    expect(client.stderr).toBe("");
  });

  test("it ends quietly when stdout is closed", async () => {
    const dir = tempConfigDir();
    const id = writeBigSession(dir, 8 * MB);
    const client = await start(dir);
    const ended = once(client.child, "exit");
    void client.call("session/load", load(id));
    await once(client.child.stdout, "data");
    client.child.stdout.destroy();
    expect(await ended).toEqual([0, null]);
    expect(client.stderr).toBe("");
  });

  test("requests from a file are answered before it ends", async () => {
    const dir = tempConfigDir();
    const ids = writeSessions(dir, 2);
    const child = spawn(node, [binary(), "acp", "--config-dir", dir], { stdio: ["pipe", "pipe", "inherit"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    const requests = [
      { id: 1, method: "initialize", params: { protocolVersion: 1 } },
      { id: 2, method: "session/list", params: {} },
      { id: 3, method: "session/load", params: load(ids[0] ?? "") },
    ];
    child.stdin.end(requests.map((request) => `${JSON.stringify({ jsonrpc: "2.0", ...request })}\n`).join(""));
    await once(child, "close");
    const messages = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id?: number });
    expect(
      messages
        .map(({ id }) => id)
        .filter((id) => id !== undefined)
        .sort(),
    ).toEqual([1, 2, 3]);
    const updates = messages.filter(({ id }) => id === undefined);
    expect(updates).toHaveLength(6);
    expect(messages.lastIndexOf(updates.at(-1) ?? {})).toBeLessThan(messages.findIndex(({ id }) => id === 3));
  });

  test("a text that is too long for one message arrives in pieces that add up", async () => {
    const dir = tempConfigDir();
    const text = "x".repeat(6 * MB);
    writeSession(dir, "-w", sessionId(1), [{ ...turnRows("x")[0], message: { role: "user", content: text } }]);
    const client = await start(dir);
    expect((await client.call("session/load", load(sessionId(1)))).result).toEqual(LOADED);
    expect(new Set(client.updates.map(({ update }) => update["messageId"]))).toEqual(new Set([uuid(1)]));
    expect(client.updates.length).toBeGreaterThan(1);
    expect(texts(client.updates, "user_message_chunk").join("") === text).toBe(true);
    expect(client.wrong).toEqual([]);
    await client.end();
  });
});

describe("what was asked wrongly, and what goes wrong", () => {
  const start = (dir: string) => connect({ args: ["--config-dir", dir] });

  test("JSONRPC-001 JSONRPC-002 JSONRPC-003 JSONRPC-004 JSONRPC-005 INFO-PARSE INFO-INVALIDREQ: bad lines are answered, and it lives on", async () => {
    const client = await start(tempConfigDir());
    client.write('{"jsonrpc": "2.0", \n[]\n17\n{"jsonrpc":"2.0","id":{},"method":"session/list"}\n');
    client.write(`{"jsonrpc":"2.0","method":"_not/known"}\n{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}\n`);
    for (let i = 0; i < 20; i++) client.write("x".repeat(MB));
    client.write("\n");
    expect((await client.call("session/list", {})).result).toBeDefined();
    expect((await client.send({ jsonrpc: "2.0", id: "u", method: "_not/known" })).error).toMatchObject({
      code: -32601,
    });
    const codes = client.stray.map(({ error }) => error?.code).sort();
    expect(codes).toEqual([-32600, -32600, -32600, -32600, -32600, -32700].sort());
    expect(client.stderr).toBe("");
    await client.end();
  });

  test("ERROR-001 TRANSPORT-001: what the disk refuses is an error of its own, and it lives on", async () => {
    const dir = tempConfigDir();
    const place = `${dir}/projects/-z/${sessionId(7)}.jsonl`;
    fs.mkdirSync(place, { recursive: true });
    const client = await start(dir);
    const { error } = await client.call("session/delete", { sessionId: sessionId(7) });
    expect(error).toMatchObject({ code: -32050, data: { code: "EISDIR" } });
    expect((await client.call("session/load", load(sessionId(7)))).error).toMatchObject({ code: -32002 });
    expect((await client.call("session/list", {})).result).toMatchObject({
      sessions: [],
      _meta: { "claude-transcripts": { skipped: [{ path: place }] } },
    });
    await client.end();
    expect(client.stderr).toBe("");
    expect(client.wrong).toEqual([]);
  });

  test("TRANSPORT-002 B7: what others print goes to stderr, and what nobody catches ends nothing", async () => {
    // The server has begun when the console is another.
    const preload = `const before = console; const timer = setInterval(() => {
      if (globalThis.console === before) return;
      clearInterval(timer);
      console.log("noise"); console.info("noise"); console.table([1]); console.dir({ noise: 1 });
      Promise.reject(new Error("rejected"));
      throw new Error("thrown");
    }, 5)`;
    const client = await connect({
      args: ["--config-dir", tempConfigDir()],
      env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` },
    });
    while (!/thrown[^]*rejected|rejected[^]*thrown/.test(client.stderr)) await once(client.child.stderr, "data");
    expect((await client.call("session/list", {})).result).toMatchObject({ sessions: [] });
    expect(await client.end()).toMatchObject({ code: 0 });
    expect(client.wrong).toEqual([]);
    expect(client.stderr).toContain("noise");
  });

  test("many at once: lists, loads and forks, each answered once", async () => {
    const dir = tempConfigDir();
    const ids = writeSessions(dir, 12);
    const client = await start(dir);
    const replies = await Promise.all([
      ...ids.map((id) => client.call("session/load", load(id))),
      ...ids.map((id) => client.call("session/fork", load(id))),
      ...ids.map(() => client.call("session/list", {})),
    ]);
    expect(replies.every(({ result }) => result !== undefined)).toBe(true);
    for (const id of ids) {
      const own = client.updates.filter((update) => update.sessionId === id);
      expect(own).toHaveLength(6);
      expect(own[0]?.update).toMatchObject({ sessionUpdate: "user_message_chunk" });
    }
    expect(client.wrong).toEqual([]);
    await client.end();
  });
});

/** Peak memory of a process so far, bytes. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

/** How a load may be read. Under the other versions it is the one after which most could have piled up. */
const READERS: readonly (readonly [how: string, pauseMs: number, sipMs: number])[] = [
  ["after a long pause", 1500, 0],
  ["at once", 0, 0],
  ["little by little", 0, 2],
];

describe.runIf(process.platform === "linux").each(nodes())("memory, Node $version", ({ path: node }) => {
  test.for(node === process.execPath ? READERS : READERS.slice(0, 1))(
    "a load of 50 MB stays below 150 MB when it is read %s",
    async ([, pauseMs, sipMs]) => {
      const dir = tempConfigDir();
      const id = writeBigSession(dir, 50e6);
      const child = spawn(node, [binary(), "acp", "--config-dir", dir], { stdio: ["pipe", "pipe", "inherit"] });
      const request = (n: number, method: string, params: object) =>
        child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: n, method, params })}\n`);
      request(1, "initialize", { protocolVersion: 1 });
      request(2, "session/load", load(id));
      let bytes = 0;
      let tail = "";
      let peak = 0;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        tail = (tail + chunk.toString("latin1")).slice(-100);
        if (sipMs > 0) await new Promise((resolve) => setTimeout(resolve, sipMs));
        if (!/\{"jsonrpc":"2.0","id":2,"result":.*\n$/.test(tail)) continue;
        peak = peakOf(child.pid ?? 0);
        child.stdin.end();
      }
      expect(bytes).toBeGreaterThan(45e6);
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThan(150e6);
    },
  );
});

test("a client that never says anything is waited for", async () => {
  const client = new RawClient({ args: ["--config-dir", tempConfigDir()] });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(client.child.exitCode).toBeNull();
  expect(await client.end()).toMatchObject({ code: 0 });
});
