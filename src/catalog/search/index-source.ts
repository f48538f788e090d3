import { yieldToEventLoop } from "../../store/timing.ts";
import { SEGMENT_BITS } from "../schema/schema.ts";
import type { Database, Row } from "../engine/sqlite.ts";
import { matchExpression, rankExpressions, type RankExpressions } from "../query/match-expression.ts";
import { TextMatcher } from "../query/match-text.ts";
import { type Atom, isTextTerm, type Query, type SearchNote, type TextTerm } from "../query/query.ts";
import { ranked, type RankedSession } from "./rank-sets.ts";
import type { FoundSession, Places, Position, SearchSource } from "../scan/search-source.ts";
import { SegmentReader, type TextRange } from "../scan/segment-reader.ts";
import {
  intersection,
  mustBeRead,
  type QuerySets,
  querySets,
  RANGE_COLUMNS,
  rangeOf,
  type SessionSet,
  sessionsOf,
} from "./session-sets.ts";
import { TextScope, ToolNames } from "../query/text-scope.ts";

/** Maximum number of segments that are read to count sessions exactly. */
const VERIFIED_SEGMENTS = 100;
/** Number of segments read before yielding to the event loop: some 10 ms. */
const SEGMENTS_PER_TURN = 8;

export interface IndexSearch {
  readonly database: Database;
  readonly query: Query;
  /** Undefined: all sessions. */
  readonly within: SessionSet | undefined;
  readonly asking: string | undefined;
  /** Time of the first page, epoch ms. */
  readonly now: number;
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
}

/** Prepares a search by the index. Undefined if files must be scanned: `possible` are the sessions to scan. */
export async function indexSource(
  search: IndexSearch,
): Promise<{ readonly source: IndexSource } | { readonly possible: SessionSet }> {
  const { database, query, within } = search;
  const scope = new TextScope(query.scope);
  const reader = new SegmentReader();
  try {
    const first = querySets(database, query, scope);
    if (first.needsScan) return { possible: limited(first.possible, within) };
    const verified = first.isExact ? undefined : await verify(search, scope, reader);
    const sets = verified === undefined ? first : querySets(database, query, scope, (term) => verified.get(term));
    return { source: new IndexSource(search, scope, { ...sets, possible: limited(sets.possible, within) }) };
  } finally {
    reader.close();
  }
}

const limited = (set: SessionSet, within: SessionSet | undefined): SessionSet =>
  within === undefined ? set : intersection([within, set]);

/** Reads the segments with the words of terms that the index cannot decide. Undefined if there are too many. */
async function verify(
  { database, query, signal }: IndexSearch,
  scope: TextScope,
  reader: SegmentReader,
): Promise<Map<TextTerm, SessionSet> | undefined> {
  const terms = query.clauses.flat().map(({ term }) => term);
  const wanted = terms.filter((term): term is TextTerm => isTextTerm(term) && mustBeRead(term, scope));
  const find = database.prepare(
    `SELECT ${RANGE_COLUMNS} FROM words JOIN segment s ON s.id = words.rowid JOIN file f ON f.id = s.id >> ${SEGMENT_BITS}
     WHERE words MATCH ? LIMIT ?`,
  );
  const verified = new Map<TextTerm, SessionSet>();
  const segments: { readonly term: TextTerm; readonly rows: readonly Row[] }[] = [];
  let left = VERIFIED_SEGMENTS;
  for (const term of wanted) {
    const expression = matchExpression(term, scope.columns);
    if (expression === undefined) continue;
    const rows = find.all(expression, left + 1);
    left -= rows.length;
    if (left < 0) return undefined;
    segments.push({ term, rows });
  }
  for (const { term, rows } of segments) {
    const sessions = new Set<number>();
    const matcher = new TextMatcher([term]);
    let work = 0;
    for (const row of rows) {
      if (sessions.has(Number(row["session"]))) continue;
      if (++work % SEGMENTS_PER_TURN === 0) {
        await yieldToEventLoop();
        signal?.throwIfAborted();
      }
      if (stands(matcher, scope, reader, rangeOf(row))) sessions.add(Number(row["session"]));
    }
    verified.set(term, sessionsOf(sessions));
  }
  return verified;
}

/** Whether a term stands in a range, in a text that the query looks at. */
function stands(matcher: TextMatcher, scope: TextScope, reader: SegmentReader, range: TextRange): boolean {
  const found = new Uint8Array(1);
  const tools = new ToolNames();
  try {
    for (const { texts } of reader.rows(range)) {
      for (const text of texts) {
        const tool = scope.needsTools ? reader.toolOf(text, tools, range) : undefined;
        if (scope.accepts(text, tool)) matcher.mark(text.text, found);
      }
      if (found[0] === 1) return true;
    }
  } catch {
    // A file that is gone since it was indexed has nothing.
  }
  return false;
}

class IndexSource implements SearchSource {
  readonly total: number;
  readonly isExact: boolean;
  readonly hasAsking: boolean;
  readonly searched: number;
  readonly of: number;
  readonly notes: readonly SearchNote[] = [];
  readonly skipped = [];
  readonly #search: IndexSearch;
  readonly #scope: TextScope;
  readonly #set: SessionSet;
  readonly #expressions: RankExpressions | undefined;
  readonly #known = new WeakMap<FoundSession, RankedSession>();
  readonly #lookup: SegmentLookup;

  constructor(search: IndexSearch, scope: TextScope, { possible, isExact }: QuerySets) {
    const { database, query, within, asking } = search;
    this.#search = search;
    this.#lookup = new SegmentLookup(database);
    this.#scope = scope;
    this.#set = possible;
    this.isExact = isExact;
    const columns = scope.columns;
    const expressions = columns?.length === 0 ? undefined : rankExpressions(query, columns);
    const isRead = query.clauses.flat().some(({ term }) => isTextTerm(term) && mustBeRead(term, scope));
    this.#expressions = expressions && {
      ...expressions,
      isWhole: expressions.isWhole && !isRead && within === undefined,
    };
    const count = "SELECT count(*) AS n, coalesce(sum(uuid = ?), 0) AS own FROM session WHERE id IN";
    const { n, own } = database.prepare(`${count} (${possible.sql})`).get(asking ?? "", ...possible.values) ?? {};
    this.total = Number(n);
    this.hasAsking = own === 1;
    const everything = within ?? { sql: "SELECT id FROM session", values: [] };
    const all = database.prepare(`SELECT count(*) AS n FROM (${everything.sql})`).get(...everything.values);
    this.of = this.searched = Number(all?.["n"]);
  }

  *ranked(from: Position | undefined): Generator<FoundSession> {
    const { database, now, limit } = this.#search;
    const sessions = ranked(database, { set: this.#set, expressions: this.#expressions, now, from }, limit);
    for (;;) {
      // Places are looked up for several sessions at once.
      const batch: RankedSession[] = [];
      for (let next = sessions.next(); next.done !== true; next = batch.length < limit ? sessions.next() : DONE) {
        this.#known.set(next.value, next.value);
        batch.push(next.value);
      }
      if (batch.length === 0) return;
      this.#lookup.begin(batch);
      yield* batch;
    }
  }

  async matches(session: FoundSession): Promise<boolean> {
    if (this.isExact) return true;
    const { query, signal } = this.#search;
    const reader = new SegmentReader();
    try {
      for (const atoms of query.clauses) {
        let holds = false;
        for (const atom of atoms) {
          signal?.throwIfAborted();
          if (holds || (holds = await this.#holds(atom, session, reader))) break;
        }
        if (!holds) return false;
      }
      return true;
    } finally {
      reader.close();
    }
  }

  async #holds(atom: Atom, session: FoundSession, reader: SegmentReader): Promise<boolean> {
    const { term, not } = atom;
    const { database, query } = this.#search;
    const expression = isTextTerm(term) ? matchExpression(term, this.#scope.columns) : undefined;
    if (!isTextTerm(term) || expression === undefined) {
      const { sql, values } = querySets(database, { ...query, clauses: [[atom]] }, this.#scope).possible;
      return (
        database.prepare(`SELECT 1 FROM session WHERE uuid = ? AND id IN (${sql})`).get(session.uuid, ...values) !==
        undefined
      );
    }
    const segments = this.#segments(session, expression);
    if (!mustBeRead(term, this.#scope)) return segments.length > 0 !== not;
    const matcher = new TextMatcher([term]);
    let work = 0;
    for (const range of this.#ranges(segments)) {
      if (stands(matcher, this.#scope, reader, range)) return !not;
      if (++work % SEGMENTS_PER_TURN === 0) await yieldToEventLoop();
    }
    return not;
  }

  places(session: FoundSession): Places {
    const expressions = this.#expressions;
    if (expressions === undefined) return { ranges: [], count: 0 };
    const best = this.#known.get(session)?.segment;
    const together = this.#segments(session, expressions.all);
    const any = expressions.all === expressions.any ? [] : this.#segments(session, expressions.any);
    const segments = [...new Set([...(best === undefined ? [] : [best]), ...together, ...any])];
    return { ranges: this.#ranges(segments), count: segments.length };
  }

  /** Returns the matching segments of a session, the last one of a file first. */
  #segments(session: FoundSession, expression: string): readonly number[] {
    const known = this.#known.get(session);
    return known === undefined ? [] : this.#lookup.segments(known.id, expression);
  }

  *#ranges(segments: readonly number[]): Generator<TextRange> {
    const find = this.#search.database.prepare(
      `SELECT ${RANGE_COLUMNS} FROM segment s JOIN file f ON f.id = s.id >> ${SEGMENT_BITS} WHERE s.id = ?`,
    );
    for (const id of segments) {
      const row = find.get(id);
      if (row !== undefined) yield rangeOf(row);
    }
  }
}

const DONE = { done: true, value: undefined } as const;

/**
 * Finds the segments of sessions that match an expression. A lookup costs as much for one session as for many, since the
 * engine goes through all that match.
 */
class SegmentLookup {
  readonly #database: Database;
  #sessions = "[]";
  /** Segments by session, for each expression asked for. */
  readonly #found = new Map<string, Map<number, number[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sets the sessions that are asked about next. */
  begin(sessions: readonly RankedSession[]): void {
    this.#sessions = JSON.stringify(sessions.map(({ id }) => id));
    this.#found.clear();
  }

  /** Returns the segments of a session, the last one first. */
  segments(session: number, expression: string): readonly number[] {
    let found = this.#found.get(expression);
    if (found === undefined) {
      this.#found.set(expression, (found = new Map()));
      const sql = `SELECT words.rowid AS id, f.session FROM words CROSS JOIN file f ON f.id = words.rowid >> ${SEGMENT_BITS}
        WHERE words MATCH ? AND f.session IN (SELECT value FROM json_each(?)) ORDER BY id DESC`;
      for (const row of this.#database.prepare(sql).all(expression, this.#sessions)) {
        const others = found.get(Number(row["session"]));
        if (others === undefined) found.set(Number(row["session"]), [Number(row["id"])]);
        else others.push(Number(row["id"]));
      }
    }
    return found.get(session) ?? [];
  }
}
