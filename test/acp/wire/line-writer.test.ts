import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { LineWriter } from "../../../src/acp/wire/line-writer.ts";
import { OUTPUT_BYTES, WRITE_BATCH_BYTES } from "../../../src/acp/rim/message-limits.ts";

/** A pipe whose reader takes a write only when it is told to. */
function slowPipe() {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 16 * 1024,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString());
      waiting.push(done);
    },
  });
  const take = () => waiting.shift()?.();
  return { stream, taken, take };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("lines that arrive together are sent in one write", async () => {
  const { stream, taken } = slowPipe();
  const out = new LineWriter(stream);
  await Promise.all([out.write("a"), out.write("b"), out.write("c")]);
  await turn();
  expect(taken).toEqual(["a\nb\nc\n"]);
});

test("while nobody reads, the writer waits and memory stays within the limit", async () => {
  const { stream, taken, take } = slowPipe();
  const out = new LineWriter(stream);
  const line = "x".repeat(1023);
  const lines = { written: 0 };
  const writer = (async () => {
    for (; lines.written < 10_000; lines.written++) await out.write(line);
  })();
  for (let i = 0; i < 100; i++) await turn();
  const held = lines.written * 1024;
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThanOrEqual(OUTPUT_BYTES + 3 * WRITE_BATCH_BYTES + 1024);
  for (let i = 0; lines.written < 10_000 && i < 10_000; i++) {
    take();
    await turn();
    expect(stream.writableLength).toBeLessThanOrEqual(OUTPUT_BYTES + WRITE_BATCH_BYTES + 1024);
  }
  await writer;
  const end = out.end();
  for (let i = 0; i < 10; i++) {
    take();
    await turn();
  }
  await end;
  expect(taken.join("")).toBe(`${line}\n`.repeat(10_000));
});

test("ends when the pipe has taken everything, including an incomplete batch", async () => {
  const { stream, taken, take } = slowPipe();
  const out = new LineWriter(stream);
  await out.write("a");
  let ended = false;
  const end = out.end().then(() => (ended = true));
  for (let i = 0; i < 10; i++) await turn();
  expect([taken.join(""), ended]).toEqual(["a\n", false]);
  for (let i = 0; i < 10; i++) {
    take();
    await turn();
  }
  await end;
});
