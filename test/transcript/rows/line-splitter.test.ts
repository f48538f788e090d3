import { Readable } from "node:stream";
import fc from "fast-check";
import split2 from "split2";
import { describe, expect, test } from "vitest";
import { LineBuffer } from "../../../src/transcript/rows/line-splitter.ts";
import { runs } from "../../support/runs.ts";

interface Line {
  text: string;
  offset: number;
  oversized: number;
}

/** Feeds the bytes in pieces of the given sizes, over and over. */
function linesOf(bytes: Buffer, sizes: readonly number[], options: { size?: number; limit?: number } = {}): Line[] {
  const buffer = new LineBuffer(0, { size: 8, ...options });
  const lines: Line[] = [];
  const take = (): void => {
    const { start, end, offset, oversized } = buffer;
    lines.push({ text: buffer.bytes.toString("latin1", start, end), offset, oversized });
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const space = buffer.space();
    const count = Math.min(space.length, sizes[turn % sizes.length] as number, bytes.length - at);
    bytes.copy(space, 0, at, at + count);
    buffer.filled(count);
    at += count;
    while (buffer.next()) take();
  }
  if (buffer.finish()) take();
  return lines;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const bytes = fc
  .array(fc.oneof(fc.constant(10), fc.integer({ min: 0, max: 255 })), { maxLength: 300 })
  .map((all) => Buffer.from(all));

describe("LineBuffer", () => {
  test.for([
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\nb", ["a", "b"]],
    ["\n\na\n", ["", "", "a"]],
    ["a\r\nb\n", ["a\r", "b"]],
  ] as [string, string[]][])("splits %j at newlines only", ([text, expected]) => {
    expect(linesOf(Buffer.from(text), [3]).map((line) => line.text)).toEqual(expected);
  });

  test("keeps U+2028 and U+2029 inside a line", () => {
    expect(linesOf(Buffer.from('{"a":"x\u2028y\u2029"}\n'), [5])).toHaveLength(1);
  });

  test("gives the same lines with their offsets however the bytes arrive, as String.split does", () => {
    fc.assert(
      fc.property(bytes, sizes, (all, pieces) => {
        const text = all.toString("latin1");
        const expected = text.split("\n");
        if (expected.at(-1) === "") expected.pop();
        const lines = linesOf(all, pieces);
        expect(lines.map((line) => line.text)).toEqual(expected);
        for (const line of lines) expect(text.slice(line.offset, line.offset + line.text.length)).toBe(line.text);
      }),
    );
  });

  test("splits text as split2 does", async () => {
    const chars = fc.constantFrom("a", "é", "日", "\u2028", "\n", "\r", '"');
    await fc.assert(
      fc.asyncProperty(fc.array(chars, { maxLength: 60 }), sizes, async (all, pieces) => {
        const text = all.join("");
        const oracle: string[] = [];
        for await (const line of Readable.from([Buffer.from(text)]).pipe(split2(/\n/))) oracle.push(String(line));
        const ours = linesOf(Buffer.from(text), pieces).map((line) => Buffer.from(line.text, "latin1").toString());
        expect(ours.filter((line) => line !== "")).toEqual(oracle.filter((line) => line !== ""));
      }),
      { numRuns: runs(200) },
    );
  });

  test("skips a line that is too long, reports its length, and keeps its neighbours", () => {
    const text = `ab\n${"x".repeat(100)}\ncd\n${"y".repeat(50)}`;
    expect(linesOf(Buffer.from(text), [7], { limit: 20 })).toEqual([
      { text: "ab", offset: 0, oversized: 0 },
      { text: "", offset: 3, oversized: 100 },
      { text: "cd", offset: 104, oversized: 0 },
      { text: "", offset: 107, oversized: 50 },
    ]);
  });

  test("reads a line that is as long as the limit", () => {
    const [fits, long] = ["x".repeat(20), "y".repeat(21)];
    expect(linesOf(Buffer.from(`${fits}\n${long}\n${fits}`), [7], { limit: 20 })).toEqual([
      { text: fits, offset: 0, oversized: 0 },
      { text: "", offset: 21, oversized: 21 },
      { text: fits, offset: 43, oversized: 0 },
    ]);
  });
});
