import { PassThrough, Readable } from "node:stream";
import { agent, methods, RequestError } from "@agentclientprotocol/sdk/unstable";
import { expect, test, vi } from "vitest";
import { LineWriter } from "../../../src/acp/wire/line-writer.ts";
import { serve } from "../../../src/acp/wire/stdio.ts";
import { LINE_BYTES } from "../../../src/servers/message-lines.ts";

const INITIALIZE = { jsonrpc: "2.0", id: "i", method: "initialize", params: { protocolVersion: 1 } };
const request = (id: unknown, method: string, params: unknown = {}) => ({ jsonrpc: "2.0", id, method, params });

/** An agent of this test's own: what is tried here is the transport. */
const app = () =>
  agent()
    .onRequest(methods.agent.initialize, () => ({ protocolVersion: 1 }))
    .onRequest(
      "_echo",
      (params) => params,
      ({ params }) => params,
    )
    .onRequest(
      "_later",
      (params) => params,
      () => new Promise((resolve) => setTimeout(() => resolve({ late: true }), 50)),
    )
    .onRequest(
      "_never",
      (params) => params,
      () => new Promise(() => undefined),
    )
    .onRequest(
      "_deep",
      (params) => params,
      () => JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`) as unknown,
    )
    .onRequest(
      "_fail",
      (params) => params,
      () => {
        throw RequestError.invalidParams({ field: "x" });
      },
    );

/** What the server answers to these bytes, which are all it gets. */
async function answers(...chunks: readonly (string | object)[]): Promise<Record<string, unknown>[]> {
  const input = new PassThrough();
  const output = new PassThrough();
  let text = "";
  output.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  for (const chunk of chunks) input.write(typeof chunk === "string" ? chunk : `${JSON.stringify(chunk)}\n`);
  input.end();
  await serve(app(), input, new LineWriter(output));
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const error = (code: number) => expect.objectContaining({ error: expect.objectContaining({ code }) as unknown });
const initialized = expect.objectContaining({ id: "i", result: { protocolVersion: 1 } });

test("requests sent together with initialize wait for its answer, and all are answered before the end", async () => {
  expect(await answers(INITIALIZE, request(1, "_echo", { a: 1 }), request(2, "_later"))).toEqual([
    initialized,
    { jsonrpc: "2.0", id: 1, result: { a: 1 } },
    { jsonrpc: "2.0", id: 2, result: { late: true } },
  ]);
});

test("a request that is never answered does not delay the end", async () => {
  expect(await answers(INITIALIZE, request(1, "_never"))).toEqual([initialized]);
});

test("requests before initialize are refused", async () => {
  expect(await answers(request(1, "_echo"))).toEqual([error(-32600)]);
});

test.for<[string, string | object, number]>([
  ["no JSON", "{nonsense\n", -32700],
  ["half a message at the end", '{"jsonrpc":"2.0"', -32700],
  ["a batch", "[]\n", -32600],
  ["a number", "5\n", -32600],
  ["null", "null\n", -32600],
  ["another version of JSON-RPC", { ...INITIALIZE, jsonrpc: "1.0" }, -32600],
  ["no version of JSON-RPC", { id: 1, method: "_echo" }, -32600],
  ["an id that is none", request({}, "_echo"), -32600],
  ["a method that is none", { jsonrpc: "2.0", id: 1, method: 7 }, -32600],
])("%s is answered, and the server lives on", async ([, bad, code]) => {
  const replies = await answers(INITIALIZE, "\n  \r\n", bad);
  expect(replies).toEqual(expect.arrayContaining([initialized, expect.objectContaining({ id: null })]));
  expect(replies).toContainEqual(error(code));
  const whole = typeof bad !== "string" || bad.endsWith("\n") ? [bad] : [bad, "\n"];
  expect(await answers(INITIALIZE, ...whole, request(1, "_echo"))).toContainEqual({
    jsonrpc: "2.0",
    id: 1,
    result: {},
  });
});

test("an unknown method, a failing one, an unknown notification, an answer to nothing", async () => {
  const stderr = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const replies = await answers(
    INITIALIZE,
    request(1, "_unknown"),
    request(2, "_fail"),
    { jsonrpc: "2.0", method: "_unknown" },
    { jsonrpc: "2.0", id: 99, result: {} },
    request("3", "_echo"),
  );
  expect(replies).toHaveLength(4);
  expect(replies).toEqual(
    expect.arrayContaining([
      initialized,
      { jsonrpc: "2.0", id: 1, error: expect.objectContaining({ code: -32601 }) as unknown },
      { jsonrpc: "2.0", id: 2, error: { code: -32602, message: "Invalid params", data: { field: "x" } } },
      { jsonrpc: "2.0", id: "3", result: {} },
    ]),
  );
  stderr.mockRestore();
});

test("CRLF ends a line; U+2028 does not, and is escaped on the way out", async () => {
  const input = `${JSON.stringify(INITIALIZE)}\r\n${JSON.stringify(request(1, "_echo", { a: "x\u2028y\u2029z" }))}\r\n`;
  expect(await answers(input)).toContainEqual({ jsonrpc: "2.0", id: 1, result: { a: "x\u2028y\u2029z" } });
  const raw = new PassThrough();
  const output = new PassThrough();
  raw.end(input);
  await serve(app(), raw, new LineWriter(output));
  const sent = String(output.read());
  expect(sent).toContain("x\\u2028y\\u2029z");
  expect(sent).not.toMatch(/[\u2028\u2029]/);
});

test("a line that is too long is answered and skipped", async () => {
  const chunk = "x".repeat(1024 * 1024);
  const long = Array.from({ length: LINE_BYTES / chunk.length + 2 }, () => chunk);
  const replies = await answers(INITIALIZE, '{"a":"', ...long, '"}\n', request(1, "_echo", { after: true }));
  expect(replies).toHaveLength(3);
  expect(replies).toContainEqual(error(-32600));
  expect(replies).toContainEqual({ jsonrpc: "2.0", id: 1, result: { after: true } });
  // Whoever asked is answered, and not left to wait.
  const asked = await answers(INITIALIZE, '{"jsonrpc":"2.0","id":7,"method":"_echo","params":"', ...long, '"}\n');
  expect(asked).toContainEqual(
    expect.objectContaining({ id: 7, error: expect.objectContaining({ code: -32600 }) as unknown }),
  );
});

test("a long line is scanned and copied a few times, however many pieces it arrives in", async () => {
  const pieces = Array.from({ length: 256 }, () => "x".repeat(16 * 1024));
  const line = ['{"jsonrpc":"2.0","id":1,"method":"_echo","params":{"a":"', ...pieces, '"}}\n'];
  const input = Readable.from([`${JSON.stringify(INITIALIZE)}\n`, ...line].map((piece) => Buffer.from(piece)));
  const copied = vi.spyOn(Buffer.prototype, "copy");
  const split = vi.spyOn(String.prototype, "split");
  await serve(app(), input, new LineWriter(new PassThrough().resume()));
  const work =
    copied.mock.contexts.reduce((sum: number, from) => sum + (from as Buffer).length, 0) +
    split.mock.contexts.reduce((sum: number, text) => sum + String(text).length, 0);
  vi.restoreAllMocks();
  expect(work).toBeGreaterThan(4 * 1024 * 1024);
  expect(work).toBeLessThan(24 * 1024 * 1024);
});

test("an answer that cannot be written as JSON is an internal error, and the server continues", async () => {
  const stderr = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const replies = await answers(INITIALIZE, request(1, "_deep"), request(2, "_echo"));
  expect(replies).toContainEqual({
    jsonrpc: "2.0",
    id: 1,
    error: expect.objectContaining({ code: -32603 }) as unknown,
  });
  expect(replies).toContainEqual({ jsonrpc: "2.0", id: 2, result: {} });
  stderr.mockRestore();
});

test("an input that fails counts as ended", async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const served = serve(app(), input, new LineWriter(output));
  input.destroy(new Error("EIO"));
  await expect(served).resolves.toBeUndefined();
});
