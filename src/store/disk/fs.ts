/**
 * The one door to `node:fs`. Nothing else in the package imports it, so that every read and every change of the disk
 * can be counted, and interrupted, in one place (test/kill does).
 *
 * The calls are synchronous: a stat is 3 µs here and 30 µs through the thread pool, and a list makes tens of thousands.
 * Long work calls `yieldToEventLoop` between steps.
 */
import fs from "node:fs";

export type { BigIntStats, Dirent, Stats } from "node:fs";

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = fs.constants;
/** Absent on Windows, where neither a FIFO nor a link can be met this way. */
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

const PRIVATE_FILE = 0o600;
const PRIVATE_DIR = 0o700;

// ── looking ────────────────────────────────────────────────────────────────

/** Stat that follows links; undefined when nothing is there. Other errors throw. */
export const statFile = (path: string): fs.Stats | undefined => fs.statSync(path, { throwIfNoEntry: false });
/** The same with nanoseconds. */
export const statExact = (path: string): fs.BigIntStats | undefined =>
  fs.statSync(path, { bigint: true, throwIfNoEntry: false });
/** Stat of the link itself. */
export const statLink = (path: string): fs.Stats | undefined => fs.lstatSync(path, { throwIfNoEntry: false });
/** The same with nanoseconds. */
export const statLinkExact = (path: string): fs.BigIntStats | undefined =>
  fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
export const statOpen = (fd: number): fs.Stats => fs.fstatSync(fd);
/** The same with nanoseconds. */
export const statOpenExact = (fd: number): fs.BigIntStats => fs.fstatSync(fd, { bigint: true });

/** Names with types, in byte order (as libuv returns them, and as the official helpers rely on). */
export const readDir = (path: string): fs.Dirent[] => fs.readdirSync(path, { withFileTypes: true });
/** Names alone, in the same order: half the cost. */
export const readNames = (path: string): string[] => fs.readdirSync(path);
export const realPath = (path: string): string => fs.realpathSync.native(path);
/** The same, but on file systems that ignore case the letters stay as they were typed. */
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

// ── changing ───────────────────────────────────────────────────────────────

/** Opens for appending; never creates. Readable too, so that the very file that is appended to tells its last byte. */
export const openAppend = (path: string): number => fs.openSync(path, O_RDWR | O_APPEND);
/** Creates a file that was not there (`EEXIST` otherwise), readable by its owner only whatever the umask. */
export function createNew(path: string): number {
  const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL, PRIVATE_FILE);
  fs.fchmodSync(fd, PRIVATE_FILE);
  return fd;
}
/** One `write`; returns how much of it was taken. */
export const writeOnce = (fd: number, bytes: Uint8Array): number => fs.writeSync(fd, bytes, 0, bytes.length);
/** Writes all, in as many calls as it takes. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done);
}
export const syncFile = (fd: number): void => fs.fsyncSync(fd);
export const rename = (from: string, to: string): void => fs.renameSync(from, to);
/** A second name for a file; `EEXIST` when the name is taken. */
export const link = (from: string, to: string): void => fs.linkSync(from, to);
export const symlink = (target: string, path: string): void => fs.symlinkSync(target, path);
export const unlink = (path: string): void => fs.unlinkSync(path);
/** Creates the directory and its parents, each readable by its owner only. */
export const makeDir = (path: string): void => void fs.mkdirSync(path, { recursive: true, mode: PRIVATE_DIR });
/** Creates one directory; `EEXIST` when the name is taken. */
export const makeNewDir = (path: string): void => fs.mkdirSync(path, { mode: PRIVATE_DIR });
export const removeDir = (path: string): void => fs.rmdirSync(path);
export const setMode = (path: string, mode: number): void => fs.chmodSync(path, mode);
export const setTimes = (path: string, atime: Date | number, mtime: Date | number): void =>
  fs.utimesSync(path, atime, mtime);
/** Times of the link itself. */
export const setLinkTimes = (path: string, atime: number, mtime: number): void => fs.lutimesSync(path, atime, mtime);
