import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { LINE_BYTES, messageLines } from "../../src/servers/message-lines.ts";

test("a message of the maximum length is read, and a longer one is passed over", async () => {
  const input = new PassThrough();
  const tooLong: number[] = [];
  const lines = messageLines(input, ({ length }) => tooLong.push(length));
  input.end(Buffer.concat([Buffer.alloc(LINE_BYTES, "x"), Buffer.from("\n"), Buffer.alloc(LINE_BYTES + 1, "y")]));
  const read: string[] = [];
  for await (const line of lines) read.push(String(line));
  expect(read.map((line) => [line.length, line[0]])).toEqual([[LINE_BYTES, "x"]]);
  expect(tooLong).toEqual([LINE_BYTES + 1]);
});
