import type { LongText } from "./long-text.ts";

type Units = Pick<LongText, "length" | "charCodeAt">;

/** Whether a cut there would part a pair of surrogates. */
export function isHalf(text: Units, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * A place to cut a text that parts nothing which is one character to a reader: the given one, or the next before it (`-1`) or
 * after it (`1`). Joiners may go on without end: then no more than pairs of surrogates are kept together.
 */
export function wholeAt(text: Units, at: number, step: 1 | -1): number {
  for (let place = at, tries = 0; place > 0 && place < text.length && tries < NEAR_UNITS; place += step, tries++) {
    if (!isInside(text, place)) return place;
  }
  return isHalf(text, at) ? at + step : at;
}

const NEAR_UNITS = 40;

const isInside = (text: Units, at: number): boolean =>
  isHalf(text, at) || isJoiner(text.charCodeAt(at)) || isJoiner(text.charCodeAt(at - 1));

/** Joiners, and what says how the character before it is to look. */
const isJoiner = (unit: number): boolean =>
  (unit >= 0x200b && unit <= 0x200d) || unit === 0xfe0e || unit === 0xfe0f || (unit >= 0x180b && unit <= 0x180f);
