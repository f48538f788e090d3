import type { Query, TextTerm } from "./query.ts";
import { phraseFor } from "./match-text.ts";

/**
 * Returns the FTS5 expression that finds a term; undefined if the index cannot find it. Tokens stand in quotes, so that
 * nothing in them is syntax. `columns`: those to look in, undefined for all; never empty.
 */
export function matchExpression(term: TextTerm, columns: readonly string[] | undefined): string | undefined {
  if (term.kind !== "words") return undefined;
  const { tokens, isPrefix } = phraseFor(term);
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
