import { SEGMENT_BITS } from "../schema/schema.ts";
import type { Database, SqlValue } from "../engine/sqlite.ts";
import type { RankExpressions } from "../query/match-expression.ts";
import type { Position } from "../scan/search-source.ts";
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
  /** Undefined: ranks by recency. */
  readonly expressions: RankExpressions | undefined;
  /** Time of the first page, epoch ms: ages must not change between pages. */
  readonly now: number;
  /** Sessions before this position are left out. */
  readonly from: Position | undefined;
}

/**
 * Yields the sessions of a set, best first: by their best segment, not by how many they have. More are ranked only if the
 * caller takes more than `most`.
 */
export function* ranked(database: Database, options: RankOptions, most: number): Generator<RankedSession> {
  const { expressions, from } = options;
  const given = new Set<number>();
  for (const tier of tiersOf(expressions)) {
    if (from !== undefined && tier < from.tier) {
      // Its sessions were on earlier pages, and would come again in the next tier.
      for (const { id } of tierOf(database, options, tier, -1)) given.add(id);
      continue;
    }
    for (let limit = most + given.size; ; limit *= 8) {
      const rows = tierOf(database, options, tier, limit);
      for (const row of rows) {
        if (given.has(row.id)) continue;
        given.add(row.id);
        if (from === undefined || tier > from.tier || row.score >= from.score) yield row;
      }
      if (rows.length < limit) break;
    }
  }
}

function tiersOf(expressions: RankExpressions | undefined): readonly number[] {
  if (expressions === undefined) return [2];
  const ofWords = expressions.all === expressions.any ? [0] : [0, 1];
  return expressions.isNeeded ? ofWords : [...ofWords, 2];
}

function tierOf(
  database: Database,
  { set, expressions, now }: RankOptions,
  tier: number,
  limit: number,
): RankedSession[] {
  const recency = `${RECENCY} / (1 + max(0, ? - coalesce(active, 0)) / ${RECENCY_MS}.0)`;
  if (expressions === undefined || tier === 2) {
    const sql = `SELECT id, uuid, path, NULL AS segment, 0 AS relevance, -${recency} AS score FROM session
      WHERE id IN (${set.sql}) ORDER BY score, uuid LIMIT ?`;
    return rowsOf(database.prepare(sql).all(now, ...set.values, limit), tier);
  }
  const isWhole = tier === 0 && expressions.isWhole;
  const sql = `WITH hit AS MATERIALIZED (SELECT rowid AS r, bm25(words, ${WEIGHTS}) AS s FROM words WHERE words MATCH ?),
      best AS (SELECT file.session AS x, min(s) AS s, r FROM hit JOIN file ON file.id = r >> ${SEGMENT_BITS} GROUP BY 1)
    SELECT id, uuid, path, r AS segment, s AS relevance, s - ${recency} AS score FROM best JOIN session ON id = x
    ${isWhole ? "" : `WHERE id IN (${set.sql})`} ORDER BY score, uuid LIMIT ?`;
  const values: SqlValue[] = [
    tier === 0 ? expressions.all : expressions.any,
    now,
    ...(isWhole ? [] : set.values),
    limit,
  ];
  return rowsOf(database.prepare(sql).all(...values), tier);
}

const rowsOf = (rows: readonly Readonly<Record<string, SqlValue>>[], tier: number): RankedSession[] =>
  rows.map(({ id, uuid, path, segment, relevance, score }) => ({
    id: Number(id),
    uuid: String(uuid),
    path: String(path),
    segment: segment === null ? undefined : Number(segment),
    relevance: Number(relevance),
    tier,
    score: Number(score),
  }));
