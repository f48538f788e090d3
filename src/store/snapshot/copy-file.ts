import { basename, dirname } from "node:path";
import { cleanStaleTemps, createTemp, discardTemp, publishNew, syncDir, type TempFile } from "../disk/atomic-write.ts";
import {
  type BigIntStats,
  close,
  isThere,
  openAppend,
  openReadNoFollow,
  rename,
  setMode,
  setTimes,
  statLink,
  statOpenExact,
  useAndClose,
} from "../disk/fs.ts";
import { compareFiles, copyFrom, utimesSeconds } from "../disk/dir-tree.ts";
import { TranscriptError } from "../errors.ts";
import { makeDirOf } from "./snapshot-dir.ts";

/** What was done with a file of a snapshot. */
export interface CopiedFile {
  /** Bytes that were written. */
  readonly bytes: number;
  /** Where the earlier contents are, if the file no longer begins with them. */
  readonly superseded?: string;
}

/**
 * Brings the copy of a file up to date, with its time. What was appended is appended; if the file is another one by now, the
 * copy keeps its contents under another name first. A kill at any point leaves a copy that the next call goes on from. Both files
 * are compared afterwards. Throws file-system errors, and `Io` if the copy differs.
 */
export function updateCopy(from: string, to: string): CopiedFile {
  return useAndClose(openReadNoFollow(from), (source) => {
    const stats = statOpenExact(source);
    const there = statLink(to);
    if (there?.isFile() === true) {
      const bytes = appendRest(source, stats, to);
      if (bytes !== undefined) return { bytes };
    }
    const superseded = there === undefined ? undefined : freeName(to, there.mtimeMs);
    if (superseded !== undefined) rename(to, superseded);
    return { bytes: copyWhole(source, stats, to, publishOver), ...(superseded !== undefined && { superseded }) };
  });
}

/** Appends what a copy lacks. Returns the bytes written; undefined if the file does not begin with the copy. */
function appendRest(source: number, stats: BigIntStats, to: string): number | undefined {
  const target = openAppend(to);
  try {
    const same = compareFiles(target, source);
    if (same?.isWhole !== true) return undefined;
    copyFrom(source, same.equal, target);
    requireCopied(target, source, to);
    setCopiedTimes(to, stats);
    return Number(statOpenExact(target).size) - same.equal;
  } finally {
    close(target);
  }
}

/** Copies an open file to a free path, whole or not at all, with its mode and times. Throws `EEXIST` if the path is taken. Returns the bytes. */
export const copyNew = (source: number, stats: BigIntStats, to: string): number =>
  copyWhole(source, stats, to, publishNew);

function copyWhole(
  source: number,
  stats: BigIntStats,
  to: string,
  publish: (temp: TempFile, path: string) => void,
): number {
  makeDirOf(to);
  // Killed runs may have left some.
  cleanStaleTemps(dirname(to));
  const temp = createTemp(dirname(to), `${TEMP}${basename(to)}`);
  try {
    copyFrom(source, 0, temp.fd);
    const bytes = useAndClose(openReadNoFollow(temp.path), (copy) => {
      requireCopied(copy, source, to);
      return Number(statOpenExact(copy).size);
    });
    setMode(temp.path, Number(stats.mode & 0o777n));
    setCopiedTimes(temp.path, stats);
    publish(temp, to);
    return bytes;
  } catch (error) {
    discardTemp(temp);
    throw error;
  }
}

/** Without it, the temporary file of a transcript would say that what belongs to it is not finished either (temp-file.ts). */
const TEMP = "copy-";

/** Gives a finished copy its name in a snapshot, in one step: a kill leaves nothing behind. */
function publishOver(temp: TempFile, path: string): void {
  close(temp.fd);
  temp.fd = -1;
  rename(temp.path, path);
  syncDir(dirname(path));
}

/** Times to the microsecond, as they are compared. */
const setCopiedTimes = (path: string, { atimeNs, mtimeNs }: BigIntStats): void =>
  setTimes(path, utimesSeconds(atimeNs), utimesSeconds(mtimeNs));

function requireCopied(copy: number, source: number, path: string): void {
  if (compareFiles(copy, source)?.isWhole === true) return;
  throw new TranscriptError("Io", `${path} differs from what was copied to it`, {
    hint: "Its file was rewritten meanwhile, or the disk fails: try again.",
    data: { path },
  });
}

/** Returns a free name next to a file that no reader takes for a transcript. `mtimeMs`: time of its contents. */
function freeName(path: string, mtimeMs: number): string {
  const stamp = new Date(mtimeMs).toISOString().replace(/[-:]|\.\d+/g, "");
  for (let n = 1; ; n++) {
    const name = `${path}.old-${stamp.replace("T", "-").replace("Z", "")}${n === 1 ? "" : `-${n}`}`;
    if (!isThere(name)) return name;
  }
}
