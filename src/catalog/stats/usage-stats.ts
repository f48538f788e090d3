import { InvalidArgumentError } from "../../store/errors.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { Skipped } from "../../store/types.ts";
import { faultOf, withoutIndex } from "../engine/sqlite.ts";
import { refresh, type RefreshResult } from "../refresh/refresh.ts";
import { useCatalog } from "../schema/kept-catalogs.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { spanNames } from "./calendar.ts";
import { loadPrices, PRICES } from "./prices.ts";
import { scanUsage } from "./scan-usage.ts";
import { sumUsage } from "./sum-usage.ts";
import { type UsageRows, usageRows } from "./usage-rows.ts";
import { projectOf, repositories, sessionFilter } from "./usage-scope.ts";
import { type Usage, USAGE_GROUPINGS, type UsageGrouping, type UsageOptions } from "./usage-types.ts";

/** Counts usage, see `usageStats` in library.ts. Throws `InvalidArgumentError` for a wrong option. */
export async function usageStats(options: UsageOptions = {}): Promise<Usage> {
  const by = checkedGrouping(options.by);
  const query = {
    by,
    since: checkedTime("since", options.since),
    until: checkedTime("until", options.until),
    model: options.model ?? undefined,
    branch: options.branch ?? undefined,
    spanOf: spanNames(by === "week" || by === "month" ? by : "day", options.timeZone ?? undefined),
    projectOf,
    repositoryOf: repositories(),
  };
  const configDirs = resolveConfigDirs(options);
  const notes: string[] = [];
  const skipped: Skipped[] = [];
  const all: UsageRows[] = [];
  for (const configDir of configDirs) {
    const found = await rowsOf(configDir, options, by === "tool");
    all.push(found.rows);
    for (const note of found.notes) notes.push(note);
    for (const skip of found.skipped) skipped.push(skip);
  }
  const prices = await loadPrices();
  const isWanted = sessionFilter(configDirs, options);
  return { by, ...sumUsage(all, { ...query, isWanted }, prices), prices: PRICES, notes, skipped };
}

interface Found {
  readonly rows: UsageRows;
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
}

async function rowsOf(configDir: string, options: UsageOptions, tools: boolean): Promise<Found> {
  const { signal, progress, index = true } = options;
  const notes: string[] = [];
  for (let attempt = 0; index; attempt++) {
    const used = await useCatalog(configDir);
    if (used === undefined) break;
    try {
      return await readCatalog(used.catalog, { tools, signal, progress });
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
  return { notes, ...(await scanUsage(configDir, { tools, signal, progress })) };
}

async function readCatalog(
  catalog: OpenCatalog,
  { tools, signal, progress }: Pick<UsageOptions, "signal" | "progress"> & { readonly tools: boolean },
): Promise<Found> {
  const refreshed = await refresh(catalog, { signal, progress });
  return {
    rows: usageRows(catalog.database, { tools }),
    notes: [...catalog.warnings, ...pendingNotes(refreshed)],
    skipped: refreshed.skipped,
  };
}

const pendingNotes = ({ pending, sessions }: RefreshResult): string[] =>
  pending.size === 0
    ? []
    : [
        `${pending.size} of ${sessions} sessions are not counted completely: they changed meanwhile, or are being read.`,
      ];

function checkedGrouping(given: UsageGrouping | null | undefined): UsageGrouping {
  const by = given ?? USAGE_GROUPINGS[0];
  if (!USAGE_GROUPINGS.includes(by))
    throw new InvalidArgumentError("by", `by must be one of ${USAGE_GROUPINGS.join(", ")}, got "${by as string}"`);
  return by;
}

function checkedTime(name: "since" | "until", given: number | null | undefined): number | undefined {
  const time = given ?? undefined;
  if (time !== undefined && !Number.isFinite(time))
    throw new InvalidArgumentError(name, `${name} must be a time in milliseconds since 1970, got "${time}"`);
  return time;
}
