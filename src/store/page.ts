import { PAGE_SESSIONS, PAGE_SESSIONS_MAX } from "../transcript/limits.ts";
import type { SessionFacts } from "../transcript/session-facts.ts";
import { activityOf, rememberedActivity } from "./activity.ts";
import type { Candidate } from "./candidates.ts";
import { isContinued } from "./continuation.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
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
  const scope = await listScope({ ...query, claudeWorktrees: true });
  const filters = JSON.stringify([
    scope.dir === undefined ? null : [scope.dir, query.includeWorktrees],
    query.includeProgrammatic,
    query.archived,
    scope.configDirs,
  ]);
  const after = options?.cursor === undefined || options.cursor === null ? undefined : decodeCursor(options.cursor, filters);
  const skipped = new Map(scope.skipped.map((entry) => [entry.path, entry]));
  const pager = new Pager(scope, query, skipped);

  const sessions: ListedSession[] = [];
  let more = false;
  for (let session = await pager.next(after); session !== undefined; session = await pager.next(after)) {
    more = sessions.length === limit;
    if (more) break;
    sessions.push(session);
  }
  const last = sessions.at(-1);
  return {
    sessions,
    ...(more && last !== undefined && { nextCursor: encodeCursor({ time: last.activity, sessionId: last.sessionId }, filters) }),
    total: pager.total,
    skipped: [...skipped.values()],
  };
}

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

/** A session in the ranking: by its activity, or, until that is known, by the mtime that bounds it. */
interface Standing extends Ranked {
  /** Newest first. */
  readonly copies: readonly Candidate[];
  /** The copy whose activity `time` is; undefined while it is but a bound. */
  readonly resolved: Candidate | undefined;
}

/** Transcripts of which a few kilobytes, or the windows, are read before other work of the process gets its turn. */
const TAILS_PER_TURN = 256;
const FILES_PER_TURN = 32;

class Pager {
  /** Sessions in scope. */
  readonly total: number;
  readonly #scope: ListScope;
  readonly #query: Query;
  readonly #skipped: Map<string, Skipped>;
  readonly #ranking: Ranking<Standing>;
  #work = 0;

  constructor(scope: ListScope, query: Query, skipped: Map<string, Skipped>) {
    this.#scope = scope;
    this.#query = query;
    this.#skipped = skipped;
    const standings = standingsOf(scope.candidates);
    this.total = standings.length;
    this.#ranking = new Ranking(standings);
  }

  /** The next session that passes the filters and stands behind `after`. */
  async next(after: Ranked | undefined): Promise<ListedSession | undefined> {
    for (let first = this.#ranking.pop(); first !== undefined; first = this.#ranking.pop()) {
      if (first.resolved === undefined) {
        await this.#worked(1 / TAILS_PER_TURN);
        const resolved = this.#resolve(first);
        if (resolved !== undefined) this.#ranking.push(resolved);
      } else if (after === undefined || ranksBefore(after, first)) {
        await this.#worked(1 / FILES_PER_TURN);
        const session = await this.#show(first.resolved, first.time);
        if (session !== undefined) return session;
      }
    }
    return undefined;
  }

  /** Puts the activity in the place of its bound. Of several copies the newest counts that can be shown. */
  #resolve({ copies, sessionId }: Standing): Standing | undefined {
    for (const copy of copies) {
      const time = this.#reading(copy, () => {
        if (copies.length > 1) {
          const facts = windowFacts(copy);
          if (facts === undefined || !this.#canBeShown(copy, facts)) return undefined;
        }
        return activityOf(copy);
      });
      if (time !== undefined) return { time, sessionId, copies, resolved: copy };
    }
    return undefined;
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

function standingsOf(candidates: readonly Candidate[]): Standing[] {
  const byId = new Map<string, Candidate | Candidate[]>();
  for (const candidate of candidates) {
    const others = byId.get(candidate.sessionId);
    if (others === undefined) byId.set(candidate.sessionId, candidate);
    else if (Array.isArray(others)) others.push(candidate);
    else byId.set(candidate.sessionId, [others, candidate]);
  }
  const standings: Standing[] = [];
  for (const [sessionId, found] of byId) {
    if (!Array.isArray(found)) {
      const known = rememberedActivity(found);
      const resolved = known === undefined ? undefined : found;
      standings.push({ time: known ?? found.lastModified, sessionId, copies: [found], resolved });
      continue;
    }
    // Sorting keeps the order of equals: of copies of one time the first found is the newest.
    const copies = found.sort((a, b) => b.mtimeMs - a.mtimeMs);
    standings.push({ time: Math.max(...copies.map((copy) => copy.lastModified)), sessionId, copies, resolved: undefined });
  }
  return standings;
}
