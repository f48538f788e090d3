import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../transcript/limits.ts";
import type { SessionFacts } from "../transcript/session-facts.ts";
import { activityOf, rememberedActivity } from "./activity.ts";
import type { Candidate } from "./candidates.ts";
import { isContinued } from "./continuation.ts";
import { decodeCursor, encodeCursor, type PageEnd } from "./cursor.ts";
import { pause } from "./disk.ts";
import { errnoOf, InvalidArgumentError, isMissing } from "./errors.ts";
import { fullFacts, windowFacts } from "./facts.ts";
import { type ListScope, listScope, toSessionInfo } from "./list-scope.ts";
import { type Ranked, Ranking, ranksBefore } from "./ranking.ts";
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

interface Query {
  readonly configDirs: readonly string[] | undefined;
  readonly dir: string | undefined;
  readonly includeWorktrees: boolean;
  readonly includeProgrammatic: boolean;
  readonly archived: "exclude" | "include" | "only";
  readonly limit: number;
  readonly full: boolean;
  readonly signal: AbortSignal | undefined;
}

function checked(options: ListSessionPageOptions): Query {
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

/** A session whose activity is known, and the copy of it that is shown. */
interface Known extends Ranked {
  readonly copy: Candidate;
}

/** Transcripts of which a few kilobytes, or the windows, are read before other work of the process gets its turn. */
const TAILS_PER_TURN = 256;
const FILES_PER_TURN = 32;

/**
 * Takes sessions in order out of a store most of which is not read. Of a session that was not read yet its mtime bounds
 * the activity; so the next session is known when no such bound reaches the best activity that is known.
 */
class Pager {
  /** Sessions in scope. */
  readonly total: number;
  readonly #scope: ListScope;
  readonly #query: Query;
  readonly #after: PageEnd | undefined;
  readonly #skipped: Map<string, Skipped>;
  readonly #known: Ranking<Known>;
  /** The newest copy of each session whose activity is not known. */
  readonly #unread: Ranking<Candidate>;
  /** All copies, newest first, of the sessions that have several. */
  readonly #copies: ReadonlyMap<string, readonly Candidate[]>;
  #work = 0;

  /** `after`: where the page before ended. */
  constructor(scope: ListScope, query: Query, after: PageEnd | undefined, skipped: Map<string, Skipped>) {
    this.#scope = scope;
    this.#query = query;
    this.#after = after;
    this.#skipped = skipped;
    const { newest, copies } = groupById(scope.candidates);
    this.total = newest.size;
    this.#copies = copies;
    const known: Known[] = [];
    const unread: Candidate[] = [];
    const wasSeen = seenBefore(after);
    for (const copy of newest.values()) {
      if (wasSeen(copy) && !copies.has(copy.sessionId)) continue;
      const time = copies.has(copy.sessionId) ? undefined : rememberedActivity(copy);
      if (time === undefined) unread.push(copy);
      else if (this.#isBehind(time, copy.sessionId)) known.push({ time, sessionId: copy.sessionId, copy });
    }
    this.#known = new Ranking(known, ranksBefore);
    this.#unread = new Ranking(unread, (a, b) => a.lastModified > b.lastModified);
  }

  /** The next session of the page. */
  async next(): Promise<ListedSession | undefined> {
    for (;;) {
      const best = this.#known.first;
      const newest = this.#unread.first;
      if (newest !== undefined && (best === undefined || newest.lastModified >= best.time)) {
        await this.#worked(1 / TAILS_PER_TURN);
        this.#read(newest.sessionId, this.#copies.get(newest.sessionId) ?? [newest]);
        this.#unread.pop();
      } else if (best !== undefined) {
        await this.#worked(1 / FILES_PER_TURN);
        this.#known.pop();
        const session = await this.#show(best.copy, best.time);
        if (session !== undefined) return session;
      } else return undefined;
    }
  }

  /** The sessions that are still to come although their files were written to after `time`, by their ids. */
  waiting(following: ListedSession, time: number): string[] {
    const later = this.#known.rest.filter(({ copy }) => copy.lastModified > time).map(({ sessionId }) => sessionId);
    return following.lastModified > time ? [following.sessionId, ...later] : later;
  }

  #isBehind(time: number, sessionId: string): boolean {
    return this.#after === undefined || ranksBefore(this.#after, { time, sessionId });
  }

  /** Finds the activity of a session. Of several copies the newest counts that can be shown. */
  #read(sessionId: string, copies: readonly Candidate[]): void {
    for (const copy of copies) {
      const time = this.#reading(copy, () => (copies.length === 1 || this.#canBeRead(copy) ? activityOf(copy) : undefined));
      if (time === undefined) continue;
      if (this.#isBehind(time, sessionId)) this.#known.push({ time, sessionId, copy });
      return;
    }
  }

  #canBeRead(copy: Candidate): boolean {
    const facts = windowFacts(copy);
    return facts !== undefined && this.#canBeShown(copy, facts);
  }

  async #show(copy: Candidate, activity: number): Promise<ListedSession | undefined> {
    const facts = await this.#facts(copy);
    if (facts === undefined || !this.#canBeShown(copy, facts)) return undefined;
    const { includeProgrammatic, archived: wanted } = this.#query;
    if (facts.programmatic && !includeProgrammatic) return undefined;
    const archived = facts.archived ?? (facts.customTitle?.startsWith(ARCHIVED_PREFIX) || undefined);
    if (wanted !== "include" && (archived === true) !== (wanted === "only")) return undefined;
    const { through, project } = copy;
    return {
      ...toSessionInfo(copy, facts, facts.summary ?? ""),
      archived,
      activity,
      configDir: project.configDir,
      projectKey: project.key,
      transcriptPath: copy.path,
      entrypoint: facts.entrypoint,
      programmatic: facts.programmatic,
      model: facts.model,
      forkedFrom: facts.forkedFrom,
      worktree: through === this.#scope.dir ? undefined : through,
    };
  }

  #canBeShown(copy: Candidate, facts: SessionFacts): boolean {
    if (!facts.conversation || isContinued(copy.project, facts.continuedIn)) return false;
    return !this.#scope.foreign.isForeign(facts.homeCwd, copy.through);
  }

  async #facts(copy: Candidate): Promise<SessionFacts | undefined> {
    if (!this.#query.full) return this.#reading(copy, () => windowFacts(copy));
    const { signal } = this.#query;
    try {
      return await fullFacts(copy, signal);
    } catch (error) {
      signal?.throwIfAborted();
      this.#skip(copy, error);
      return undefined;
    }
  }

  #reading<T>(copy: Candidate, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#skip(copy, error);
      return undefined;
    }
  }

  /** What was deleted since it was found is no reading error. */
  #skip({ path }: Candidate, error: unknown): void {
    if (!isMissing(error)) this.#skipped.set(path, { path, reason: errnoOf(error) ?? "unreadable" });
  }

  async #worked(share: number): Promise<void> {
    this.#work += share;
    if (this.#work < 1) return;
    this.#work = 0;
    await pause();
    this.#query.signal?.throwIfAborted();
  }
}

/** How a client without an archive of its own marks a title. */
const ARCHIVED_PREFIX = "[archived] ";

/** Whether the page before has dealt with a file, so that it need not be opened again to be passed over. */
function seenBefore(after: PageEnd | undefined): (copy: Candidate) => boolean {
  if (after?.seen === undefined) return () => false;
  const { time, seen } = after;
  const waiting = new Set(seen.butFor);
  return (copy) => copy.lastModified > time && copy.ctimeMs < seen.since && !waiting.has(copy.sessionId);
}

interface Groups {
  readonly newest: ReadonlyMap<string, Candidate>;
  readonly copies: ReadonlyMap<string, readonly Candidate[]>;
}

function groupById(candidates: readonly Candidate[]): Groups {
  const newest = new Map<string, Candidate>();
  const copies = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const { sessionId } = candidate;
    const other = newest.get(sessionId);
    if (other === undefined) newest.set(sessionId, candidate);
    else copies.set(sessionId, [...(copies.get(sessionId) ?? [other]), candidate]);
  }
  for (const [sessionId, group] of copies) {
    // Sorting keeps the order of equals: of copies of one time the first found is the newest.
    group.sort((a, b) => b.mtimeMs - a.mtimeMs);
    newest.set(sessionId, group[0] as Candidate);
  }
  return { newest, copies };
}
