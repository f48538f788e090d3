import { basename, dirname, join } from "node:path";
import { createTemp, discardTemp, linkNew, publishNew, syncDir, type TempFile } from "../disk/atomic-write.ts";
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
  type Stats,
} from "../disk/fs.ts";
import { compareSteps, copySteps, utimesSeconds } from "../disk/dir-tree.ts";
import { TranscriptError } from "../errors.ts";
import { inTurns } from "../timing.ts";
import { makeDirOf } from "./snapshot-dir.ts";

/** What was done with a file of a snapshot. */
export interface CopiedFile {
  /** Bytes that were written. */
  readonly bytes: number;
  /** Whether the copy was whole before. */
  readonly isUnchanged: boolean;
  /** Where earlier contents are that the file, or one in place of a directory above it, no longer begins with. */
  readonly superseded: readonly string[];
}

/** How often a file is read again that is rewritten while it is copied. */
const TRIES = 3;

/**
 * Brings the copy of a file in a snapshot up to date, with its time. What was appended is appended; if the file is another one by
 * now, the copy keeps its contents under another name first. A kill or a full disk at any point leaves a copy under the old
 * name that the next call goes on from. Both files are compared afterwards. Writes through no link. Throws file-system errors, and
 * `Io` if the copy differs.
 */
export async function updateCopy(
  from: string,
  snapshot: string,
  name: string,
  signal?: AbortSignal,
): Promise<CopiedFile> {
  const superseded: string[] = [];
  for (let tries = 1; ; tries++) {
    try {
      return { ...(await updateOnce(from, snapshot, name, superseded, signal)), superseded };
    } catch (error) {
      if (!(error instanceof TranscriptError) || tries === TRIES) throw error;
    }
  }
}

async function updateOnce(
  from: string,
  snapshot: string,
  name: string,
  superseded: string[],
  signal: AbortSignal | undefined,
): Promise<Omit<CopiedFile, "superseded">> {
  const to = join(snapshot, ...name.split("/"));
  const source = openReadNoFollow(from);
  try {
    const stats = statOpenExact(source);
    superseded.push(...clearWay(snapshot, name));
    if (statLink(to)?.isFile() === true) {
      const bytes = await appendRest(source, stats, to, signal);
      if (bytes !== undefined) return { bytes, isUnchanged: bytes === 0 };
    }
    const publish = (temp: TempFile, path: string): void => {
      const old = putAside(path, { isReplaced: true });
      if (old !== undefined) superseded.push(old);
      publishOver(temp, path);
    };
    return { bytes: await copyWhole(source, stats, to, publish, signal), isUnchanged: false };
  } finally {
    close(source);
  }
}

/** Puts files aside that are in place of directories above a path. Throws `ELOOP` for a link: it would lead elsewhere. Returns their names. */
function clearWay(snapshot: string, name: string): string[] {
  const found = obstacleAbove(snapshot, name);
  if (found === undefined) return [];
  if (found.isLink) throw linkInWay(found.path);
  const old = putAside(found.path);
  return old === undefined ? [] : [old];
}

/** Returns what is in place of a directory between a root and something below it. `name`: the path between them, with `/`. */
export function obstacleAbove(
  root: string,
  name: string,
): { readonly path: string; readonly isLink: boolean } | undefined {
  let path = root;
  for (const part of name.split("/").slice(0, -1)) {
    path = join(path, part);
    const stats = statLink(path);
    if (stats === undefined) return undefined;
    if (!stats.isDirectory()) return { path, isLink: stats.isSymbolicLink() };
  }
  return undefined;
}

const linkInWay = (path: string): Error =>
  Object.assign(new Error(`ELOOP: ${path} is a link`), { code: "ELOOP", path });

/** Appends what a copy lacks. Returns the bytes written; undefined if the file does not begin with the copy. */
async function appendRest(
  source: number,
  stats: BigIntStats,
  to: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const target = openAppend(to);
  try {
    const same = await inTurns(compareSteps(target, source), signal);
    if (same?.isWhole !== true) return undefined;
    await inTurns(copySteps(source, same.equal, target), signal);
    await requireCopied(target, source, to, signal);
    setCopiedTimes(to, stats);
    return Number(statOpenExact(target).size) - same.equal;
  } finally {
    close(target);
  }
}

/** Copies an open file to a free path, whole or not at all, with its mode and times. Throws `EEXIST` if the path is taken. Returns the bytes. */
export const copyNew = (source: number, stats: BigIntStats, to: string, signal?: AbortSignal): Promise<number> =>
  copyWhole(source, stats, to, publishNew, signal);

async function copyWhole(
  source: number,
  stats: BigIntStats,
  to: string,
  publish: (temp: TempFile, path: string) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  makeDirOf(to);
  const temp = createTemp(dirname(to), `${TEMP}${basename(to)}`);
  try {
    await inTurns(copySteps(source, 0, temp.fd), signal);
    const copy = openReadNoFollow(temp.path);
    let bytes: number;
    try {
      await requireCopied(copy, source, to, signal);
      bytes = Number(statOpenExact(copy).size);
    } finally {
      close(copy);
    }
    // Its owner can append to it later, whatever the mode.
    setMode(temp.path, Number(stats.mode & 0o777n) | 0o600);
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

async function requireCopied(
  copy: number,
  source: number,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await inTurns(compareSteps(copy, source), signal))?.isWhole === true) return;
  throw new TranscriptError("Io", `${path} differs from what was copied to it`, {
    hint: "Its file was rewritten meanwhile, or the disk fails: try again.",
    data: { path },
  });
}

/**
 * Gives what is at a path another name next to it, which no reader takes for a transcript, and returns that. A file that is about
 * to be replaced keeps this name too (`isReplaced`), so that a kill leaves it.
 */
function putAside(path: string, { isReplaced = false } = {}): string | undefined {
  const there = statLink(path);
  if (there === undefined) return undefined;
  const keeps = isReplaced && there.isFile();
  const name = nameAside(path, there, keeps);
  if (!keeps) rename(path, name);
  // A run that was killed may have named it already.
  else if (!isThere(name)) linkNew(path, name);
  return name;
}

/** Returns a name that is free or, `orOwn`, another one of the same file. */
function nameAside(path: string, { mtimeMs, dev, ino }: Stats, orOwn: boolean): string {
  const time = Math.min(Math.max(mtimeMs, -MAX_TIME_MS), MAX_TIME_MS);
  const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  for (let n = 1; ; n++) {
    const ending = `.old-${stamp.replace("T", "-").replace("Z", "")}${n === 1 ? "" : `-${n}`}`;
    const name = join(dirname(path), cut(basename(path), MAX_NAME_BYTES - ending.length) + ending);
    const taken = statLink(name);
    if (taken === undefined || (orOwn && taken.ino === ino && taken.dev === dev)) return name;
  }
}

/** Reports whether a name is one of earlier contents. */
export const isSuperseded = (name: string): boolean => /\.old-[-+]?[0-9]{4,6}[0-9]{4}-[0-9]{6}(?:-[0-9]+)?$/.test(name);

/** Of a `Date`. */
const MAX_TIME_MS = 8.64e15;
const MAX_NAME_BYTES = 255;

function cut(name: string, bytes: number): string {
  let kept = name;
  while (Buffer.byteLength(kept) > bytes) kept = kept.slice(0, -1);
  return kept;
}
