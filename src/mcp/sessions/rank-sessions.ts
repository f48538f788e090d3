import { foldText, wordsOf } from "../../transcript/text/fold-text.ts";
import type { ListedSession } from "../../store/types.ts";
import { printable, notedLine } from "../../view/sanitise.ts";
import { shortened } from "../core/quote.ts";

/** Maximum UTF-16 units of a snippet. */
const SNIPPET_UNITS = 240;
/** Maximum UTF-16 units of a snippet before the first word found. */
const LEAD_UNITS = 60;

/** Scores of a word found in a field: as a whole word, at the beginning of one, inside one. */
const NAME = [12, 7, 4] as const;
const PROMPT = [6, 4, 2] as const;
const PLACE = [3, 2, 1] as const;

/** Session that matches a search. */
export interface Hit {
  readonly session: ListedSession;
  /** Words that were found. */
  readonly words: readonly string[];
  readonly score: number;
}

/** Scores the metadata of a session by the words of a search, which are folded; undefined if it has none of them. */
export function hitOf(session: ListedSession, words: readonly string[]): Hit | undefined {
  const { title, summary, customTitle, firstPrompt, tag, gitBranch } = session;
  const fields = [
    { text: `${customTitle ?? ""} ${summary} ${title}`, weights: NAME },
    { text: tag ?? "", weights: NAME },
    { text: firstPrompt ?? "", weights: PROMPT },
    { text: gitBranch ?? "", weights: PLACE },
  ].map(({ text, weights }) => ({ text: foldText(printable(text)), weights }));
  const scores = words.map((word) => Math.max(...fields.map(({ text, weights }) => scoreIn(text, word, weights))));
  const found = words.filter((_, at) => (scores[at] ?? 0) > 0);
  if (found.length === 0) return undefined;
  return { session, words: found, score: scores.reduce((sum, score) => sum + score, 0) };
}

/** Sorts by the number of words found, then by score, then by activity. */
export const compareHits = (a: Hit, b: Hit): number =>
  b.words.length - a.words.length || b.score - a.score || b.session.activity - a.session.activity;

function scoreIn(text: string, word: string, [whole, start, inside]: readonly [number, number, number]): number {
  let score = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const begins = !isLetter(text, at - 1);
    if (begins && !isLetter(text, at + word.length)) return whole;
    score = Math.max(score, begins ? start : inside);
  }
  return score;
}

const isLetter = (text: string, at: number): boolean => /[\p{L}\p{N}]/u.test(text[at] ?? "");

/** Returns the part of the first prompt with the first word found, or its beginning; undefined if it equals the title. */
export function snippetOf({ firstPrompt, title }: ListedSession, words: readonly string[]): string | undefined {
  const text = notedLine(firstPrompt ?? "");
  if (text === "" || text === notedLine(title)) return undefined;
  const at = firstPlace(text, words);
  const from = at <= LEAD_UNITS ? 0 : text.indexOf(" ", at - LEAD_UNITS) + 1;
  return shortened(from > 0 && from <= at ? `…${text.slice(from)}` : text, SNIPPET_UNITS);
}

/** Returns the index of the first of the words in a text that is not folded; 0 if none occurs. */
function firstPlace(text: string, words: readonly string[]): number {
  for (const { index, 0: word } of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const folded = foldText(word);
    if (words.some((one) => folded.includes(one))) return index;
  }
  return 0;
}

/** Maximum words searched for: each one is searched for in every session. */
const MAX_WORDS = 30;

/** Returns the words to search for, and how many more the query has. */
export function searchWords(query: string): { readonly words: readonly string[]; readonly more: number } {
  const words = wordsOf(query);
  return { words: words.slice(0, MAX_WORDS), more: Math.max(0, words.length - MAX_WORDS) };
}

/** Shortens a word for an answer. */
export const wordLine = (word: string): string => shortened(word, WORD_UNITS);

const WORD_UNITS = 40;
