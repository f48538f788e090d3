import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import {
  close,
  openAppend,
  openReadNoFollow,
  readAt,
  setMode,
  setTimes,
  statLink,
  statOpen,
  statOpenExact,
  syncFile,
  unlink,
  writeAll,
} from "./fs.ts";
import { seconds } from "./dir-tree.ts";

/** So often a file that is written to while it is compared is compared again. */
const TRIES = 3;

/**
 * Removes the file `a` when all of it stands in the file `b`; what it has more is appended to that first. It goes when its
 * size and time stood still while it was compared, and it is looked at once more when its name has gone: who had it open
 * may have written in between. False when the two differ, or when `a` keeps changing; then both stay.
 */
export function drainFile(a: string, b: string): boolean {
  const fd = openReadNoFollow(a);
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = statOpenExact(fd);
      const compared = compare(fd, b);
      if (compared === undefined) return false;
      if (compared < Number(before.size)) append(fd, compared, b);
      const after = statOpenExact(fd);
      if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) continue;
      if (!isNameOf(a, fd)) return false;
      unlink(a);
      if (statOpenExact(fd).size > after.size) append(fd, Number(after.size), b);
      return true;
    }
    return false;
  } finally {
    close(fd);
  }
}

function isNameOf(path: string, fd: number): boolean {
  const [named, open] = [statLink(path), statOpen(fd)];
  return named?.ino === open.ino && named.dev === open.dev;
}

/** How many of the first bytes of an open file stand in `b`, which may have more; undefined when the two differ. */
function compare(fd: number, b: string): number | undefined {
  const other = openReadNoFollow(b);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const same = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; ;) {
      const count = readAt(fd, chunk, at);
      const there = readAt(other, same.subarray(0, count), at);
      if (chunk.compare(same, 0, there, 0, there) !== 0) return undefined;
      at += there;
      if (there < count || count === 0) return at;
    }
  } finally {
    close(other);
  }
}

/** Appends what an open file has from `start` on, and gives `b` its mode and times. */
function append(fd: number, start: number, b: string): void {
  // It may be one that its owner may not write.
  setMode(b, 0o600);
  const to = openAppend(b);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = start; ;) {
      const count = readAt(fd, chunk, at);
      if (count === 0) break;
      writeAll(to, chunk.subarray(0, count));
      at += count;
    }
    syncFile(to);
  } finally {
    close(to);
  }
  const stat = statOpenExact(fd);
  setMode(b, Number(stat.mode & 0o7777n));
  setTimes(b, seconds(stat.atimeNs), seconds(stat.mtimeNs));
}
