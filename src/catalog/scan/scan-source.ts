import { errnoOf, isMissing } from "../../store/errors.ts";
import type { Skipped } from "../../store/types.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { Query, SearchNote } from "../query/query.ts";
import { type ScannedSession, type ScanSession, SessionScanner } from "./scan-session.ts";
import { type FromScanner, ScanThread, threadsFor } from "./scan-threads.ts";
import type { FoundSession, Places, Position, SearchSource } from "./search-source.ts";

/** Called with the number of sessions searched so far and in all. */
export type SearchProgress = (done: number, total: number) => void;

export interface ScanOptions {
  readonly query: Query;
  readonly asking: string | undefined;
  /** Time of the first page, epoch ms. */
  readonly now: number;
  /** When to stop, by `performance.now()`; Infinity for never. */
  readonly until: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: SearchProgress | undefined;
}

/** Largest gain of a session that is active now, and the age at which half of it is left, ms. */
const RECENCY = 2;
const RECENCY_MS = 30 * 24 * 60 * 60 * 1000;

interface Scanned extends FoundSession {
  readonly scanned: ScannedSession;
}

/** What a scan found, as far as the time went. */
export interface Scan extends SearchSource {
  /** Ids of the sessions that were searched. */
  readonly searched: ReadonlySet<string>;
}

/**
 * Searches sessions by reading their files, the latest active first. A session that cannot be read completely is reported,
 * and counts as searched. Throws `signal.reason` when aborted.
 */
export async function scanSource(
  sessions: readonly ScanSession[],
  { query, asking, now, until, signal, progress }: ScanOptions,
): Promise<Scan> {
  const ordered = sessions.toSorted((a, b) => b.active - a.active || (a.uuid < b.uuid ? -1 : 1));
  const found: Scanned[] = [];
  const skipped: Skipped[] = [];
  const searched = new Set<string>();
  const add = (session: ScanSession, { scanned, failed, skipped: left = [] }: Answer): void => {
    for (const skip of left) skipped.push(skip);
    if (scanned === "late") return;
    searched.add(session.uuid);
    if (failed !== undefined && failed !== "missing") skipped.push({ path: session.path, reason: failed });
    if (scanned !== undefined)
      found.push({ ...session, ...positionOf(scanned, session.active, now), relevance: 0, scanned });
  };
  const report = (): void => {
    if (searched.size % SESSIONS_PER_REPORT === 0) progress?.(searched.size, sessions.length);
  };
  const work = { query, until, signal, add, report };
  const threads = threadsFor(sessions, query);
  const tooSlow = await (threads === 0 ? scanHere(ordered, work) : scanInThreads(ordered, threads, work));
  found.sort((a, b) => a.tier - b.tier || a.score - b.score || (a.uuid < b.uuid ? -1 : 1));
  return new ScanSource(found, {
    searched,
    isComplete: tooSlow === 0 && searched.size === sessions.length,
    hasAsking: found.some(({ uuid }) => uuid === asking),
    notes: notesOf(tooSlow),
    skipped,
  });
}

type Answer = Pick<FromScanner, "scanned" | "failed" | "skipped">;

interface ScanWork extends Pick<ScanOptions, "query" | "until" | "signal"> {
  readonly add: (session: ScanSession, answer: Answer) => void;
  /** Called before each session. */
  readonly report: () => void;
}

/** Returns the number of chunks that regular expressions took too long for. */
async function scanHere(sessions: readonly ScanSession[], work: ScanWork): Promise<number> {
  const { query, until, signal, add, report } = work;
  const scanner = new SessionScanner(query);
  for (const session of sessions) {
    if (performance.now() > until) break;
    report();
    if (isTurnOver(1)) await yieldToEventLoop();
    signal?.throwIfAborted();
    try {
      const scanned = await scanner.scan(session, signal, until);
      add(session, { scanned, skipped: scanner.takeSkipped() });
    } catch (error) {
      signal?.throwIfAborted();
      const reason = errnoOf(error);
      if (reason === undefined) throw error;
      add(session, { scanned: undefined, failed: isMissing(error) ? "missing" : reason });
    }
  }
  return scanner.tooSlow;
}

/** Gives each thread the next session when it has done one. */
async function scanInThreads(sessions: readonly ScanSession[], count: number, work: ScanWork): Promise<number> {
  const { query, until, signal, add, report } = work;
  const threads: ScanThread[] = [];
  const queue = sessions.values();
  const run = async (thread: ScanThread): Promise<number> => {
    let tooSlow = 0;
    for (const session of queue) {
      const left = until - performance.now();
      if (left < 0) break;
      report();
      const answer = await thread.scan(session, left);
      tooSlow = answer.tooSlow;
      add(session, answer);
    }
    return tooSlow;
  };
  let abort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal?.reason as Error);
  });
  signal?.addEventListener("abort", abort);
  try {
    signal?.throwIfAborted();
    while (threads.push(new ScanThread(query)) < count) if (isTurnOver(1)) await yieldToEventLoop(signal);
    const all = await Promise.race([Promise.all(threads.map(run)), aborted]);
    return all.reduce((sum, tooSlow) => sum + tooSlow, 0);
  } finally {
    signal?.removeEventListener("abort", abort);
    await Promise.all(threads.map((thread) => thread.stop()));
  }
}

/** Number of sessions between two reports of progress. */
const SESSIONS_PER_REPORT = 8;

function positionOf({ isTogether, weight, count }: ScannedSession, active: number, now: number): Position {
  const tier = count === 0 ? 2 : isTogether ? 0 : 1;
  return { tier, score: -weight - RECENCY / (1 + Math.max(0, now - active) / RECENCY_MS) };
}

function notesOf(tooSlow: number): SearchNote[] {
  if (tooSlow === 0) return [];
  const places = tooSlow === 1 ? "one place" : `${tooSlow} places`;
  return [{ code: "slow", text: `the regular expression took too long in ${places}, which were not searched` }];
}

class ScanSource implements Scan {
  readonly total: number;
  readonly isExact = true;
  readonly isComplete: boolean;
  readonly hasAsking: boolean;
  readonly searched: ReadonlySet<string>;
  readonly notes: readonly SearchNote[];
  readonly skipped: readonly Skipped[];
  readonly #found: readonly Scanned[];

  constructor(
    found: readonly Scanned[],
    facts: Pick<Scan, "searched" | "isComplete" | "hasAsking" | "notes" | "skipped">,
  ) {
    this.#found = found;
    this.total = found.length;
    this.searched = facts.searched;
    this.isComplete = facts.isComplete;
    this.hasAsking = facts.hasAsking;
    this.notes = facts.notes;
    this.skipped = facts.skipped;
  }

  ids(): string[] {
    return this.#found.map(({ uuid }) => uuid);
  }

  *ranked(from: Position | undefined): Generator<FoundSession> {
    for (const session of this.#found) {
      const isBefore =
        from !== undefined && (session.tier < from.tier || (session.tier === from.tier && session.score < from.score));
      if (!isBefore) yield session;
    }
  }

  matches(): Promise<boolean> {
    return Promise.resolve(true);
  }

  places(session: FoundSession): Places {
    return (session as Scanned).scanned;
  }
}
