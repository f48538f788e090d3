import { HEAD_GROWTH_BYTES, WINDOW_BYTES } from "../../transcript/rows/limits.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { equals, RowScan } from "../../transcript/rows/json-scanner.ts";
import { statOpen } from "../disk/fs.ts";
import { FileLines } from "../disk/file-lines.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { readWindows, windowBuffer } from "./head-tail.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/**
 * Returns the directory that a session belongs to: its last relocation, in the tail of the transcript, else the first
 * `cwd` in its head (official-helpers.md §2.4, §4.5), which grows up to `HEAD_GROWTH_BYTES`. A sidechain row counts
 * only if no other row has one: a subagent may work elsewhere. Undefined if none is found, or the file is not a readable
 * regular file.
 */
export function sessionCwd(path: string): string | undefined {
  return tryWithOpenFile(path, (fd) => {
    const stats = statOpen(fd);
    if (!stats.isFile() || stats.size === 0) return undefined;
    buffer ??= windowBuffer();
    const { head, tail } = readWindows(fd, stats.size, buffer);
    return cwdOfWindows(head, tail) ?? (stats.size > WINDOW_BYTES ? cwdFurtherOn(fd, stats.size) : undefined);
  });
}

/** Reused by every call of `sessionCwd`, which keeps no reference to its content. */
let buffer: Buffer | undefined;

/** Returns the first `cwd` of a row, also of rows that do not end in the head. */
function cwdFurtherOn(fd: number, size: number): string | undefined {
  const lines = new FileLines(fd, { to: Math.min(size, HEAD_GROWTH_BYTES) });
  while (lines.step()) {
    while (lines.next()) {
      const cwd = firstCwd(lines.bytes.subarray(lines.start, lines.end));
      if (cwd !== undefined) return cwd;
    }
  }
  return undefined;
}

/** Returns the directory of a session from a head and tail that are already read. */
export function cwdOfWindows(head: Buffer, tail: Buffer): string | undefined {
  return relocatedCwd(tail) ?? firstCwd(head);
}

const RELOCATED = Buffer.from('"type":"relocated"');
const CWD = Buffer.from('"cwd":');

/** Returns `relocatedCwd` of the last row of type `relocated` in the tail. */
function relocatedCwd(tail: Buffer): string | undefined {
  let before = tail.length;
  while (before > 0) {
    const at = tail.lastIndexOf(RELOCATED, before - 1);
    if (at < 0) return undefined;
    const start = tail.lastIndexOf(NEWLINE, at) + 1;
    const found = stringsInLine(tail, start, lineEnd(tail, at), (row) =>
      row["type"] === "relocated" ? row["relocatedCwd"] : undefined,
    ).at(-1);
    if (found !== undefined) return found;
    before = start;
  }
  return undefined;
}

/** Returns the first `cwd` in the head, preferably of a row that is not on a sidechain. */
function firstCwd(head: Buffer): string | undefined {
  let ofSidechain: string | undefined;
  const pick = ({ isSidechain, cwd }: Record<string, unknown>): unknown => {
    if (isSidechain !== true) return cwd;
    if (typeof cwd === "string") ofSidechain ??= cwd;
    return undefined;
  };
  let from = 0;
  for (;;) {
    const at = head.indexOf(CWD, from);
    if (at < 0) return ofSidechain;
    const start = at === 0 ? 0 : head.lastIndexOf(NEWLINE, at) + 1;
    const end = lineEnd(head, at);
    const found = stringsInLine(head, start, end, pick)[0];
    if (found !== undefined) return found;
    from = end;
  }
}

function lineEnd(bytes: Buffer, from: number): number {
  const newline = bytes.indexOf(NEWLINE, from);
  return newline < 0 ? bytes.length : newline;
}

type Pick = (row: Record<string, unknown>) => unknown;

/** Returns the strings that `pick` finds in the rows of one line: usually one row, more if rows were glued. */
function stringsInLine(bytes: Buffer, start: number, end: number, pick: Pick): string[] {
  const found: string[] = [];
  visitLine(bytes, start, end, RowScan.spare(), {
    row(_start, _end, scan) {
      const value = pick(membersOf(bytes, scan));
      if (typeof value === "string") found.push(value);
    },
  });
  return found;
}

const NAMES = new Map(["type", "isSidechain", "cwd", "relocatedCwd"].map((name) => [name, Buffer.from(name)]));
const TRUE = Buffer.from("true");

/** Returns the members in `NAMES`, strings and `true` only: parsing the whole row may take many megabytes. */
function membersOf(bytes: Buffer, { members, count, keyMayHaveEscapes }: RowScan): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < count * 4; i += 4) {
    const [keyStart, keyEnd] = [members[i] as number, members[i + 1] as number];
    const key = keyMayHaveEscapes ? stringValue(bytes, keyStart - 1, keyEnd + 1) : undefined;
    for (const [name, word] of NAMES) {
      if (key === undefined ? !equals(bytes, keyStart, keyEnd, word) : key !== name) continue;
      const [start, end] = [members[i + 2] as number, members[i + 3] as number];
      row[name] = stringValue(bytes, start, end) ?? equals(bytes, start, end, TRUE);
    }
  }
  return row;
}
