/**
 * Estimates the tokens of a text, rather too high: o200k nearly always counts fewer, the tokenizers of newer models about as
 * many. One pass over the UTF-16 units, some 100 MB/s; no vocabulary.
 *
 * Each kind of text has its own rate, because characters divided by four are wrong by half for most of a transcript.
 */
export function countTokens(text: string): number {
  let count = 0;
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    const kind = unit < 128 ? (KINDS[unit] as number) : BEYOND;
    let end = at + 1;
    switch (kind) {
      case LETTER:
        while (end < text.length && isLetter(text.charCodeAt(end))) end++;
        count += wordTokens(text, at, end);
        break;
      case DIGIT:
        while (end < text.length && KINDS[text.charCodeAt(end)] === DIGIT) end++;
        count += Math.ceil((end - at) / 3);
        break;
      case SPACE:
        while (end < text.length && KINDS[text.charCodeAt(end)] === SPACE) end++;
        // A single space before a word or a sign belongs to its token.
        if (end - at > 1 || end === text.length || KINDS[text.charCodeAt(end)] === DIGIT) count += runTokens(end - at);
        break;
      case LINE:
        while (end < text.length && KINDS[text.charCodeAt(end)] === LINE) end++;
        count += runTokens(end - at);
        break;
      case SIGN:
        while (end < text.length && KINDS[text.charCodeAt(end)] === SIGN) end++;
        count += signTokens(text, at, end);
        break;
      case CONTROL:
        count += 2;
        break;
      default: {
        const point = text.codePointAt(at) ?? unit;
        end = at + (point > 0xffff ? 2 : 1);
        count += pointTokens(point);
      }
    }
    at = end;
  }
  return Math.ceil(count * FACTOR);
}

/** Ratio by which newer tokenizers reportedly exceed o200k. */
const FACTOR = 1.1;

const LETTER = 0;
const DIGIT = 1;
const SPACE = 2;
const LINE = 3;
const SIGN = 4;
const CONTROL = 5;
const BEYOND = 6;

const KINDS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const letter = String.fromCharCode(unit);
  if (/[a-z]/i.test(letter)) return LETTER;
  if (/[0-9]/.test(letter)) return DIGIT;
  if (letter === " " || letter === "\t") return SPACE;
  if (letter === "\n" || letter === "\r") return LINE;
  return unit > 32 && unit < 127 ? SIGN : CONTROL;
});

const isLetter = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90);

/** Length up to which a word is mostly one token. */
const WORD = 7;

function wordTokens(text: string, from: number, to: number): number {
  const length = to - from;
  let capitals = 0;
  let consonants = 0;
  let odd = 0;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 97) capitals++;
    consonants = VOWELS[unit] === 1 ? 0 : consonants + 1;
    // Long runs of consonants are not words of a language but random letters.
    if (consonants > 2) odd++;
  }
  if (capitals === length) return Math.max(1, length / 2.2);
  if (capitals > 0 && text.charCodeAt(from) < 97) capitals--;
  const tokens = 1 + Math.max(0, length - WORD) / 4.5 + capitals * 0.8 + odd * 0.4;
  return Math.min(tokens, length);
}

const VOWELS = Uint8Array.from({ length: 128 }, (_, unit) => (/[aeiouy]/i.test(String.fromCharCode(unit)) ? 1 : 0));

/** Counts a run of one character: many of them are one token. */
const runTokens = (length: number): number => 1 + Math.floor(length / 16);

function signTokens(text: string, from: number, to: number): number {
  const length = to - from;
  if (length === 1) return 1;
  if (length <= 3) return 1.2;
  let changes = 0;
  for (let i = from + 1; i < to; i++) if (text.charCodeAt(i) !== text.charCodeAt(i - 1)) changes++;
  return Math.min(length, runTokens(length) + changes * 0.5);
}

function pointTokens(point: number): number {
  if (point > 0xffff) return point >= 0x1f300 && point < 0x1f700 ? 3 : 4;
  if (point < 0xa0) return 2;
  if (point < 0x180) return 0.9;
  if (point >= 0x4e00 && point < 0xd7b0) return isCommon(point) ? 1.1 : 3;
  return RATES[point >> 4] as number;
}

/** Whether a Chinese character or Hangul syllable is common: legacy character sets begin with those. Rare ones take a token per byte. */
function isCommon(point: number): boolean {
  common ??= new Set(
    [
      ...charsOf("gb18030", [0xb0, 0xd7], HIGH),
      ...charsOf("shift_jis", [0x88, 0x97], LOW, [0x80, 0xfc]),
      ...charsOf("big5", [0xa4, 0xc6], LOW, HIGH),
      ...charsOf("euc-kr", [0xb0, 0xc8], HIGH),
    ].map((letter) => letter.charCodeAt(0)),
  );
  return common.has(point);
}

let common: ReadonlySet<number> | undefined;

type Span = readonly [from: number, to: number];
const LOW: Span = [0x40, 0x7e];
const HIGH: Span = [0xa1, 0xfe];

/** Returns the two-byte characters in these rows of a character set. */
function charsOf(set: string, [from, to]: Span, ...cells: readonly Span[]): string[] {
  const bytes: number[] = [];
  for (let row = from; row <= to; row++) {
    for (const [first, last] of cells) for (let cell = first; cell <= last; cell++) bytes.push(row, cell);
  }
  return Array.from(new TextDecoder(set).decode(Uint8Array.from(bytes)));
}

/** Tokens for each character, by rows of sixteen: an average for letters of languages, the maximum for all others. */
const RATES = new Float32Array(0x1000).fill(3);
const rate = (from: number, to: number, tokens: number): void => void RATES.fill(tokens, from >> 4, (to + 1) >> 4);
rate(0x1a0, 0x1bf, 1);
rate(0x250, 0x36f, 2);
rate(0x370, 0x3ff, 0.6);
rate(0x400, 0x45f, 0.6);
rate(0x460, 0x58f, 1.6);
rate(0x590, 0x6ff, 1);
rate(0x900, 0xeff, 1);
rate(0x10a0, 0x10ff, 1.2);
rate(0x1200, 0x13ff, 2);
rate(0x1e00, 0x1eff, 1);
rate(0x2000, 0x23ff, 1.6);
rate(0x2500, 0x27bf, 1.6);
rate(0x3000, 0x30ff, 1.1);
rate(0xff00, 0xffef, 1.6);
