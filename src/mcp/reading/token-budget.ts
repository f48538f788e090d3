import { costOf, type Format, type Range, UNITS_PER_TOKEN } from "./format.ts";
import { wholeAt } from "./long-text.ts";
import { headingOf, pieceOf, segmentAt, startsOf } from "./item.ts";
import type { Segment, Shown } from "./shown.ts";

export interface TokenBudget {
  readonly format: Format;
  /** Tokens left. */
  readonly left: number;
  /** Whether at least something has to fit, even if a segment must be cut for it. */
  readonly must: boolean;
}

/**
 * Returns the end of the part of a message that fits from an offset on, in characters of its segments: the end of a segment,
 * or a cut in the first one if something must fit. Counts each segment once.
 */
export function fitFrom(shown: Shown, from: number, { format, left, must }: TokenBudget): number {
  const { segments } = shown;
  const starts = startsOf(segments);
  let remaining = left - headingCost(shown, from, shown.length - 1, format);
  let fits = from;
  for (let at = segmentAt(segments, from); at < segments.length; at++) {
    const segment = segments[at] as Segment;
    const end = starts[at + 1] as number;
    const range = { from: Math.max(0, from - (starts[at] as number)), to: segment.text.length };
    remaining -= pieceCost(segment, range, remaining, format);
    if (remaining < 0) {
      if (fits > from || !must) return fits;
      return from + cutOf(segment, range, left - headingCost(shown, from, end, format), format, 1);
    }
    fits = end;
  }
  return fits;
}

/** Returns the start of the part of a message that fits before an offset. */
export function fitTo(shown: Shown, to: number, { format, left, must }: TokenBudget): number {
  const { segments } = shown;
  const starts = startsOf(segments);
  let remaining = left - headingCost(shown, 1, to, format);
  let fits = to;
  for (let at = segmentAt(segments, to - 1); at >= 0; at--) {
    const segment = segments[at] as Segment;
    const start = starts[at] as number;
    const range = { from: 0, to: Math.min(segment.text.length, to - start) };
    remaining -= pieceCost(segment, range, remaining, format);
    if (remaining < 0) {
      if (fits < to || !must) return fits;
      return to - cutOf(segment, range, left - headingCost(shown, start, to, format), format, -1);
    }
    fits = start;
  }
  return fits;
}

const headingCost = (shown: Shown, from: number, to: number, format: Format): number =>
  costOf(headingOf({ shown, range: { from, to } }, format) + format.between) + format.frame;

/** Returns the cost of a piece; Infinity, without counting, if it is far too long. */
const pieceCost = (segment: Segment, { from, to }: Range, left: number, format: Format): number =>
  to - from > left * UNITS_PER_TOKEN ? Infinity : costOf(`${format.piece(pieceOf(segment, from, to))}\n`);

const GUESSES = 12;

/** Returns how many characters of a segment's range fit, from its beginning or (-1) its end: at least one. */
function cutOf(segment: Segment, { from, to }: Range, left: number, format: Format, step: 1 | -1): number {
  const text = segment.text.slice(from, to);
  const kept = (length: number): Range => (step === 1 ? { from, to: from + length } : { from: to - length, to });
  let good = 1;
  let bad = Math.min(text.length, Math.ceil(Math.max(0, left) * UNITS_PER_TOKEN)) + 1;
  let goodCost = 1;
  // Tokens per character vary little within a text, so a few guesses come close enough.
  for (let guess = 0; guess < GUESSES && bad - good > 1 && goodCost < left * 0.97; guess++) {
    const far = guess % 2 === 0 ? Math.floor((good * left * 0.99) / Math.max(1, goodCost)) : (good + bad) >> 1;
    const middle = Math.min(Math.max(far, good + 1), bad - 1);
    const cost = pieceCost(segment, kept(middle), left, format);
    if (cost <= left) [good, goodCost] = [middle, cost];
    else bad = middle;
  }
  const nice = niceLength(step === 1 ? text.slice(0, good) : text.slice(text.length - good), step) || good;
  const at = step === 1 ? nice : text.length - nice;
  // Splits no character, but keeps at least one.
  const whole = wholeAt(text, at, step === 1 ? -1 : 1);
  const cut = whole > 0 && whole < text.length ? whole : wholeAt(text, at, step);
  return step === 1 ? cut : text.length - cut;
}

/** Maximum distance by which a cut moves to be between lines or words. */
const NICE_UNITS = 200;

/** Returns how much of a fitting text to keep so that the cut is between lines, or else words; 0 if there is no such place. */
function niceLength(text: string, step: 1 | -1): number {
  if (text.length < 2 * NICE_UNITS) return 0;
  const edge = step === 1 ? text.slice(-NICE_UNITS) : text.slice(0, NICE_UNITS);
  for (const sign of ["\n", " "]) {
    const at = step === 1 ? edge.lastIndexOf(sign) : edge.indexOf(sign);
    if (at >= 0) return step === 1 ? text.length - edge.length + at + 1 : text.length - at - 1;
  }
  return 0;
}
