import { decodeCursor, encodeCursor } from "./page-cursor.ts";
import { checkedLimit, checkedQuery, type ListFilters } from "./filters.ts";
import { openList } from "./session-iterator.ts";
import type { ListedSession, Skipped } from "../types.ts";

export interface ListSessionPageOptions extends ListFilters {
  /** Maximum number of sessions on the page: 1 to 500, default 50. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the previous page, with the same filters. */
  readonly cursor?: string | undefined;
  /** Returns cursors of 40 characters, with which the next page may read files again that this one has read. */
  readonly shortCursor?: boolean | undefined;
}

export interface SessionPage {
  /** Latest activity first, then by id downwards. Never empty when there is a `nextCursor`. */
  readonly sessions: ListedSession[];
  /** Cursor of the next page; absent on the last. */
  readonly nextCursor?: string;
  /** Number of session ids with files in the directories: also of stubs, and of sessions that the filters leave out. */
  readonly total: number;
  /** Number of sessions started by programs that `includeProgrammatic: false` left out of this page. */
  readonly programmaticLeftOut: number;
  /** Directories and files that this page needed and could not read. */
  readonly skipped: Skipped[];
}

/**
 * Returns one page of the sessions of a directory or of all projects, latest activity first. Activity is the time of the
 * last conversation row, with the mtime as upper bound: a copied or restored store sorts correctly, and no more files are
 * read than the page needs. Pages partition the list: a session that does not change between pages is on exactly one page.
 *
 * Always leaves out files without a user or assistant row (a CLI leaves them when it ends), side conversations, sessions
 * continued under another id, and sessions of another directory with the same key. Of several copies of a session, shows
 * the newest that can be shown.
 *
 * Throws `InvalidArgumentError`, `InvalidCursorError`, and `signal.reason` when aborted. Never throws because of the disk.
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
  // The next page counts the sessions left out between this page and it.
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
  const butFor = options?.shortCursor === true ? undefined : pager.pending(following, activity, SEEN_EXCEPTIONS);
  const end = { activity, sessionId, seen: butFor === undefined ? undefined : { since: began, butFor } };
  return { ...page, nextCursor: encodeCursor(end, filters) };
}

/** Maximum lag of the file system's clock behind that of this process. */
const CLOCK_TOLERANCE_MS = 1000;
/** Maximum number of session ids in a cursor. */
const SEEN_EXCEPTIONS = 24;
