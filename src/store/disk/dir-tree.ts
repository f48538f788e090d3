/** Copies, compares and removes whole trees. Never follows a link: it is copied, compared or removed itself. */
import { join } from "node:path";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import {
  createNew,
  link,
  makeNewDir,
  openReadNoFollow,
  readAt,
  readDir,
  readLink,
  removeDir,
  setLinkTimes,
  setMode,
  setTimes,
  statLink,
  statLinkExact,
  symlink,
  syncFile,
  unlink,
  useAndClose,
  writeAll,
} from "./fs.ts";
import { errnoOf, TranscriptError, unlessMissing } from "../errors.ts";
import { atOnce, type Steps } from "../timing.ts";
import { syncDir } from "./sync-dir.ts";

/** Removes a file, a link, or a directory with everything in it. Does nothing if it is missing. */
export function removeTree(path: string): void {
  unlessMissing(() => {
    if (!statLink(path)?.isDirectory()) return unlink(path);
    for (const { name } of readDir(path)) removeTree(join(path, name));
    removeDir(path);
  }, undefined);
}

/**
 * Copies a file, a link or a directory to a free path, with modes and times (to the nearest microsecond). File contents
 * and directory entries are on the disk when it returns. Throws `Io` for sockets, pipes and devices.
 */
export function copyTree(from: string, to: string): void {
  const stat = statLinkExact(from);
  if (stat?.isSymbolicLink()) return copyLink(from, to);
  if (stat?.isDirectory()) {
    makeNewDir(to);
    for (const { name } of readDir(from)) copyTree(join(from, name), join(to, name));
    syncDir(to);
  } else if (stat?.isFile()) {
    copyBytes(from, to);
  } else {
    throw stat === undefined ? isGone(from) : cannotCopy(from);
  }
  setMode(to, Number(stat.mode & 0o7777n));
  setTimes(to, utimesSeconds(stat.atimeNs), utimesSeconds(stat.mtimeNs));
}

/**
 * Like `copyTree`, but each file gets a second name instead, which takes no time and no room, where the file system can do
 * that. Rows that others append are then under both names.
 */
export function shareTree(from: string, to: string): void {
  const stat = statLinkExact(from);
  if (stat?.isFile()) return shareFile(from, to);
  if (!stat?.isDirectory()) return copyTree(from, to);
  makeNewDir(to);
  for (const { name } of readDir(from)) shareTree(join(from, name), join(to, name));
  syncDir(to);
  setMode(to, Number(stat.mode & 0o7777n));
  setTimes(to, utimesSeconds(stat.atimeNs), utimesSeconds(stat.mtimeNs));
}

function shareFile(from: string, to: string): void {
  try {
    link(from, to);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // Another file system, or one without second names. If it is anything else, the copy fails with it too.
    copyTree(from, to);
  }
}

/** Copies a link: its target and its times. */
export function copyLink(from: string, to: string): void {
  const stat = statLinkExact(from);
  symlink(readLink(from), to);
  if (stat !== undefined) setLinkTimes(to, utimesSeconds(stat.atimeNs), utimesSeconds(stat.mtimeNs));
}

/**
 * Converts to the nearest microsecond, in seconds, as `utimes` takes it. The number is up to an eighth of a microsecond
 * off and Node 20 truncates it, so a quarter is added: a copy of a copy has the same time.
 */
export const utimesSeconds = (nanoseconds: bigint): number => (Number((nanoseconds + 500n) / 1000n) + 0.25) / 1e6;

function copyBytes(from: string, to: string): void {
  useAndClose(openReadNoFollow(from), (source) => useAndClose(createNew(to), (target) => copyFrom(source, 0, target)));
}

/** Writes the bytes of an open file from `start` on to another, and syncs that. */
export const copyFrom = (source: number, start: number, target: number): void =>
  atOnce(copySteps(source, start, target));

/** `copyFrom` in steps. */
export function* copySteps(source: number, start: number, target: number): Steps<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let unsynced = 0;
  for (let at = start; ;) {
    const count = readAt(source, chunk, at);
    if (count === 0) break;
    writeAll(target, chunk.subarray(0, count));
    at += count;
    unsynced += count;
    if (unsynced >= SYNC_BYTES) {
      // One sync of all of a large file would be a step of seconds.
      syncFile(target);
      unsynced = 0;
    }
    yield;
  }
  syncFile(target);
}

const SYNC_BYTES = 16 * 1024 * 1024;

/** Makes the error that the file system gives when it reads a missing file. */
const isGone = (path: string): Error =>
  Object.assign(new Error(`ENOENT: no such file or directory, copy '${path}'`), { code: "ENOENT", path });

function cannotCopy(path: string): TranscriptError {
  return new TranscriptError(
    "Io",
    `${path} is not a file, directory or link, and cannot be moved to another file system`,
    {
      hint: "Remove it, then try again.",
      data: { path },
    },
  );
}

/**
 * Reports whether everything at `a` is also at `b`, so that removing `a` loses nothing. The bytes of a file `a` must be the
 * first bytes of `b`; for a directory this must hold for each entry of `a`.
 */
export function isContained(a: string, b: string): boolean {
  const one = statLink(a);
  const other = statLink(b);
  if (one === undefined) return true;
  if (other === undefined) return false;
  if (one.isDirectory()) {
    return other.isDirectory() && readDir(a).every(({ name }) => isContained(join(a, name), join(b, name)));
  }
  if (one.isSymbolicLink()) return other.isSymbolicLink() && readLink(a) === readLink(b);
  if (one.ino === other.ino && one.dev === other.dev) return true;
  return one.isFile() && other.isFile() && one.size <= other.size && isPrefix(a, b);
}

function isPrefix(a: string, b: string): boolean {
  return useAndClose(openReadNoFollow(a), (one) =>
    useAndClose(openReadNoFollow(b), (other) => compareFiles(one, other)?.isWhole === true),
  );
}

/**
 * Returns the first path at or below `b` that would have to be replaced to get everything of `a` there; undefined if there is
 * none. Unlike `isContained`, `b` may lack entries of `a`.
 */
export function conflictIn(a: string, b: string): string | undefined {
  const one = statLink(a);
  const other = statLink(b);
  if (one === undefined || other === undefined) return undefined;
  if (!one.isDirectory() || !other.isDirectory()) return isContained(a, b) ? undefined : b;
  for (const { name } of readDir(a)) {
    const found = conflictIn(join(a, name), join(b, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How far two files are equal. `isWhole`: that is all of the first one. */
interface Compared {
  readonly equal: number;
  readonly isWhole: boolean;
}

/** Compares two open files to the end of the shorter one; undefined if they differ. */
export const compareFiles = (a: number, b: number): Compared | undefined => atOnce(compareSteps(a, b));

/** `compareFiles` in steps. */
export function* compareSteps(a: number, b: number): Steps<Compared | undefined> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const same = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ;) {
    const count = readAt(a, chunk, at);
    const there = readAt(b, same.subarray(0, count), at);
    if (chunk.compare(same, 0, there, 0, there) !== 0) return undefined;
    at += there;
    if (there < count || count === 0) return { equal: at, isWhole: there === count };
    yield;
  }
}
