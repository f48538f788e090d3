import { checkedQuery, type ListFilters } from "./filters.ts";
import { openList } from "./session-iterator.ts";
import type { ListedSession, Skipped } from "../types.ts";

/** All sessions of a list, one by one. */
export interface SessionStream {
  /** Like `SessionPage.total`. */
  readonly total: number;
  /** Returns the number of sessions started by programs that `includeProgrammatic: false` left out so far. */
  programmaticLeftOut(): number;
  /** Returns directories and files that could not be read so far. */
  skipped(): Skipped[];
  /** Returns the next session, latest activity first; undefined after the last. */
  next(): Promise<ListedSession | undefined>;
}

/** Returns the sessions of all pages of `listSessionPage`, read as they are taken. Throws like it. */
export async function streamSessions(options?: ListFilters | null): Promise<SessionStream> {
  const { pager, skipped } = await openList(checkedQuery(options ?? {}));
  return {
    total: pager.total,
    programmaticLeftOut: () => pager.programmaticLeftOut,
    skipped: () => [...skipped.values()],
    next: () => pager.next(),
  };
}
