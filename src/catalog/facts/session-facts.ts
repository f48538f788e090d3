/** Types of what is asked of single sessions, apart from the code: a program that uses the library compiles these only. */
import type { ListedSession, Skipped } from "../../store/types.ts";
import type { IndexOptions } from "../refresh/index-options.ts";
import type { Usage, UsageCounts } from "../stats/usage-types.ts";

/** Counts and cost of one session. What a fork repeats of another session counts there. */
export interface SessionUsage extends Omit<UsageCounts, "sessions"> {
  /** Models of its requests, sorted. */
  readonly models: readonly string[];
  /** False if its transcript has more than was counted. */
  readonly isComplete: boolean;
}

/** Orders of sessions, the first by default: the latest active first, or the largest. */
export const SESSION_SORTS = ["activity", "cost", "messages", "size"] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];

/** Conditions that must all hold. Times are epoch ms, costs are micro-dollars: millionths of a dollar. */
export interface SessionSearchOptions extends IndexOptions {
  /** Only sessions with one of these tags. */
  readonly tags?: readonly string[] | undefined;
  /** Only sessions active at or after this time. */
  readonly after?: number | undefined;
  /** Only sessions begun at or before this time. */
  readonly before?: number | undefined;
  readonly minCost?: number | undefined;
  readonly maxCost?: number | undefined;
  /** Only sessions with at least, and at most, so many prompts and messages of the model. */
  readonly minMessages?: number | undefined;
  readonly maxMessages?: number | undefined;
  /** A path: sessions of that directory, those below it and the worktrees of its repository. Or the name of a directory. */
  readonly project?: string | undefined;
  /** Only sessions with a request to a model that has this text in its name, ignoring case. */
  readonly model?: string | undefined;
  /** Only sessions that were last on exactly this git branch. */
  readonly branch?: string | undefined;
  /** Only archived sessions, or only others. */
  readonly archived?: boolean | undefined;
  /** Only sessions that programs started, or only others. */
  readonly programmatic?: boolean | undefined;
  /** The latest active first by default, or the largest. */
  readonly sort?: SessionSort | undefined;
  /** Maximum number of sessions to return. Default: all. */
  readonly limit?: number | undefined;
}

/** A session as lists have it, with what was counted. */
export interface SessionWithUsage {
  readonly session: ListedSession;
  readonly usage: SessionUsage;
}

export interface SessionSearch {
  readonly sessions: readonly SessionWithUsage[];
  /** Number of sessions that match, also of those that `limit` left out. */
  readonly total: number;
  /** Number of sessions that are not counted completely. */
  readonly pending: number;
  /** Price list in use, as in `Usage`. */
  readonly prices: Usage["prices"];
  /** Sentences about what could not be done as asked. */
  readonly notes: readonly string[];
  /** Directories and files that could not be read. */
  readonly skipped: readonly Skipped[];
}
