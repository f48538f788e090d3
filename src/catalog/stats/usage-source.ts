import type { Skipped, StoreOptions } from "../../store/types.ts";
import { faultOf, withoutIndex } from "../engine/sqlite.ts";
import type { IndexOptions } from "../refresh/index-options.ts";
import { refresh } from "../refresh/refresh.ts";
import { useCatalog } from "../schema/kept-catalogs.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { scanUsage } from "./scan-usage.ts";
import { type UsageRows, usageRows } from "./usage-rows.ts";

/** What is counted in one config dir. */
export interface FoundUsage {
  readonly rows: UsageRows;
  /** Ids of sessions that are not counted completely: they changed meanwhile, or are being read. */
  readonly pending: ReadonlySet<string>;
  /** Number of sessions in the config dir. */
  readonly sessions: number;
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}

export interface UsageSourceOptions extends Omit<IndexOptions, keyof StoreOptions> {
  /** Whether the calls of each tool are asked for. */
  readonly tools: boolean;
}

/** Brings the index of a config dir up to date and reads its sums; without an index, reads all transcripts. */
export async function readUsage(configDir: string, options: UsageSourceOptions): Promise<FoundUsage> {
  const { tools, signal, progress, index = true } = options;
  const notes: string[] = [];
  for (let attempt = 0; index; attempt++) {
    const used = await useCatalog(configDir);
    if (used === undefined) break;
    try {
      return await readCatalog(used.catalog, options);
    } catch (error) {
      signal?.throwIfAborted();
      const fault = faultOf(error);
      if (fault === undefined) throw error;
      if (fault === "damaged" && attempt === 0) await used.discard();
      else {
        notes.push(withoutIndex(fault));
        break;
      }
    } finally {
      used.release();
    }
  }
  const { rows, skipped } = await scanUsage(configDir, { tools, signal, progress });
  return { rows, skipped, notes, pending: new Set(), sessions: rows.sessions.size };
}

async function readCatalog(
  catalog: OpenCatalog,
  { tools, signal, progress, waitMs }: UsageSourceOptions,
): Promise<FoundUsage> {
  const { pending, sessions, skipped } = await refresh(catalog, { signal, progress, waitMs });
  return { rows: usageRows(catalog.database, { tools }), pending, sessions, notes: catalog.warnings, skipped };
}
