import { InvalidArgumentError } from "../../store/errors.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import type { Skipped } from "../../store/types.ts";
import { spanNames } from "./calendar.ts";
import { loadPrices, PRICES } from "./prices.ts";
import { sumUsage } from "./sum-usage.ts";
import type { UsageRows, UsageSession } from "./usage-rows.ts";
import { projectOf, repositories, sessionFilter } from "./usage-scope.ts";
import { type FoundUsage, readUsage } from "./usage-source.ts";
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
    const found = await readUsage(configDir, { ...options, tools: by === "tool" });
    all.push(found.rows);
    for (const note of [...found.notes, ...pendingNotes(found)]) notes.push(note);
    for (const skip of found.skipped) skipped.push(skip);
  }
  const prices = await loadPrices();
  const isWanted = sessionFilter(configDirs, options);
  const hasSeveral = (session: UsageSession): boolean => session.tags.length > 1 && isWanted(session);
  if (by === "tag" && all.some(({ sessions }) => [...sessions.values()].some(hasSeveral)))
    notes.push("A session with several tags counts under each of them, in the totals once.");
  return { by, ...sumUsage(all, { ...query, isWanted }, prices), prices: PRICES, notes, skipped };
}

const pendingNotes = ({ pending, sessions }: FoundUsage): string[] =>
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
