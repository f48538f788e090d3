import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { close, openRead } from "../../../src/store/disk/fs.ts";
import { FileLines, ReusableBuffer } from "../../../src/store/disk/file-lines.ts";
import { LOOK_AHEAD_BYTES, ROW_BYTES } from "../../../src/transcript/rows/limits.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

interface Line {
  readonly text: string;
  readonly offset: number;
  readonly oversized: number;
  readonly terminated: boolean;
  readonly nulBefore: boolean;
}

/** A hole of so many bytes, which read as NULs and take no room. */
const hole = (bytes: number) => ({ hole: bytes });

function fileOf(pieces: readonly (string | { readonly hole: number })[]): string {
  const file = path.join(tempConfigDir(), "lines");
  const fd = fs.openSync(file, "w");
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += fs.writeSync(fd, piece, at, "latin1");
    else at += piece.hole;
  }
  fs.ftruncateSync(fd, at);
  fs.closeSync(fd);
  return file;
}

function linesOf(
  pieces: Parameters<typeof fileOf>[0],
  options: { from?: number; to?: number; buffer?: ReusableBuffer } = {},
): Line[] {
  const file = fileOf(pieces);
  const fd = openRead(file);
  onTestFinished(() => close(fd));
  const lines = new FileLines(fd, { to: fs.statSync(file).size, ...options });
  const found: Line[] = [];
  while (lines.step()) {
    while (lines.next()) {
      const { offset, oversized, terminated, nulBefore } = lines;
      const text = lines.bytes.toString("latin1", lines.start, lines.end);
      found.push({ text: short(text), offset, oversized, terminated, nulBefore });
    }
  }
  expect(lines.at).toBe(options.to ?? fs.statSync(file).size);
  return found;
}

/** Long texts by their length and a sum: the runner would print them whole. */
const short = (text: string): string =>
  text.length < 100 ? text : `${text.length} ${createHash("sha1").update(text).digest("hex")}`;
const long = (sign: string, more = 0): string => sign.repeat(LOOK_AHEAD_BYTES + more);
const line = (text: string, offset: number, more: Partial<Line> = {}): Line => ({
  text: short(text),
  offset,
  oversized: 0,
  terminated: true,
  nulBefore: false,
  ...more,
});

describe("FileLines", () => {
  test.for([-1, 0, 1, 2, 100_000, LOOK_AHEAD_BYTES, 3 * LOOK_AHEAD_BYTES])(
    "gives every line as it is, beside one of %d bytes more than are read before it is measured",
    (more) => {
      const text = long("x", more);
      const at = text.length;
      expect(linesOf(["a\n", `${text}\n`, "b\n", "\n", "c"])).toEqual([
        line("a", 0),
        line(text, 2),
        line("b", at + 3),
        line("", at + 5),
        line("c", at + 6, { terminated: false }),
      ]);
      expect(linesOf([text])).toEqual([line(text, 0, { terminated: false })]);
      expect(linesOf([`${text}\n`, `${text}\n`])).toEqual([line(text, 0), line(text, at + 1)]);
      expect(linesOf(["a\n", text, "\nb"], { from: 2 })).toEqual([
        line(text, 2),
        line("b", at + 3, { terminated: false }),
      ]);
      expect(linesOf(["a\n", text, "\nb"], { to: 1000 })).toEqual([
        line("a", 0),
        line(text.slice(0, 998), 2, { terminated: false }),
      ]);
    },
  );

  test("passes over white space at the beginning of a long line, and says whether NULs were in it", () => {
    const spaces = long(" ", LOOK_AHEAD_BYTES);
    const nuls = 100 * 1024 * 1024;
    expect(linesOf(["a\n", `${spaces}{}\n`, hole(nuls), "{}\n", hole(nuls), "\n", "b\n"])).toEqual([
      line("a", 0),
      line("{}", 2 + spaces.length),
      line("{}", 5 + spaces.length + nuls, { nulBefore: true }),
      line("", 8 + spaces.length + 2 * nuls, { nulBefore: true }),
      line("b", 9 + spaces.length + 2 * nuls),
    ]);
    expect(linesOf([hole(nuls)])).toEqual([line("", nuls, { terminated: false, nulBefore: true })]);
  });

  test("skips a line that is too long, and continues after it", () => {
    expect(linesOf(['{"a":"', hole(ROW_BYTES), '"}\n', "b\n"])).toEqual([
      line("", 0, { oversized: ROW_BYTES + 8 }),
      line("b", ROW_BYTES + 9),
    ]);
  });

  test("holds long lines in one buffer, one after the other", () => {
    const shared = new ReusableBuffer();
    const { buffer } = shared.take(4 * LOOK_AHEAD_BYTES);
    linesOf([`${long("x", 5)}\n`, `${long("y", 99)}\n`], { buffer: shared });
    expect(shared.take(1).buffer).toBe(buffer);
  });
});
