/** The server as a process: what it answers, and when it ends. */
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { INITIALIZE, INITIALIZED, startMcp } from "../support/mcp-client.ts";
import { ownNode } from "../support/nodes.ts";

function store(sessions = 3): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= sessions; n++) writeSession(dir, "-w", sessionId(n), turnRows(`prompt ${n}`, n));
  return dir;
}

const list = (id: number) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "list_sessions", arguments: { scope: "all" } },
});

describe.each(ownNode())("Node $version", ({ path: node }) => {
  test("what was asked for before stdin ended is answered, and then the process ends", async () => {
    const server = startMcp(store(200), { node });
    server.send(INITIALIZE, INITIALIZED, list(1), list(2), list(3));
    server.child.stdin?.end();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    // The first request loads code, so others may be answered before it.
    expect(
      server
        .messages()
        .map(({ id }) => Number(id))
        .sort(),
    ).toEqual([0, 1, 2, 3]);
    for (const { result } of server.messages().slice(1)) expect(result).toHaveProperty("structuredContent.total", 200);
    expect(server.printed.stderr).toBe("");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it", async (signal) => {
    const server = startMcp(store(), { node });
    server.send(INITIALIZE);
    await once(server.child.stdout as NodeJS.ReadableStream, "data");
    server.child.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.printed.stderr).toBe("");
  });

  test("a closed stdout ends it, without a word", async () => {
    const server = startMcp(store(), { node });
    server.send(INITIALIZE, INITIALIZED);
    await once(server.child.stdout as NodeJS.ReadableStream, "data");
    server.child.stdout?.destroy();
    server.send(list(1), list(2));
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.printed.stderr).toBe("");
  });
});

test("what was cancelled is not answered, and what comes after it is", async () => {
  const server = startMcp(store(200));
  const search = { name: "search_sessions", arguments: { query: "prompt", scope: "all" } };
  server.send(
    INITIALIZE,
    INITIALIZED,
    { jsonrpc: "2.0", id: 1, method: "tools/call", params: search },
    { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } },
    list(2),
  );
  server.child.stdin?.end();
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.messages().map(({ id }) => id)).toEqual([0, 2]);
});

test("a line that is no message is told on stderr, and the next one is answered", async () => {
  const server = startMcp(store());
  server.send(INITIALIZE, INITIALIZED);
  server.child.stdin?.write("{no json\n");
  server.send(list(1));
  server.child.stdin?.end();
  expect(await server.exited).toEqual({ code: 0, signal: null });
  expect(server.messages().map(({ id }) => id)).toEqual([0, 1]);
  expect(server.printed.stderr).toContain("JSON");
});

/** What has to be read and made sense of before the first answer takes most of the time to it. */
test("no more code than is needed is loaded before the answer to initialize", () => {
  const dist = path.dirname(binary());
  const texts = new Map<string, string>();
  const load = (file: string): string => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    const text = fs.readFileSync(file, "utf8");
    texts.set(file, text);
    for (const [, chunk = ""] of text.matchAll(/\b(?:from|import)["`](\.[^"`]+\.js)["`]/g))
      load(path.resolve(file, "..", chunk));
    return text;
  };
  load(binary());
  const commands = [...texts].find(([, text]) => text.includes("mcp:()=>import("));
  const command = load(chunkOf(commands?.[1], /\bmcp:\(\)=>import\(["`]\.\/([^"`]+)["`]\)/));
  load(chunkOf(command, /serveMcp(?::\w+)?\}=await import\(["`]\.\/([^"`]+)["`]\)/));
  const bytes = [...texts.values()].reduce((sum, text) => sum + text.length, 0);
  expect(texts.size).toBeGreaterThan(3);
  expect(texts.size).toBeLessThanOrEqual(8);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(280_000);

  function chunkOf(text: string | undefined, name: RegExp): string {
    const found = name.exec(text ?? "")?.[1];
    if (found === undefined) throw new Error(`no ${name.source} in the bundle`);
    return path.join(dist, "cli", found);
  }
});
