import { readTime, TIMES_UNDERSTOOD } from "../../transcript/text/when.ts";
import {
  type Atom,
  type Column,
  COLUMNS,
  isTextTerm,
  type Query,
  type Role,
  ROLES,
  type Scope,
  type SearchNote,
  type Term,
} from "./query.ts";
import { meantWord } from "./mistyped-field.ts";
import { type QueryWord, queryWords } from "./query-words.ts";

/** Maximum number of terms: each one costs a lookup. */
const MAX_TERMS = 64;
/** Maximum length of a query, UTF-16 units. */
const QUERY_UNITS = 16 * 1024;

/** Names of fields, with those that mean the same. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ...["in", "role", "tool", "project", "branch", "tag", "model", "file", "after", "before"].map(itself),
  ...["until", "archived", "programmatic", "re", "sub"].map(itself),
  ["cwd", "project"],
  ["since", "after"],
]);
/** Names that are fields if a colon and a value follow. */
export const FIELD_NAMES: ReadonlySet<string> = new Set(FIELDS.keys());

function itself(name: string): [string, string] {
  return [name, name];
}

/**
 * Parses a query; every string is one. Words are ANDed over the session, `OR` joins its two neighbours, `-` negates.
 *
 * - Terms: `word`, `"phrase"`, `prefix*`, `sub:part-of-a-word`, `re:/expression/i`. `foo.bar()`, paths and `--flags` are
 *   phrases of their words, in quotes literal. A term without letters or digits is looked for as it stands.
 * - Where: `in:said|thinking|input|output|title`, `role:user|assistant|system`, `tool:NAME`. They hold for all terms.
 * - Which sessions: `project:` or `cwd:` (a name or a path), `branch:`, `tag:`, `model:`, `file:` (a path that a tool read
 *   or changed), `after:`, `before:`, `until:`, `archived:yes|no`, `programmatic:yes|no`.
 *
 * Parts that cannot be searched for are left out and named in `notes`. `now`: epoch ms, for durations.
 */
export function parseQuery(query: string, now: number): Query {
  const parser = new Parser(now);
  if (query.length > QUERY_UNITS) parser.note("ignored", `the query is cut after ${QUERY_UNITS} characters`);
  for (const word of queryWords(query.slice(0, QUERY_UNITS), FIELD_NAMES)) parser.add(word);
  return parser.end();
}

class Parser {
  readonly #now: number;
  readonly #clauses: Atom[][] = [];
  readonly #notes: SearchNote[] = [];
  readonly #columns = new ScopeSet<Column>(COLUMNS);
  readonly #roles = new ScopeSet<Role>(ROLES);
  readonly #tools: { value: string; not: boolean }[] = [];
  #terms = 0;
  #dropped = 0;
  /** The word of an operator that waits for the next term. */
  #operator: QueryWord | undefined;

  constructor(now: number) {
    this.#now = now;
  }

  note(code: SearchNote["code"], text: string): void {
    this.#notes.push({ code, text });
  }

  add(word: QueryWord): void {
    const isOperator = word.typed === "OR" || word.typed === "AND";
    if (isOperator && this.#operator === undefined && this.#clauses.length > 0) this.#operator = word;
    else if (word.field === "in") this.#scope(word, this.#columns);
    else if (word.field === "role") this.#scope(word, this.#roles);
    else if (word.field === "tool") this.#tools.push({ value: starred(word), not: word.not });
    else {
      const term = this.#term(word);
      if (term !== undefined) this.#push({ term, not: word.not });
    }
  }

  end(): Query {
    const { columns, roles } = { columns: this.#columns.value, roles: this.#roles.value };
    if (this.#operator !== undefined) this.#flush(this.#operator);
    if (this.#dropped > 0) {
      this.note("ignored", `only the first ${MAX_TERMS} terms are searched for; ${this.#dropped} more are left out`);
    }
    const hasText = this.#clauses.flat().some(({ term }) => isTextTerm(term));
    const scope: Scope = { columns, roles, tools: undefined, notTools: [] };
    if (hasText) return { clauses: this.#clauses, scope: { ...scope, ...this.#toolScope() }, notes: this.#notes };
    if (columns !== undefined || roles !== undefined)
      this.note("ignored", "without a word to look for, in: and role: do nothing");
    // Without words, sessions are found by the tools that they used.
    const wanted = this.#tools.filter(({ not }) => !not).map((tool) => toolAtom(tool));
    const unwanted = this.#tools.filter(({ not }) => not).map((tool) => [toolAtom(tool)]);
    const clauses = [...this.#clauses, ...(wanted.length > 0 ? [wanted] : []), ...unwanted];
    if (clauses.length === 0) this.note("ignored", "the query has nothing to look for");
    return { clauses, scope: EVERYTHING, notes: this.#notes };
  }

  #toolScope(): Pick<Scope, "tools" | "notTools"> {
    const values = (wanted: boolean): string[] =>
      this.#tools.filter(({ not }) => not !== wanted).map(({ value }) => value.toLowerCase());
    const tools = values(true);
    return { tools: tools.length > 0 ? tools : undefined, notTools: values(false) };
  }

  #push(atom: Atom): void {
    const last = this.#clauses.at(-1);
    const joins = this.#operator?.typed === "OR";
    this.#operator = undefined;
    if (++this.#terms > MAX_TERMS) this.#dropped++;
    else if (joins && last !== undefined) last.push(atom);
    else this.#clauses.push([atom]);
  }

  /** Looks for an operator that joins nothing as a word. */
  #flush(word: QueryWord): void {
    this.#operator = undefined;
    this.#push({ term: { kind: "words", text: word.value, prefix: false, literal: false }, not: false });
  }

  #term(word: QueryWord): Term | undefined {
    const { field, value, typed } = word;
    switch (FIELDS.get(field ?? "")) {
      case undefined:
        return this.#words(word);
      case "re":
        return this.#regex(word);
      case "sub":
        return this.#substring(starred(word), typed);
      case "after":
        return this.#time("after", word, "start");
      case "before":
        return this.#time("before", word, "start");
      case "until":
        return this.#time("before", word, "end");
      case "archived":
      case "programmatic": {
        const flag = flagOf(value);
        if (flag === undefined) this.note("ignored", `ignored ${typed}: it must be yes or no`);
        return flag === undefined || flag === "any" ? undefined : { kind: field as "archived", value: flag };
      }
      default:
        return { kind: FIELDS.get(field ?? "") as "tag", value: starred(word) };
    }
  }

  #words({ value, quoted, prefix, typed }: QueryWord): Term | undefined {
    if (!HAS_WORD.test(value)) {
      const text = quoted ? value : prefix ? `${value}*` : value;
      if (text === "-") this.note("ignored", 'ignored "-": it must stand directly before a word');
      return text === "-" ? undefined : this.#substring(text, typed);
    }
    if (!quoted && value.startsWith("*") && !prefix) {
      this.note(
        "literal",
        `a star is read only at the end of a word; sub:${value.replace(/^\*+/, "")} finds it inside words`,
      );
    }
    const meant = quoted ? undefined : meantWord(typed, FIELD_NAMES);
    if (meant !== undefined) this.note("literal", `did you mean ${meant}? ${typed} is looked for as words`);
    const literal = quoted && NOT_PLAIN.test(value);
    return { kind: "words", text: value, prefix: prefix && ENDS_IN_WORD.test(value), literal };
  }

  #substring(text: string, typed: string): Term | undefined {
    if (text.trim() === "") {
      this.note("ignored", `ignored ${typed}: there is nothing to look for`);
      return undefined;
    }
    return { kind: "substring", text };
  }

  #regex({ regex, value, typed }: QueryWord): Term {
    const source = regex?.source ?? value;
    const flags = [...new Set(regex?.flags ?? "")].filter((flag) => !"gyd".includes(flag)).join("");
    try {
      void new RegExp(source, flags);
      return { kind: "regex", source, flags };
    } catch (error) {
      const why = error instanceof Error ? error.message : "invalid";
      this.note("literal", `not a regular expression, and looked for as it stands: ${typed} (${why})`);
      return { kind: "substring", text: source };
    }
  }

  #time(kind: "after" | "before", { value, typed }: QueryWord, edge: "start" | "end"): Term | undefined {
    const time = readTime(value, { now: this.#now, edge });
    if (time !== undefined) return { kind, time };
    this.note("ignored", `ignored ${typed}: "${value}" is not a time; give ${TIMES_UNDERSTOOD}`);
    return undefined;
  }

  #scope<T extends string>(word: QueryWord, into: ScopeSet<T>): void {
    for (const name of word.value.toLowerCase().split(",")) {
      if (!into.add(name, word.not)) {
        this.note("ignored", `ignored ${word.typed}: "${name}" is none of ${into.all.join(", ")}`);
      }
    }
  }
}

const EVERYTHING: Scope = { columns: undefined, roles: undefined, tools: undefined, notTools: [] };

/** A set of names that words of the query add to or take from. */
class ScopeSet<T extends string> {
  readonly all: readonly T[];
  readonly #wanted = new Set<T>();
  readonly #unwanted = new Set<T>();

  constructor(all: readonly T[]) {
    this.all = all;
  }

  /** Returns false for an unknown name. */
  add(given: string, not: boolean): boolean {
    const name = this.all.find((one) => one === given);
    if (name !== undefined) (not ? this.#unwanted : this.#wanted).add(name);
    return name !== undefined;
  }

  get value(): ReadonlySet<T> | undefined {
    if (this.#wanted.size === 0 && this.#unwanted.size === 0) return undefined;
    const from = this.#wanted.size > 0 ? this.#wanted : this.all;
    return new Set([...from].filter((name) => !this.#unwanted.has(name)));
  }
}

const toolAtom = ({ value, not }: { readonly value: string; readonly not: boolean }): Atom => ({
  term: { kind: "tool", value: value.toLowerCase() },
  not,
});

/** A letter, a digit or a low line: what words are made of. */
const HAS_WORD = /[\p{L}\p{N}_]/u;
const ENDS_IN_WORD = /[\p{L}\p{N}\p{M}_]$/u;
const NOT_PLAIN = /[^\p{L}\p{N}\p{M}_\s]/u;

const starred = ({ value, prefix }: QueryWord): string => (prefix ? `${value}*` : value);

function flagOf(value: string): boolean | "any" | undefined {
  if (/^(?:yes|true|only|1)$/i.test(value)) return true;
  if (/^(?:no|false|exclude|0)$/i.test(value)) return false;
  return /^(?:any|all|include)$/i.test(value) ? "any" : undefined;
}
