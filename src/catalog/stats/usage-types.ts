import type { DirectoryOptions, IndexOptions } from "../refresh/index-options.ts";
import type { Skipped } from "../../store/types.ts";

/** Groupings of `usageStats`, the first by default. */
export const USAGE_GROUPINGS = [
  "day",
  "week",
  "month",
  "project",
  "repository",
  "model",
  "branch",
  "tag",
  "tool",
  "session",
] as const;

export type UsageGrouping = (typeof USAGE_GROUPINGS)[number];

/** Filters of usage. Those of a list of sessions mean the same here. */
export interface UsageOptions extends IndexOptions, DirectoryOptions {
  /** Default `day`. */
  readonly by?: UsageGrouping | undefined;
  /** Only what happened at or after this time, epoch ms; counted in whole quarters of an hour. */
  readonly since?: number | undefined;
  /** Only what happened at or before this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only requests to models whose name contains this text, ignoring case. */
  readonly model?: string | undefined;
  /** Only sessions that have exactly this tag among theirs. */
  readonly tag?: string | undefined;
  /** Only requests on exactly this git branch. */
  readonly branch?: string | undefined;
  /** Name of the time zone of days, such as `Europe/Berlin`. Default: that of the process. */
  readonly timeZone?: string | undefined;
}

export interface UsageTokens {
  /** Input that was neither written to a cache nor read from one. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  /** Written to the cache that lives for 5 minutes, and to the one that lives for an hour. */
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
}

/** Counts of a group, or of everything. */
export interface UsageCounts {
  /** Sessions with anything in the group. A session may be in several groups. */
  readonly sessions: number;
  /** What people typed. */
  readonly prompts: number;
  /** Answers to a prompt, to news of background work, or to another agent. */
  readonly turns: number;
  /** Prompts and messages of the model. */
  readonly messages: number;
  readonly toolCalls: number;
  /** Requests to the model, each counted once however many forks and copies repeat it. */
  readonly requests: number;
  readonly tokens: UsageTokens;
  readonly webSearches: number;
  /** Micro-dollars: millionths of a dollar. */
  readonly cost: number;
  /** Part of `cost` that only Claude Code's own record of the session has: requests without a row, such as those for titles. */
  readonly unrecordedCost: number;
  /** Tokens of models without a known price, which are not in `cost`. */
  readonly unpricedTokens: number;
  /** Names of these models, sorted. */
  readonly unpricedModels: readonly string[];
  /** Requests that may have cost more: their end was not written, or a factor of their price is unknown. */
  readonly lowerBounds: number;
  /** Time in which something happened, ms, without gaps of more than five minutes. */
  readonly active: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
}

export interface UsageGroup extends UsageCounts {
  /**
   * Day or Monday of the week (`2026-08-21`), month (`2026-08`), directory, model, branch, tag, tool or session id. Empty if
   * it is unknown, or there is none.
   */
  readonly key: string;
  /** Of a session: its title and directory. */
  readonly title?: string;
  readonly cwd?: string;
}

export interface Usage {
  readonly by: UsageGrouping;
  /** Days, weeks and months in their order; others by cost, the highest first, then by key. Tools by calls. */
  readonly groups: readonly UsageGroup[];
  /** Equal to the sum of the groups, except for `sessions`, and for sessions with several tags. By tool, the groups have only `sessions` and `toolCalls`. */
  readonly totals: UsageCounts;
  /** Price list in use: version of the package, and the day of its publication. */
  readonly prices: { readonly version: string; readonly published: string };
  /** Sentences about what the figures lack. */
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}
