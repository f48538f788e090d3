import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../transcript/limits.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { InvalidArgumentError } from "./errors.ts";
import { listScope } from "./list-scope.ts";
import { Pager, type PagerQuery } from "./pager.ts";
import type { ListedSession, Skipped, StoreOptions } from "./types.ts";

export interface ListSessionPageOptions extends StoreOptions {
  /** Project directory; absent: all projects. */
  readonly dir?: string | undefined;
  /** With `dir`: also the sessions of its repository's other worktrees, deleted ones included. Default true. */
  readonly includeWorktrees?: boolean | undefined;
  /** Also sessions that a program started (SDK entrypoints, daemons). Default true. */
  readonly includeProgrammatic?: boolean | undefined;
  /** What to do with archived sessions. Default `exclude`. */
  readonly archived?: "exclude" | "include" | "only" | undefined;
  /** Sessions on the page: 1 to 500, default 50. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before, asked for with the same filters. */
  readonly cursor?: string | undefined;
  /** The only order there is: what was said last comes first. */
  readonly sort?: "activity" | undefined;
  /**
   * `windows` (default): titles, tag and first prompt as two windows of 64 KiB show them. `full`: wherever they stand, for
   * which every transcript on the page is read to its end.
   */
  readonly metadata?: "windows" | "full" | undefined;
  readonly signal?: AbortSignal | undefined;
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
  const query = checked(options ?? {});
  const { signal, limit } = query;
  signal?.throwIfAborted();
  const began = Date.now() - CLOCK_TOLERANCE_MS;
  const scope = await listScope({ ...query, claudeWorktrees: true });
  const filters = JSON.stringify([
    scope.dir === undefined ? null : [scope.dir, query.includeWorktrees],
    query.includeProgrammatic,
    query.archived,
    scope.configDirs,
  ]);
  const cursor = options?.cursor ?? undefined;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, filters);
  const skipped = new Map(scope.skipped.map((entry) => [entry.path, entry]));
  const pager = new Pager(scope, query, after, skipped);

  const sessions: ListedSession[] = [];
  let following = await pager.next();
  for (; following !== undefined && sessions.length < limit; following = await pager.next()) sessions.push(following);
  const last = sessions.at(-1);
  const page = { sessions, total: pager.total, skipped: [...skipped.values()] };
  if (following === undefined || last === undefined) return page;
  const { activity: time, sessionId } = last;
  const seen = { since: began, butFor: pager.waiting(following, time) };
  const end = { time, sessionId, seen: seen.butFor.length > SEEN_EXCEPTIONS ? undefined : seen };
  return { ...page, nextCursor: encodeCursor(end, filters) };
}

/** How far the clock that stamps files may be behind that of this process. */
const CLOCK_TOLERANCE_MS = 1000;
/** Session ids that a cursor names at most. */
const SEEN_EXCEPTIONS = 24;

interface PageQuery extends PagerQuery {
  readonly configDirs: readonly string[] | undefined;
  readonly dir: string | undefined;
  readonly includeWorktrees: boolean;
  readonly limit: number;
}

function checked(options: ListSessionPageOptions): PageQuery {
  const limit = options.limit ?? PAGE_SESSIONS;
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SESSIONS_MAX) {
    throw new InvalidArgumentError("limit", `limit must be a whole number from 1 to ${PAGE_SESSIONS_MAX}`);
  }
  const archived = oneOf("archived", options.archived, ["exclude", "include", "only"]);
  oneOf("sort", options.sort, ["activity"]);
  return {
    configDirs: options.configDirs,
    dir: options.dir,
    includeWorktrees: options.includeWorktrees ?? true,
    includeProgrammatic: options.includeProgrammatic ?? true,
    archived,
    limit,
    full: oneOf("metadata", options.metadata, ["windows", "full"]) === "full",
    signal: options.signal,
  };
}

/** The value, or the first of the choices when it is absent. */
function oneOf<T extends string>(name: string, value: T | null | undefined, choices: readonly [T, ...T[]]): T {
  const chosen = value ?? choices[0];
  if (!choices.includes(chosen)) throw new InvalidArgumentError(name, `${name} must be one of: ${choices.join(", ")}`);
  return chosen;
}
