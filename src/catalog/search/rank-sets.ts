import { SEGMENT_BITS } from "../schema/schema.ts";
import type { Database, Row, SqlValue } from "../engine/sqlite.ts";
import type { RankExpressions } from "../query/match-expression.ts";
import type { Position } from "../scan/search-source.ts";
import { prepared } from "./prepared.ts";
import type { SessionSet } from "./session-sets.ts";

export interface RankedSession extends Position {
  readonly id: number;
  readonly uuid: string;
  readonly path: string;
  /** The best segment; undefined in tier 2. */
  readonly segment: number | undefined;
  /** Weighted frequency of the words in it, without recency: equal for copies. */
  readonly relevance: number;
}

/** Weights of the columns output, input, said, thinking, title. */
const WEIGHTS = "1.0, 1.5, 4.0, 2.0, 8.0";
/** Largest gain of a session that is active now. Scores of good matches differ by several units. */
const RECENCY = 0.4;
/** Age at which half of that gain is left, ms. */
const RECENCY_MS = 30 * 24 * 60 * 60 * 1000;

export interface RankOptions {
  readonly set: SessionSet;
  /** The sessions for which everything holds that `expressions.all` does not say; undefined if it says everything. */
  readonly rest: SessionSet | undefined;
  /** Undefined: ranks by recency. */
  readonly expressions: RankExpressions | undefined;
  /** Time of the first page, epoch ms: ages must not change between pages. */
  readonly now: number;
  /** Id of the session that asks. */
  readonly asking: string | undefined;
}

/** Numbers of sessions of a set. */
export interface SetCounts {
  readonly total: number;
  readonly hasAsking: boolean;
}

/** The sessions of a set in their order: by their best segment, not by how many they have. */
export class Ranking {
  readonly #database: Database;
  readonly #options: RankOptions;
  /** Known once a tier with all sessions was ranked: counting them by a statement of its own takes as long again. */
  #counts: SetCounts | undefined;

  constructor(database: Database, options: RankOptions) {
    this.#database = database;
    this.#options = options;
  }

  get counts(): SetCounts {
    if (this.#counts === undefined) {
      const { set, asking = "" } = this.#options;
      const sql = `SELECT count(*) AS n, coalesce(sum(uuid = ?), 0) AS own FROM session WHERE id IN (${set.sql})`;
      const { n, own } = prepared(this.#database, sql).get(asking, ...set.values) ?? {};
      this.#counts = { total: Number(n), hasAsking: own === 1 };
    }
    return this.#counts;
  }

  /** Returns the ids of all sessions of the set. */
  ids(): string[] {
    const { set } = this.#options;
    const sql = `SELECT uuid FROM session WHERE id IN (${set.sql})`;
    return prepared(this.#database, sql)
      .all(...set.values)
      .map(({ uuid }) => String(uuid));
  }

  /** Yields the sessions from a position on, best first. More are ranked only if the caller takes more than `most`. */
  *from(position: Position | undefined, most: number): Generator<RankedSession> {
    const given = new Set<number>();
    for (const tier of this.#tiers) {
      if (position !== undefined && tier < position.tier) {
        // Its sessions were on earlier pages, and would come again in the next tier.
        for (const { id } of this.#tier(tier, -1)) given.add(id);
        continue;
      }
      for (let limit = most + given.size; ; limit *= 8) {
        const rows = this.#tier(tier, limit);
        for (const row of rows) {
          if (given.has(row.id)) continue;
          given.add(row.id);
          if (position === undefined || tier > position.tier || row.score >= position.score) yield row;
        }
        if (rows.length < limit) break;
      }
    }
  }

  get #tiers(): readonly number[] {
    const { expressions } = this.#options;
    if (expressions === undefined) return [2];
    const ofWords = expressions.all === expressions.any ? [0] : [0, 1];
    return expressions.isNeeded ? ofWords : [...ofWords, 2];
  }

  #tier(tier: number, limit: number): RankedSession[] {
    const { expressions } = this.#options;
    return expressions === undefined || tier === 2
      ? this.#byRecency(limit)
      : this.#byWords(tier, tier === 0 ? expressions.all : expressions.any, limit);
  }

  #byRecency(limit: number): RankedSession[] {
    const { set, now } = this.#options;
    const sql = `SELECT id, uuid, path, NULL AS segment, 0 AS relevance, -${RECENCY_SQL} AS score FROM session
      WHERE id IN (${set.sql}) ORDER BY score, uuid LIMIT ?`;
    return rowsOf(prepared(this.#database, sql).all(now, ...set.values, limit), 2);
  }

  #byWords(tier: number, expression: string, limit: number): RankedSession[] {
    const { set, rest, now, asking = "" } = this.#options;
    const filter = tier === 0 ? rest : set;
    const sql = `WITH hit AS MATERIALIZED (SELECT rowid AS r, bm25(words, ${WEIGHTS}) AS s FROM words WHERE words MATCH ?),
        best AS MATERIALIZED (SELECT file.session AS x, min(s) AS s, r FROM hit JOIN file ON file.id = r >> ${SEGMENT_BITS}
          ${filter === undefined ? "" : `WHERE file.session IN (${filter.sql})`} GROUP BY 1)
      SELECT id, uuid, path, r AS segment, s AS relevance, s - ${RECENCY_SQL} AS score, (SELECT count(*) FROM best) AS total,
        (SELECT count(*) FROM best WHERE x = (SELECT id FROM session WHERE uuid = ?)) AS own
      FROM best JOIN session ON id = x ORDER BY score, uuid LIMIT ?`;
    const values: SqlValue[] = [expression, ...(filter?.values ?? []), now, asking, limit];
    const rows = prepared(this.#database, sql).all(...values);
    if (tier === 0 && this.#tiers.length === 1) {
      const [{ total, own } = { total: 0, own: 0 }] = rows;
      this.#counts ??= { total: Number(total), hasAsking: own === 1 };
    }
    return rowsOf(rows, tier);
  }
}

/** The gain of a recent session; its parameter is the time of the first page. */
const RECENCY_SQL = `${RECENCY} / (1 + max(0, ? - coalesce(active, 0)) / ${RECENCY_MS}.0)`;

const rowsOf = (rows: readonly Row[], tier: number): RankedSession[] =>
  rows.map(({ id, uuid, path, segment, relevance, score }) => ({
    id: Number(id),
    uuid: String(uuid),
    path: String(path),
    segment: segment === null ? undefined : Number(segment),
    relevance: Number(relevance),
    tier,
    score: Number(score),
  }));
