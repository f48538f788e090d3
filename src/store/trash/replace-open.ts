import { dirname } from "node:path";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { utimesSeconds } from "../disk/dir-tree.ts";
import {
  openAppend,
  readAt,
  readBytes,
  rename,
  setTimes,
  statLink,
  statOpen,
  statOpenExact,
  syncFile,
  useAndClose,
  writeAll,
} from "../disk/fs.ts";
import { syncDir } from "../disk/sync-dir.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/** A file that is open under its name, and one next to it that takes its place. */
export interface Replacement {
  readonly path: string;
  /** The file that is replaced, open for reading. */
  readonly fd: number;
  /** Its size up to which the new file has what it needs. */
  readonly size: number;
  /** Whether a line ends there, so that what is appended later are whole rows. */
  readonly endsLine: boolean;
  readonly mtimeMs: number;
  /** Path of the new file, which is on the disk. */
  readonly temp: string;
}

/**
 * Gives the new file the name, and the times of the old one: `claude --continue` takes the newest session. The old file must
 * have another name, or its contents are gone. Rows that were appended to it since it was read are first appended to the new
 * one. Returns the size up to which that has all of the old one; undefined if that has changed otherwise: nothing has then.
 */
export function replaceOpen({ path, fd, size, endsLine, mtimeMs, temp }: Replacement): number | undefined {
  const [named, open] = [statLink(path), statOpen(fd)];
  if (named?.ino !== open.ino || named.dev !== open.dev) return undefined;
  const hasGrown = open.size > size && endsLine;
  if (!hasGrown && (open.size !== size || open.mtimeMs !== mtimeMs)) return undefined;
  if (hasGrown) appendFrom(fd, size, temp, open.size);
  const { atimeNs, mtimeNs } = statOpenExact(fd);
  setTimes(temp, utimesSeconds(atimeNs), utimesSeconds(mtimeNs));
  rename(temp, path);
  syncDir(dirname(path));
  return open.size;
}

/**
 * Appends to the new file what another process has written to the old one since, which it had opened before. `from`: up to
 * where that was done already. Returns the size of the old file.
 */
export function carryOver({ path, fd }: Replacement, from: number): number {
  const { size } = statOpen(fd);
  if (size > from) appendFrom(fd, from, path);
  return size;
}

/** Appends the bytes of an open file from `start` on, up to `end`, to another file, on a line of their own. */
export function appendFrom(fd: number, start: number, path: string, end = Infinity): void {
  useAndClose(openAppend(path), (to) => {
    if (!endsInNewline(to, statOpen(to).size)) writeAll(to, Buffer.of(NEWLINE));
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = start; at < end;) {
      const have = readAt(fd, chunk.subarray(0, Math.min(chunk.length, end - at)), at);
      if (have === 0) break;
      writeAll(to, chunk.subarray(0, have));
      at += have;
    }
    syncFile(to);
  });
}

/** Whether a line ends at a size of an open file. */
export const endsInNewline = (fd: number, size: number): boolean =>
  size === 0 || readBytes(fd, 1, size - 1)[0] === NEWLINE;
