import type { Query, TextTerm } from "./query.ts";
import type { Phrase } from "../extract/index-tokens.ts";
import { phraseFor } from "./match-text.ts";

/**
 * Length of a phrase that stands whole in one segment, UTF-16 units: where a row is too long for one, the next segment repeats
 * 128 units or more.
 */
const WHOLE_UNITS = 100;

/** Returns the part of a phrase that is in one segment for certain. */
function wholePart({ tokens, isPrefix }: Phrase): Phrase {
  let units = 0;
  const count = tokens.findIndex((token) => (units += token.length + 1) > WHOLE_UNITS);
  if (count < 0) return { tokens, isPrefix };
  if (count > 0) return { tokens: tokens.slice(0, count), isPrefix: false };
  const beginning = (tokens[0] as string).slice(0, WHOLE_UNITS).replace(/[\ud800-\udbff]$/, "");
  return { tokens: [beginning], isPrefix: true };
}

/** Reports whether the index finds only the beginning of a term. */
export function isLong(term: TextTerm): boolean {
  if (term.kind !== "words" || term.text.length <= WHOLE_UNITS) return false;
  const phrase = phraseFor(term);
  return wholePart(phrase).tokens !== phrase.tokens;
}

/**
 * Returns the FTS5 expression that finds a term, or its beginning if it is long; undefined if the index cannot find it.
 * Tokens stand in quotes, so that nothing in them is syntax. `columns`: those to look in, undefined for all; never empty.
 */
export function matchExpression(term: TextTerm, columns: readonly string[] | undefined): string | undefined {
  if (term.kind !== "words") return undefined;
  const { tokens, isPrefix } = wholePart(phraseFor(term));
  if (tokens.length === 0) return undefined;
  const phrase = `"${tokens.join(" ").replaceAll('"', '""')}"${isPrefix ? " *" : ""}`;
  return columns === undefined ? phrase : `{${columns.join(" ")}} : ${phrase}`;
}

/** Reports whether an expression has a beginning of a word, for which the engine merges the lists of all words at each lookup. */
export const hasPrefix = (expression: string): boolean => expression.includes('" *');

/** Expressions by which segments are ranked; undefined if the query has no words for the index. */
export interface RankExpressions {
  /** Finds segments with all clauses of words. */
  readonly all: string;
  /** Finds segments with any of their words. */
  readonly any: string;
  /** Whether every session that matches has one of the words. */
  readonly isNeeded: boolean;
}

export function rankExpressions(
  { clauses }: Query,
  columns: readonly string[] | undefined,
): RankExpressions | undefined {
  const groups: string[][] = [];
  const any = new Set<string>();
  for (const atoms of clauses) {
    const found = atoms.map(({ term, not }) => (not || !("text" in term) ? undefined : matchExpression(term, columns)));
    const known = found.filter((one) => one !== undefined).map((one) => `(${one})`);
    for (const one of known) any.add(one);
    if (known.length === found.length) groups.push([...new Set(known)]);
  }
  if (any.size === 0) return undefined;
  const anyOf = [...any].join(" OR ");
  const [only, ...others] = groups.map((group) => group.join(" OR "));
  if (only === undefined) return { all: anyOf, any: anyOf, isNeeded: false };
  const all = others.length === 0 ? only : [only, ...others].map((group) => `(${group})`).join(" AND ");
  return { all, any: anyOf, isNeeded: true };
}
