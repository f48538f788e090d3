/**
 * Mutual exclusion of those that change what a session owns: delete, restore, empty the trash, archive. Who removes a name
 * must be sure that another name of the same bytes stands and stays, and it stays only as long as nobody else is at it.
 *
 * A contender creates a file in the trash, under a name of its own that says who it is, and then looks which others there
 * are. When there is none that lives, it has the lock, as long as its file is there. When there are others, the one with the
 * smallest name leaves its file and waits until they are gone; all others take theirs away and begin anew a little later.
 *
 * Why two never have it: each has made its file before it looked. Whoever made it later sees that of the other, which
 * stays there as long as the lock is held. Why nobody steals it: a file is taken away by its owner, or after its owner has
 * died, and no file ever gets that name again; so there is no moment between a look and a theft. Who cannot be asked (another
 * container, another machine on a shared disk) counts as living.
 *
 * Appends need no lock. A deletion moves a transcript by one rename, which takes along what is written to the open file, and
 * whoever opens it by name afterwards finds none. `appendRow` says when the file that it wrote to has been removed.
 * Forks need none: nobody knows their id before they are there. Reading needs none, and never makes or removes one.
 */
import { randomHex } from "../disk/builtins.ts";
import { basename, join } from "node:path";
import { close, createNew, statLink, unlink } from "../disk/fs.ts";
import { errnoOf, inContext, isMissing, SessionBusyError, TranscriptError } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { ownMark, PROCESS_MARK, type ProcessState, stateOfMark } from "../disk/processes.ts";
import { timing } from "../timing.ts";
import { makeTrash, removeEmptyTrash, trashNames } from "./trash-dir.ts";

export type LockPurpose = "delete" | "restore" | "empty" | "archive";

const PURPOSE_WORDS: Readonly<Record<LockPurpose, string>> = {
  delete: "deleting it",
  restore: "putting it back from the trash",
  empty: "removing it from the trash",
  archive: "archiving it or taking that back",
};

const LOCK = ".lock";
/** `<session id>.<random>-<what it does>-<mark of the process>.lock`. */
const LOCK_NAME = new RegExp(`^(.{36})\\.[0-9a-f]{16}-(delete|restore|empty|archive)-${PROCESS_MARK}\\.lock$`, "s");

/** A file that says who wants to change a session. */
export interface Contender {
  readonly path: string;
  /** In lower case, as all contenders write it: where the case of names does not count, both spellings are one session. */
  readonly sessionId: string;
  readonly purpose: LockPurpose;
  readonly pid: number;
  readonly state: ProcessState;
  /** Epoch ms. */
  readonly since: number;
}

export interface LockOptions {
  /**
   * Goes on without a lock where there can be no trash: nothing is deleted or restored there. For changes that remove no
   * name.
   */
  readonly ifPossible?: boolean;
}

/**
 * Does something to a session while no other process of ours does. `configDirs`: where it is changed. They are locked in one
 * order, so that two processes never wait for each other. Throws `SessionBusyError` when another one is at it for longer
 * than `timing.lockMs`.
 */
export async function withSessionLock<T>(
  configDirs: readonly string[],
  sessionId: string,
  purpose: LockPurpose,
  act: () => T | Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const byRealPath = new Map(configDirs.map((configDir) => [realOrSelf(configDir), configDir]));
  const ordered = [...byRealPath].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, configDir]) => configDir);
  const deadline = performance.now() + timing.lockMs;
  const held: string[] = [];
  try {
    for (const configDir of ordered) {
      const path = await acquire(configDir, sessionId.toLowerCase(), purpose, deadline, options);
      if (path !== undefined) held.push(path);
    }
    return await act();
  } finally {
    for (const path of held.reverse()) removeLock(path);
    for (const configDir of ordered) removeEmptyTrash(configDir);
  }
}

/** Those that want to change something in a config dir, or were killed at it. Reads only. `names`: what is in its trash. */
export function contendersIn(configDir: string, names: readonly string[] = trashNames(configDir)): Contender[] {
  return names.flatMap((name) => (name.endsWith(LOCK) && contender(configDir, name)) || []);
}

/** `process 7 is deleting it`, of the sessions at which somebody is at work. Reads only. */
export function workersIn(configDir: string): (sessionId: string) => string | undefined {
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

/** Takes away what processes left that have died. For writers. */
export function removeDeadLocks(configDir: string, names: readonly string[]): void {
  for (const { path, state } of contendersIn(configDir, names)) if (state === "gone") removeDeadLock(path);
}

/** The path of our file, which is the lock; undefined where there is none and none is needed. */
async function acquire(
  configDir: string,
  sessionId: string,
  purpose: LockPurpose,
  deadline: number,
  options: LockOptions,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const own = announce(configDir, sessionId, purpose, options);
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

/** Another process may take the trash away in which a file is made, since nothing is in it; so often it is made again. */
const ANNOUNCEMENTS = 100;
/** What the disk says where there can be no trash. */
const NO_TRASH = new Set(["EACCES", "EEXIST", "ENOTDIR", "EPERM", "EROFS"]);

function announce(
  configDir: string,
  sessionId: string,
  purpose: LockPurpose,
  options: LockOptions,
): string | undefined {
  for (let tries = 1; ; tries++) {
    const name = `${sessionId}.${randomHex(8)}-${purpose}-${ownMark()}.lock`;
    const path = join(trashPath(configDir), name);
    try {
      makeTrash(configDir);
      close(createNew(path));
      return path;
    } catch (error) {
      const errno = errnoOf(error);
      if (options.ifPossible === true && (errno === undefined ? isIo(error) : NO_TRASH.has(errno))) return undefined;
      if (NO_TRASH.has(errno ?? "")) throw inContext(error, `The trash of ${configDir} cannot be used: `);
      if (errno !== "ENOENT" || tries === ANNOUNCEMENTS) throw error;
    }
  }
}

const isIo = (error: unknown): boolean => error instanceof TranscriptError && error.code === "Io";

/** Whether our file is there, and which others of the session there are, without those of the dead. */
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
  // Gone in the meantime; or not a file, and then no process made it.
  if (!stats?.isFile()) return undefined;
  const state = stateOfMark(mark, stats.mtimeMs);
  return { path, sessionId, purpose: purpose as LockPurpose, pid: Number(mark[2]), state, since: stats.mtimeMs };
}

function removeLock(path: string): void {
  try {
    unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** What cannot be removed does not count all the same: its owner never comes back. */
function removeDeadLock(path: string): void {
  try {
    unlink(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Names the one that has been at it for longest; first of all one that cannot be asked, which somebody has to look at. */
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

/** Changes take milliseconds. Who has been at it for longer is stopped, or the pid is that of another program by now. */
const LONG_MS = 60 * 1000;

function hintOf({ pid, path, state, since }: Contender): string {
  if (state === "unknown") return `When that process has ended, remove ${path}, then try again.`;
  if (Date.now() - since < LONG_MS) return "Try again when it has finished.";
  return `Try again when it has finished. If process ${pid} is another program, remove ${path}.`;
}
