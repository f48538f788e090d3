import { asObject, type JsonObject } from "./json-values.ts";
import { isTooRich, LONG_ROW, parsed, parseLong } from "./long-row.ts";
import { type RowScan, scanObject } from "./json-scanner.ts";

const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;
/** How Claude Code begins the rows of a conversation. */
const ROW_START = '{"parentUuid":';

/** What can be wrong with a piece of a line. The rest of the line, and every other line, is read all the same. */
export type RowProblem =
  /** The line ends inside a row: its writer was killed, or is still writing. */
  | "cut"
  /** The bytes are no JSON object. */
  | "not_json"
  /** The row is longer than `ROW_BYTES`, or its value would take many times the memory of its bytes. */
  | "oversized";

/** Receives what a line holds, in order; offsets are into the buffer that was given. */
export interface LineVisitor {
  /** A whole row; `scan` holds its members until the next call. */
  row(start: number, end: number, scan: RowScan): void;
  problem?(start: number, end: number, problem: RowProblem): void;
}

/**
 * Reads the rows of one line (a range without its newline).
 *
 * Usually a line is one row. A writer that was killed, or that appended to a file without a final newline, leaves a
 * line with two: `{…}{…}`, or a cut row with a whole one behind it. Each of them is a row here, where `JSON.parse` of
 * the line would lose both. An object counts as glued on only where it cannot be a part of the row before it: behind a
 * complete row, or where the grammar broke, and only when it reaches to the end of the line or to a further `{`, and has
 * a `type`.
 */
export function visitLine(bytes: Uint8Array, start: number, end: number, scan: RowScan, visitor: LineVisitor): void {
  const at = skipBlank(bytes, start, end);
  if (at === end) return;
  if (bytes[at] === OPEN_BRACE && scanObject(bytes, at, end, scan)) {
    const close = scan.end;
    if (skipBlank(bytes, close, end) === end) {
      if (close - at > LONG_ROW && isTooRich(bytes, at, close)) visitor.problem?.(at, close, "oversized");
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
        if (broke - at > LONG_ROW && isTooRich(bytes, at, broke)) visitor.problem?.(at, broke, "oversized");
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

/** Where a further row may begin after the one at `open` broke at `broke`: never twice the same place. */
function restart(bytes: Uint8Array, open: number, broke: number, end: number): number {
  // Glued on where a value may stand, a row is a part of the cut one by the grammar. Only the last one is tried.
  const inside = broke >= end ? lastRowStart(bytes, open + 1, end) : -1;
  if (inside >= 0) return inside;
  // A row glued on inside a string breaks the grammar right behind the `{"` it begins with.
  for (let i = Math.min(broke, end - 1); i > open && i >= broke - 2; i--) {
    if (bytes[i] === OPEN_BRACE && bytes[i + 1] === QUOTE) return i;
  }
  return nextObject(bytes, Math.max(broke, open + 1), end);
}

/** Neither looks beyond the line: what stands before or after it may be a thousand times as long. */
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
    if (
      (scan.members[i + 1] as number) - start === 4 &&
      bytes[start] === 0x74 &&
      bytes[start + 1] === 0x79 &&
      bytes[start + 2] === 0x70 &&
      bytes[start + 3] === 0x65 &&
      bytes[scan.members[i + 2] as number] === QUOTE
    ) {
      return true;
    }
  }
  return false;
}

/** White space and the control characters that killed writers leave before a row (NUL padding) are passed over. */
function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (bytes[i] as number) <= 0x20) i++;
  return i;
}

/**
 * The value of a row that `visitLine` found. Invalid UTF-8 becomes U+FFFD. Raw control characters and unknown escapes
 * inside strings, which `JSON.parse` refuses, are read as what they stand for, so that one bad byte does not cost a message.
 * Returns undefined only for a row that is no object.
 */
export function parseRow(
  bytes: Uint8Array,
  start: number,
  end: number,
  { mayOverwrite = false }: { readonly mayOverwrite?: boolean } = {},
): JsonObject | undefined {
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
