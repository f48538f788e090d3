import { costOf, type Form, type Range, UNITS_PER_TOKEN } from "./format.ts";
import { wholeAt } from "./long-text.ts";
import { headingOf, pieceOf, segmentAt, startsOf } from "./item.ts";
import type { Segment, Shown } from "./shown.ts";

/** What there is room for. */
export interface Room {
  readonly form: Form;
  /** In tokens. */
  readonly left: number;
  /** At least something has to fit. */
  readonly must: boolean;
}

/**
 * How far what fits of a message reaches from there: to the end of a segment, or, where not even one fits and something
 * must, into it. Characters of all segments. Each segment is counted once.
 */
export function fitFrom(shown: Shown, from: number, { form, left, must }: Room): number {
  const { segments } = shown;
  const starts = startsOf(segments);
  let room = left - headingCost(shown, from, shown.length - 1, form);
  let fits = from;
  for (let at = segmentAt(segments, from); at < segments.length; at++) {
    const segment = segments[at] as Segment;
    const end = starts[at + 1] as number;
    const stretch = { from: Math.max(0, from - (starts[at] as number)), to: segment.text.length };
    room -= pieceCost(segment, stretch, room, form);
    if (room < 0) {
      if (fits > from || !must) return fits;
      return from + cutOf(segment, stretch, left - headingCost(shown, from, end, form), form, 1);
    }
    fits = end;
  }
  return fits;
}

/** The same towards the beginning. */
export function fitTo(shown: Shown, to: number, { form, left, must }: Room): number {
  const { segments } = shown;
  const starts = startsOf(segments);
  let room = left - headingCost(shown, 1, to, form);
  let fits = to;
  for (let at = segmentAt(segments, to - 1); at >= 0; at--) {
    const segment = segments[at] as Segment;
    const start = starts[at] as number;
    const stretch = { from: 0, to: Math.min(segment.text.length, to - start) };
    room -= pieceCost(segment, stretch, room, form);
    if (room < 0) {
      if (fits < to || !must) return fits;
      return to - cutOf(segment, stretch, left - headingCost(shown, start, to, form), form, -1);
    }
    fits = start;
  }
  return fits;
}

const headingCost = (shown: Shown, from: number, to: number, form: Form): number =>
  costOf(headingOf({ shown, range: { from, to } }, form) + form.between) + form.frame;

/** Of what is far too long it is not counted. */
const pieceCost = (segment: Segment, stretch: Range, room: number, form: Form): number =>
  stretch.to - stretch.from > room * UNITS_PER_TOKEN
    ? Infinity
    : costOf(`${form.piece(pieceOf(segment, stretch.from, stretch.to))}\n`);

const GUESSES = 12;

/** How many characters of a stretch of a segment fit, from its beginning or (-1) its end: at least one. */
function cutOf(segment: Segment, { from, to }: Range, room: number, form: Form, step: 1 | -1): number {
  const text = segment.text.slice(from, to);
  const kept = (length: number): Range => (step === 1 ? { from, to: from + length } : { from: to - length, to });
  let good = 1;
  let bad = Math.min(text.length, Math.ceil(Math.max(0, room) * UNITS_PER_TOKEN)) + 1;
  let worth = 1;
  // Text has much the same rate all along, so a few guesses come close enough.
  for (let guess = 0; guess < GUESSES && bad - good > 1 && worth < room * 0.97; guess++) {
    const far = guess % 2 === 0 ? Math.floor((good * room * 0.99) / Math.max(1, worth)) : (good + bad) >> 1;
    const middle = Math.min(Math.max(far, good + 1), bad - 1);
    const cost = pieceCost(segment, kept(middle), room, form);
    if (cost <= room) [good, worth] = [middle, cost];
    else bad = middle;
  }
  const nice = niceLength(step === 1 ? text.slice(0, good) : text.slice(text.length - good), step) || good;
  const at = step === 1 ? nice : text.length - nice;
  // Never in the middle of a character, and never without getting on.
  const whole = wholeAt(text, at, step === 1 ? -1 : 1);
  const cut = whole > 0 && whole < text.length ? whole : wholeAt(text, at, step);
  return step === 1 ? cut : text.length - cut;
}

/** A cut is moved by so much at most to fall between lines or words. */
const NICE_UNITS = 200;

/** How much of what fits is kept, so that the cut falls between lines, or at least between words; 0 where it cannot. */
function niceLength(text: string, step: 1 | -1): number {
  if (text.length < 2 * NICE_UNITS) return 0;
  const edge = step === 1 ? text.slice(-NICE_UNITS) : text.slice(0, NICE_UNITS);
  for (const sign of ["\n", " "]) {
    const at = step === 1 ? edge.lastIndexOf(sign) : edge.indexOf(sign);
    if (at >= 0) return step === 1 ? text.length - edge.length + at + 1 : text.length - at - 1;
  }
  return 0;
}
