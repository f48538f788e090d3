import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { Skipped } from "../../store/types.ts";
import { PRICES } from "../stats/prices.ts";
import type { UsageRows } from "../stats/usage-rows.ts";
import type { Usage } from "../stats/usage-types.ts";
import { readUsage } from "../stats/usage-source.ts";
import type { IndexOptions } from "../refresh/index-options.ts";
import { type SummedSessions, sumSessions } from "./sum-sessions.ts";

/** The counts of all sessions. */
export interface SessionUsages extends SummedSessions {
  /** Number of sessions that are missing or not complete. */
  readonly pending: number;
  readonly prices: Usage["prices"];
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}

/** Counts every session, after bringing the index up to date. Throws `signal.reason` when aborted. */
export async function usageOfSessions(options: IndexOptions = {}): Promise<SessionUsages> {
  const all: UsageRows[] = [];
  const pending = new Set<string>();
  const notes: string[] = [];
  const skipped: Skipped[] = [];
  for (const configDir of resolveConfigDirs(options)) {
    const found = await readUsage(configDir, { ...options, tools: false });
    all.push(found.rows);
    for (const id of found.pending) pending.add(id);
    for (const note of found.notes) notes.push(note);
    for (const skip of found.skipped) skipped.push(skip);
  }
  const { usage, sessions } = await sumSessions(all, (id) => !pending.has(id));
  return { usage, sessions, pending: pending.size, prices: PRICES, notes, skipped };
}
