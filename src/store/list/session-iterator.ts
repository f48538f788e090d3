import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { foldText } from "../../transcript/text/fold-text.ts";
import { activityOf, rememberedActivity } from "../facts/activity-of-file.ts";
import type { Candidate } from "../facts/candidate.ts";
import { isContinued } from "../facts/continued-in.ts";
import type { PageEnd } from "./page-cursor.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { fullFacts, windowFacts } from "../facts/metadata.ts";
import type { ListQuery } from "./filters.ts";
import { type ListScope, listScope, toSessionInfo } from "./list-scope.ts";
import { Heap, ranksBefore } from "./heap.ts";
import type { ListedSession, Skipped } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

/** The sessions of a query, to be taken one by one, and what could not be read so far. */
export interface OpenList {
  readonly pager: Pager;
  /** By path; grows while sessions are taken. */
  readonly skipped: ReadonlyMap<string, Skipped>;
  /** What a cursor for this list belongs to. */
  readonly filters: string;
}

/** `after`: where the page before ended, given what the list is. */
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
  /** Sessions that were passed over for no other reason than that a program started them. */
  programmaticLeftOut = 0;
  readonly #scope: ListScope;
  readonly #query: ListQuery;
  readonly #after: PageEnd | undefined;
  readonly #since: number;
  readonly #until: number;
  readonly #skipped: Map<string, Skipped>;
  readonly #known: Heap<Candidate>;
  /** The newest copy of each session whose activity is not known. */
  readonly #unread: Heap<Candidate>;
  /** All copies, newest first, of the sessions that have several. */
  readonly #copies: ReadonlyMap<string, readonly Candidate[]>;
  #work = 0;
  #looked = 0;

  /** `after`: where the page before ended. */
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
      // Nothing was said after the file was written, and of several copies this is the newest.
      if (copy.lastModified < this.#since) continue;
      if (!alone || Number.isNaN(rememberedActivity(copy))) unread.push(copy);
      else if (this.#isWanted(copy)) known.push(copy);
    }
    this.#known = new Heap(known, ranksBefore);
    this.#unread = new Heap(unread, (a, b) => a.lastModified > b.lastModified);
  }

  /** The next session of the page. */
  async next(): Promise<ListedSession | undefined> {
    for (;;) {
      const best = this.#known.first;
      const newest = this.#unread.first;
      if (newest !== undefined && (best === undefined || newest.lastModified >= best.activity)) {
        if (this.#hasWorked(1 / TAILS_PER_TURN)) await this.#yieldUnlessAborted();
        this.#read(newest);
        this.#unread.pop();
      } else if (best !== undefined) {
        if (this.#hasWorked(1 / FILES_PER_TURN)) await this.#yieldUnlessAborted();
        this.#known.pop();
        const session = await this.#show(best);
        this.#query.progress?.(++this.#looked, this.total);
        if (session !== undefined) return session;
      } else return undefined;
    }
  }

  /**
   * The sessions that are still to come although their files were written to after `time`, by their ids; undefined when
   * they are more than `most`.
   */
  waiting(following: ListedSession, time: number, most: number): string[] | undefined {
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

  /** Finds the activity of a session. Of several copies the newest counts that can be shown. */
  #read(newest: Candidate): void {
    const copies = this.#copies.size === 0 ? undefined : this.#copies.get(newest.sessionId);
    if (copies === undefined) {
      this.#readTime(newest);
      return;
    }
    for (const copy of copies) {
      if (this.#reading(copy, () => this.#canBeRead(copy)) === true && this.#readTime(copy)) return;
    }
  }

  /** False when the file cannot be read. */
  #readTime(copy: Candidate): boolean {
    try {
      activityOf(copy);
      if (this.#isWanted(copy)) this.#known.push(copy);
      return true;
    } catch (error) {
      this.#skip(copy, error);
      return false;
    }
  }

  #canBeRead(copy: Candidate): boolean {
    const facts = windowFacts(copy);
    return facts !== undefined && this.#canBeShown(copy, facts);
  }

  async #show(copy: Candidate): Promise<ListedSession | undefined> {
    const facts =
      this.#query.metadata === "full" ? await this.#fullFacts(copy) : this.#reading(copy, () => windowFacts(copy));
    if (facts === undefined || !this.#canBeShown(copy, facts)) return undefined;
    const { includeProgrammatic, archived: wanted, tag, branch, title } = this.#query;
    if ((tag !== undefined && facts.tag !== tag) || (branch !== undefined && facts.gitBranch !== branch))
      return undefined;
    if (title !== undefined && !foldText(`${facts.summary ?? ""}\n${facts.title}`).includes(title)) return undefined;
    const archived = facts.archived ?? (facts.customTitle?.startsWith(ARCHIVED_PREFIX) || undefined);
    if (wanted !== "include" && (archived === true) !== (wanted === "only")) return undefined;
    if (facts.programmatic && !includeProgrammatic) {
      this.programmaticLeftOut++;
      return undefined;
    }
    const { through, project } = copy;
    const info = toSessionInfo(copy, facts, facts.summary ?? "");
    if (archived !== undefined) info.archived = archived;
    // Not with a spread: keys behind one make a hidden class for each object, which costs microseconds and memory.
    return Object.assign(info, {
      title: facts.title,
      activity: copy.activity,
      configDir: project.configDir,
      projectKey: project.key,
      transcriptPath: copy.path,
      entrypoint: facts.entrypoint,
      programmatic: facts.programmatic,
      model: facts.model,
      forkedFrom: facts.forkedFrom,
      agentName: facts.agentName,
      teamName: facts.teamName,
      worktree: through === this.#scope.dir ? undefined : through,
    });
  }

  #canBeShown(copy: Candidate, facts: SessionFacts): boolean {
    if (!facts.conversation || isContinued(copy.project, facts.continuedIn)) return false;
    return !this.#scope.foreign.isForeign(facts.homeCwd, copy.through);
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

  /** What was deleted since it was found is no reading error. */
  #skip({ path }: Candidate, error: unknown): void {
    if (!isMissing(error)) this.#skipped.set(path, { path, reason: errnoOf(error) ?? "unreadable" });
  }

  /** True when the turn is over. A promise for each of ten thousand sessions would cost more than the question. */
  #hasWorked(share: number): boolean {
    this.#work += share;
    return this.#work >= 1;
  }

  async #yieldUnlessAborted(): Promise<void> {
    this.#work = 0;
    await yieldToEventLoop();
    this.#query.signal?.throwIfAborted();
  }
}

/** How a client without an archive of its own marks a title. */
const ARCHIVED_PREFIX = "[archived] ";

/** Whether the page before has dealt with a file, so that it need not be opened again to be passed over. */
function seenBefore(after: PageEnd | undefined): (copy: Candidate) => boolean {
  if (after?.seen === undefined) return () => false;
  const { activity, seen } = after;
  const waiting = new Set(seen.butFor);
  return (copy) => copy.lastModified > activity && copy.ctimeMs < seen.since && !waiting.has(copy.sessionId);
}

interface Groups {
  /** Of each session. */
  readonly newest: readonly Candidate[];
  /** All of those sessions that have several, the newest first. */
  readonly copies: ReadonlyMap<string, readonly Candidate[]>;
}

function groupById(candidates: readonly Candidate[]): Groups {
  const ids = new Set<string>();
  for (const { sessionId } of candidates) ids.add(sessionId);
  // Mostly every session has one copy.
  if (ids.size === candidates.length) return { newest: candidates, copies: NO_COPIES };
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.sessionId);
    if (group === undefined) groups.set(candidate.sessionId, [candidate]);
    else group.push(candidate);
  }
  // Sorting keeps the order of equals: of copies of one time the first found is the newest.
  for (const group of groups.values()) group.sort((a, b) => b.mtimeMs - a.mtimeMs);
  const several = [...groups].filter(([, group]) => group.length > 1);
  return { newest: [...groups.values()].map((group) => group[0] as Candidate), copies: new Map(several) };
}

const NO_COPIES: Groups["copies"] = new Map();
