/** Private keys in texts: whole ones, and the heads and tails of those that are cut. */

import { SEQUENCES } from "../../../transcript/text/sequences.ts";

export interface FoundKey {
  /** The key as it stands, from its first line to its last. Undefined if it is cut, or stands among other text. */
  readonly whole: string | undefined;
  /** Its lines, without what stands around them. */
  readonly lines: readonly string[];
}

const MARK = /-----(BEGIN|END) ?(?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
/** PuTTY's own form. */
const PUTTY = "Private-Lines: ";
/** Longest private key that is looked at, with what is around its lines. */
const KEY_UNITS = 40_000;

/** Yields the private keys in a text. Their lines may be numbered, quoted, coloured or part of a diff. */
export function* privateKeys(text: string): Generator<FoundKey> {
  // From each mark to the next, so that the cost grows with the text, however many marks are in it.
  let before: { readonly isBegin: boolean; readonly start: number; readonly end: number } | undefined;
  for (const { 0: mark, 1: word, index: start } of text.matchAll(MARK)) {
    const isBegin = word === "BEGIN";
    const end = start + mark.length;
    const from = before?.end ?? 0;
    if (before?.isBegin === true) {
      const isWhole = !isBegin && start - from < KEY_UNITS;
      yield* isWhole
        ? wholeKey(text.slice(before.start, end), text.slice(from, start))
        : head(text.slice(from, Math.min(start, from + KEY_UNITS)));
    } else if (!isBegin) yield* tail(text.slice(Math.max(from, start - KEY_UNITS), start));
    before = { isBegin, start, end };
  }
  if (before?.isBegin === true) yield* head(text.slice(before.end, before.end + KEY_UNITS));
  // Each part ends where the next begins.
  if (text.includes(PUTTY)) for (const part of text.split(PUTTY).slice(1)) yield* head(part.slice(0, KEY_UNITS));
}

function* wholeKey(whole: string, body: string): Generator<FoundKey> {
  const lines = partsOf(body).filter(
    (part, i, all) => isKeyLine(part) || (i > 0 && isLastLine(part, all[i - 1] ?? "")),
  );
  if (!isReal(lines)) return;
  // Code that only names both marks, and has something like a line between them, stays.
  const units = lines.reduce((sum, line) => sum + line.length, 0);
  yield { whole: units * 2 >= body.replace(/\s+/g, "").length ? whole : undefined, lines };
}

/** Words between the beginning of a key and its first line. */
const MOST_HEADERS = 20;

/** A text that says what a key looks like has no such lines. */
const isReal = (lines: readonly string[]): boolean => lines.length > 3 || lines.some(({ length }) => length >= 40);

/** Lines after the beginning, up to the first thing that is none. */
function* head(body: string): Generator<FoundKey> {
  const lines: string[] = [];
  let others = 0;
  for (const part of partsOf(body)) {
    if (isKeyLine(part) || (lines.length > 0 && isLastLine(part, lines.at(-1) ?? ""))) lines.push(part);
    else if (lines.length > 0 ? !isAround(part) : ++others > MOST_HEADERS) break;
  }
  if (isReal(lines)) yield { whole: undefined, lines };
}

/** Lines before the end, from the last one on back to the first thing that is none. */
function* tail(body: string): Generator<FoundKey> {
  const lines: string[] = [];
  for (const part of partsOf(body).reverse()) {
    if (isKeyLine(part) || (lines.length === 0 && SHORT_LINE.test(part) && /\d|[a-z].*[A-Z]/.test(part)))
      lines.unshift(part);
    else if (!isAround(part)) break;
  }
  if (lines.length > 0) yield { whole: undefined, lines };
}

/** The digits of a line number, the letters of a literal \n and colours are no part of a line. */
const partsOf = (body: string): string[] =>
  body
    .replaceAll(SEQUENCES, " ")
    .replace(/\\+(?:u001b|x1b|033|e)\[[\d;?]{0,20}[A-Za-z]/gi, " ")
    .split(/\s|\\+[nrt]|["'`,→|:>\\()]/)
    .map((part) => part.replace(/^[+-]+/, ""))
    .filter((part) => part !== "");

/** A number, a sign, a header: it stands between the lines of a key. */
const isAround = (part: string): boolean => part.length < 8 || /^[A-Za-z]+(?:-[A-Za-z0-9]+)+$/.test(part);

const LINE = /^[A-Za-z0-9+/]{16,}={0,2}$/;
const SHORT_LINE = /^[A-Za-z0-9+/]{8,}={0,2}$/;
/** Words of a program have no capitals, small letters and digits at once in this length. */
const isKeyLine = (part: string): boolean =>
  LINE.test(part) &&
  /[A-Z]/.test(part) &&
  /[a-z]/.test(part) &&
  /\d/.test(part) &&
  (part.length >= 40 || /\d.*\d/.test(part));
/** The last line of a key is shorter, and ends with it. */
const isLastLine = (part: string, before: string): boolean =>
  SHORT_LINE.test(part) &&
  LINE.test(before) &&
  before.length >= 40 &&
  /\d|=$|[a-z].*[A-Z].*[a-z]/.test(part) &&
  !WORD.test(part);
const WORD = /^[a-z]+(?:[A-Z][a-z]+)*$/;
