import type { CleanupOfDay } from "../open/clean-up-today.ts";
import { shellWord } from "../view/resume.ts";
import { amount } from "../view/size.ts";

const FIRST_MS = 5000;
const AGAIN_MS = 60 * 60 * 1000;

export interface DailyCleanupOptions {
  readonly configDirs: readonly string[] | undefined;
  /** Sessions that were last active longer ago than this many days go; none if it is undefined. */
  readonly maxAgeDays: number | undefined;
  /** Gets a line about what was done. */
  readonly log: (line: string) => void;
  /** How long after the start the first run is, and how often it is looked whether another day has begun, ms. */
  readonly firstMs?: number | undefined;
  readonly againMs?: number | undefined;
}

export interface DailyCleanup {
  /** Ends it, after the session that is being moved. */
  stop(): Promise<void>;
}

/**
 * Moves old sessions to the trash once a day, if there is an age. Of several servers, one does it. Its code is loaded when it runs,
 * not when the server starts, and it keeps no process alive.
 */
export function startDailyCleanup(options: DailyCleanupOptions): DailyCleanup {
  const { configDirs, maxAgeDays, log, firstMs = FIRST_MS, againMs = AGAIN_MS } = options;
  if (maxAgeDays === undefined) return { stop: () => Promise.resolve() };
  const stopped = new AbortController();
  const { signal } = stopped;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    try {
      const { cleanUpToday } = await import("../open/clean-up-today.ts");
      for await (const one of cleanUpToday({ configDirs, maxAgeDays, signal }))
        for (const line of linesOf(one, maxAgeDays)) log(line);
    } catch (error) {
      if (!signal.aborted) log(`The clean-up failed: ${String(error)}`);
    }
    if (!signal.aborted) begin(againMs);
  };
  const begin = (ms: number): void => {
    timer = setTimeout(() => {
      running = run();
    }, ms).unref();
  };
  begin(firstMs);
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}

function linesOf({ configDir, report, from, to }: CleanupOfDay, maxAgeDays: number): string[] {
  const { deleted, kept, bytes, notes, skipped } = report;
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const sessions = amount(deleted.length, bytes).replace("item", "session");
  const others = kept.length === 0 ? "" : `; kept ${kept.length} (${reasonsOf(report)})`;
  const undo = `claude-transcripts restore --deleted-since ${since} --deleted-until ${until} --config-dir ${shellWord(configDir)}`;
  const done = [
    `Clean-up of ${configDir}: moved ${sessions}, not active for ${maxAgeDays} days, to the trash${others}.`,
    `To undo: ${undo}`,
  ];
  return [
    ...(deleted.length === 0 ? [] : done),
    ...notes,
    ...skipped.map(({ path, reason }) => `Clean-up: skipped ${path}: ${reason}`),
  ];
}

/** Returns `2: it is in use, 1: it is tagged keep`. */
function reasonsOf({ kept }: CleanupOfDay["report"]): string {
  const counts = new Map<string, number>();
  for (const { reason } of kept) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count}: ${reason}`).join(", ");
}
