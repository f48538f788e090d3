import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { serveStdio } from "../../../src/mcp/wire/serve-stdio.ts";
import { serverDefinition } from "../../../src/mcp/definition.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { tempConfigDir } from "../../support/config-dir.ts";
import { LINE_BYTES } from "../../../src/servers/message-lines.ts";
import { INITIALIZE, INITIALIZED } from "../../support/mcp-client.ts";

interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** The server on streams of this process. `end` gives all that it wrote. */
function serve(): { readonly input: PassThrough; readonly end: () => Promise<readonly Message[]> } {
  const dir = tempConfigDir();
  const input = new PassThrough();
  const output = new PassThrough();
  let printed = "";
  output.on("data", (chunk) => (printed += String(chunk)));
  const options = {
    projectDir: undefined,
    cwd: dir,
    sessionId: undefined,
    includeProgrammatic: true,
    startedByClient: false,
  };
  const ended = serveStdio(serverDefinition({ readOnly: true }), { store: openStore([dir]), options }, input, output);
  return {
    input,
    end: async () => {
      input.end();
      await ended;
      return printed
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Message);
    },
  };
}

const line = (message: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
const LONG = "x".repeat(LINE_BYTES);

test("a line that is too long is answered with its id or passed over, and the next one is answered", async () => {
  const told = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => told.mockRestore());
  const { input, end } = serve();
  input.write(line(INITIALIZE) + line(INITIALIZED));
  input.write(line({ method: "ping", params: { a: LONG }, id: 1 }));
  input.write(line({ id: 2, method: "ping" }));
  input.write(line({ method: "notifications/cancelled", params: { reason: LONG } }));
  input.write(line({ id: "three", method: "tools/call", params: { name: LONG } }));
  input.write(line({ id: 99, result: { roots: LONG } }));
  input.write(`${LONG}x\n`);
  input.write(`${line({ id: 4, method: "ping" })}\r\n${JSON.stringify({ jsonrpc: "2.0", id: 5, method: "ping" })}`);
  const answers = (await end())
    .filter(({ id }) => id !== 0)
    .map(({ id, result, error }) => [id, result ?? error?.code]);
  const refused = -32_600;
  expect(new Set(answers)).toEqual(
    new Set([
      [1, refused],
      [2, {}],
      ["three", refused],
      [null, refused],
      [4, {}],
      [5, {}],
    ]),
  );
  const lines = told.mock.calls.filter(([text]) => /one of \d+ was skipped$/.test(String(text)));
  expect(lines).toHaveLength(5);
});

test("a line without end takes no more memory than the longest that is read", async () => {
  const told = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => told.mockRestore());
  const { input, end } = serve();
  const before = process.memoryUsage().arrayBuffers;
  const piece = Buffer.alloc(1024 * 1024, "x");
  let most = 0;
  for (let n = 0; n < 100; n++) {
    if (!input.write(piece)) await new Promise((resolve) => void input.once("drain", resolve));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  input.write(`\n${line({ id: 1, method: "ping" })}`);
  expect((await end()).map(({ id }) => id)).toEqual([null, 1]);
  expect(most).toBeLessThan(4 * LINE_BYTES);
});

test("any number of answers may wait for a client that does not read", async () => {
  const COUNT = 40;
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const dir = tempConfigDir();
  const input = new PassThrough();
  // What is written stays in it until it is read.
  const output = new PassThrough({ highWaterMark: 1 });
  const ended = serveStdio(
    serverDefinition({ readOnly: true }),
    {
      store: openStore([dir]),
      options: {
        projectDir: undefined,
        cwd: dir,
        sessionId: undefined,
        includeProgrammatic: true,
        startedByClient: false,
      },
    },
    input,
    output,
  );
  const pings = Array.from({ length: COUNT }, (_, n) => ({ jsonrpc: "2.0", id: n + 1, method: "ping" }));
  for (const message of [INITIALIZE, INITIALIZED, ...pings]) input.write(`${JSON.stringify(message)}\n`);
  await expect.poll(() => output.listenerCount("drain")).toBeGreaterThan(COUNT / 2);
  await nextTurn();
  expect(warnings).toEqual([]);

  let printed = "";
  output.on("data", (chunk) => (printed += String(chunk)));
  input.end();
  await ended;
  const ids = printed
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: number }).id);
  expect(new Set(ids)).toEqual(new Set([0, ...pings.map(({ id }) => id)]));
});
