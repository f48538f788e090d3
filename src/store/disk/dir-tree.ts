/** Whole trees: copied, compared, removed. No link is ever followed; a link is a thing of its own. */
import { join } from "node:path";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import {
  close,
  createNew,
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
  writeAll,
} from "./fs.ts";
import { isMissing, TranscriptError } from "../errors.ts";
import { syncDir } from "./sync-dir.ts";

/** Removes a file, a link or a directory with all that is in it. What is not there (any more) is no error. */
export function removeTree(path: string): void {
  try {
    if (statLink(path)?.isDirectory()) {
      for (const { name } of readDir(path)) removeTree(join(path, name));
      removeDir(path);
    } else {
      unlink(path);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Copies a file, a link or a directory to a path where nothing stands, with modes and times (to the nearest
 * microsecond). The bytes of files, and the names in directories, are on the disk when it returns. Sockets, pipes and devices cannot be copied: `Io`.
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
  setTimes(to, seconds(stat.atimeNs), seconds(stat.mtimeNs));
}

/** Copies a link: where it leads, and its times. */
export function copyLink(from: string, to: string): void {
  const stat = statLinkExact(from);
  symlink(readLink(from), to);
  if (stat !== undefined) setLinkTimes(to, seconds(stat.atimeNs), seconds(stat.mtimeNs));
}

/**
 * The nearest microsecond, in the number of seconds that `utimes` takes. Such a number is up to an eighth of a
 * microsecond off and may be cut to whole ones (Node 20), so it is put a little above: a copy of a copy has the same time.
 */
export const seconds = (nanoseconds: bigint): number => (Number((nanoseconds + 500n) / 1000n) + 0.25) / 1e6;

function copyBytes(from: string, to: string): void {
  const source = openReadNoFollow(from);
  try {
    const target = createNew(to);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = 0; ;) {
        const count = readAt(source, chunk, at);
        if (count === 0) break;
        writeAll(target, chunk.subarray(0, count));
        at += count;
      }
      syncFile(target);
    } finally {
      close(target);
    }
  } finally {
    close(source);
  }
}

/** As the disk says it of what it has to read. */
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
 * Whether all that stands at `a` also stands at `b`, so that removing `a` loses nothing: for files, the bytes of `a`
 * are the first bytes of `b`; for directories, this holds for every entry of `a`.
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
  const one = openReadNoFollow(a);
  try {
    const other = openReadNoFollow(b);
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const same = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = 0; ;) {
        const count = readAt(one, chunk, at);
        if (count === 0) return true;
        if (readAt(other, same.subarray(0, count), at) < count) return false;
        if (chunk.compare(same, 0, count, 0, count) !== 0) return false;
        at += count;
      }
    } finally {
      close(other);
    }
  } finally {
    close(one);
  }
}
