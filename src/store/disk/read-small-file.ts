import { close, openRead, openReadNoFollow, readAt, statLink, statOpen, type Stats } from "./fs.ts";
import { errnoOf, isMissing } from "../errors.ts";

/**
 * The text of a small file, read to its end or to `limit` bytes (files under `/proc` say that they are empty).
 * Undefined when nothing is there; other errors throw.
 */
export function readSmall(path: string, limit: number): string | undefined {
  let fd: number;
  try {
    fd = openRead(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafe(limit);
    return bytes.toString("utf8", 0, readAt(fd, bytes, 0));
  } finally {
    close(fd);
  }
}

/** The text of a file, or why it is not read. */
export type PlainFile = { readonly text: string } | { readonly reason: string };

/**
 * The text of a regular file that has at most `limit` bytes. For places where anything may stand: no link is followed, and
 * nothing that would block is opened. Undefined when nothing is there. Never throws.
 */
export function readPlain(path: string, limit: number): PlainFile | undefined {
  let fd: number | undefined;
  try {
    const stats = statLink(path);
    const reason = stats && unfit(stats, limit);
    if (stats === undefined || reason !== undefined) return reason === undefined ? undefined : { reason };
    fd = openReadNoFollow(path);
    const opened = unfit(statOpen(fd), limit);
    if (opened !== undefined) return { reason: opened };
    const bytes = Buffer.allocUnsafe(stats.size);
    return { text: bytes.toString("utf8", 0, readAt(fd, bytes, 0)) };
  } catch (error) {
    return isMissing(error) ? undefined : { reason: `cannot be read (${errnoOf(error) ?? String(error)})` };
  } finally {
    if (fd !== undefined) close(fd);
  }
}

function unfit(stats: Stats, limit: number): string | undefined {
  if (stats.isFile()) return stats.size > limit ? `is larger than ${limit / 1024 / 1024} MB` : undefined;
  return `is ${stats.isSymbolicLink() ? "a link" : stats.isDirectory() ? "a directory" : "not a file"}`;
}

/** What is made of an open file, which is no link; undefined when it cannot be opened or read, as a directory of that name. */
export function tryReading<T>(path: string, read: (fd: number) => T): T | undefined {
  let fd: number | undefined;
  try {
    fd = openReadNoFollow(path);
    return read(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) close(fd);
  }
}
