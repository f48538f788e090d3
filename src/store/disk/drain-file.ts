import {
  openAppend,
  openReadNoFollow,
  setMode,
  setTimes,
  statLink,
  statOpen,
  statOpenExact,
  unlink,
  useAndClose,
} from "./fs.ts";
import { compareFiles, copyFrom, utimesSeconds } from "./dir-tree.ts";

/** Maximum number of comparisons of a file that is written to during them. */
const TRIES = 3;

/**
 * Removes the file `a` once all of it is in the file `b`; what `b` lacks is appended first. Requires that the size and
 * time of `a` did not change during the comparison. Looks at `a` again after its name is gone: a process that had it open
 * may have written in between. Returns false, and keeps both, if the two differ or `a` keeps changing.
 */
export function drainFile(a: string, b: string): boolean {
  return useAndClose(openReadNoFollow(a), (fd) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const before = statOpenExact(fd);
      // `b` may have more.
      const compared = useAndClose(openReadNoFollow(b), (other) => compareFiles(fd, other)?.equal);
      if (compared === undefined) return false;
      if (compared < Number(before.size)) appendToFile(fd, compared, b);
      const after = statOpenExact(fd);
      if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) continue;
      if (!isNameOf(a, fd)) return false;
      unlink(a);
      if (statOpenExact(fd).size > after.size) appendToFile(fd, Number(after.size), b);
      return true;
    }
    return false;
  });
}

function isNameOf(path: string, fd: number): boolean {
  const [named, open] = [statLink(path), statOpen(fd)];
  return named?.ino === open.ino && named.dev === open.dev;
}

/** Appends the bytes of an open file from `start` on to `b`, and gives `b` its mode and times. */
export function appendToFile(fd: number, start: number, b: string): void {
  // The owner may lack the right to write it.
  setMode(b, 0o600);
  useAndClose(openAppend(b), (to) => copyFrom(fd, start, to));
  const stat = statOpenExact(fd);
  setMode(b, Number(stat.mode & 0o7777n));
  setTimes(b, utimesSeconds(stat.atimeNs), utimesSeconds(stat.mtimeNs));
}
