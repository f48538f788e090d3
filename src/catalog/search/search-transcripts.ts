import { InvalidArgumentError } from "../../store/errors.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { type ListScope, listScope } from "../../store/list/list-scope.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { Skipped } from "../../store/types.ts";
import { type Database, type EngineName, faultOf, withoutIndex } from "../engine/sqlite.ts";
import { refreshForSearch } from "./recent-look.ts";
import { refresh } from "../refresh/refresh.ts";
import { indexSource } from "./index-source.ts";
import { type UsedCatalog, useCatalog } from "../schema/kept-catalogs.ts";
import type { DirectoryOptions, IndexOptions } from "../refresh/index-options.ts";
import { parseQuery } from "../query/parse-query.ts";
import type { Atom, Query, SearchNote } from "../query/query.ts";
import { notIndexed, scopeTest, sessionsInFiles, sessionsInIndex } from "./scan-sessions.ts";
import { type Scan, scanSource } from "../scan/scan-source.ts";
import { decodeSearchCursor, encodeSearchCursor, type SearchEnd } from "./search-cursor.ts";
import { searchPage, type SessionHit } from "./search-page.ts";
import type { SearchSource } from "../scan/search-source.ts";
import { needsScan, type SessionSet, sessionsOf, withoutIds } from "./session-sets.ts";
import { prepared } from "./prepared.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import { TextScope } from "../query/text-scope.ts";

export interface SearchOptions extends IndexOptions, DirectoryOptions {
  /** Any text: its language is that of `parseQuery`. */
  readonly query: string;
  /** Maximum number of sessions on the page: 1 to 500, default 10. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the previous page, with the same query and filters. */
  readonly cursor?: string | undefined;
  /** Maximum number of messages shown for each session: 1 to 100, default 3. */
  readonly perSession?: number | undefined;
  /** UTF-16 units shown before and after the matches: 10 to 10,000, default 120. */
  readonly context?: number | undefined;
  /** Only sessions that programs started (true), or none of them (false). Default: all. */
  readonly programmatic?: boolean | undefined;
  /** Only archived sessions (true), or none of them (false). Default: all. */
  readonly archived?: boolean | undefined;
  /** Session to leave out: the one that asks. */
  readonly asking?: string | undefined;
  /**
   * Maximum time for bringing the index up to date and for reading files that it cannot answer for, ms. What the index does
   * not have after half of it is read, the latest sessions first. Default: no limit.
   */
  readonly waitMs?: number | undefined;
}

export interface SearchPage {
  /** The best first. */
  readonly hits: readonly SessionHit[];
  /** Number of sessions that match, without the asking one. */
  readonly total: number;
  /** `at least` if sessions were not searched in the time there was. */
  readonly totalIs: "exact" | "at most" | "at least";
  /** Cursor of the next page; absent on the last. */
  readonly nextCursor?: string;
  /** Sessions searched, and sessions in scope. */
  readonly searched: number;
  readonly of: number;
  readonly engine: EngineName | "scan";
  /** What was left out or changed, to be shown to the person. */
  readonly notes: readonly SearchNote[];
  /** Directories and files that could not be read. */
  readonly skipped: readonly Skipped[];
}

/** Bounds of the numbers among the options. */
export const SEARCH_LIMITS = {
  limit: { min: 1, max: 500, default: 10 },
  perSession: { min: 1, max: 100, default: 3 },
  context: { min: 10, max: 10_000, default: 120 },
} as const;

/**
 * Finds sessions by everything that was said, thought and done in them, the best first. Every query is valid; parts that
 * cannot be searched for are named in `notes`.
 *
 * Throws `InvalidArgumentError`, `InvalidCursorError`, and `signal.reason` when aborted. Never throws because of the disk.
 */
export async function searchTranscripts(options: SearchOptions): Promise<SearchPage> {
  const [limit, perSession, context] = [
    checked("limit", options),
    checked("perSession", options),
    checked("context", options),
  ];
  const { query: text, asking, signal } = options;
  if (typeof text !== "string") throw new InvalidArgumentError("query", `query must be a text, got "${String(text)}"`);
  signal?.throwIfAborted();
  const configDirs = resolveConfigDirs(options);
  const { dir, moreDirs, includeWorktrees, programmatic, archived } = options;
  const identity = JSON.stringify([text, configDirs, dir, includeWorktrees, asking, moreDirs, programmatic, archived]);
  const after = options.cursor === undefined ? firstPage() : decodeSearchCursor(options.cursor, identity);
  const query = withFacts(parseQuery(text, after.now), { programmatic, archived });
  return withSources(options, query, after, limit, async (search) => {
    const page = await searchPage(search.sources, { query, limit, perSession, context, asking, after, signal });
    const facts = search.facts();
    return {
      hits: page.hits,
      ...facts,
      ...(page.end !== undefined && { nextCursor: encodeSearchCursor(page.end, identity) }),
      notes: [...facts.notes, ...repeatNotes(page.repeated)],
      skipped: [...facts.skipped, ...page.skipped],
    };
  });
}

/** All sessions that match, without their hits. */
export interface MatchingSessions extends Pick<SearchPage, "notes" | "skipped"> {
  readonly ids: ReadonlySet<string>;
}

/**
 * Returns the ids of all sessions that match, each decided by its rows if the index cannot. Those that changed and were not
 * read again in the time there was are none of them. Throws like `searchTranscripts`.
 */
export async function matchingSessions(options: SearchOptions): Promise<MatchingSessions> {
  const after = firstPage();
  const { programmatic, archived } = options;
  const query = withFacts(parseQuery(options.query, after.now), { programmatic, archived });
  return withSources({ ...options, looksAnew: true }, query, after, SEARCH_LIMITS.limit.max, async (search) => {
    const ids = new Set<string>();
    for (const source of search.sources) {
      if (source.isExact) for (const id of source.ids()) ids.add(id);
      else for (const session of source.ranked(undefined)) if (await source.matches(session)) ids.add(session.uuid);
    }
    for (const id of search.undecided) ids.delete(id);
    const { notes, skipped } = search.facts();
    return { ids, notes, skipped };
  });
}

interface SourceOptions extends SearchOptions {
  /** Looks at every file of the store, even if an earlier search of this process has just done so. */
  readonly looksAnew?: boolean;
}

/** Uses the sources of a search: those of the index, or of the files if the index fails. */
async function withSources<T extends Pick<SearchPage, "notes">>(
  options: SourceOptions,
  query: Query,
  after: SearchEnd,
  limit: number,
  use: (search: Search) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  const configDirs = resolveConfigDirs(options);
  let { index = true } = options;
  const notes: SearchNote[] = [...query.notes];
  for (let attempt = 0; ; attempt++) {
    const search = new Search({ ...options, index }, query, after, { limit, dirs: configDirs.length });
    try {
      for (const configDir of query.clauses.length === 0 ? [] : configDirs) await search.add(configDir);
      const found = await use(search);
      return { ...found, notes: [...notes, ...found.notes] };
    } catch (error) {
      signal?.throwIfAborted();
      const fault = faultOf(error);
      if (fault === undefined || !index) throw error;
      if (fault === "damaged" && attempt === 0) await search.discard();
      else {
        index = false;
        notes.push({ code: "index", text: withoutIndex(fault) });
      }
    } finally {
      search.close();
    }
  }
}

/** Adds conditions to a query that has others. */
function withFacts(query: Query, { programmatic, archived }: Pick<SearchOptions, "programmatic" | "archived">): Query {
  const facts: Atom[][] = [];
  if (programmatic !== undefined) facts.push([{ term: { kind: "programmatic", value: programmatic }, not: false }]);
  if (archived !== undefined) facts.push([{ term: { kind: "archived", value: archived }, not: false }]);
  return query.clauses.length === 0 ? query : { ...query, clauses: [...query.clauses, ...facts] };
}

function repeatNotes(sessions: number): SearchNote[] {
  if (sessions === 0) return [];
  const [match, repeat] =
    sessions === 1 ? ["session matches", "it only repeats"] : ["sessions match", "they only repeat"];
  return [{ code: "repeated", text: `${sessions} more ${match}, not shown because ${repeat} messages of these` }];
}

const firstPage = (): SearchEnd => ({ now: Date.now(), from: undefined, seen: new Set() });

function checked(name: keyof typeof SEARCH_LIMITS, options: SearchOptions): number {
  const { min, max, default: usual } = SEARCH_LIMITS[name];
  const value = options[name] ?? usual;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(name, `${name} must be an integer from ${min} to ${max}, got "${value}"`);
}

/** The sources of a search: one or two for each config dir. `close` it. */
class Search {
  readonly sources: SearchSource[] = [];
  /** Sessions that changed since the index read them, and that there was no time to scan. */
  readonly undecided = new Set<string>();
  readonly #options: SourceOptions;
  readonly #query: Query;
  readonly #after: SearchEnd;
  readonly #limit: number;
  /** When to stop reading, by `performance.now()`. */
  readonly #until: number;
  readonly #used: UsedCatalog[] = [];
  readonly #notes: SearchNote[] = [];
  readonly #skipped: Skipped[] = [];
  #engine: EngineName | undefined;
  #searched = 0;
  /** Ids of the sessions that were searched, if they may be in several config dirs. */
  readonly #ids: Set<string> | undefined;
  /** Sessions that are not in the index yet, and those that there was no time to scan. */
  #pending = 0;
  #late = 0;

  constructor(
    options: SourceOptions,
    query: Query,
    after: SearchEnd,
    { limit, dirs }: { limit: number; dirs: number },
  ) {
    this.#options = options;
    this.#query = query;
    this.#after = after;
    this.#limit = limit;
    this.#until = performance.now() + (options.waitMs ?? Infinity);
    if (dirs > 1) this.#ids = new Set();
  }

  async add(configDir: string): Promise<void> {
    const { signal, dir, index = true } = this.#options;
    const used = index ? await useCatalog(configDir) : undefined;
    const scope = dir ? await this.#scope(configDir) : undefined;
    if (used !== undefined) {
      this.#used.push(used);
      return this.#addIndexed(used.catalog, scope);
    }
    const sessions = await sessionsInFiles(configDir, { scope, signal }, this.#skipped);
    const { searched } = await this.#scan(sessions);
    this.#late += sessions.length - searched.size;
    this.#count(searched.size, () => searched);
  }

  async #addIndexed(catalog: OpenCatalog, scope: ListScope | undefined): Promise<void> {
    const { asking, signal, progress, waitMs, looksAnew = false } = this.#options;
    // Each statement with thousands of ids takes some ms.
    const endTurn = async (): Promise<void> => {
      if (isTurnOver(1)) await yieldToEventLoop(signal);
    };
    const { database, configDir } = catalog;
    this.#engine = database.engine;
    for (const text of catalog.warnings) this.#notes.push({ code: "index", text });
    const wait = waitMs === undefined ? undefined : waitMs / 2;
    const bringUpToDate = looksAnew ? refresh : refreshForSearch;
    const { pending, skipped } = await bringUpToDate(catalog, { signal, progress, waitMs: wait });
    for (const skip of skipped) this.#skipped.push(skip);
    // What cannot be read is reported by the refresh, or when it is scanned.
    const listed = pending.size === 0 ? [] : await sessionsInFiles(configDir, { scope, only: pending, signal }, []);
    const unread = await notIndexed(database, listed);
    await endTurn();
    const within = scope && sessionsWithin(database, scope);
    const query = this.#query;
    if (needsScan(query, new TextScope(query.scope))) {
      const known = withoutIds(within, new Set(unread.map(({ uuid }) => uuid)));
      const possible = sessionsInIndex(database, known, query);
      const { searched } = await this.#scan([...possible, ...unread]);
      this.#late += possible.length + unread.length - searched.size;
      const ruledOut = countOf(database, known) - possible.length;
      return this.#count(ruledOut + searched.size, () => [...idsOf(database, within), ...searched]);
    }
    const searched = unread.length === 0 ? new Set<string>() : (await this.#scan(unread)).searched;
    await endTurn();
    const known = withoutIds(within, searched);
    const search = { database, query, within: known, asking, now: this.#after.now, signal };
    this.sources.push(await indexSource({ ...search, limit: this.#limit + this.#after.seen.size + 1 }));
    await endTurn();
    this.#pending += unread.length - searched.size;
    const left = new Set(unread.map(({ uuid }) => uuid).filter((uuid) => !searched.has(uuid)));
    for (const uuid of left) this.undecided.add(uuid);
    const whole = withoutIds(known, left);
    this.#count(searched.size + countOf(database, whole), () => [...idsOf(database, whole), ...searched]);
  }

  #count(searched: number, ids: () => Iterable<string>): void {
    this.#searched += searched;
    if (this.#ids !== undefined) for (const id of ids()) this.#ids.add(id);
  }

  async #scan(sessions: Parameters<typeof scanSource>[0]): Promise<Scan> {
    const { asking, signal, progress } = this.#options;
    const options = { query: this.#query, asking, now: this.#after.now, until: this.#until, signal, progress };
    const scan = await scanSource(sessions, options);
    this.sources.push(scan);
    return scan;
  }

  #scope(configDir: string): Promise<ListScope> {
    const { dir, moreDirs, includeWorktrees = true, signal } = this.#options;
    return listScope({ configDirs: [configDir], dir, moreDirs, includeWorktrees, claudeWorktrees: true, signal });
  }

  facts(): Omit<SearchPage, "hits" | "nextCursor"> {
    const { sources } = this;
    const leftOut = sources.some(({ hasAsking }) => hasAsking);
    const notes = [...this.#notes, ...sources.flatMap((source) => source.notes)];
    if (this.#late > 0)
      notes.push({ code: "partial", text: `time ran out: ${this.#late} older sessions were not searched` });
    if (this.#pending > 0) {
      const sessions = this.#pending === 1 ? "1 session is" : `${this.#pending} sessions are`;
      const text = `${sessions} still being read into the index: search again to have all`;
      notes.push({ code: "pending", text });
    }
    if (leftOut) notes.push({ code: "asking", text: "the session that asks matches too, and is left out" });
    const searched = this.#ids?.size ?? this.#searched;
    return {
      total: this.#total() - (leftOut ? 1 : 0),
      totalIs: this.#totalIs(),
      searched,
      of: searched + this.#late + this.#pending,
      engine: this.#engine ?? "scan",
      notes,
      skipped: unique([...this.#skipped, ...sources.flatMap(({ skipped }) => skipped)]),
    };
  }

  /** Counts a session with copies in several config dirs once. */
  #total(): number {
    if (this.#ids === undefined) return this.sources.reduce((sum, { total }) => sum + total, 0);
    return new Set(this.sources.flatMap((source) => [...source.ids()])).size;
  }

  #totalIs(): SearchPage["totalIs"] {
    if (this.#pending > 0 || this.sources.some(({ isComplete }) => !isComplete)) return "at least";
    return this.sources.every(({ isExact }) => isExact) ? "exact" : "at most";
  }

  /** Removes damaged indexes. */
  async discard(): Promise<void> {
    for (const used of this.#used) await used.discard();
  }

  close(): void {
    for (const used of this.#used) used.release();
  }
}

/** A session that the index has and a scan reads again is reported by both. */
const unique = (skipped: readonly Skipped[]): Skipped[] => [
  ...new Map(skipped.map((one) => [`${one.reason} ${one.path}`, one])).values(),
];

const ALL: SessionSet = { sql: "SELECT id FROM session", values: [] };

/** Returns the number of indexed sessions of a scope. */
function countOf(database: Database, { sql, values }: SessionSet = ALL): number {
  return Number(prepared(database, `SELECT count(*) AS n FROM (${sql})`).get(...values)?.["n"]);
}

function idsOf(database: Database, { sql, values }: SessionSet = ALL): string[] {
  const rows = prepared(database, `SELECT uuid FROM session WHERE id IN (${sql})`).all(...values);
  return rows.map(({ uuid }) => String(uuid));
}

/** Returns the indexed sessions of a directory. */
function sessionsWithin(database: Database, scope: ListScope): SessionSet {
  const isWanted = scopeTest(scope);
  const rows = database.prepare("SELECT id, uuid, cwd FROM session").all();
  const own = rows.filter(({ uuid, cwd }) => isWanted(String(uuid), () => (typeof cwd === "string" ? cwd : undefined)));
  return sessionsOf(own.map(({ id }) => id ?? 0));
}
