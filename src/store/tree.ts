/** Whole trees: copied, compared, removed. No link is ever followed; a link is a thing of its own. */
import { join } from "node:path";
import { CHUNK_BYTES } from "../transcript/limits.ts";
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
  symlink,
  syncFile,
  unlink,
  writeAll,
} from "./disk.ts";
import type { Stats } from "./disk.ts";
import { isMissing, TranscriptError } from "./errors.ts";

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
 * Copies a file, a link or a directory to a path where nothing stands, with modes and times (those of files and
 * directories to about a microsecond). The bytes are on the disk when it returns. Sockets, pipes and devices cannot be
 * copied: `Io`.
 */
export function copyTree(from: string, to: string): void {
  const stat = statLink(from);
  if (stat?.isDirectory()) copyDirectory(from, to, stat);
  else if (stat?.isSymbolicLink()) copyLink(from, to, stat);
  else if (stat?.isFile()) copyFile(from, to, stat);
  else throw cannotCopy(from);
}

function copyDirectory(from: string, to: string, stat: Stats): void {
  makeNewDir(to);
  for (const { name } of readDir(from)) copyTree(join(from, name), join(to, name));
  setMode(to, stat.mode & 0o7777);
  setTimes(to, stat.atimeMs / 1000, stat.mtimeMs / 1000);
}

/** Also where `to` is taken: links have no bytes that could be half there, so they need no temporary name. */
export function copyLink(from: string, to: string, stat: Stats): void {
  symlink(readLink(from), to);
  setLinkTimes(to, stat.atimeMs / 1000, stat.mtimeMs / 1000);
}

function copyFile(from: string, to: string, stat: Stats): void {
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
  setMode(to, stat.mode & 0o7777);
  setTimes(to, stat.atimeMs / 1000, stat.mtimeMs / 1000);
}

function cannotCopy(path: string): TranscriptError {
  return new TranscriptError("Io", `${path} is no file, directory or link, and cannot go to another file system`, {
    hint: "Remove it, then try again.",
    data: { path },
  });
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
