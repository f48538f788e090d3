import { parseTags } from "../extract/session-tags.ts";
import { FileKind, SEGMENT_BITS } from "../schema/schema.ts";
import type { Database, SqlValue } from "../engine/sqlite.ts";
import { fileTest, modelTest, projectTest, valueTest } from "../query/fact-conditions.ts";
import { isLong, matchExpression } from "../query/match-expression.ts";
import { type Atom, type FactTerm, isTextTerm, type Query, type TextTerm } from "../query/query.ts";
import type { TextRange } from "../scan/segment-reader.ts";
import type { TextScope } from "../query/text-scope.ts";

/** SQL that gives ids of sessions in one column, with the values of its parameters. */
export interface SessionSet {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Sessions that a query can mean, as far as the index knows. */
export interface QuerySets {
  /** All sessions that match, and those that may. */
  readonly possible: SessionSet;
  /** Those for which everything holds except the words that one segment can have together; undefined if that is nothing. */
  readonly rest: SessionSet | undefined;
  /** Whether `possible` has only sessions that match. */
  readonly isExact: boolean;
}

/** Returns the sessions in which a term stands, if that is known exactly. */
export type Verified = (term: TextTerm) => SessionSet | undefined;

export interface SetOptions {
  readonly query: Query;
  readonly scope: TextScope;
  /** Undefined: all sessions. */
  readonly within?: SessionSet | undefined;
  readonly verified?: Verified | undefined;
}

/**
 * Returns the sessions that match a query. A term that is not verified, but must be read to be decided, counts as possibly
 * there and possibly not.
 */
export function querySets(
  database: Database,
  { query, scope, within, verified = () => undefined }: SetOptions,
): QuerySets {
  const facts = new FactSets(database);
  let isExact = true;
  const setOf = ({ term, not }: Atom): SessionSet => {
    if (!isTextTerm(term)) return not ? without(facts.of(term)) : facts.of(term);
    const columns = scope.columns;
    if (columns?.length === 0) return not ? ALL : NONE;
    const known = verified(term);
    if (known !== undefined) return not ? without(known) : known;
    const expression = matchExpression(term, columns);
    if (expression === undefined || mustBeRead(term, scope)) {
      isExact = false;
      return expression === undefined || not ? ALL : sessionsWith(expression);
    }
    return not ? without(sessionsWith(expression)) : sessionsWith(expression);
  };
  const isOfWords = ({ term, not }: Atom): boolean =>
    !not &&
    isTextTerm(term) &&
    !mustBeRead(term, scope) &&
    scope.columns?.length !== 0 &&
    matchExpression(term, scope.columns) !== undefined;
  const sets = query.clauses.map((atoms) => ({
    set: union(atoms.map(setOf)),
    isOfWords: atoms.every(isOfWords),
  }));
  const all = [...(within === undefined ? [] : [within]), ...sets.map(({ set }) => set)];
  const rest = [
    ...(within === undefined ? [] : [within]),
    ...sets.filter((one) => !one.isOfWords).map(({ set }) => set),
  ];
  return {
    possible: sets.length === 0 ? NONE : intersection(all),
    rest: rest.length === 0 ? undefined : intersection(rest),
    isExact,
  };
}

/** Whether the index does not have what is looked for, so that files must be scanned. */
export const needsScan = ({ clauses }: Query, { columns }: TextScope): boolean =>
  columns?.length !== 0 &&
  clauses.flat().some(({ term }) => isTextTerm(term) && matchExpression(term, columns) === undefined);

/** Whether segments with the words of a term must be read to decide if it is there. */
export const mustBeRead = (term: TextTerm, scope: TextScope): boolean =>
  scope.needsRows || (term.kind === "words" && term.literal) || isLong(term);

const ALL: SessionSet = { sql: "SELECT id FROM session", values: [] };
const NONE: SessionSet = { sql: "SELECT id FROM session WHERE 0", values: [] };

const sessionsWith = (expression: string): SessionSet => ({
  sql: `SELECT session FROM file WHERE id IN (SELECT rowid >> ${SEGMENT_BITS} FROM words WHERE words MATCH ?)`,
  values: [expression],
});

/** Returns the sessions with these ids. */
export const sessionsOf = (ids: Iterable<SqlValue>): SessionSet => ({
  sql: "SELECT value FROM json_each(?)",
  values: [JSON.stringify([...ids])],
});

const without = ({ sql, values }: SessionSet): SessionSet => ({
  sql: `SELECT id FROM session WHERE id NOT IN (${sql})`,
  values,
});

/** Returns the sessions of a set, or all, that have none of these ids. */
export function withoutIds(set: SessionSet | undefined, uuids: ReadonlySet<string>): SessionSet | undefined {
  if (uuids.size === 0) return set;
  const sql = "SELECT id FROM session WHERE uuid NOT IN (SELECT value FROM json_each(?))";
  const others: SessionSet = { sql, values: [JSON.stringify([...uuids])] };
  return set === undefined ? others : intersection([set, others]);
}

/** Returns the sessions that are in all sets, each once. */
export function intersection(sets: readonly SessionSet[]): SessionSet {
  const [first, ...others] = sets.toSorted((a, b) => cost(a) - cost(b));
  if (first === undefined) return ALL;
  const conditions = ["id IN", ...others.map(() => "AND id IN")];
  const sql = [first, ...others].map((set, i) => `${conditions[i] ?? ""} (${set.sql})`).join(" ");
  return { sql: `SELECT id FROM session WHERE ${sql}`, values: [first, ...others].flatMap(({ values }) => values) };
}

/** Facts are asked before words. */
const cost = ({ sql }: SessionSet): number => (sql.includes("words") ? 1 : 0);

function union(sets: readonly SessionSet[]): SessionSet {
  const [first = NONE, ...others] = sets;
  if (others.length === 0) return first;
  return {
    sql: sets.map(({ sql }) => `SELECT * FROM (${sql})`).join(" UNION "),
    values: sets.flatMap(({ values }) => values),
  };
}

/** Finds sessions by facts. */
class FactSets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  of(term: FactTerm): SessionSet {
    switch (term.kind) {
      case "after":
        return { sql: "SELECT id FROM session WHERE active >= ?", values: [term.time] };
      case "before":
        return { sql: "SELECT id FROM session WHERE coalesce(created, active) <= ?", values: [term.time] };
      case "archived":
      case "programmatic":
        return { sql: `SELECT id FROM session WHERE ${term.kind} = ?`, values: [term.value ? 1 : 0] };
      case "project":
        return this.#byColumn("cwd", projectTest(term.value));
      case "branch":
        return this.#byColumn("branch", valueTest(term.value));
      case "tag":
        return this.#byColumn("tags", (tags) => parseTags(tags).some(valueTest(term.value)));
      case "model":
        return this.#byColumn("model", modelTest(term.value));
      case "tool":
        return this.#byName("SELECT DISTINCT tool AS id FROM tool_use", valueTest(term.value), {
          sql: "SELECT session FROM file WHERE id IN (SELECT file FROM tool_use WHERE tool IN",
          end: ")",
        });
      case "file":
        return this.#byName("SELECT DISTINCT path AS id FROM touched", fileTest(term.value), {
          sql: "SELECT session FROM touched WHERE path IN",
          end: "",
        });
    }
  }

  /** Sessions of which a column passes. The few different values are compared here: SQL knows no worktrees. */
  #byColumn(column: "cwd" | "branch" | "tags" | "model", test: (value: string) => boolean): SessionSet {
    const rows = this.#database.prepare(`SELECT DISTINCT ${column} AS value FROM session`).all();
    const wanted = rows.map(({ value }) => value).filter((value) => typeof value === "string" && test(value));
    const { sql, values } = sessionsOf(wanted as string[]);
    return { sql: `SELECT id FROM session WHERE ${column} IN (${sql})`, values };
  }

  #byName(ids: string, test: (name: string) => boolean, { sql, end }: { sql: string; end: string }): SessionSet {
    const names = this.#database.prepare(`SELECT id, text FROM name WHERE id IN (${ids})`).all();
    const wanted = sessionsOf(names.filter(({ text }) => test(String(text))).map(({ id }) => id ?? 0));
    return { sql: `${sql} (${wanted.sql})${end}`, values: wanted.values };
  }
}

/** Columns of a segment and its file, for `rangeOf`. */
export const RANGE_COLUMNS = "s.id AS segment, s.off, s.len, f.path, f.kind, f.agent, f.session";

/** Reads a row of `RANGE_COLUMNS`. */
export function rangeOf(row: Readonly<Record<string, SqlValue>>): TextRange {
  return {
    path: String(row["path"]),
    kind: Number(row["kind"]) as FileKind,
    agentId: row["kind"] === FileKind.subagent ? String(row["agent"]) : undefined,
    off: Number(row["off"]),
    len: Number(row["len"]),
  };
}
