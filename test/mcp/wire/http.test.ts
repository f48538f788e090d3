import { EventEmitter, once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { serveHttp } from "../../../src/mcp/wire/http.ts";
import type { Service } from "../../../src/mcp/core/service.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { defineTool, READS } from "../../../src/mcp/core/tool.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

const token = "of-this-test";
const service = (): Service => ({
  store: openStore([tempConfigDir()]),
  options: {
    projectDir: undefined,
    cwd: "/w",
    sessionId: undefined,
    startedByClient: false,
    includeProgrammatic: true,
  },
});

/** Serves one tool that waits until the call is aborted. Resolves once a call has been. */
async function serveWaiting(most?: number): Promise<{
  readonly url: string;
  readonly begun: Promise<unknown>;
  readonly aborted: Promise<unknown>;
}> {
  const calls = new EventEmitter();
  const begun = once(calls, "begun");
  const aborted = once(calls, "aborted");
  const waits = defineTool({
    name: "wait",
    title: "Wait",
    description: "Waits.",
    annotations: READS,
    input: z.strictObject({}),
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          calls.emit("aborted");
          reject(signal.reason as Error);
        });
        calls.emit("begun");
      }),
  });
  const resources = { templates: [], list: async () => ({ resources: [] }), read: async () => undefined };
  const tables = { tools: async () => [waits], resources, prompts: [] };
  const server = await serveHttp(tables, service(), { port: 0, token, maxConnections: most });
  onTestFinished(() => server.close());
  return { url: server.url, begun, aborted };
}

const post = (url: string, message: object, signal?: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    ...(signal !== undefined && { signal }),
  });

test("the work for a client that hangs up ends, and others are served on", async () => {
  const { url, begun, aborted } = await serveWaiting();
  const leave = new AbortController();
  const call = { id: 1, method: "tools/call", params: { name: "wait", arguments: {} } };
  const calling = post(url, call, leave.signal).then((response) => response.text());
  await begun;
  const other = await post(url, { id: 1, method: "ping" });
  expect(await other.text()).toContain('"result":{}');
  leave.abort();
  await expect(calling).rejects.toThrow("aborted");
  await aborted;
  expect((await post(url, { id: 2, method: "ping" })).status).toBe(200);
});

test("nobody can cancel the call of another, whose id is the same", async () => {
  const { url, begun, aborted } = await serveWaiting();
  const leave = new AbortController();
  const call = { id: 1, method: "tools/call", params: { name: "wait", arguments: {} } };
  const calling = post(url, call, leave.signal).then((response) => response.text());
  await begun;
  const cancel = await post(url, { method: "notifications/cancelled", params: { requestId: 1 } });
  expect(cancel.status).toBe(202);
  let ended = false;
  void aborted.then(() => (ended = true));
  await (await post(url, { id: 1, method: "ping" })).text();
  expect(ended).toBe(false);
  leave.abort();
  await expect(calling).rejects.toThrow("aborted");
  await aborted;
});

describe("connections", () => {
  const MOST = 8;
  const OFTEN = { interval: 5 };
  const stranger = async (url: string, text = ""): Promise<net.Socket> => {
    const socket = net.connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    socket.write(text);
    return socket;
  };
  const closed = (sockets: readonly net.Socket[]): number =>
    sockets.filter(({ readyState }) => readyState === "closed").length;

  test("of strangers the first yields when there are too many", async () => {
    const { url } = await serveWaiting(MOST);
    const sockets: net.Socket[] = [];
    for (let n = 0; n < 3 * MOST; n++) {
      sockets.push(await stranger(url, n % 2 === 0 ? "POST /mcp HTTP/1.1\r\n" : ""));
      const ended = Math.max(0, n + 1 - MOST);
      await expect.poll(() => closed(sockets), OFTEN).toBe(ended);
      expect(closed(sockets.slice(0, ended))).toBe(ended);
    }
    expect((await post(url, { id: 1, method: "ping" })).status).toBe(200);
  });

  test("closes the client's connection that has been idle longest, and none with a pending request", async () => {
    const { url, begun, aborted } = await serveWaiting(MOST);
    const newClient = (): http.Agent => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      return agent;
    };
    const send = (agent: http.Agent, message: object): Promise<net.Socket | null> =>
      new Promise((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        };
        const request = http.request(url, { agent, method: "POST", headers });
        request.once("error", reject);
        request.once("response", (response) => response.resume().once("end", () => resolve(request.socket)));
        request.end(JSON.stringify({ jsonrpc: "2.0", ...message }));
      });
    const waiting = newClient();
    const call = send(waiting, { id: 1, method: "tools/call", params: { name: "wait", arguments: {} } });
    call.catch(() => undefined);
    await begun;
    const clients: net.Socket[] = [];
    const come = async (): Promise<void> => {
      const socket = await send(newClient(), { id: 1, method: "ping" });
      if (socket !== null) clients.push(socket);
    };
    while (clients.length < MOST - 1) await come();
    for (let n = 1; n <= 3; n++) {
      await come();
      await expect.poll(() => closed(clients.slice(0, n)), OFTEN).toBe(n);
      expect(closed(clients)).toBe(n);
    }
    for (let n = 0; n < 5 * MOST; n++) await stranger(url);
    let ended = false;
    void aborted.then(() => (ended = true));
    await come();
    expect(ended).toBe(false);
    waiting.destroy();
    await aborted;
  });

  test("closes the connection after a request without the token", async () => {
    const { url } = await serveWaiting(MOST);
    const socket = await stranger(url, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{");
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*Connection: close/);
  });
});

test("all that is loaded when it is first needed is loaded before there are connections", () => {
  const src = path.resolve("src", "mcp");
  const files = fs.readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const loaded = (name: string): string[] => {
    const text = fs.readFileSync(path.join(src, name), "utf8");
    return [...text.matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, from = ""]) =>
      path.relative(src, path.resolve(src, name, "..", from)),
    );
  };
  const first = new Set(loaded(path.join("wire", "preload.ts")));
  const openStore = path.join("..", "open", "open-store.ts");
  const later = [...files.filter((name) => path.basename(name) !== "preload.ts"), openStore].flatMap(loaded);
  const missing = later.filter((name) => !first.has(name) && !name.startsWith(path.join("tools", "")));
  // The server itself and its token.
  expect(new Set(missing)).toEqual(
    new Set([
      path.join("wire", "http-start.ts"),
      path.join("wire", "http.ts"),
      path.join("wire", "preload.ts"),
      path.join("..", "store", "live", "server-token.ts"),
    ]),
  );
});
