import { HEAD_GROWTH_BYTES, WINDOW_BYTES } from "../../transcript/rows/limits.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { equals, RowScan } from "../../transcript/rows/json-scanner.ts";
import { close, openReadNoFollow, statOpen } from "../disk/fs.ts";
import { FileLines } from "../disk/file-lines.ts";
import { readWindows, windowBuffer } from "./head-tail.ts";

const NEWLINE = 0x0a;

/**
 * The directory that a session belongs to: where it was moved to last, as the end of the transcript says, else the
 * first `cwd` that its beginning names (official-helpers.md §2.4, §4.5). A row of a sidechain counts only where no other row in the
 * first window has one: a subagent may work elsewhere. Where the first window names none, because a pasted file or a
 * long prompt fills it, the beginning grows up to `HEAD_GROWTH_BYTES`, as it does for the first prompt. Undefined when
 * nothing there says so, and for anything that is no readable regular file; a link is not followed.
 */
export function sessionCwd(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openReadNoFollow(path);
    const stats = statOpen(fd);
    if (!stats.isFile() || stats.size === 0) return undefined;
    buffer ??= windowBuffer();
    const { head, tail } = readWindows(fd, stats.size, buffer);
    return cwdOfWindows(head, tail) ?? (stats.size > WINDOW_BYTES ? cwdFurtherOn(fd, stats.size) : undefined);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) close(fd);
  }
}

/** Kept from call to call: nothing of it outlives `sessionCwd`. */
let buffer: Buffer | undefined;

/** The first `cwd` of a row that does not end in the first window. */
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

/** The same, of the two ends of a transcript that were read already. */
export function cwdOfWindows(head: Buffer, tail: Buffer): string | undefined {
  return relocatedCwd(tail) ?? firstCwd(head);
}

const RELOCATED = Buffer.from('"type":"relocated"');
const CWD = Buffer.from('"cwd":');

/** `relocatedCwd` of the last row of type `relocated` in the window. */
function relocatedCwd(tail: Buffer): string | undefined {
  let before = tail.length;
  while (before > 0) {
    const at = tail.lastIndexOf(RELOCATED, before - 1);
    if (at < 0) return undefined;
    const start = tail.lastIndexOf(NEWLINE, at) + 1;
    const found = lastInLine(tail, start, lineEnd(tail, at), (row) =>
      row["type"] === "relocated" ? row["relocatedCwd"] : undefined,
    );
    if (found !== undefined) return found;
    before = start;
  }
  return undefined;
}

/** `cwd` of the first row in the window that has one: of the main chain where there is such a row. */
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

function lastInLine(bytes: Buffer, start: number, end: number, pick: Pick): string | undefined {
  return stringsInLine(bytes, start, end, pick).at(-1);
}

/** The strings that `pick` finds in the rows of one line: usually one row, more where rows were glued. */
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

/** The members of a row that are asked for, strings and `true`: the value of the whole row may take many megabytes. */
function membersOf(bytes: Buffer, { members, count, oddKey }: RowScan): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < count * 4; i += 4) {
    const [keyStart, keyEnd] = [members[i] as number, members[i + 1] as number];
    const key = oddKey ? stringValue(bytes, keyStart - 1, keyEnd + 1) : undefined;
    for (const [name, word] of NAMES) {
      if (key === undefined ? !equals(bytes, keyStart, keyEnd, word) : key !== name) continue;
      const [start, end] = [members[i + 2] as number, members[i + 3] as number];
      row[name] = stringValue(bytes, start, end) ?? equals(bytes, start, end, TRUE);
    }
  }
  return row;
}
