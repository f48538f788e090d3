import { close, openRead, openReadNoFollow, readAt } from "./disk.ts";
import { isMissing } from "./errors.ts";

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
