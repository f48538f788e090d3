import { costOf, type Form, type Piece, type Range } from "./form.ts";
import type { LongText } from "./long-text.ts";
import type { LeftOut, Segment, Shown } from "./segments.ts";

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
  let start = 0;
  for (const segment of segments) {
    const piece = pieceOf(segment, Math.max(0, from - start), Math.max(0, to - start));
    if (piece.text !== "") pieces.push(piece);
    start += segment.text.length;
  }
  return pieces;
}

/** A stretch of a segment. */
export function pieceOf(
  { kind, tool, text, own }: Pick<Segment, "kind" | "tool" | "own"> & { readonly text: LongText },
  from: number,
  to: number,
): Piece {
  const part = text.slice(from, to);
  const ours = own.filter((at) => at >= from && at < from + part.length).map((at) => at - from);
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
});
