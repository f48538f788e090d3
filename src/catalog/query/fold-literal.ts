import { foldText } from "../../transcript/text/fold-text.ts";

/** A text folded for literal search, with the place of each of its units in the text. */
export interface Folded {
  readonly text: string;
  /** Returns the index in the original of a unit of `text`, or its length for the end. */
  readonly origin: (at: number) => number;
}

const ASCII = /^[\0-\x7f]*$/;
const SPACES = /\s+/g;

/** Folds a text without case, accents, width of letters, form of quotation marks, and length of white space. */
export function foldLiteral(text: string): Folded {
  if (ASCII.test(text) && !/\s\s|[\t\n\v\f\r]/.test(text)) return { text: text.toLowerCase(), origin: (at) => at };
  let folded = "";
  const origins: number[] = [];
  const add = (part: string, from: number): void => {
    for (let i = 0; i < part.length; i++) origins.push(from);
    folded += part;
  };
  for (let at = 0; at < text.length;) {
    const point = text.codePointAt(at) as number;
    const char = String.fromCodePoint(point);
    if (/\s/.test(char)) {
      SPACES.lastIndex = at;
      add(" ", at);
      at += SPACES.exec(text)?.[0].length ?? 1;
      continue;
    }
    add(point < 0x80 ? char.toLowerCase() : (QUOTES.get(char) ?? foldText(char)), at);
    at += char.length;
  }
  origins.push(text.length);
  return { text: folded, origin: (at) => origins[at] as number };
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ["‘", "'"],
  ["’", "'"],
  ["“", '"'],
  ["”", '"'],
]);
