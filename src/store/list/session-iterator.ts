import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { foldText } from "../../transcript/text/fold-text.ts";
import { activityOf, cachedActivity } from "../facts/activity-of-file.ts";
import type { Candidate } from "../facts/candidate.ts";
import { isContinued } from "../facts/continued-in.ts";
import type { PageEnd } from "./page-cursor.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { fullFacts, windowFacts } from "../facts/metadata.ts";
import type { ListQuery } from "./filters.ts";
import { type ListScope, listScope } from "./list-scope.ts";
import { isArchived, toListedSession } from "./listed-session.ts";
import { Heap, ranksBefore } from "./heap.ts";
import type { ListedSession, Skipped } from "../types.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

/** The sessions of a query, to be taken one by one, and the files that could not be read so far. */
export interface OpenList {
  readonly pager: Pager;
  /** By path; grows while sessions are taken. */
  readonly skipped: ReadonlyMap<string, Skipped>;
  /** Identifies the list in its cursors. */
  readonly filters: string;
}

/** Opens a list. `after`: returns the end of the previous page, from the list's `filters`. */
export async function openList(
  query: ListQuery,
  after: (filters: string) => PageEnd | undefined = () => undefined,
): Promise<OpenList> {
  query.signal?.throwIfAborted();
  const scope = await listScope({ ...query, claudeWorktrees: true, lookInside: true });
  const { since, until, title, tag, branch, moreDirs } = query;
  const further = { since, until, title, tag, branch, moreDirs: moreDirs.length === 0 ? undefined : moreDirs };
  const filters = JSON.stringify([
    scope.dir === undefined ? null : [scope.dir, query.includeWorktrees],
    query.includeProgrammatic,
    query.archived,
    scope.configDirs,
    ...(Object.values(further).every((value) => value === undefined) ? [] : [further]),
  ]);
  const skipped = new Map(scope.skipped.map((entry) => [entry.path, entry]));
  return { pager: new Pager(scope, query, after(filters), skipped), skipped, filters };
}

/**
 * Yields sessions latest activity first while reading as few files as possible. The mtime is an upper bound for the activity
 * of an unread session, so the next session is known once no such bound reaches the best known activity.
 */
class Pager {
  /** Number of sessions in scope. */
  readonly total: number;
  /** Number of sessions left out only because a program started them. */
  programmaticLeftOut = 0;
  readonly #scope: ListScope;
  readonly #query: ListQuery;
  readonly #after: PageEnd | undefined;
  readonly #since: number;
  readonly #until: number;
  readonly #skipped: Map<string, Skipped>;
  readonly #known: Heap<Candidate>;
  /** The newest copy of each session whose activity is unknown. */
  readonly #unread: Heap<Candidate>;
  /** All copies, newest first, of sessions that have several. */
  readonly #copies: ReadonlyMap<string, readonly Candidate[]>;
  #looked = 0;

  /** `after`: the end of the previous page. */
  constructor(scope: ListScope, query: ListQuery, after: PageEnd | undefined, skipped: Map<string, Skipped>) {
    this.#scope = scope;
    this.#query = query;
    this.#after = after;
    this.#since = query.since ?? -Infinity;
    this.#until = query.until ?? Infinity;
    this.#skipped = skipped;
    const { newest, copies } = groupById(scope.candidates);
    this.total = newest.length;
    this.#copies = copies;
    const known: Candidate[] = [];
    const unread: Candidate[] = [];
    const wasSeen = seenBefore(after);
    for (const copy of newest) {
      const alone = copies.size === 0 || !copies.has(copy.sessionId);
      if (alone && wasSeen(copy)) continue;
      // Activity is never later than the mtime, and of several copies this is the newest.
      if (copy.lastModified < this.#since) continue;
      if (!alone || Number.isNaN(cachedActivity(copy))) unread.push(copy);
      else if (this.#isWanted(copy)) known.push(copy);
    }
    this.#known = new Heap(known, ranksBefore);
    this.#unread = new Heap(unread, (a, b) => a.lastModified > b.lastModified);
  }

  /** Returns the next session, undefined after the last. */
  async next(): Promise<ListedSession | undefined> {
    for (;;) {
      const best = this.#known.first;
      const newest = this.#unread.first;
      if (newest !== undefined && (best === undefined || newest.lastModified >= best.activity)) {
        if (isTurnOver()) await yieldToEventLoop(this.#query.signal);
        this.#read(newest);
        this.#unread.pop();
      } else if (best !== undefined) {
        if (isTurnOver()) await yieldToEventLoop(this.#query.signal);
        this.#known.pop();
        const session = await this.#show(best);
        this.#query.progress?.(++this.#looked, this.total);
        if (session !== undefined) return session;
      } else return undefined;
    }
  }

  /** Returns the ids of sessions to come whose files have an mtime after `time`; undefined if more than `most`. */
  pending(following: ListedSession, time: number, most: number): string[] | undefined {
    const later = following.lastModified > time ? [following.sessionId] : [];
    for (const copy of this.#known.items) {
      if (copy.lastModified <= time) continue;
      if (later.push(copy.sessionId) > most) return undefined;
    }
    return later;
  }

  #isWanted(copy: Candidate): boolean {
    const { activity } = copy;
    if (activity < this.#since || activity > this.#until) return false;
    return this.#after === undefined || ranksBefore(this.#after, copy);
  }

  /** Reads the activity of a session. Of several copies, the newest that can be shown counts. */
  #read(newest: Candidate): void {
    const copies = this.#copies.get(newest.sessionId);
    if (copies === undefined) this.#readTime(newest);
    for (const copy of copies ?? []) {
      const facts = this.#reading(copy, () => windowFacts(copy));
      if (facts !== undefined && this.#canBeShown(copy, facts) && this.#readTime(copy)) return;
    }
  }

  /** Reads the activity of a copy. Returns false if the file cannot be read. */
  #readTime(copy: Candidate): boolean {
    const activity = this.#reading(copy, () => activityOf(copy));
    if (activity !== undefined && this.#isWanted(copy)) this.#known.push(copy);
    return activity !== undefined;
  }

  async #show(copy: Candidate): Promise<ListedSession | undefined> {
    const facts =
      this.#query.metadata === "full" ? await this.#fullFacts(copy) : this.#reading(copy, () => windowFacts(copy));
    if (facts === undefined || !this.#canBeShown(copy, facts)) return undefined;
    const { includeProgrammatic, archived: wanted, tag, branch, title } = this.#query;
    if ((tag !== undefined && !facts.tags.includes(tag)) || (branch !== undefined && facts.gitBranch !== branch))
      return undefined;
    if (title !== undefined && !foldText(`${facts.summary ?? ""}\n${facts.title}`).includes(title)) return undefined;
    const archived = isArchived(facts);
    if (wanted !== "include" && (archived === true) !== (wanted === "only")) return undefined;
    if (facts.programmatic && !includeProgrammatic) {
      this.programmaticLeftOut++;
      return undefined;
    }
    return toListedSession(copy, facts, copy.matchedDir === this.#scope.dir ? undefined : copy.matchedDir);
  }

  #canBeShown(copy: Candidate, facts: SessionFacts): boolean {
    if (!facts.conversation || isContinued(copy.project, facts.continuedIn)) return false;
    return !this.#scope.foreign.isForeign(facts.homeCwd, copy.matchedDir);
  }

  async #fullFacts(copy: Candidate): Promise<SessionFacts | undefined> {
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

  /** Records a file that could not be read, unless it was deleted since it was found. */
  #skip({ path }: Candidate, error: unknown): void {
    if (!isMissing(error)) this.#skipped.set(path, { path, reason: errnoOf(error) ?? "unreadable" });
  }
}

/** Returns a test of whether the previous page has dealt with a file, so that it need not be opened again. */
function seenBefore(after: PageEnd | undefined): (copy: Candidate) => boolean {
  if (after?.seen === undefined) return () => false;
  const { activity, seen } = after;
  const pending = new Set(seen.butFor);
  return (copy) => copy.lastModified > activity && copy.ctimeMs < seen.since && !pending.has(copy.sessionId);
}

/** Returns the newest copy of each session and, of sessions that have several, all copies, newest first. */
function groupById(candidates: readonly Candidate[]): {
  readonly newest: readonly Candidate[];
  readonly copies: ReadonlyMap<string, readonly Candidate[]>;
} {
  const ids = new Set<string>();
  for (const { sessionId } of candidates) ids.add(sessionId);
  // Usually every session has one copy.
  if (ids.size === candidates.length) return { newest: candidates, copies: new Map() };
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.sessionId);
    if (group === undefined) groups.set(candidate.sessionId, [candidate]);
    else group.push(candidate);
  }
  // The sort is stable: among copies of one time, the first found is the newest.
  for (const group of groups.values()) group.sort((a, b) => b.mtimeMs - a.mtimeMs);
  const several = [...groups].filter(([, group]) => group.length > 1);
  return { newest: [...groups.values()].map((group) => group[0] as Candidate), copies: new Map(several) };
}
