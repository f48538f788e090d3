import { basename, dirname, join } from "node:path";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { copyTree, isContained, removeTree, shareTree } from "../disk/dir-tree.ts";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import {
  close,
  isThere,
  openReadNoFollow,
  readBytes,
  rename,
  statFile,
  statLink,
  statOpen,
  useAndClose,
} from "../disk/fs.ts";
import { appendFrom, endsInNewline, type Replacement } from "./replace-open.ts";
import { tempName } from "../disk/temp-file.ts";
import { TranscriptError } from "../errors.ts";
import { noteAnnotationPlace } from "../facts/annotation-place.ts";
import { projectDir } from "../layout/paths.ts";
import { requireNotInUse } from "../live/session-in-use.ts";
import { findCopies } from "../projects/find-copies.ts";
import { yieldToEventLoop } from "../timing.ts";
import { type Entry, removeForGood, tidyTrash } from "./trash-entries.ts";
import { itemInTrash, type TrashPlace, type VersionItem } from "./trash-manifest.ts";
import { replaceFiles, type VersionChange, versionPath } from "./versions.ts";

export interface RestoredVersion {
  readonly items: readonly VersionItem[];
  /** Items that are not in the entry. */
  readonly missing: readonly VersionItem[];
  /** The entry with what was there until now; undefined if nothing was. */
  readonly replaced: string | undefined;
}

/** Returns the paths of items that cannot be put in their places: something else than a file is there, or no directory. */
export function versionConflicts({ place, manifest }: Entry): string[] {
  return manifest.items.flatMap((item) => {
    const path = versionPath(place.configDir, item);
    const obstacle = obstacleAbove(place.configDir, item);
    if (obstacle !== undefined) return [obstacle];
    return !isThere(path) || statLink(path)?.isFile() === true ? [] : [path];
  });
}

/** Returns what is in place of a directory above an item. A link below the project dir would lead out of the config dir. */
function obstacleAbove(configDir: string, { path }: VersionItem): string | undefined {
  const names = path.split("/");
  const [project, ...below] = names
    .slice(2)
    .map((_, nth) => versionPath(configDir, { path: names.slice(0, nth + 2).join("/") }));
  if (project === undefined || statFile(project)?.isDirectory() !== true) return project;
  return below.find((dir) => statLink(dir)?.isDirectory() !== true);
}

/**
 * Puts the files of a version back in their places. What is there now becomes a version; rows that were added since the version
 * was replaced are added to it too, so that nothing of the session is lost. After a kill a second call finishes. The caller
 * holds the session's lock.
 */
export async function restoreVersion({ place, manifest }: Entry): Promise<RestoredVersion> {
  const { configDir, sessionId } = place;
  requireFree(place);
  const open: number[] = [];
  const temps: string[] = [];
  const changes: VersionChange[] = [];
  const items: VersionItem[] = [];
  const missing: VersionItem[] = [];
  let replaced: string | undefined;
  try {
    for (const item of manifest.items) {
      const [from, path] = [itemInTrash(place, item.path), versionPath(configDir, item)];
      if (statLink(from)?.isFile() !== true) {
        missing.push(item);
        continue;
      }
      items.push(item);
      if (isBack(item, from, path)) continue;
      const temp = join(dirname(path), tempName(basename(path)));
      temps.push(temp);
      if (!isThere(path)) {
        shareTree(from, temp);
        rename(temp, path);
        syncDir(dirname(path));
        continue;
      }
      const fd = openReadNoFollow(path);
      open.push(fd);
      changes.push({ item: { ...item, ...prepared(item, from, temp, fd) }, replacement: { ...at(path, fd), temp } });
      await yieldToEventLoop();
    }
    if (changes.length > 0) replaced = (await replaceFiles(configDir, sessionId, changes, "restore")).id;
  } finally {
    for (const fd of open) close(fd);
    for (const temp of temps) removeTree(temp);
  }
  finish(place, items);
  return { items, missing, replaced };
}

/** Whether an earlier, interrupted run has put the item back: what is there is not what replaced it, and has all of it. */
function isBack({ next }: VersionItem, from: string, path: string): boolean {
  const there = statLink(path);
  return there !== undefined && there.ino !== next?.ino && isContained(from, path);
}

const at = (path: string, fd: number): Omit<Replacement, "temp"> => {
  const { size, mtimeMs } = statOpen(fd);
  return { path, fd, size, endsLine: endsInNewline(fd, size), mtimeMs };
};

/** Makes the file that goes back, and returns what the version of the present one says of it. */
function prepared(item: VersionItem, from: string, temp: string, fd: number): Pick<VersionItem, "bytes" | "next"> {
  const { ino, size: bytes } = statOpen(fd);
  // Rows that were added to what replaced it. Another file has come from elsewhere, and stays whole in the trash.
  const start = item.next?.ino === ino ? addedFrom(item, item.next.bytes, from, fd) : bytes;
  if (start < bytes) {
    copyTree(from, temp);
    appendFrom(fd, start, temp);
  } else shareTree(from, temp);
  const stats = statLink(temp);
  return { bytes, next: stats && { ino: stats.ino, bytes: stats.size } };
}

/** Returns the offset in what replaced an item of the first row that the item does not have: it may have grown meanwhile too. */
function addedFrom({ bytes }: VersionItem, nextBytes: number, from: string, fd: number): number {
  return useAndClose(openReadNoFollow(from), (kept) => {
    const both = statOpen(kept).size - bytes;
    for (let at = 0; at < both; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, both - at);
      if (!readBytes(kept, length, bytes + at).equals(readBytes(fd, length, nextBytes + at))) return nextBytes;
    }
    return nextBytes + Math.max(0, both);
  });
}

function finish(place: TrashPlace, items: readonly VersionItem[]): void {
  for (const item of items) {
    const path = versionPath(place.configDir, item);
    cleanStaleTemps(dirname(path));
    const [, key = "", ...names] = item.path.split("/");
    if (names.length === 1) noteAnnotationPlace(projectDir(place.configDir, key), place.sessionId, path);
  }
  removeForGood(place);
  tidyTrash(place.configDir);
}

function requireFree({ configDir, sessionId }: TrashPlace): void {
  try {
    const mtimesMs = findCopies(sessionId, { configDirs: [configDir] }).map(({ mtimeMs }) => mtimeMs);
    requireNotInUse(sessionId, [{ configDir, mtimesMs }]);
  } catch (error) {
    if (!(error instanceof TranscriptError)) throw error;
    const hint = "Exit the session first, then restore the version again.";
    throw new TranscriptError(error.code, error.message, { hint, data: { ...error.data, problem: "in use" } });
  }
}
