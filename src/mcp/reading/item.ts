import { costOf, type Format, type Piece, type Range } from "./format.ts";
import { type LongText, upperBound, wholeAt } from "./long-text.ts";
import type { LeftOut, Segment, Shown } from "./shown.ts";

/** Message on a page, or a range of one. */
export interface Item {
  readonly shown: Shown;
  readonly range: Range;
}

/** Returns the offset of the segment that contains a row. */
export function offsetOf({ segments }: Shown, row: number): number {
  let offset = 0;
  let last = 0;
  for (const segment of segments) {
    // Calls that were made at once are followed by all of their results.
    if (segment.resultRow === row) return offset;
    if (segment.row <= row) last = offset;
    offset += segment.text.length;
  }
  return last;
}

/** UTF-16 units shown before the text that is looked for. */
const LEAD_UNITS = 500;
/** Maximum UTF-16 units that are looked for. */
const FOUND_UNITS = 200;

const SYNTAX = /[$()*+.?[\\\]^{|}]/g;

/**
 * Returns the offset in a message shortly before a text, from a row on; undefined if it is not there. Case and the length of
 * white space do not matter.
 */
export function placeOfText(shown: Shown, row: number, text: string): number | undefined {
  const words = text.slice(0, FOUND_UNITS).trim().split(/\s+/);
  if (words[0] === "") return undefined;
  const pattern = new RegExp(words.map((word) => word.replace(SYNTAX, "\\$&")).join("\\s+"), "i");
  const from = offsetOf(shown, row);
  let offset = 0;
  for (const segment of shown.segments) {
    const at = offset < from ? -1 : segment.text.search(pattern);
    if (at >= 0) return offset + wholeAt(segment.text, Math.max(0, at - LEAD_UNITS), -1);
    offset += segment.text.length;
  }
  return undefined;
}

function piecesOf({ segments }: Shown, { from, to }: Range): Piece[] {
  const pieces: Piece[] = [];
  const starts = startsOf(segments);
  for (let at = segmentAt(segments, from); at < segments.length; at++) {
    const start = starts[at] as number;
    if (start >= to) break;
    const piece = pieceOf(segments[at] as Segment, Math.max(0, from - start), to - start);
    if (piece.text !== "") pieces.push(piece);
  }
  return pieces;
}

/** Offsets by segments, cached because a message on many pages may have many segments. */
const known = new WeakMap<readonly Segment[], Float64Array>();

/** Returns the offset of each segment in a message, and the end of the last one. */
export function startsOf(segments: readonly Segment[]): Float64Array {
  let starts = known.get(segments);
  if (starts === undefined) {
    starts = new Float64Array(segments.length + 1);
    for (const [at, { text }] of segments.entries()) starts[at + 1] = (starts[at] as number) + text.length;
    known.set(segments, starts);
  }
  return starts;
}

/** Returns the index of the segment that contains a character; at the end of the message, the number of segments. */
export function segmentAt(segments: readonly Segment[], offset: number): number {
  return upperBound(startsOf(segments), offset) - 1;
}

export function pieceOf(
  { kind, tool, text, own }: Pick<Segment, "kind" | "tool" | "own"> & { readonly text: LongText },
  from: number,
  to: number,
): Piece {
  const part = text.slice(from, to);
  const ours: number[] = [];
  for (let i = upperBound(own, from - 1); i < own.length && (own[i] as number) < from + part.length; i++) {
    ours.push((own[i] as number) - from);
  }
  return { kind, tool, text: part, own: ours };
}

export function costOfItem({ shown, range }: Item, format: Format): number {
  let cost = costOf(headingOf({ shown, range }, format) + format.between) + format.frame;
  for (const piece of piecesOf(shown, range)) cost += costOf(`${format.piece(piece)}\n`);
  return Math.ceil(cost);
}

/** Writes the item as the page shows it. */
export function itemText({ shown, range }: Item, format: Format): string {
  return format.message(
    headingOf({ shown, range }, format),
    piecesOf(shown, range).map((piece) => format.piece(piece)),
  );
}

export function headingOf({ shown, range }: Item, format: Format): string {
  const whole = range.from === 0 && range.to === shown.length;
  return format.heading(shown, whole ? undefined : range);
}

export const sumOf = (a: LeftOut, b: LeftOut): LeftOut => ({
  roles: a.roles + b.roles,
  thinking: a.thinking + b.thinking,
  system: a.system + b.system,
  withheld: a.withheld + b.withheld,
  empty: a.empty + b.empty,
  missing: a.missing + b.missing,
});
