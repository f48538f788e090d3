import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { Skipped, StoreOptions } from "../../store/types.ts";
import { PRICES } from "../stats/prices.ts";
import type { UsageRows } from "../stats/usage-rows.ts";
import { readUsage } from "../stats/usage-source.ts";
import { type SummedSessions, sumSessions } from "./sum-sessions.ts";

export interface SessionUsageOptions extends StoreOptions {
  /** False to work without the index on the disk, which takes longer. */
  readonly index?: boolean | undefined;
  /** Maximum time for bringing the index up to date, ms. Default: no limit. */
  readonly waitMs?: number | undefined;
  /** Called while transcripts are read, with the bytes so far and in all. */
  readonly progress?: ((read: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The counts of all sessions. */
export interface SessionUsages extends SummedSessions {
  /** Number of sessions that are missing or not complete. */
  readonly pending: number;
  readonly prices: typeof PRICES;
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}

/** Counts every session, after bringing the index up to date. Throws `signal.reason` when aborted. */
export async function usageOfSessions(options: SessionUsageOptions = {}): Promise<SessionUsages> {
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
