import { dirname } from "node:path";
import { copyFrom, utimesSeconds } from "../disk/dir-tree.ts";
import {
  openAppend,
  readBytes,
  rename,
  setTimes,
  statLink,
  statOpen,
  statOpenExact,
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
  readonly mtimeMs: number;
  /** Path of the new file, which is on the disk. */
  readonly temp: string;
}

/**
 * Gives the new file the name, and the times of the old one: `claude --continue` takes the newest session. The old file must
 * have another name, or its contents are gone. Returns false if it has changed since it was read; nothing has then.
 */
export function replaceOpen({ path, fd, size, mtimeMs, temp }: Replacement): boolean {
  const [named, open] = [statLink(path), statOpen(fd)];
  if (named?.ino !== open.ino || named.dev !== open.dev) return false;
  if (open.size !== size || open.mtimeMs !== mtimeMs) return false;
  const { atimeNs, mtimeNs } = statOpenExact(fd);
  setTimes(temp, utimesSeconds(atimeNs), utimesSeconds(mtimeNs));
  rename(temp, path);
  syncDir(dirname(path));
  return true;
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

/** Appends the bytes of an open file from `start` on to another file, on a line of their own. */
export function appendFrom(fd: number, start: number, path: string): void {
  useAndClose(openAppend(path), (to) => {
    const { size } = statOpen(to);
    if (size > 0 && readBytes(to, 1, size - 1)[0] !== NEWLINE) writeAll(to, Buffer.of(NEWLINE));
    copyFrom(fd, start, to);
  });
}
