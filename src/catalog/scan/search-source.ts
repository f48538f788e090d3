import type { Skipped } from "../../store/types.ts";
import type { SearchNote } from "../query/query.ts";
import type { TextRange } from "./segment-reader.ts";

/** Place of a session in the order of an answer. */
export interface Position {
  /** 0: a segment has all that is looked for; 1: its segments have some of it; 2: no words are looked for, or found. */
  readonly tier: number;
  /** The smaller, the better. */
  readonly score: number;
}

/** A session that matches, or may match. */
export interface FoundSession extends Position {
  readonly uuid: string;
  /** Path of the copy that lists show. */
  readonly path: string;
  /** Weighted frequency of the words in the best segment: equal for copies. 0 if unknown. */
  readonly relevance: number;
}

/** Where a session matches. */
export interface Places {
  /** The best first; looked up as they are taken. */
  readonly ranges: Iterable<TextRange>;
  /** Number of places: more than there are ranges if not all are kept. */
  readonly count: number;
}

/** Sessions of one config dir that match a query, from the index or from a scan. */
export interface SearchSource {
  /** Number of sessions that match, at most. */
  readonly total: number;
  readonly isExact: boolean;
  /** Whether everything was searched that was to be. */
  readonly isComplete: boolean;
  /** Whether the asking session is one of them. */
  readonly hasAsking: boolean;
  readonly notes: readonly SearchNote[];
  readonly skipped: readonly Skipped[];
  /** Returns the ids of the sessions that match, as `total` counts them. */
  ids(): Iterable<string>;
  /** Yields the sessions, best first. `from`: without those before this position. */
  ranked(from: Position | undefined): Iterable<FoundSession>;
  /** Reports whether a session really matches, if `isExact` is false. Reads rows. */
  matches(session: FoundSession): Promise<boolean>;
  /** Returns the places to read for the hits of a session. */
  places(session: FoundSession): Places;
}
