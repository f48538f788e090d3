import { decodeCursor, encodeCursor } from "./page-cursor.ts";
import { checkedLimit, checkedQuery, type ListFilters } from "./filters.ts";
import { openList } from "./session-iterator.ts";
import type { ListedSession, Skipped } from "../types.ts";

export interface ListSessionPageOptions extends ListFilters {
  /** Sessions on the page: 1 to 500, default 50. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before, asked for with the same filters. */
  readonly cursor?: string | undefined;
  /** Cursors of 40 characters: the page that follows may look into files again that this one has looked into. */
  readonly shortCursor?: boolean | undefined;
}

export interface SessionPage {
  /** Latest activity first, then by id downwards. Never empty when there is a `nextCursor`. */
  readonly sessions: ListedSession[];
  /** Leads to the next page; absent on the last. */
  readonly nextCursor?: string;
  /**
   * How many sessions there are files of in the directories asked for, each id once, counted without opening them. What
   * is seen only inside is counted too: sessions that the filters leave out, and stubs that no page shows.
   */
  readonly total: number;
  /** Without `includeProgrammatic`: how many sessions that programs started would stand on this page. */
  readonly programmaticLeftOut: number;
  /** Directories and files that could not be read, as far as this page had to. */
  readonly skipped: Skipped[];
}

/**
 * One page of the sessions of a directory or of all projects, the last active first. Activity is the time of the last row
 * of the conversation, never later than the mtime: a copied or restored store sorts rightly, and no more files are read than
 * the page needs. Pages partition the list: a session that does not change between pages is on exactly one of them.
 *
 * Left out everywhere: files without a user or assistant row (what a CLI leaves behind when it ends), side conversations,
 * sessions that go on under another id, sessions of another directory with the same key. Of several copies of a session the
 * newest that can be shown is.
 *
 * Throws `InvalidArgumentError`, `InvalidCursorError`, and `signal.reason` when aborted; nothing on the disk makes it throw.
 */
export async function listSessionPage(options?: ListSessionPageOptions | null): Promise<SessionPage> {
  const limit = checkedLimit(options?.limit ?? undefined);
  const query = checkedQuery(options ?? {});
  const began = Date.now() - CLOCK_TOLERANCE_MS;
  const cursor = options?.cursor ?? undefined;
  const { pager, filters, skipped } = await openList(query, (filters) =>
    cursor === undefined ? undefined : decodeCursor(cursor, filters),
  );

  const sessions: ListedSession[] = [];
  let following = await pager.next();
  // What is passed over between this page and the next one is counted by the next one.
  let programmaticLeftOut = pager.programmaticLeftOut;
  for (; following !== undefined && sessions.length < limit; following = await pager.next()) {
    programmaticLeftOut = pager.programmaticLeftOut;
    sessions.push(following);
  }
  if (following === undefined) ({ programmaticLeftOut } = pager);
  const last = sessions.at(-1);
  const page = { sessions, total: pager.total, programmaticLeftOut, skipped: [...skipped.values()] };
  if (following === undefined || last === undefined) return page;
  const { activity, sessionId } = last;
  const butFor = options?.shortCursor === true ? undefined : pager.waiting(following, activity, SEEN_EXCEPTIONS);
  const end = { activity, sessionId, seen: butFor === undefined ? undefined : { since: began, butFor } };
  return { ...page, nextCursor: encodeCursor(end, filters) };
}

/** How far the clock that stamps files may be behind that of this process. */
const CLOCK_TOLERANCE_MS = 1000;
/** Session ids that a cursor names at most. */
const SEEN_EXCEPTIONS = 24;
