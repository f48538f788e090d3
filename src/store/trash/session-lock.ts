/**
 * Mutual exclusion for changes to what a session owns: delete, restore, empty the trash, archive, annotate, move, import,
 * repair. A process that removes one name of a file must be sure that another name of the same bytes exists and stays.
 *
 * A contender creates a file in the trash, under a unique name that identifies it, and then lists the other contenders.
 * If none of them is alive, it holds the lock as long as its file exists. Otherwise the contender with the smallest
 * name waits until the others are gone; all others remove their files and try again a little later.
 *
 * Two processes never hold it: each creates its file before it lists, so the later one sees the other's. Nobody steals
 * it: a file is removed by its owner, or after its owner has died, and its name is never used again. A process whose
 * state is unknown (another container, another machine on a shared disk) counts as alive.
 *
 * Appends need no lock: a deletion moves a transcript by one rename, which takes along rows written to the open file,
 * and `appendRows` reports if the file has been removed. Forks need none: nobody knows their id before they exist.
 * Readers need none, and never create or remove one.
 */
import { randomHex } from "../disk/builtins.ts";
import { basename, join } from "node:path";
import { close, createNew, statLink, unlink } from "../disk/fs.ts";
import { errnoOf, ignoreDiskErrors, inContext, SessionBusyError, TranscriptError, unlessMissing } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { ownMark, PROCESS_MARK, type ProcessState, stateOfMark } from "../disk/processes.ts";
import { timing } from "../timing.ts";
import { makeTrash, removeEmptyTrash, trashNames } from "./trash-dir.ts";

/** What a lock is held for, and how a person is told. */
const PURPOSE_WORDS = {
  delete: "deleting it",
  restore: "putting it back from the trash",
  empty: "removing it from the trash",
  archive: "archiving or unarchiving it",
  annotate: "changing its tags or its description",
  snapshot: "copying it into a snapshot",
  move: "moving it to another project",
  import: "importing it",
  save: "saving it",
  repair: "repairing it",
};

export type LockPurpose = keyof typeof PURPOSE_WORDS;

const LOCK = ".lock";
/** `<session id>.<random>-<purpose>-<mark of the process>.lock`. */
const LOCK_NAME = new RegExp(
  `^(.{36})\\.[0-9a-f]{16}-(${Object.keys(PURPOSE_WORDS).join("|")})-${PROCESS_MARK}\\.lock$`,
  "s",
);

/** A process that wants to change a session, as its lock file says. */
export interface Contender {
  readonly path: string;
  /** In lower case, as in all lock files: if the file system ignores case, both spellings are one session. */
  readonly sessionId: string;
  readonly purpose: LockPurpose;
  readonly pid: number;
  readonly state: ProcessState;
  /** Epoch ms. */
  readonly since: number;
}

/**
 * Runs `act` while no other process of ours changes the session in `configDirs`, locked in a fixed order, so that two
 * processes never deadlock. Throws `SessionBusyError` after `timing.lockMs`. `ifPossible`, for changes that remove no
 * name: continues without a lock if there can be no trash, as nothing is deleted or restored there.
 */
export async function withSessionLock<T>(
  configDirs: readonly string[],
  sessionId: string,
  purpose: LockPurpose,
  act: () => T | Promise<T>,
  { ifPossible = false } = {},
): Promise<T> {
  const byRealPath = new Map(configDirs.map((configDir) => [realOrSelf(configDir), configDir]));
  const ordered = [...byRealPath].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, configDir]) => configDir);
  const deadline = performance.now() + timing.lockMs;
  const held: string[] = [];
  try {
    for (const configDir of ordered) {
      const path = await acquire(configDir, sessionId.toLowerCase(), purpose, deadline, ifPossible);
      if (path !== undefined) held.push(path);
    }
    return await act();
  } finally {
    for (const path of held.reverse()) removeLock(path);
    for (const configDir of ordered) removeEmptyTrash(configDir);
  }
}

/** Returns the contenders in a config dir, including killed ones. Only reads. `names`: the names in its trash. */
export function contendersIn(configDir: string, names: readonly string[] = trashNames(configDir)): Contender[] {
  return names.flatMap((name) => (name.endsWith(LOCK) && contender(configDir, name)) || []);
}

/** Returns a lookup of who is changing a session: `process 7 is deleting it`. Only reads. */
export function workerLookup(configDir: string): (sessionId: string) => string | undefined {
  const workers = new Map<string, string>();
  for (const one of contendersIn(configDir)) {
    if (one.state !== "gone" && !workers.has(one.sessionId)) workers.set(one.sessionId, describeContender(one));
  }
  return (sessionId) => workers.get(sessionId.toLowerCase());
}

const describeContender = ({ pid, purpose, state }: Contender): string =>
  state === "unknown"
    ? `process ${pid} on another machine or in another container has begun ${PURPOSE_WORDS[purpose]}`
    : `process ${pid} is ${PURPOSE_WORDS[purpose]}`;

/** Removes the lock files of dead processes. For writers. */
export function removeDeadLocks(configDir: string, names: readonly string[]): void {
  for (const { path, state } of contendersIn(configDir, names)) if (state === "gone") removeDeadLock(path);
}

/** Returns the path of our lock file; undefined if there can be none and none is needed. */
async function acquire(
  configDir: string,
  sessionId: string,
  purpose: LockPurpose,
  deadline: number,
  ifPossible: boolean,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const own = announce(configDir, sessionId, purpose, ifPossible);
    if (own === undefined) return undefined;
    let rivals: readonly Contender[] = [];
    let isOver = false;
    try {
      for (;;) {
        const seen = look(configDir, sessionId, own);
        if (seen.isThere && seen.rivals.length === 0) return own;
        ({ rivals } = seen);
        isOver = performance.now() >= deadline;
        const isFirst = rivals.every(({ path }) => own < path);
        if (isOver || !seen.isThere || !isFirst) break;
        await sleep(POLL_MS);
      }
    } catch (error) {
      removeLock(own);
      throw error;
    }
    removeLock(own);
    if (isOver) throw busy(sessionId, rivals);
    await sleep(Math.random() * Math.min(tries, LONGEST_BACKOFF_STEPS) * BACKOFF_STEP_MS);
  }
}

const POLL_MS = 2;
const BACKOFF_STEP_MS = 4;
const LONGEST_BACKOFF_STEPS = 8;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Maximum number of attempts: another process may remove the empty trash before our file is in it. */
const MAX_ANNOUNCEMENTS = 100;
/** Errors that mean that there can be no trash. */
const NO_TRASH = new Set(["EACCES", "EEXIST", "ENOTDIR", "EPERM", "EROFS"]);

function announce(configDir: string, sessionId: string, purpose: LockPurpose, ifPossible: boolean): string | undefined {
  for (let tries = 1; ; tries++) {
    const name = `${sessionId}.${randomHex(8)}-${purpose}-${ownMark()}.lock`;
    const path = join(trashPath(configDir), name);
    try {
      makeTrash(configDir);
      close(createNew(path));
      return path;
    } catch (error) {
      const errno = errnoOf(error);
      if (ifPossible && (errno === undefined ? isIo(error) : NO_TRASH.has(errno))) return undefined;
      if (NO_TRASH.has(errno ?? "")) throw inContext(error, `The trash of ${configDir} cannot be used: `);
      if (errno !== "ENOENT" || tries === MAX_ANNOUNCEMENTS) throw error;
    }
  }
}

const isIo = (error: unknown): boolean => error instanceof TranscriptError && error.code === "Io";

/** Reports whether our file exists, and which other living contenders the session has. */
function look(configDir: string, sessionId: string, own: string): { isThere: boolean; rivals: Contender[] } {
  const rivals: Contender[] = [];
  let isThere = false;
  for (const name of trashNames(configDir)) {
    if (!name.startsWith(sessionId)) continue;
    if (name === basename(own)) isThere = true;
    else {
      const other = contender(configDir, name);
      if (other?.state === "gone") removeDeadLock(other.path);
      else if (other !== undefined) rivals.push(other);
    }
  }
  return { isThere, rivals };
}

function contender(configDir: string, name: string): Contender | undefined {
  const [, sessionId, purpose, ...mark] = LOCK_NAME.exec(name) ?? [];
  if (sessionId === undefined || purpose === undefined) return undefined;
  const path = join(trashPath(configDir), name);
  const stats = statLink(path);
  // It is gone by now, or it is not a file, so no process of ours created it.
  if (!stats?.isFile()) return undefined;
  const state = stateOfMark(mark, stats.mtimeMs);
  return { path, sessionId, purpose: purpose as LockPurpose, pid: Number(mark[2]), state, since: stats.mtimeMs };
}

const removeLock = (path: string): void => unlessMissing(() => unlink(path), undefined);

/** Removes the lock of a dead process, if possible. If not, it still does not count: its owner never comes back. */
function removeDeadLock(path: string): void {
  ignoreDiskErrors(() => unlink(path));
}

/** Names the oldest contender, preferring one in an unknown state, which a person must check. */
function busy(sessionId: string, rivals: readonly Contender[]): SessionBusyError {
  const [rival] = [...rivals].sort(
    (a, b) => Number(b.state === "unknown") - Number(a.state === "unknown") || a.since - b.since,
  );
  if (rival === undefined) {
    return new SessionBusyError(sessionId, "other processes are changing it", "Try again in a moment.");
  }
  const { pid, path } = rival;
  return new SessionBusyError(sessionId, describeContender(rival), hintOf(rival), { pid, path });
}

/** Changes take milliseconds. After this time the process is suspended, or another program has its pid by now. */
const LONG_MS = 60 * 1000;

function hintOf({ pid, path, state, since }: Contender): string {
  if (state === "unknown") return `When that process has ended, remove ${path}, then try again.`;
  if (Date.now() - since < LONG_MS) return "Try again when it has finished.";
  return `Try again when it has finished. If process ${pid} is another program, remove ${path}.`;
}
