import { type Phrase, phraseOf, visitTokens } from "../extract/index-tokens.ts";
import { foldedUnits, MARK, SEPARATOR } from "../extract/unicode61.ts";
import { type Folded, foldLiteral } from "./fold-literal.ts";
import type { TextTerm } from "./query.ts";

/** Place of a match in a text, UTF-16 units. */
export interface Match {
  /** Index of the term. */
  readonly term: number;
  readonly start: number;
  readonly end: number;
}

/** Maximum number of matches of one term that are looked for in a text. */
const MATCHES = 1000;

interface Words {
  readonly term: number;
  readonly tokens: readonly string[];
  /** Whether the last token is the beginning of one. */
  readonly isPrefix: boolean;
  /** Folded text that must stand there too, and the index of the first token in it. */
  readonly literal: { readonly text: string; readonly lead: number } | undefined;
}

/** Returns the tokens to look for; none: only a scan finds the term. */
export function phraseFor(term: Extract<TextTerm, { kind: "words" }>): Phrase {
  const phrase = phraseOf(term.text);
  return term.prefix ? { tokens: phrase.tokens, isPrefix: true } : phrase;
}

/** Finds the terms of a query in texts: with the tokens of the index, so that both find the same. */
export class TextMatcher {
  readonly #count: number;
  /** Terms by their first token, if that is a whole one. */
  readonly #byFirst = new Map<string, Words[]>();
  /** Terms of one token that may go on. */
  readonly #prefixes: Words[] = [];
  readonly #substrings: { readonly term: number; readonly text: string }[] = [];
  readonly #regexes: { readonly term: number; readonly regex: RegExp }[] = [];
  readonly #hasWords: boolean;
  /** Finds nothing in texts without any of the words; undefined: every text must be looked at. */
  readonly #probe: RegExp | undefined;

  constructor(terms: readonly TextTerm[]) {
    this.#count = terms.length;
    terms.forEach((term, i) => {
      if (term.kind === "regex") this.#regexes.push({ term: i, regex: new RegExp(term.source, `${term.flags}g`) });
      else if (term.kind === "substring") this.#substrings.push({ term: i, text: foldLiteral(term.text).text });
      else this.#addWords(term, i);
    });
    const words = [...this.#prefixes, ...[...this.#byFirst.values()].flat()];
    this.#hasWords = words.length > 0;
    this.#probe = probeOf(words);
  }

  #addWords(term: Extract<TextTerm, { kind: "words" }>, i: number): void {
    const { tokens, isPrefix } = phraseFor(term);
    const [first] = tokens;
    // The parser and the tokenizer may disagree on what is a letter.
    if (first === undefined) this.#substrings.push({ term: i, text: foldLiteral(term.text).text });
    else {
      const literal = term.literal ? literalOf(term.text) : undefined;
      const words = { term: i, tokens, isPrefix, literal };
      const others = this.#byFirst.get(first);
      if (isPrefix && tokens.length === 1) this.#prefixes.push(words);
      else if (others === undefined) this.#byFirst.set(first, [words]);
      else others.push(words);
    }
  }

  /** Sets `found[term]` to 1 for each term that stands in the text. */
  mark(text: string, found: Uint8Array): void {
    this.#visit(text, (term) => {
      found[term] = 1;
    });
  }

  /** Returns the places of all terms, in order of their starts. */
  matches(text: string): Match[] {
    const counts = new Uint16Array(this.#count);
    const all: Match[] = [];
    this.#visit(text, (term, start, end) => {
      if ((counts[term] as number) >= MATCHES) return;
      counts[term] = (counts[term] as number) + 1;
      all.push({ term, start, end });
    });
    return all.sort((a, b) => a.start - b.start || b.end - a.end);
  }

  #visit(text: string, found: (term: number, start: number, end: number) => void): void {
    let folded: Folded | undefined;
    const fold = (): Folded => (folded ??= foldLiteral(text));
    if (this.#hasWords && this.#probe?.test(text) !== false) this.#visitWords(text, fold, found);
    for (const { term, text: wanted } of this.#substrings) visitSubstring(fold(), wanted, term, found);
    for (const { term, regex } of this.#regexes) {
      let count = 0;
      for (const { 0: match, index } of text.matchAll(regex)) {
        found(term, index, index + match.length);
        if (++count >= MATCHES) break;
      }
    }
  }

  #visitWords(text: string, fold: () => Folded, found: (term: number, start: number, end: number) => void): void {
    const tokens: string[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    visitTokens(text, (token, start, end) => {
      tokens.push(token);
      starts.push(start);
      ends.push(end);
    });
    const report = (words: Words, first: number): void => {
      const { term, literal } = words;
      if (literal === undefined) {
        found(term, starts[first] as number, ends[first + words.tokens.length - 1] as number);
      } else {
        const from = literalAround(fold(), literal, starts[first] as number);
        if (from !== undefined) found(term, ...from);
      }
    };
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as string;
      const others = this.#byFirst.get(token);
      if (others !== undefined) for (const words of others) if (stands(words, tokens, i)) report(words, i);
      for (const words of this.#prefixes) if (token.startsWith(words.tokens[0] as string)) report(words, i);
    }
  }
}

/**
 * Returns an expression that matches each text with one of the words, and few others: tokens are found ten times as slowly.
 * Undefined if one of the words has no letters of ASCII.
 */
function probeOf(words: readonly Words[]): RegExp | undefined {
  const parts = words.map(({ tokens }) => tokens.filter((token) => /^[a-z0-9_]+$/.test(token)));
  if (parts.length === 0 || parts.some((tokens) => tokens.length === 0)) return undefined;
  const longest = parts.map((tokens) => tokens.reduce((a, b) => (b.length > a.length ? b : a)));
  // No `i`: with it, V8 would also fold the letters of the class.
  const anyCase = longest.map((token) => token.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`));
  return new RegExp([...anyCase, foldsToAscii()].join("|"));
}

let asciiFolds: string | undefined;

/** Returns a class of the characters that become letters of ASCII in a token, or nothing. */
function foldsToAscii(): string {
  if (asciiFolds === undefined) {
    const folded = foldedUnits();
    const units: string[] = [];
    for (let unit = 0x80; unit < folded.length; unit++) {
      const fold = folded[unit] as number;
      if (fold === MARK || (fold !== SEPARATOR && fold < 0x80)) units.push(`\\u${unit.toString(16).padStart(4, "0")}`);
    }
    asciiFolds = `[${units.join("")}]`;
  }
  return asciiFolds;
}

/** Whether the words stand in the tokens at `at`, where the first one is known to. */
function stands({ tokens: wanted, isPrefix }: Words, tokens: readonly string[], at: number): boolean {
  const last = wanted.length - 1;
  for (let i = 1; i <= last; i++) {
    const token = tokens[at + i];
    const want = wanted[i] as string;
    if (token !== want && !(isPrefix && i === last && token?.startsWith(want) === true)) return false;
  }
  return true;
}

function visitSubstring(
  { text, origin }: Folded,
  wanted: string,
  term: number,
  found: (term: number, start: number, end: number) => void,
): void {
  if (wanted === "") return;
  let count = 0;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    found(term, origin(at), endOf({ text, origin }, at + wanted.length));
    if (++count >= MATCHES) return;
  }
}

function literalOf(text: string): Words["literal"] {
  const folded = foldLiteral(text.trim());
  let lead = 0;
  visitTokens(folded.text, (_token, start) => {
    lead = start;
    return true;
  });
  return { text: folded.text, lead };
}

/** Returns the place of a literal text whose first token begins at `start`; undefined if something else stands there. */
function literalAround(
  folded: Folded,
  { text, lead }: NonNullable<Words["literal"]>,
  start: number,
): readonly [start: number, end: number] | undefined {
  const from = indexAt(folded, start) - lead;
  if (from < 0 || !folded.text.startsWith(text, from)) return undefined;
  return [folded.origin(from), endOf(folded, from + text.length)];
}

/** Returns the index in the folded text of the first unit that comes from `origin` or after it. */
function indexAt({ text, origin }: Folded, wanted: number): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (origin(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the end in the original of a match that ends at `at`. */
const endOf = ({ origin }: Folded, at: number): number => Math.max(origin(at), origin(at - 1) + 1);
