import { checkedQuery, type ListFilters } from "./filters.ts";
import { openList } from "./session-iterator.ts";
import type { ListedSession, Skipped } from "../types.ts";

/** All sessions of a list, one by one. */
export interface SessionStream {
  /** As `SessionPage.total`. */
  readonly total: number;
  /** Without `includeProgrammatic`: how many sessions that programs started were passed over so far. */
  programmaticLeftOut(): number;
  /** Directories and files that could not be read so far. */
  skipped(): Skipped[];
  /** The next session, the last active first; undefined after the last. */
  next(): Promise<ListedSession | undefined>;
}

/**
 * What the pages of `listSessionPage` would show, with one look at the directories for all of them. No more files are
 * read than the sessions that were taken need. Throws as `listSessionPage` does.
 */
export async function streamSessions(options?: ListFilters | null): Promise<SessionStream> {
  const { pager, skipped } = await openList(checkedQuery(options ?? {}));
  return {
    total: pager.total,
    programmaticLeftOut: () => pager.programmaticLeftOut,
    skipped: () => [...skipped.values()],
    next: () => pager.next(),
  };
}
