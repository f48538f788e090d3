import { type CleanupReport, cleanupSessions } from "../catalog/select/cleanup-sessions.ts";
import { resolveConfigDirs } from "../store/layout/config-dir.ts";
import { takeTurnOfDay } from "../store/retention/turn-of-day.ts";

/** The clean-up of a config dir on a day. */
export interface CleanupOfDay {
  readonly configDir: string;
  readonly report: CleanupReport;
  /** When it began and ended, epoch ms. */
  readonly from: number;
  readonly to: number;
}

interface TodayOptions {
  readonly configDirs: readonly string[] | undefined;
  /** Sessions that were last active longer ago than this many days go. */
  readonly maxAgeDays: number;
  readonly signal: AbortSignal;
}

/** Cleans up each config dir in which no server has done so today. Throws `signal.reason`, and errors of the disk. */
export async function* cleanUpToday({ configDirs, maxAgeDays, signal }: TodayOptions): AsyncGenerator<CleanupOfDay> {
  for (const configDir of resolveConfigDirs({ configDirs })) {
    signal.throwIfAborted();
    if (!takeTurnOfDay(configDir)) continue;
    const from = Date.now();
    const report = await cleanupSessions({ configDirs: [configDir], maxAgeDays, signal });
    yield { configDir, report, from, to: Date.now() };
  }
}
