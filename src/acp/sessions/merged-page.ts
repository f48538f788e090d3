import { InvalidCursorError } from "../../store/errors.ts";
import type { ListQuery } from "../../store/list/filters.ts";
import type { SessionPage } from "../../store/list/list-session-page.ts";
import type { ListedSession } from "../../store/types.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import type { MemorySession } from "./memory-sessions.ts";
import type { Store } from "../../open/open-store.ts";

interface PageQuery extends Pick<
  ListQuery,
  "dir" | "includeWorktrees" | "includeProgrammatic" | "archived" | "signal"
> {
  readonly limit: number;
}

/** Page of a list that merges stored sessions and those in memory, which `total` does not count. */
interface MergedPage extends Omit<SessionPage, "sessions" | "nextCursor"> {
  readonly sessions: readonly (MemoryMatch | ListedSession)[];
  readonly nextCursor?: string | undefined;
}

interface Rank {
  /** Epoch ms. */
  readonly activity: number;
  readonly sessionId: string;
}

export interface MemoryMatch extends Rank {
  readonly session: MemorySession;
  /** The worktree that it belongs to. */
  readonly worktree: string | undefined;
}

/**
 * Returns one page of all sessions, the last active first, each on exactly one page. While sessions in memory remain, the
 * cursor holds the position in the merged list and the store's own cursor; after that, it is the store's.
 */
export async function mergedPage(
  store: Store,
  inMemory: readonly MemorySession[],
  query: PageQuery & { readonly cursor: string | undefined },
): Promise<MergedPage> {
  const { cursor, ...filters } = query;
  const { limit } = filters;
  const at = positionOf(cursor, filters);
  // The store's own cursor is returned only if no session in memory remains.
  const pending =
    at === undefined ? [] : (await matching(store, inMemory, filters)).filter((it) => isAfter(it, at.last));
  if (pending.length === 0 && at?.stored !== "none") {
    return store.page({ ...query, cursor: at === undefined ? cursor : at.stored });
  }

  const read = (most: number) =>
    at?.stored === "none" ? NO_PAGE : store.page({ ...query, limit: most, cursor: at?.stored });
  let page = await read(limit);
  const taken = merge(page.sessions, pending)
    .slice(0, limit)
    .filter((it) => !isInMemory(it)).length;
  const rest = taken < page.sessions.length;
  // Reads the page again, limited to the sessions that are shown, so that its cursor continues with the rest.
  if (rest && taken > 0) page = await read(taken);
  const shown = merge(rest && taken === 0 ? [] : page.sessions, pending).slice(0, limit);
  const left = pending.length - shown.filter(isInMemory).length;

  const stored = rest && taken === 0 ? at?.stored : (page.nextCursor ?? "none");
  const last = shown.at(-1);
  const { total, skipped } = page;
  // A page of which nothing is shown is read again for the next page.
  const programmaticLeftOut = rest && taken === 0 ? 0 : page.programmaticLeftOut;
  const facts = { sessions: shown, total, programmaticLeftOut, skipped };
  if (left === 0 && stored === "none") return facts;
  const nextCursor =
    left === 0 && stored !== undefined ? stored : encode({ stored, last: last && rankOf(last) }, filters);
  return { ...facts, nextCursor };
}

const NO_PAGE = { sessions: [], nextCursor: undefined, total: 0, programmaticLeftOut: 0, skipped: [] };

/** Position in a list: after which row, and with which cursor of the store. */
interface Position {
  /** Undefined at the beginning; `none` at the end. */
  readonly stored: string | undefined;
  readonly last: Rank | undefined;
}

const isInMemory = (session: MemoryMatch | ListedSession): session is MemoryMatch => "session" in session;
const rankOf = ({ activity, sessionId }: Rank): Rank => ({ activity, sessionId });
const isAfter = (session: Rank, last: Rank | undefined): boolean => last === undefined || order(last, session) < 0;

/** Compares as the store does: later activity first, then the larger id. */
function order(a: Rank, b: Rank): number {
  return b.activity - a.activity || (a.sessionId < b.sessionId ? 1 : a.sessionId > b.sessionId ? -1 : 0);
}

const merge = (stored: readonly ListedSession[], found: readonly MemoryMatch[]): (MemoryMatch | ListedSession)[] =>
  [...stored, ...found].sort(order);

async function matching(
  store: Store,
  inMemory: readonly MemorySession[],
  { dir, ...query }: PageQuery,
): Promise<MemoryMatch[]> {
  const found: MemoryMatch[] = [];
  for (const session of inMemory) {
    const wanted = query.archived === "include" || session.archived === (query.archived === "only");
    if (!wanted) continue;
    const place = dir === undefined ? {} : await store.placeOf(session.cwd, dir, query);
    if (place === undefined) continue;
    found.push({ session, ...rankOf(rankInList(session)), worktree: place.worktree });
  }
  return found.sort(order);
}

/** Returns the rank of a session. Empty sessions come last, since people look for conversations. */
function rankInList({ sessionId, createdAt, activity, updates, title }: MemorySession): Rank {
  const isEmpty = updates.length === 0 && title === undefined;
  return { sessionId, activity: isEmpty ? createdAt - BEFORE_ALL_MS : activity };
}
/** Longer than any time between two activities (30,000 years). */
const BEFORE_ALL_MS = 1e15;

/** Marks the cursors of this file; the store's have no such member. */
const KIND = "memory";

const encode = (position: Position, filters: PageQuery): string =>
  Buffer.from(JSON.stringify({ k: KIND, f: nameOf(filters), ...position })).toString("base64url");

/** Reads a cursor of this file; undefined for any other, which the store checks. */
function positionOf(cursor: string | undefined, filters: PageQuery): Position | undefined {
  if (cursor === undefined) return { stored: undefined, last: undefined };
  const { k, f, stored, last } = fieldsOf(cursor);
  if (k !== KIND) return undefined;
  if (f !== nameOf(filters)) throw new InvalidCursorError("it belongs to another list");
  const { activity, sessionId } = membersOf(last);
  if (typeof activity !== "number" || typeof sessionId !== "string") throw new InvalidCursorError("it is damaged");
  return { stored: asString(stored), last: { activity, sessionId } };
}

function fieldsOf(cursor: string): JsonObject {
  try {
    return membersOf(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    return {};
  }
}

const nameOf = ({ dir, includeWorktrees, includeProgrammatic, archived }: PageQuery): string =>
  JSON.stringify([dir, dir !== undefined && includeWorktrees, includeProgrammatic, archived]);
