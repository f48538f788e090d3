/**
 * Temporary files beside what they will become. A name ends in `.tmp`, so that no reader takes it for a transcript, and
 * says who writes it (boot, pid, start time), so that a later writer can tell a file that is being written from one
 * that a killed process left behind.
 */
import { randomHex } from "./builtins.ts";
import { join } from "node:path";
import { STALE_TEMP_MS } from "../../transcript/rows/limits.ts";
import { close, createNew, readDir, statLink, unlink } from "./fs.ts";
import { bootTag, processStart, stateOfProcess } from "./processes.ts";
import { removeTree } from "./dir-tree.ts";

/** A temporary file that is open for writing. `fd` is -1 once it is closed. */
export interface TempFile {
  readonly path: string;
  fd: number;
}

/** `.<final name>.ct-<boot>-<pid>-<start>-<random>.tmp`; the start is empty where the platform does not tell it. */
const TEMP_NAME = /\.ct-([0-9a-f]{12})-([0-9]+)-([^-/\\]*)-[0-9a-f]{8}\.tmp$/;
/**
 * The temporary file of a new transcript. Its subagents get their name just before it does, so what stands under that new id
 * alone is what a kill between the two left behind.
 */
const TRANSCRIPT_TEMP = /^\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl\.ct-/;
/** So much of the final name is kept: enough to recognise it, and short enough for any file system. */
const FINAL_NAME_UNITS = 60;

/**
 * What a deletion puts aside, in its own directory, before it copies it to the trash on another file system (move.ts). It
 * may be the only copy there is: no cleaning touches it, and no reader takes it for anything.
 */
const ASIDE_NAME = /\.ct-aside-[0-9a-f]{8}-[0-9]+$/;

export const isAsideName = (name: string): boolean => ASIDE_NAME.test(name);

/** The name of what is put aside: the `nth` thing of the deletion that has this token (eight hexadecimal digits). */
export const asideName = (name: string, token: string, nth: number): string =>
  `.${name.slice(0, FINAL_NAME_UNITS)}.ct-aside-${token}-${nth}`;

/** Whether a name is one that we give to what is on its way: it belongs to whoever is at work, and to nobody else. */
export const isOurOwnName = (name: string): boolean => TEMP_NAME.test(name) || isAsideName(name);

/** A name that is not taken, for a temporary file or directory that is to become `finalName`. */
export function tempName(finalName: string): string {
  ownStart ??= encodeURIComponent(processStart(process.pid) ?? "");
  const random = randomHex(4);
  return `.${finalName.slice(0, FINAL_NAME_UNITS)}.ct-${bootTag()}-${process.pid}-${ownStart}-${random}.tmp`;
}

let ownStart: string | undefined;

/** Creates a temporary file in `dir` (which must exist), mode 0600, that is to become `finalName` there. */
export function createTemp(dir: string, finalName: string): TempFile {
  const path = join(dir, tempName(finalName));
  return { path, fd: createNew(path) };
}

/** Removes a temporary file that will not be published. Never throws. */
export function discardTemp(temp: TempFile): void {
  try {
    if (temp.fd >= 0) close(temp.fd);
    temp.fd = -1;
    unlink(temp.path);
  } catch {
    // It may be published already, or beyond reach; a later write takes it away.
  }
}

/**
 * Removes what killed writers left in `dir`: temporary files whose process has gone, or cannot be asked and is older
 * than `STALE_TEMP_MS`. For writers only; readers leave the disk as it is. Never throws: what cannot be removed now
 * is tried again by the next write.
 */
export function cleanStaleTemps(dir: string, now = Date.now()): void {
  try {
    for (const { name } of readDir(dir)) {
      const path = join(dir, name);
      if (!TEMP_NAME.test(name) || !isStale(path, name, now)) continue;
      const [, newId] = TRANSCRIPT_TEMP.exec(name) ?? [];
      if (newId !== undefined && neverAppeared(path, join(dir, `${newId}.jsonl`))) removeTree(join(dir, newId));
      removeTree(path);
    }
  } catch {
    // A directory that is not there, or closed to us, holds nothing that we can clean.
  }
}

/** A transcript that had its name already, and has been deleted since, is the same file under another name. */
const neverAppeared = (temp: string, transcript: string): boolean =>
  statLink(temp)?.nlink === 1 && statLink(transcript) === undefined;

/** Whether the name is that of a temporary file of ours, and if so whether its writer has gone. For readers. */
export function temporaryState(dir: string, name: string, now = Date.now()): "stale" | "in_use" | undefined {
  if (!TEMP_NAME.test(name)) return undefined;
  return isStale(join(dir, name), name, now) ? "stale" : "in_use";
}

/** Removes all temporary files of ours in `dir`, whoever began them. For a directory that is ours alone. */
export function removeTemps(dir: string): void {
  for (const { name } of readDir(dir)) if (TEMP_NAME.test(name)) removeTree(join(dir, name));
}

function isStale(path: string, name: string, now: number): boolean {
  const [, boot, pid, start] = TEMP_NAME.exec(name) ?? [];
  if (boot === bootTag()) {
    const state = stateOfProcess({ pid: Number(pid), start: start ? decodeURIComponent(start) : undefined });
    if (state !== "unknown") return state === "gone";
  }
  const stat = statLink(path);
  return stat !== undefined && now - stat.mtimeMs > STALE_TEMP_MS;
}
