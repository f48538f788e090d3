import fc from "fast-check";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWindows, windowBuffer, type Windows } from "../../../src/store/projects/head-tail.ts";
import { runs } from "../../support/runs.ts";

const W = 65536;
let root: string;

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "windows-"));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** Bytes in which every position of a file up to 16 MiB is told by its neighbourhood. */
function content(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i + 4 <= size; i += 4) bytes.writeUInt32LE(i, i);
  return bytes;
}

function withFile<T>(bytes: Buffer, use: (fd: number) => T): T {
  const file = path.join(root, "file");
  fs.writeFileSync(file, bytes);
  const fd = fs.openSync(file, "r");
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The windows, told by whether they are those of `bytes`: megabytes in a failure tell nobody anything. */
function judged(bytes: Buffer, { head, tail, tailStart }: Windows): object {
  return {
    head: head.equals(bytes.subarray(0, W)),
    tail: tail.equals(bytes.subarray(Math.max(0, bytes.length - W))),
    tailStart,
    one: head === tail,
  };
}

const right = (size: number): object => ({ head: true, tail: true, tailStart: Math.max(0, size - W), one: size <= W });

test.each([0, 1, W - 1, W, W + 1, 2 * W - 1, 2 * W, 2 * W + 1, 3 * W + 7, 1_000_000])("a file of %d bytes", (size) => {
  const bytes = content(size);
  withFile(bytes, (fd) => {
    expect(judged(bytes, readWindows(fd, size))).toEqual(right(size));
    expect(judged(bytes, readWindows(fd, size, windowBuffer()))).toEqual(right(size));
  });
});

test("one buffer serves file after file, whatever it held before", () => {
  const buffer = windowBuffer();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 * W }), (size) => {
      const bytes = content(size);
      expect(withFile(bytes, (fd) => judged(bytes, readWindows(fd, size, buffer)))).toEqual(right(size));
    }),
    { numRuns: runs(50) },
  );
});

describe("a file that changed since its size was taken", () => {
  test.each([10, W, W + 5, 2 * W, 3 * W])("grew from %d bytes: what came later is not seen", (size) => {
    const bytes = content(size + 1000);
    expect(withFile(bytes, (fd) => judged(bytes.subarray(0, size), readWindows(fd, size)))).toEqual(right(size));
  });

  test.each([
    [10, 4],
    [W + 5, 7],
    [2 * W, W + 1],
    [2 * W, 0],
  ])("shrank from %d to %d bytes: what is left", (size, left) => {
    const bytes = content(left);
    expect(withFile(bytes, (fd) => judged(bytes, readWindows(fd, size)))).toEqual(right(left));
  });

  test("shrank below both windows: what is left of each", () => {
    const bytes = content(2 * W);
    withFile(bytes, (fd) => {
      const { head, tail, tailStart } = readWindows(fd, 3 * W - 10);
      expect(head.equals(bytes.subarray(0, W))).toBe(true);
      expect(tailStart).toBe(2 * W - 10);
      expect(tail.equals(bytes.subarray(2 * W - 10))).toBe(true);
    });
  });
});
