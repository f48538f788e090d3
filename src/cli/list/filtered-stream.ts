import { listFilters } from "../../catalog/select/list-filters.ts";
import type { SessionFilter } from "../../catalog/select/session-filter.ts";
import { type SessionStream, streamSessions } from "../../store/list/stream-sessions.ts";
import type { Progress } from "../terminal/progress.ts";

/** Sessions of a filter, with sentences about what could not be decided. */
export interface FilteredStream {
  readonly stream: SessionStream;
  readonly notes: readonly string[];
}

/** Conditions that lists decide by themselves: of the others, the index knows. */
const OF_LISTS: ReadonlySet<string> = new Set([
  "dir",
  "includeWorktrees",
  "since",
  "until",
  "tags",
  "branch",
  "archived",
]);

/** Opens the sessions of a filter, the latest active first. Only conditions that lists cannot decide load more code. */
export async function filteredStream(
  filter: SessionFilter,
  configDirs: readonly string[] | undefined,
  progress: Progress,
): Promise<FilteredStream> {
  const { tags = [] } = filter;
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined);
  if (tags.length > 1 || !asked.every(([name]) => OF_LISTS.has(name))) {
    const { selectSessions } = await import("../../catalog/select/select-sessions.ts");
    const { sessions, notes, skipped } = await selectSessions({ ...filter, configDirs, progress: progress.report });
    let at = 0;
    const next = (): Promise<(typeof sessions)[number] | undefined> => Promise.resolve(sessions[at++]);
    return {
      stream: { total: sessions.length, programmaticLeftOut: () => 0, skipped: () => [...skipped], next },
      notes,
    };
  }
  const [tag] = tags;
  const stream = await streamSessions({
    ...listFilters(filter),
    configDirs,
    tag: tag === undefined ? undefined : (await import("../../store/annotate/normalize-tag.ts")).normalizeTag(tag),
  });
  return { stream, notes: [] };
}
