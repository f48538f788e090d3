import { PassThrough } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { serveStdio } from "../../src/mcp/sdk.ts";
import { shippedTables } from "../../src/mcp/shipped.ts";
import { openStore } from "../../src/mcp/store.ts";
import { tempConfigDir } from "../support/config-dir.ts";
import { INITIALIZE, INITIALIZED } from "../support/mcp-client.ts";

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
    shippedTables({ readOnly: true }),
    {
      store: openStore([dir]),
      options: { projectDir: undefined, cwd: dir, sessionId: undefined, readOnly: true, startedByClient: false },
    },
    input,
    output,
  );
  const pings = Array.from({ length: COUNT }, (_, n) => ({ jsonrpc: "2.0", id: n + 1, method: "ping" }));
  for (const message of [INITIALIZE, INITIALIZED, ...pings]) input.write(`${JSON.stringify(message)}\n`);
  await expect.poll(() => output.listenerCount("drain"), { timeout: 60_000 }).toBeGreaterThan(COUNT / 2);
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
