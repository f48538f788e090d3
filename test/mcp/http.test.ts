import { EventEmitter, once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { serveHttp } from "../../src/mcp/http.ts";
import type { Service } from "../../src/mcp/service.ts";
import { openStore } from "../../src/mcp/store.ts";
import { defineTool, READS } from "../../src/mcp/tool.ts";
import { tempConfigDir } from "../support/config-dir.ts";

const token = "of-this-test";
const service = (): Service => ({
  store: openStore([tempConfigDir()]),
  options: { projectDir: undefined, cwd: "/w", sessionId: undefined, startedByClient: false, readOnly: true },
});

/** Serves one tool that waits until the call is aborted. Resolves once a call has been. */
async function serveWaiting(): Promise<{
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
  const server = await serveHttp(tables, service(), { port: 0, token });
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
