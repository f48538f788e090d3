import { InvalidArgumentError } from "../../store/errors.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { type ListScope, listScope } from "../../store/list/list-scope.ts";
import type { Skipped, StoreOptions } from "../../store/types.ts";
import { type Database, type EngineName, faultOf, withoutIndex } from "../engine/sqlite.ts";
import { refreshForSearch } from "./recent-look.ts";
import { indexSource } from "./index-source.ts";
import { type UsedCatalog, useCatalog } from "../schema/kept-catalogs.ts";
import { parseQuery } from "../query/parse-query.ts";
import type { Atom, Query, SearchNote } from "../query/query.ts";
import { scopeTest, sessionsInFiles, sessionsInIndex } from "./scan-sessions.ts";
import { scanSource, type SearchProgress } from "../scan/scan-source.ts";
import { decodeSearchCursor, encodeSearchCursor, type SearchEnd } from "./search-cursor.ts";
import { searchPage, type SessionHit } from "./search-page.ts";
import type { SearchSource } from "../scan/search-source.ts";
import { type SessionSet, sessionsOf } from "./session-sets.ts";

export interface SearchOptions extends StoreOptions {
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
  /** Only sessions of this directory, and of the other worktrees of its repository. Absent: all projects. */
  readonly dir?: string | undefined;
  /** With `dir`: also sessions of these directories. */
  readonly moreDirs?: readonly string[] | undefined;
  /** With `dir`: includes sessions of other worktrees. Default true. */
  readonly includeWorktrees?: boolean | undefined;
  /** Only sessions that programs started (true), or none of them (false). Default: all. */
  readonly programmatic?: boolean | undefined;
  /** Only archived sessions (true), or none of them (false). Default: all. */
  readonly archived?: boolean | undefined;
  /** Session to leave out: the one that asks. */
  readonly asking?: string | undefined;
  /** False to read the files instead of the index. Default true. */
  readonly index?: boolean | undefined;
  /**
   * Maximum time for bringing the index up to date, and again for reading files that it cannot answer for, ms. Default: no
   * limit.
   */
  readonly waitMs?: number | undefined;
  readonly progress?: SearchProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SearchPage {
  /** The best first. */
  readonly hits: readonly SessionHit[];
  /** Number of sessions that match, without the asking one. */
  readonly total: number;
  /** `at least` while sessions are still being read into the index. */
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

const LIMITS = {
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
  let { index = true } = options;
  const notes: SearchNote[] = [...query.notes];
  for (let attempt = 0; ; attempt++) {
    const search = new Search({ ...options, index }, query, after, limit);
    try {
      for (const configDir of query.clauses.length === 0 ? [] : configDirs) await search.add(configDir);
      const page = await searchPage(search.sources, { query, limit, perSession, context, asking, after, signal });
      const facts = search.facts();
      return {
        hits: page.hits,
        ...facts,
        ...(page.end !== undefined && { nextCursor: encodeSearchCursor(page.end, identity) }),
        notes: [...notes, ...facts.notes],
        skipped: [...facts.skipped, ...page.skipped],
      };
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

const firstPage = (): SearchEnd => ({ now: Date.now(), from: undefined, seen: new Set() });

function checked(name: keyof typeof LIMITS, options: SearchOptions): number {
  const { min, max, default: usual } = LIMITS[name];
  const value = options[name] ?? usual;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidArgumentError(name, `${name} must be an integer from ${min} to ${max}, got "${value}"`);
}

/** The sources of a search, one for each config dir. `close` it. */
class Search {
  readonly sources: SearchSource[] = [];
  readonly #options: SearchOptions;
  readonly #query: Query;
  readonly #after: SearchEnd;
  readonly #limit: number;
  readonly #used: UsedCatalog[] = [];
  readonly #notes: SearchNote[] = [];
  readonly #skipped: Skipped[] = [];
  #engine: EngineName | undefined;
  /** Sessions that the index does not have whole yet, and those of them that it does not have at all. */
  #pending = 0;
  #missing = 0;
  /** Sessions that the index rules out before others are scanned. */
  #ruledOut = 0;

  constructor(options: SearchOptions, query: Query, after: SearchEnd, limit: number) {
    this.#options = options;
    this.#query = query;
    this.#after = after;
    this.#limit = limit;
  }

  async add(configDir: string): Promise<void> {
    const { asking, signal, dir, index = true, progress, waitMs } = this.#options;
    const used = index ? await useCatalog(configDir) : undefined;
    const scope = dir ? await this.#scope(configDir) : undefined;
    if (used === undefined) {
      this.sources.push(await this.#scan(await sessionsInFiles(configDir, scope, this.#skipped, signal)));
      return;
    }
    this.#used.push(used);
    const { catalog } = used;
    const { database } = catalog;
    this.#engine = database.engine;
    for (const text of catalog.warnings) this.#notes.push({ code: "index", text });
    const { pending, skipped, sessions } = await refreshForSearch(catalog, { signal, progress, waitMs });
    for (const skip of skipped) this.#skipped.push(skip);
    this.#pending += pending.size;
    const within = scope && sessionsWithin(database, scope);
    const search = { database, query: this.#query, within, asking, now: this.#after.now, signal };
    const found = await indexSource({ ...search, limit: this.#limit + this.#after.seen.size + 1 });
    const source =
      "source" in found ? found.source : await this.#scan(sessionsInIndex(database, found.possible, this.#query));
    this.sources.push(source);
    if (!("source" in found)) this.#ruledOut += Math.max(0, countOf(database, within) - source.of);
    const inScope = scope === undefined ? sessions : new Set(scope.candidates.map(({ sessionId }) => sessionId)).size;
    if (pending.size > 0) this.#missing += Math.max(0, inScope - countOf(database, within));
  }

  #scan(sessions: Parameters<typeof scanSource>[0]): Promise<SearchSource> {
    const { asking, signal, progress, waitMs = Infinity } = this.#options;
    const until = performance.now() + waitMs;
    return scanSource(sessions, { query: this.#query, asking, now: this.#after.now, until, signal, progress });
  }

  #scope(configDir: string): Promise<ListScope> {
    const { dir, moreDirs, includeWorktrees = true, signal } = this.#options;
    return listScope({ configDirs: [configDir], dir, moreDirs, includeWorktrees, claudeWorktrees: true, signal });
  }

  facts(): Omit<SearchPage, "hits" | "nextCursor"> {
    const { sources } = this;
    const sum = (of: (source: SearchSource) => number): number => sources.reduce((all, source) => all + of(source), 0);
    const leftOut = sources.some(({ hasAsking }) => hasAsking);
    const notes = [...this.#notes, ...sources.flatMap((source) => source.notes)];
    if (this.#pending > 0) {
      const text = `${this.#pending} sessions are still being read into the index: search again to have them`;
      notes.push({ code: "pending", text });
    }
    if (leftOut) notes.push({ code: "asking", text: "the session that asks matches too, and is left out" });
    return {
      total: sum(({ total }) => total) - (leftOut ? 1 : 0),
      totalIs: this.#pending > 0 ? "at least" : sources.every(({ isExact }) => isExact) ? "exact" : "at most",
      searched: sum(({ searched }) => searched) + this.#ruledOut,
      of: sum(({ of }) => of) + this.#ruledOut + this.#missing,
      engine: this.#engine ?? "scan",
      notes,
      skipped: [...this.#skipped, ...sources.flatMap(({ skipped }) => skipped)],
    };
  }

  /** Removes damaged indexes. */
  async discard(): Promise<void> {
    for (const used of this.#used) await used.discard();
  }

  close(): void {
    for (const used of this.#used) used.release();
  }
}

/** Returns the number of indexed sessions of a scope. */
function countOf(database: Database, within: SessionSet | undefined): number {
  const { sql, values } = within ?? { sql: "SELECT id FROM session", values: [] };
  return Number(database.prepare(`SELECT count(*) AS n FROM (${sql})`).get(...values)?.["n"]);
}

/** Returns the indexed sessions of a directory. */
function sessionsWithin(database: Database, scope: ListScope): SessionSet {
  const isWanted = scopeTest(scope);
  const rows = database.prepare("SELECT id, uuid, cwd FROM session").all();
  const own = rows.filter(({ uuid, cwd }) => isWanted(String(uuid), () => (typeof cwd === "string" ? cwd : undefined)));
  return sessionsOf(own.map(({ id }) => id ?? 0));
}
