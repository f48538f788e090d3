/**
 * Splits texts into the tokens of the index: those that FTS5 makes of `forIndex(text)`. Chinese, Japanese and Korean are not
 * written with spaces between words, so a run of them becomes pairs of characters: `中文字` is `中文`, `文字`, `字`. A single
 * character is the beginning of a pair, or the last one of a run.
 *
 * Index, queries, snippets and scans all use these functions, so they find the same.
 */
import { foldedAstral, foldedUnits, MARK, SEPARATOR } from "./unicode61.ts";

/** Token with its range in the text, in UTF-16 units. The ranges of pairs overlap. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Code points that are written without spaces between words. All are token characters that fold to themselves. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x11ff],
  [0x3005, 0x3007],
  [0x3021, 0x3029],
  [0x3031, 0x3035],
  [0x3038, 0x303c],
  [0x3041, 0x3096],
  [0x309d, 0x309f],
  [0x30a1, 0x30fa],
  [0x30fc, 0x30ff],
  [0x3105, 0x312f],
  [0x3131, 0x318e],
  [0x31a0, 0x31bf],
  [0x31f0, 0x31ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xd7b0, 0xd7fb],
  [0xf900, 0xfaff],
  [0xff66, 0xffdc],
  [0x1b000, 0x1b16f],
  [0x20000, 0x3ffff],
];

const escape = (point: number): string => `\\u{${point.toString(16)}}`;
const CJK = RANGES.map(([first, last]) => `${escape(first)}-${escape(last)}`).join("");
/** A character and the voiced sound mark after it (file names of macOS), or the parts of a Korean syllable. */
const CLUSTER = `[\\u1100-\\u115f][\\u1160-\\u11a7]?[\\u11a8-\\u11ff]?|[${CJK}][\\u3099\\u309a]?`;
const RUN = new RegExp(`(?:${CLUSTER})+`, "uy");
const CLUSTERS = new RegExp(CLUSTER, "gu");
const ONE_CLUSTER = new RegExp(`^(?:${CLUSTER})$`, "u");
/** Units that a run may begin with, for a quick check of texts without any. */
const RUN_BEGINS =
  /[\u1100-\u11ff\u3005-\u31ff\u3400-\u9fff\ua960-\ua97c\uac00-\ud7fb\uf900-\ufaff\uff66-\uffdc\ud82c\ud840-\ud8bf]/g;

/** Returns a text as it is put into the index: runs of Chinese, Japanese and Korean as pairs of characters. */
export function forIndex(text: string): string {
  let words = "";
  let from = 0;
  for (let run = nextRun(text, 0); run !== undefined; run = nextRun(text, from)) {
    words += `${text.slice(from, run.start)} `;
    visitPairs(text, run, (pair) => {
      words += `${pair} `;
    });
    from = run.end;
  }
  return from === 0 ? text : words + text.slice(from);
}

interface Run {
  readonly start: number;
  readonly end: number;
}

/** Finds the next run. The quick search for its first unit makes this cost nothing in a text that is all ASCII. */
function nextRun(text: string, from: number): Run | undefined {
  RUN_BEGINS.lastIndex = from;
  while (RUN_BEGINS.test(text)) {
    const start = RUN_BEGINS.lastIndex - 1;
    RUN.lastIndex = start;
    if (RUN.test(text)) return { start, end: RUN.lastIndex };
  }
  return undefined;
}

/** Returns the tokens of a text in order. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  visitTokens(text, (token, start, end) => {
    tokens.push({ text: token, start, end });
  });
  return tokens;
}

/** Receives a token and its range. Returns true to stop. */
export type TokenVisitor = (text: string, start: number, end: number) => boolean | void;

/** Visits the tokens of a text in order. */
export function visitTokens(text: string, visit: TokenVisitor): void {
  let from = 0;
  for (let run = nextRun(text, 0); run !== undefined; run = nextRun(text, from)) {
    if (visitWords(text, from, run.start, visit) || visitPairs(text, run, visit)) return;
    from = run.end;
  }
  visitWords(text, from, text.length, visit);
}

/** Visits the tokens of a part of a text that has no run. Returns whether the visitor stopped. */
function visitWords(text: string, from: number, to: number, visit: TokenVisitor): boolean {
  const folded = foldedUnits();
  for (let at = from; at < to;) {
    const first = foldAt(text, at, to, folded);
    if (first === SEPARATOR || first === MARK) {
      at += unitsAt(text, at, to);
      continue;
    }
    const start = at;
    let token = "";
    /** Start of the units that fold to themselves and are not in `token` yet. */
    let plain = at;
    for (let fold = first; fold !== SEPARATOR && at < to; fold = foldAt(text, at, to, folded)) {
      const units = unitsAt(text, at, to);
      if (fold === MARK || fold !== text.codePointAt(at)) {
        token += text.slice(plain, at) + (fold === MARK ? "" : String.fromCodePoint(fold));
        plain = at + units;
      }
      at += units;
    }
    token = plain === start ? text.slice(start, at) : token + text.slice(plain, at);
    if (visit(token, start, at) === true) return true;
  }
  return false;
}

function foldAt(text: string, at: number, to: number, folded: Uint16Array): number {
  if (at >= to) return SEPARATOR;
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff) return folded[unit] as number;
  return unitsAt(text, at, to) === 2 ? foldedAstral(text.codePointAt(at) as number) : SEPARATOR;
}

/** Returns 2 for a surrogate pair that ends before `to`, else 1. */
function unitsAt(text: string, at: number, to: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff || at + 1 >= to) return 1;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}

/** Visits the pairs of a run, and its last character. Returns whether the visitor stopped. */
function visitPairs(text: string, run: Run, visit: TokenVisitor): boolean {
  let before = "";
  let start = run.start;
  let at = run.start;
  for (const [written] of text.slice(run.start, run.end).matchAll(CLUSTERS)) {
    const cluster = composed(written);
    const end = at + written.length;
    if (before !== "" && visit(before + cluster, start, end) === true) return true;
    before = cluster;
    start = at;
    at = end;
  }
  return visit(before, start, at) === true;
}

/** Returns one character for a composed cluster, and drops a mark that belongs to no character. */
const composed = (cluster: string): string =>
  cluster.length === 1 ? cluster : cluster.normalize("NFC").replace(/[\u3099\u309a]/g, "");

/** Tokens of a phrase, as a query asks for them. */
export interface Phrase {
  readonly tokens: readonly string[];
  /** Whether the last token is only the beginning of a token of the index. */
  readonly isPrefix: boolean;
}

/**
 * Returns what to look for to find a text: consecutive tokens. A run of Chinese, Japanese or Korean at its end may go on in
 * the index, so its last character is left out, or is a prefix if it is alone. No tokens: the index cannot find the text.
 */
export function phraseOf(text: string): Phrase {
  const tokens = tokensOf(text);
  const last = tokens.at(-1);
  const isOfRun = last !== undefined && ONE_CLUSTER.test(last.text);
  const before = tokens.at(-2);
  const isAlone = before === undefined || before.end !== last?.end;
  return {
    tokens: (isOfRun && !isAlone ? tokens.slice(0, -1) : tokens).map((token) => token.text),
    isPrefix: isOfRun && isAlone,
  };
}
