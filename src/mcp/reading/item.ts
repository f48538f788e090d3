import { costOf, type Form, type Piece, type Range } from "./format.ts";
import type { LongText } from "./long-text.ts";
import type { LeftOut, Segment, Shown } from "./shown.ts";

/** A message on a page, or a part of one. */
export interface Item {
  readonly shown: Shown;
  readonly range: Range;
}

/** Where the segment begins that a row stands in. */
export function offsetOf({ segments }: Shown, row: number): number {
  let offset = 0;
  let last = 0;
  for (const segment of segments) {
    if (segment.row > row) break;
    last = offset;
    offset += segment.text.length;
  }
  return last;
}

/** The pieces of a stretch of a message. */
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

/** Where each segment begins in a message, and where the last one ends: a message that takes many pages may have many. */
const known = new WeakMap<readonly Segment[], Float64Array>();

export function startsOf(segments: readonly Segment[]): Float64Array {
  let starts = known.get(segments);
  if (starts === undefined) {
    starts = new Float64Array(segments.length + 1);
    for (const [at, { text }] of segments.entries()) starts[at + 1] = (starts[at] as number) + text.length;
    known.set(segments, starts);
  }
  return starts;
}

/** Number of the segment that a character of a message stands in; behind the last one at its end. */
export function segmentAt(segments: readonly Segment[], offset: number): number {
  return firstAbove(startsOf(segments), offset) - 1;
}

/** Where the first number stands that is greater, in numbers that rise; their count where none is. */
function firstAbove(numbers: ArrayLike<number>, least: number): number {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] as number) > least) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** A stretch of a segment. */
export function pieceOf(
  { kind, tool, text, own }: Pick<Segment, "kind" | "tool" | "own"> & { readonly text: LongText },
  from: number,
  to: number,
): Piece {
  const part = text.slice(from, to);
  const ours: number[] = [];
  for (let i = firstAbove(own, from - 1); i < own.length && (own[i] as number) < from + part.length; i++) {
    ours.push((own[i] as number) - from);
  }
  return { kind, tool, text: part, own: ours };
}

export function costOfItem({ shown, range }: Item, form: Form): number {
  let cost = costOf(headingOf({ shown, range }, form) + form.between) + form.frame;
  for (const piece of piecesOf(shown, range)) cost += costOf(`${form.piece(piece)}\n`);
  return Math.ceil(cost);
}

/** The item as it stands on the page. */
export function itemText({ shown, range }: Item, form: Form): string {
  return form.message(
    headingOf({ shown, range }, form),
    piecesOf(shown, range).map((piece) => form.piece(piece)),
  );
}

export function headingOf({ shown, range }: Item, form: Form): string {
  const whole = range.from === 0 && range.to === shown.length;
  return form.heading(shown, whole ? undefined : range);
}

export const sumOf = (a: LeftOut, b: LeftOut): LeftOut => ({
  roles: a.roles + b.roles,
  thinking: a.thinking + b.thinking,
  system: a.system + b.system,
  withheld: a.withheld + b.withheld,
  empty: a.empty + b.empty,
  missing: a.missing + b.missing,
});
