import { asObject, type JsonObject } from "./json-values.ts";
import { isValueTooLarge, LONG_ROW, parsed, parseLong } from "./long-row.ts";
import { ascii, equals, OPEN_BRACE, QUOTE, type RowScan, scanObject } from "./json-scanner.ts";

/** Beginning of the conversation rows that Claude Code writes. */
const ROW_START = '{"parentUuid":';

/** Problem of a part of a line. The rest of the line and all other lines are still read. */
export type RowProblem =
  /** The line ends inside a row: its writer was killed, or is still writing. */
  | "cut"
  /** The bytes are not a JSON object. */
  | "not_json"
  /** The row is longer than `ROW_BYTES`, or its value takes many times the memory of its bytes. */
  | "oversized";

/** Receiver of the rows and problems of a line, in order. Offsets are into the buffer that was given. */
export interface LineVisitor {
  /** Receives a whole row; `scan` has its members until the next call. */
  row(start: number, end: number, scan: RowScan): void;
  problem?(start: number, end: number, problem: RowProblem): void;
}

/**
 * Reads the rows of one line (a range without its newline). A writer that was killed, or that appended to a file without a
 * final newline, leaves a line with two: `{…}{…}`, or a cut row and a whole one after it. An object counts as a row of its own
 * only if it cannot be part of the row before it: it is after a complete row or where the grammar broke, it ends at the end of
 * the line or before another `{`, and it has a `type`.
 */
export function visitLine(bytes: Uint8Array, start: number, end: number, scan: RowScan, visitor: LineVisitor): void {
  const at = skipBlank(bytes, start, end);
  if (at === end) return;
  if (bytes[at] === OPEN_BRACE && scanObject(bytes, at, end, scan)) {
    const close = scan.end;
    if (skipBlank(bytes, close, end) === end) {
      if (close - at > LONG_ROW && isValueTooLarge(bytes, at, close)) visitor.problem?.(at, close, "oversized");
      else visitor.row(at, close, scan);
      return;
    }
  }
  visitBrokenLine(bytes, at, end, scan, visitor);
}

function visitBrokenLine(bytes: Uint8Array, start: number, end: number, scan: RowScan, visitor: LineVisitor): void {
  let lost = start;
  let at = bytes[start] === OPEN_BRACE ? start : nextObject(bytes, start, end);
  let reason: RowProblem = "not_json";
  while (at >= 0) {
    const whole = scanObject(bytes, at, end, scan);
    const broke = scan.end;
    if (whole) {
      const after = skipBlank(bytes, broke, end);
      const first = at === start;
      if ((after === end || bytes[after] === OPEN_BRACE || first) && (first || hasType(bytes, scan))) {
        if (at > lost) visitor.problem?.(lost, at, reason);
        if (broke - at > LONG_ROW && isValueTooLarge(bytes, at, broke)) visitor.problem?.(at, broke, "oversized");
        else visitor.row(at, broke, scan);
        lost = after;
        reason = "not_json";
      }
      at = after === end ? -1 : bytes[after] === OPEN_BRACE ? after : nextObject(bytes, after, end);
    } else {
      reason = "cut";
      at = restart(bytes, at, broke, end);
    }
  }
  if (lost < end) visitor.problem?.(lost, end, reason);
}

/** Returns where the next row may begin after the one at `open` broke at `broke`: always after `open`; -1 for none. */
function restart(bytes: Uint8Array, open: number, broke: number, end: number): number {
  // Appended where a value may be, a row is part of the cut one by the grammar. Only the last candidate is tried.
  const inside = broke >= end ? lastRowStart(bytes, open + 1, end) : -1;
  if (inside >= 0) return inside;
  // Appended inside a string, a row breaks the grammar right after the `{"` it begins with.
  for (let i = Math.min(broke, end - 1); i > open && i >= broke - 2; i--) {
    if (bytes[i] === OPEN_BRACE && bytes[i + 1] === QUOTE) return i;
  }
  return nextObject(bytes, Math.max(broke, open + 1), end);
}

/** Returns the last place where a row seems to begin. Only the line is searched: the buffer may be far longer. */
function lastRowStart(bytes: Uint8Array, from: number, end: number): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, end - from)).lastIndexOf(ROW_START);
  return at < 0 ? -1 : from + at;
}

function nextObject(bytes: Uint8Array, from: number, end: number): number {
  const line = bytes.subarray(0, end);
  let at = from;
  for (;;) {
    at = line.indexOf(OPEN_BRACE, at);
    if (at < 0 || at >= end - 1) return -1;
    if (line[at + 1] === QUOTE) return at;
    at++;
  }
}

function hasType(bytes: Uint8Array, scan: RowScan): boolean {
  for (let i = 0; i < scan.count * 4; i += 4) {
    const start = scan.members[i] as number;
    const isType = equals(bytes, start, scan.members[i + 1] as number, KEY_TYPE);
    if (isType && bytes[scan.members[i + 2] as number] === QUOTE) return true;
  }
  return false;
}

const KEY_TYPE = ascii("type");

/** Skips white space, and the control characters (NUL padding) that killed writers leave before a row. */
function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (bytes[i] as number) <= 0x20) i++;
  return i;
}

/**
 * Parses a row that `visitLine` found; undefined if it is not an object. Invalid UTF-8 becomes U+FFFD. Raw control characters
 * and unknown escapes in strings, which `JSON.parse` rejects, stand for themselves. `mayOverwrite`: see `parseLong`.
 */
export function parseRow(bytes: Uint8Array, start: number, end: number, mayOverwrite = false): JsonObject | undefined {
  try {
    return asObject(
      end - start > LONG_ROW
        ? parseLong(bytes, start, end, mayOverwrite)
        : parsed(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8")),
    );
  } catch {
    return undefined;
  }
}
