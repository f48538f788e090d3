/** A parsed query: clauses that must all hold, in a scope of texts. */

/** Columns of the searchable texts of a transcript. */
export const COLUMNS = ["output", "input", "said", "thinking", "title"] as const;
export type Column = (typeof COLUMNS)[number];

export const ROLES = ["user", "assistant", "system"] as const;
export type Role = (typeof ROLES)[number];

/** Something to find in a text. */
export type TextTerm =
  /** Consecutive words. `literal`: the text must also stand there as typed, without regard to case, accents and white space. */
  | { readonly kind: "words"; readonly text: string; readonly prefix: boolean; readonly literal: boolean }
  | { readonly kind: "substring"; readonly text: string }
  /** `flags`: those of a JavaScript regular expression, without `g`, `y` and `d`. */
  | { readonly kind: "regex"; readonly source: string; readonly flags: string };

/** A condition on facts of the session. */
export type FactTerm =
  /** `project`: a path or a name. `*` at the end of a value stands for anything. */
  | { readonly kind: "project" | "branch" | "tag" | "model" | "file" | "tool"; readonly value: string }
  /** Active at or after, or begun at or before a time, epoch ms. */
  | { readonly kind: "after" | "before"; readonly time: number }
  | { readonly kind: "archived" | "programmatic"; readonly value: boolean };

export type Term = TextTerm | FactTerm;

/** A term that must hold, or must not. */
export interface Atom {
  readonly term: Term;
  readonly not: boolean;
}

/** The texts in which terms are looked for. Undefined: all. */
export interface Scope {
  readonly columns: ReadonlySet<Column> | undefined;
  readonly roles: ReadonlySet<Role> | undefined;
  /** Names of tools, folded, which may end in `*`: only texts of calls of these. */
  readonly tools: readonly string[] | undefined;
  /** No texts of calls of these tools. */
  readonly notTools: readonly string[];
}

/** A part of a query that was changed or left out, or a limit of the answer. */
export interface SearchNote {
  readonly code: "ignored" | "literal" | "slow" | "partial" | "pending" | "asking" | "repeated" | "index";
  readonly text: string;
}

export interface Query {
  /** All must hold; each holds if one of its atoms does. */
  readonly clauses: readonly (readonly Atom[])[];
  readonly scope: Scope;
  readonly notes: readonly SearchNote[];
}

export function isTextTerm(term: Term): term is TextTerm {
  return term.kind === "words" || term.kind === "substring" || term.kind === "regex";
}

/** Returns the text terms that are to be found, each once: those of which hits show the places. */
export function wantedTerms({ clauses }: Query): TextTerm[] {
  const atoms = clauses.flat().filter(({ not }) => !not);
  return atoms.map(({ term }) => term).filter(isTextTerm);
}
