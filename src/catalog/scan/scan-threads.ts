import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Skipped } from "../../store/types.ts";
import { threadCode } from "../refresh/build-in-worker.ts";
import { isTextTerm, type Query } from "../query/query.ts";
import type { ScannedSession, ScanSession } from "./scan-session.ts";

/** A session for a thread. `known`: which facts of the query hold, in their order; `leftMs`: time there is. */
export interface ToScanner {
  readonly session: Omit<ScanSession, "holds">;
  readonly known: readonly (boolean | undefined)[];
  readonly leftMs: number;
}

export interface FromScanner {
  readonly scanned: ScannedSession | undefined | "late";
  /** Number of chunks that regular expressions took too long for, of all sessions of the thread. */
  readonly tooSlow: number;
  /** Why the session could not be read: a code of the system, or that it is missing. */
  readonly failed?: string;
  /** What was left out of its files. */
  readonly skipped?: readonly Skipped[];
}

/** Bytes from which on threads are worth their start: 30 ms, and 50 MB of memory for each. */
const MANY_BYTES = 64 * 1024 * 1024;
const MOST_THREADS = 4;

/** Returns how many threads are to scan sessions; 0 if this one should. */
export function threadsFor(sessions: readonly ScanSession[], { clauses }: Query): number {
  const bytes = sessions.reduce((sum, session) => sum + session.bytes, 0);
  // These facts may be anywhere in the files, and only this thread has the rest of what decides.
  const needsFacts = clauses.flat().some(({ term }) => term.kind === "tag" || term.kind === "model");
  if (bytes < MANY_BYTES || needsFacts || threadCode("scan-worker") === undefined) return 0;
  return Math.min(MOST_THREADS, availableParallelism(), sessions.length);
}

/** A thread that scans one session at a time. */
export class ScanThread {
  readonly #worker: Worker;
  readonly #query: Query;
  /** Why the thread ended: nobody may be waiting for it then. */
  #failure: { readonly error: unknown } | undefined;
  #settle: { resolve: (answer: FromScanner) => void; reject: (error: unknown) => void } | undefined;

  constructor(query: Query) {
    this.#query = query;
    this.#worker = new Worker(threadCode("scan-worker") as string, { execArgv: [], workerData: query });
    this.#worker.on("message", (answer: FromScanner) => this.#settle?.resolve(answer));
    this.#worker.on("error", (error) => {
      this.#failure = { error };
      this.#settle?.reject(error);
    });
  }

  /** Throws what the thread throws, and never ends after `stop`. */
  scan(whole: ScanSession, leftMs: number): Promise<FromScanner> {
    const { uuid, path, active, files, bytes } = whole;
    const session = { uuid, path, active, files, bytes };
    const terms = this.#query.clauses.flat().map(({ term }) => term);
    const known = terms.filter((term) => !isTextTerm(term)).map((term) => whole.holds(term));
    const answer = new Promise<FromScanner>((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure.error);
      this.#settle = { resolve, reject };
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is no window
    this.#worker.postMessage({ session, known, leftMs } satisfies ToScanner);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
