/**
 * Temporary files next to their final paths. A name ends in `.tmp`, so that no reader takes it for a transcript, and
 * identifies its process, so that a later writer knows the files that a killed one left.
 */
import { randomHex } from "./builtins.ts";
import { join } from "node:path";
import { STALE_TEMP_MS } from "../../transcript/rows/limits.ts";
import { close, createNew, isThere, readDir, statLink, unlink } from "./fs.ts";
import { bootTag, processStart, stateOfProcess } from "./processes.ts";
import { removeTree } from "./dir-tree.ts";

/** A temporary file that is open for writing. `fd` is -1 once it is closed. */
export interface TempFile {
  readonly path: string;
  fd: number;
}

/** `.<final name>.ct-<boot>-<pid>-<start>-<random>.tmp`; the start is empty if the platform does not report it. */
const TEMP_NAME = /\.ct-([0-9a-f]{12})-([0-9]+)-([^-/\\]*)-[0-9a-f]{8}\.tmp$/;
/** The temporary file of a new transcript. Its subagents get their final name first; after a kill they may be alone. */
const TRANSCRIPT_TEMP = /^\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl\.ct-/;
/** Kept characters of the final name: enough to recognise it, and few enough for any file system. */
const FINAL_NAME_UNITS = 60;

/** Names of items that a deletion puts aside (move.ts). They may be the only copies: no cleanup removes them. */
const ASIDE_NAME = /\.ct-aside-[0-9a-f]{8}-[0-9]+$/;

export const isAsideName = (name: string): boolean => ASIDE_NAME.test(name);

/** Returns the name for the `nth` item put aside by the deletion with this token (eight hexadecimal digits). */
export const asideName = (name: string, token: string, nth: number): string =>
  `.${name.slice(0, FINAL_NAME_UNITS)}.ct-aside-${token}-${nth}`;

/** Reports whether a name is one that we give to unfinished files: only the process at work may touch them. */
export const isOurOwnName = (name: string): boolean => TEMP_NAME.test(name) || isAsideName(name);

/** Returns a unique name for a temporary file or directory that is to become `finalName`. */
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
    // It may be published already, or out of reach; a later write removes it.
  }
}

/**
 * Removes what killed writers left in `dir`: temporary files whose process is gone, or, if that is unknown, which are
 * older than `STALE_TEMP_MS`. For writers only. Never throws: the next write tries again.
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
    // A missing or unreadable directory has nothing that we can clean.
  }
}

/** Reports whether a transcript was never published: a published one, even if deleted since, is a second name of the file. */
const neverAppeared = (temp: string, transcript: string): boolean =>
  statLink(temp)?.nlink === 1 && !isThere(transcript);

/** Returns the state of a temporary file of ours, by its writer; undefined for other names. For readers. */
export function temporaryState(dir: string, name: string, now = Date.now()): "stale" | "in_use" | undefined {
  if (!TEMP_NAME.test(name)) return undefined;
  return isStale(join(dir, name), name, now) ? "stale" : "in_use";
}

/** Removes all temporary files of ours in `dir`, whichever process made them. For directories that only we use. */
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
