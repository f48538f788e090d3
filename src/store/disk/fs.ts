/**
 * The only importer of `node:fs`, so that test/kill can interrupt every read of the disk and every change to it.
 *
 * The calls are synchronous: a stat is 3 µs here and 30 µs through the thread pool, and a list makes tens of thousands.
 * Long work calls `yieldToEventLoop` between steps, when `isTurnOver`.
 */
import fs from "node:fs";
import { dirname } from "node:path";
import { attempt, errnoOf } from "../errors.ts";

export type { BigIntStats, Dirent, Stats } from "node:fs";

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = fs.constants;
/** Absent on Windows, where opening a path meets neither a FIFO nor a link in this way. */
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

const PRIVATE_FILE = 0o600;
const PRIVATE_DIR = 0o700;

// ── looking ────────────────────────────────────────────────────────────────

/** Stat that follows links; undefined when nothing is there. Other errors throw. */
export const statFile = (path: string): fs.Stats | undefined => fs.statSync(path, { throwIfNoEntry: false });
/** `statFile` that is undefined after any error. */
export const tryStatFile = (path: string): fs.Stats | undefined => attempt(() => statFile(path));
/** `statFile` with nanoseconds. */
export const statExact = (path: string): fs.BigIntStats | undefined =>
  fs.statSync(path, { bigint: true, throwIfNoEntry: false });
/** Stat of the link itself. */
export const statLink = (path: string): fs.Stats | undefined => fs.lstatSync(path, { throwIfNoEntry: false });
/** Reports whether a name is taken, even by a dangling link. */
export const isThere = (path: string): boolean => statLink(path) !== undefined;
/** `statLink` with nanoseconds. */
export const statLinkExact = (path: string): fs.BigIntStats | undefined =>
  fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
export const statOpen = (fd: number): fs.Stats => fs.fstatSync(fd);
/** `statOpen` with nanoseconds. */
export const statOpenExact = (fd: number): fs.BigIntStats => fs.fstatSync(fd, { bigint: true });

/** Names with types, in byte order (as libuv returns them, and as the official helpers rely on). */
export const readDir = (path: string): fs.Dirent[] => fs.readdirSync(path, { withFileTypes: true });
/** Names only, in byte order: half the cost of `readDir`. */
export const readNames = (path: string): string[] => fs.readdirSync(path);
export const realPath = (path: string): string => fs.realpathSync.native(path);
/** `realPath` that keeps letters as typed on file systems that ignore case. */
export const realPathAsTyped = (path: string): string => fs.realpathSync(path);
export const readLink = (path: string): string => fs.readlinkSync(path);

/** Opens for reading; follows links. */
export const openRead = (path: string): number => fs.openSync(path, O_RDONLY | O_NONBLOCK);
/** Opens for reading; a link at the end of the path is an error (`ELOOP`). Never blocks on a FIFO. */
export const openReadNoFollow = (path: string): number => fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
export const close = (fd: number): void => fs.closeSync(fd);

/** Reads up to `into.length` bytes at `position`; less only at the end of the file. Returns the count. */
export function readAt(fd: number, into: Uint8Array, position: number): number {
  let have = 0;
  while (have < into.length) {
    const count = fs.readSync(fd, into, have, into.length - have, position + have);
    if (count === 0) break;
    have += count;
  }
  return have;
}

/** Reads up to `length` bytes at `position` into a new buffer; fewer only at the end of the file. */
export function readBytes(fd: number, length: number, position = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readAt(fd, bytes, position));
}

/** Returns what `use` makes of an open file, and closes it. */
export function useAndClose<T>(fd: number, use: (fd: number) => T): T {
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

// ── changing ───────────────────────────────────────────────────────────────

/** Opens for appending; never creates. Also readable, so that the caller can check the last byte of this very file. */
export const openAppend = (path: string): number => fs.openSync(path, O_RDWR | O_APPEND);
/** Creates a new file, readable by its owner only whatever the umask. Throws `EEXIST` if the name is taken. */
export function createNew(path: string): number {
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL, PRIVATE_FILE);
  fs.fchmodSync(fd, PRIVATE_FILE);
  return fd;
}
/** Makes one `write`; returns how many bytes it took. */
export const writeOnce = (fd: number, bytes: Uint8Array): number => fs.writeSync(fd, bytes, 0, bytes.length);
/** Writes all bytes, in as many calls as needed. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done);
}
export const syncFile = (fd: number): void => fs.fsyncSync(fd);
export const rename = (from: string, to: string): void => fs.renameSync(from, to);
/** Gives a file a second name; throws `EEXIST` if it is taken. */
export const link = (from: string, to: string): void => fs.linkSync(from, to);
export const symlink = (target: string, path: string): void => fs.symlinkSync(target, path);
export const unlink = (path: string): void => fs.unlinkSync(path);
/** Creates the directory and its parents, each readable by its owner only. */
export function makeDir(path: string): void {
  try {
    fs.mkdirSync(path, { recursive: true, mode: PRIVATE_DIR });
  } catch (error) {
    // For a read-only file system, Node says ENOENT of a recursive call only.
    if (errnoOf(error) === "ENOENT") makeNewDir(firstMissing(path));
    throw error;
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || isThere(parent) ? path : firstMissing(parent);
}

/** Creates one directory; throws `EEXIST` if the name is taken. */
export const makeNewDir = (path: string): void => fs.mkdirSync(path, { mode: PRIVATE_DIR });
export const removeDir = (path: string): void => fs.rmdirSync(path);
export const setMode = (path: string, mode: number): void => fs.chmodSync(path, mode);
export const setTimes = (path: string, atime: Date | number, mtime: Date | number): void =>
  fs.utimesSync(path, atime, mtime);
/** Sets the times of the link itself. */
export const setLinkTimes = (path: string, atime: number, mtime: number): void => fs.lutimesSync(path, atime, mtime);
