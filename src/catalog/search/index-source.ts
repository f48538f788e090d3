import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { SEGMENT_BITS } from "../schema/schema.ts";
import type { Database, Row } from "../engine/sqlite.ts";
import { hasPrefix, matchExpression, rankExpressions, type RankExpressions } from "../query/match-expression.ts";
import { TextMatcher } from "../query/match-text.ts";
import { type Atom, isTextTerm, type Query, type SearchNote, type TextTerm } from "../query/query.ts";
import { prepared } from "./prepared.ts";
import { type RankedSession, Ranking } from "./rank-sets.ts";
import type { FoundSession, Places, Position, SearchSource } from "../scan/search-source.ts";
import { byteProbe, type LineTest } from "../scan/byte-probe.ts";
import { SegmentReader, type TextRange } from "../scan/segment-reader.ts";
import {
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

/** Prepares a search by the index, which must have what is looked for (`needsScan`). */
export async function indexSource(search: IndexSearch): Promise<SearchSource> {
  const { database, query, within } = search;
  const scope = new TextScope(query.scope);
  const first = querySets(database, { query, scope, within });
  if (first.isExact) return new IndexSource(search, scope, first);
  const reader = new SegmentReader();
  try {
    const found = await verify(search, scope, reader);
    const verified = found && ((term: TextTerm) => found.get(term));
    const sets = verified === undefined ? first : querySets(database, { query, scope, within, verified });
    return new IndexSource(search, scope, sets);
  } finally {
    reader.close();
  }
}

/** Reads the segments with the words of terms that the index cannot decide. Undefined if there are too many. */
async function verify(
  { database, query, signal }: IndexSearch,
  scope: TextScope,
  reader: SegmentReader,
): Promise<Map<TextTerm, SessionSet> | undefined> {
  const terms = query.clauses.flat().map(({ term }) => term);
  const wanted = terms.filter((term): term is TextTerm => isTextTerm(term) && mustBeRead(term, scope));
  const find = prepared(
    database,
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
    const test = new TermTest(term, scope, reader);
    for (const row of rows) {
      if (sessions.has(Number(row["session"]))) continue;
      if (isTurnOver(1)) await yieldToEventLoop(signal);
      if (test.standsIn(rangeOf(row))) sessions.add(Number(row["session"]));
    }
    verified.set(term, sessionsOf(sessions));
  }
  return verified;
}

/** Decides whether a term stands in a range, in a text that the query looks at. */
class TermTest {
  readonly #matcher: TextMatcher;
  readonly #mayHave: LineTest | undefined;
  readonly #scope: TextScope;
  readonly #reader: SegmentReader;

  constructor(term: TextTerm, scope: TextScope, reader: SegmentReader) {
    this.#matcher = new TextMatcher([term]);
    // Names of tools are learnt from rows that may not have the term.
    this.#mayHave = scope.needsTools ? undefined : byteProbe([term]);
    this.#scope = scope;
    this.#reader = reader;
  }

  standsIn(range: TextRange): boolean {
    const scope = this.#scope;
    const found = new Uint8Array(1);
    const tools = new ToolNames();
    try {
      for (const { texts, at } of this.#reader.rows(range, this.#mayHave)) {
        for (const text of texts) {
          const tool = scope.needsTools ? this.#reader.toolOf(text, tools, range, at) : undefined;
          if (scope.accepts(text, tool)) this.#matcher.mark(text.text, found);
        }
        if (found[0] === 1) return true;
      }
    } catch {
      // A file that is gone since it was indexed has nothing.
    }
    return false;
  }
}

class IndexSource implements SearchSource {
  readonly isExact: boolean;
  readonly isComplete = true;
  readonly notes: readonly SearchNote[] = [];
  readonly skipped = [];
  readonly #search: IndexSearch;
  readonly #scope: TextScope;
  readonly #expressions: RankExpressions | undefined;
  readonly #ranking: Ranking;
  readonly #known = new WeakMap<FoundSession, RankedSession>();
  readonly #lookup: SegmentLookup;

  constructor(search: IndexSearch, scope: TextScope, { possible, rest, isExact }: QuerySets) {
    const { database, query, asking, now } = search;
    this.#search = search;
    this.#lookup = new SegmentLookup(database);
    this.#scope = scope;
    this.isExact = isExact;
    const expressions = scope.columns?.length === 0 ? undefined : rankExpressions(query, scope.columns);
    this.#expressions = expressions;
    this.#ranking = new Ranking(database, { set: possible, rest, expressions, now, asking });
  }

  get total(): number {
    return this.#ranking.counts.total;
  }

  get hasAsking(): boolean {
    return this.#ranking.counts.hasAsking;
  }

  ids(): string[] {
    return this.#ranking.ids();
  }

  *ranked(from: Position | undefined): Generator<FoundSession> {
    const { limit } = this.#search;
    const sessions = this.#ranking.from(from, limit);
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
      const one = { query: { ...query, clauses: [[atom]] }, scope: this.#scope };
      const { sql, values } = querySets(database, one).possible;
      const find = prepared(database, `SELECT 1 FROM session WHERE uuid = ? AND id IN (${sql})`);
      return find.get(session.uuid, ...values) !== undefined;
    }
    const segments = this.#segments(session, expression);
    if (!mustBeRead(term, this.#scope)) return segments.length > 0 !== not;
    const test = new TermTest(term, this.#scope, reader);
    for (const range of this.#ranges(segments)) {
      if (test.standsIn(range)) return !not;
      if (isTurnOver(1)) await yieldToEventLoop();
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
    const find = prepared(
      this.#search.database,
      `SELECT ${RANGE_COLUMNS} FROM segment s JOIN file f ON f.id = s.id >> ${SEGMENT_BITS} WHERE s.id = ?`,
    );
    for (const id of segments) {
      const row = find.get(id);
      if (row !== undefined) yield rangeOf(row);
    }
  }
}

const DONE = { done: true, value: undefined } as const;

/** Number of files whose segments are looked up one after another: each takes 0.05 ms, and going through all matches up to 30. */
const FEW_FILES = 64;

/** Finds the segments of sessions that match an expression, for several sessions at once. */
class SegmentLookup {
  readonly #database: Database;
  /** Sessions by file. */
  readonly #files = new Map<number, number>();
  /** Segments by session, for each expression asked for. */
  readonly #found = new Map<string, Map<number, number[]>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sets the sessions that are asked about next. */
  begin(sessions: readonly RankedSession[]): void {
    this.#found.clear();
    this.#files.clear();
    const find = prepared(
      this.#database,
      "SELECT id, session FROM file WHERE session IN (SELECT value FROM json_each(?))",
    );
    for (const { id, session } of find.all(JSON.stringify(sessions.map((one) => one.id))))
      this.#files.set(Number(id), Number(session));
  }

  /** Returns the segments of a session, the last one first. */
  segments(session: number, expression: string): readonly number[] {
    let found = this.#found.get(expression);
    if (found === undefined) {
      this.#found.set(expression, (found = new Map<number, number[]>()));
      for (const id of this.#ids(expression).sort((a, b) => b - a)) {
        const owner = this.#files.get(Math.floor(id / 2 ** SEGMENT_BITS)) ?? 0;
        const others = found.get(owner);
        if (others === undefined) found.set(owner, [id]);
        else others.push(id);
      }
    }
    return found.get(session) ?? [];
  }

  #ids(expression: string): number[] {
    const files = JSON.stringify([...this.#files.keys()]);
    const isFast = this.#files.size <= FEW_FILES && !hasPrefix(expression);
    const rows = isFast
      ? prepared(this.#database, BY_RANGES).all(files, expression)
      : prepared(this.#database, BY_ALL).all(expression, files);
    return rows.map(({ id }) => Number(id));
  }
}

/** Skips to the segments of each file. */
const BY_RANGES = `SELECT words.rowid AS id FROM json_each(?) j CROSS JOIN words
  WHERE words MATCH ? AND words.rowid >= j.value << ${SEGMENT_BITS} AND words.rowid < (j.value + 1) << ${SEGMENT_BITS}`;
/** Goes through all segments that match. */
const BY_ALL = `SELECT rowid AS id FROM words
  WHERE words MATCH ? AND rowid >> ${SEGMENT_BITS} IN (SELECT value FROM json_each(?))`;
