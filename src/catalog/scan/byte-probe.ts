import { isAscii } from "node:buffer";
import { foldText } from "../../transcript/text/fold-text.ts";
import { foldedUnits, MARK, SEPARATOR } from "../extract/unicode61.ts";
import { foldLiteral } from "../query/fold-literal.ts";
import { phraseFor } from "../query/match-text.ts";
import type { TextTerm } from "../query/query.ts";

/** A test of whether the line `[start, end)` may have what is looked for. */
export type LineTest = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * Returns a test of whether a line of JSON may have one of the terms: most lines have none, and parsing them takes five
 * times as long. Undefined if any line may.
 */
export function byteProbe(terms: readonly TextTerm[]): LineTest | undefined {
  const needles = terms.map(needlesOf);
  if (needles.length === 0 || needles.some((all) => all.length === 0)) return undefined;
  const wanted = needles.map((all) => all.map((needle) => new RegExp(needle, "i")));
  return (bytes, start, end) => {
    const line = bytes.toString("latin1", start, end);
    if (wanted.some((all) => all.every((needle) => needle.test(line)))) return true;
    if (line.includes("\\u") && ESCAPED.test(line)) return true;
    return !isAscii(bytes.subarray(start, end)) && foldedBytes().test(line);
  };
}

/** An escaped character that may stand for a letter, or begin a control sequence within a word: all but most control characters. */
const ESCAPED = /\\u(?!00(?:0|1[^bB]))/;

/** Number of words of a phrase that are looked for. */
const MOST_NEEDLES = 4;

/**
 * Returns runs of letters and digits, or bytes of Chinese characters, that a text with the term has, the longest first; none
 * if it may have none.
 */
function needlesOf(term: TextTerm): string[] {
  if (term.kind === "regex") return [];
  const parts = term.kind === "words" ? phraseFor(term).tokens : [foldLiteral(term.text).text];
  const chinese = term.kind === "words" ? parts.find((part) => HAN.test(part)) : undefined;
  if (chinese !== undefined) return [Buffer.from(chinese).toString("latin1")];
  const runs = parts.flatMap((part) => (NOT_ASCII.test(part) ? [] : (part.match(/[a-z0-9_]+/g) ?? [])));
  return [...new Set(runs)].sort((a, b) => b.length - a.length).slice(0, MOST_NEEDLES);
}

const NOT_ASCII = /[^\0-\x7f]/;
/** Characters that fold to themselves, and nothing else to them. */
const HAN = /^[\u4e00-\u9fff]+$/;
const LETTER = /[a-z0-9_]/;
/** Characters beyond U+FFFF, of which some fold to letters. */
const ASTRAL = "\\xf0";
/** Begins a control sequence of eight bits. */
const SEQUENCE = "\\xc2\\x9b";

/**
 * Ranges of characters beyond ASCII, without Chinese ones, Korean syllables, surrogates and private ones, of which none folds
 * to ASCII.
 */
const FOLDED = [
  [0x80, 0x3400],
  [0xa000, 0xac00],
  [0xf900, 0x1_0000],
] as const;
/** Characters that are folded together: one by one they take three times as long. */
const BLOCK = 64;

let folded: RegExp | undefined;

/** Returns an expression for the first two bytes of the characters that fold to letters of ASCII, and of marks on them. */
function foldedBytes(): RegExp {
  if (folded === undefined) {
    const seconds = new Map<number, Set<number>>();
    for (const [from, to] of FOLDED) for (let point = from; point < to; point += BLOCK) addBlock(point, seconds);
    folded = new RegExp(
      [ASTRAL, SEQUENCE, ...[...seconds].map(([first, all]) => `${hex(first)}[${[...all].map(hex).join("")}]`)].join(
        "|",
      ),
    );
  }
  return folded;
}

function addBlock(from: number, seconds: Map<number, Set<number>>): void {
  const chars = Array.from({ length: BLOCK }, (_, i) => String.fromCodePoint(from + i));
  const plains = foldText(chars.join("\n")).split("\n");
  plains.forEach((plain, i) => {
    const fold = foldedUnits()[from + i] as number;
    const isOfToken = fold === MARK || (fold !== SEPARATOR && fold < 0x80);
    if (plain === "" || LETTER.test(plain) || isOfToken) add(from + i, seconds);
  });
}

/** Adds the first two bytes of a character. */
function add(point: number, seconds: Map<number, Set<number>>): void {
  const first = point < 0x800 ? 0xc0 | (point >> 6) : 0xe0 | (point >> 12);
  const second = 0x80 | ((point < 0x800 ? point : point >> 6) & 0x3f);
  const others = seconds.get(first);
  if (others === undefined) seconds.set(first, new Set([second]));
  else others.add(second);
}

const hex = (byte: number): string => `\\x${byte.toString(16)}`;
