import { openRead, openReadNoFollow, readBytes, statLink, statOpen, type Stats, useAndClose } from "./fs.ts";
import { attempt, errnoOf, isMissing, unlessMissing } from "../errors.ts";

/** Returns at most `limit` bytes of a file (those under `/proc` report size 0) as text; undefined if it is missing. */
export function readSmall(path: string, limit: number): string | undefined {
  return unlessMissing(() => useAndClose(openRead(path), (fd) => readBytes(fd, limit).toString()), undefined);
}

/** Like `readSmall`, but undefined if the file cannot be read. */
export const tryReadSmall = (path: string, limit: number): string | undefined => attempt(() => readSmall(path, limit));

/** The text of a file, or the reason why it was not read, as the end of a sentence. */
export type PlainFile = { readonly text: string } | { readonly reason: string };

/** Returns the text of a regular file of at most `limit` bytes. Follows no link, never blocks, never throws. */
export function readPlain(path: string, limit: number): PlainFile | undefined {
  try {
    const stats = statLink(path);
    if (stats === undefined) return undefined;
    const reason = reasonNotToRead(stats, limit);
    if (reason !== undefined) return { reason };
    return useAndClose(openReadNoFollow(path), (fd) => {
      const reason = reasonNotToRead(statOpen(fd), limit);
      return reason === undefined ? { text: readBytes(fd, stats.size).toString() } : { reason };
    });
  } catch (error) {
    return isMissing(error) ? undefined : { reason: `cannot be read (${errnoOf(error) ?? String(error)})` };
  }
}

function reasonNotToRead(stats: Stats, limit: number): string | undefined {
  if (stats.isFile()) return stats.size > limit ? `is larger than ${limit / 1024 / 1024} MB` : undefined;
  return `is ${stats.isSymbolicLink() ? "a link" : stats.isDirectory() ? "a directory" : "not a file"}`;
}

/** Returns what `read` makes of the open file; undefined if it cannot be opened or read. By default follows no link. */
export function tryWithOpenFile<T>(
  path: string,
  read: (fd: number) => T,
  open: (path: string) => number = openReadNoFollow,
): T | undefined {
  return attempt(() => useAndClose(open(path), read));
}
