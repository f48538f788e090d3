import { InvalidCursorError } from "../../store/errors.ts";
import type { ListQuery } from "../../store/list/filters.ts";
import type { ListedSession } from "../../store/types.ts";
import { PAGE_SESSIONS } from "../../transcript/rows/limits.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { isEmpty, type NewSession } from "./memory-sessions.ts";
import type { Store } from "../../store/open/open-store.ts";

/** What a list is asked for, with all that a request may leave open decided. */
export interface PageQuery extends Pick<
  ListQuery,
  "dir" | "includeWorktrees" | "includeProgrammatic" | "archived" | "signal"
> {
  readonly limit?: number | undefined;
}

/** A page of the list in which stored sessions and those in memory stand together. */
export interface MixedPage {
  readonly sessions: readonly (Found | ListedSession)[];
  readonly nextCursor: string | undefined;
  /** As the store says it, which knows nothing of the sessions in memory. */
  readonly total: number;
  readonly programmaticLeftOut: number;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** A session in memory that fits the filters. */
export interface Found {
  readonly session: NewSession;
  readonly sessionId: string;
  /** Its place among the others. */
  readonly activity: number;
  /** The worktree it was found through. */
  readonly worktree: string | undefined;
}

/**
 * One page of all sessions, the last active first, each on exactly one page. As long as sessions in memory are to come,
 * the cursor says where the list stands as a whole, beside the store's own cursor; afterwards it is the store's.
 */
export async function mixedPage(
  store: Store,
  inMemory: readonly NewSession[],
  query: PageQuery & { readonly cursor: string | undefined },
): Promise<MixedPage> {
  const { cursor, ...filters } = query;
  const limit = query.limit ?? PAGE_SESSIONS;
  const at = positionOf(cursor, filters);
  // The store's own cursor is given out only when no session in memory is to come.
  const waiting =
    at === undefined ? [] : (await fitting(store, inMemory, filters)).filter((it) => isBehind(it, at.last));
  if (waiting.length === 0 && at?.stored !== "none") {
    const page = await store.page({ ...query, limit, cursor: at === undefined ? cursor : at.stored });
    return { ...page, nextCursor: page.nextCursor };
  }

  const read = (most: number) =>
    at?.stored === "none" ? NO_PAGE : store.page({ ...query, limit: most, cursor: at?.stored });
  let page = await read(limit);
  const taken = merge(page.sessions, waiting)
    .slice(0, limit)
    .filter((it) => !isFound(it)).length;
  const rest = taken < page.sessions.length;
  // Asked again for what is shown of it, so that its cursor leads to what is not.
  if (rest && taken > 0) page = await read(taken);
  const shown = merge(rest && taken === 0 ? [] : page.sessions, waiting).slice(0, limit);
  const left = waiting.length - shown.filter(isFound).length;

  const stored = rest && taken === 0 ? at?.stored : (page.nextCursor ?? "none");
  const last = shown.at(-1);
  const { total, skipped } = page;
  // A page of which nothing is shown comes again.
  const programmaticLeftOut = rest && taken === 0 ? 0 : page.programmaticLeftOut;
  const facts = { sessions: shown, total, programmaticLeftOut, skipped };
  if (left === 0 && stored === "none") return { ...facts, nextCursor: undefined };
  const nextCursor =
    left === 0 && stored !== undefined ? stored : encode({ stored, last: last && rankOf(last) }, filters);
  return { ...facts, nextCursor };
}

const NO_PAGE = { sessions: [], nextCursor: undefined, total: 0, programmaticLeftOut: 0, skipped: [] };

/** Where a list stands: behind which row, and with which cursor of the store. */
interface Position {
  /** Undefined: at the beginning; `none`: it has no more. */
  readonly stored: string | undefined;
  readonly last: Rank | undefined;
}
interface Rank {
  readonly activity: number;
  readonly sessionId: string;
}

const isFound = (session: Found | ListedSession): session is Found => "session" in session;
const rankOf = ({ activity, sessionId }: Rank): Rank => ({ activity, sessionId });
const isBehind = (session: Rank, last: Rank | undefined): boolean => last === undefined || order(last, session) < 0;

/** As the store ranks: the later activity first, then the larger id. */
function order(a: Rank, b: Rank): number {
  return b.activity - a.activity || (a.sessionId < b.sessionId ? 1 : a.sessionId > b.sessionId ? -1 : 0);
}

const merge = (stored: readonly ListedSession[], found: readonly Found[]): (Found | ListedSession)[] =>
  [...stored, ...found].sort(order);

async function fitting(store: Store, inMemory: readonly NewSession[], { dir, ...query }: PageQuery): Promise<Found[]> {
  const found: Found[] = [];
  for (const session of inMemory) {
    const wanted = query.archived === "include" || session.archived === (query.archived === "only");
    if (!wanted) continue;
    const place = dir === undefined ? {} : await store.placeOf(session.cwd, dir, query);
    if (place === undefined) continue;
    found.push({ session, ...rankOf(rankedAs(session)), worktree: place.worktree });
  }
  return found.sort(order);
}

/** One that nothing was said in comes after all others: who opens a list looks for what was said. */
function rankedAs(session: NewSession): Rank {
  const { sessionId, createdAt, activity } = session;
  return { sessionId, activity: isEmpty(session) ? createdAt - BEFORE_ALL_MS : activity };
}
/** Longer than there are computers. */
const BEFORE_ALL_MS = 1e15;

/** Marks a cursor as one of these; the store's have no such member. */
const KIND = "memory";

const encode = (position: Position, filters: PageQuery): string =>
  Buffer.from(JSON.stringify({ k: KIND, f: nameOf(filters), ...position })).toString("base64url");

/** Undefined for a cursor that is not ours: the store says whether it is one of its own. */
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
