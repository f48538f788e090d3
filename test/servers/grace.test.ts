/** How long a server lives after the end of its stdin. */
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { waitWhileBusy } from "../../src/servers/grace.ts";

test("ends when the promise is settled, or nothing is computed", async () => {
  await waitWhileBusy(Promise.resolve());
  await waitWhileBusy(new Promise(() => {}));
  await expect(waitWhileBusy(Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("waits for a thread that computes nothing itself, as one that waits for the disk", async () => {
  const code = "const cell = new Int32Array(new SharedArrayBuffer(4)); Atomics.wait(cell, 0, 0, 700)";
  const worker = new Worker(code, { eval: true });
  worker.on("message", () => undefined);
  let ended = false;
  const done = new Promise<void>((resolve) => worker.once("exit", () => resolve())).then(() => void (ended = true));
  await waitWhileBusy(done);
  expect(ended).toBe(true);
});
