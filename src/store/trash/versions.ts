/**
 * Versions: what files of a session were before a repair replaced them. A version is an entry of the trash, whose manifest says
 * `replacedBy`; `restoreSession` with its id exchanges it for what is there now, which becomes a version too.
 *
 * An entry gets its name when all of it is on the disk, and only then a file is replaced (replace-open.ts). So after a
 * kill at any point each file is the old or the new one, and the old one is in the trash if it is not in its place.
 */
import { dirname, join } from "node:path";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { isContained, removeTree, shareTree } from "../disk/dir-tree.ts";
import { isThere, makeDir, makeNewDir, rename, statFile, statLink } from "../disk/fs.ts";
import { realOrSelf } from "../disk/platform.ts";
import { carryOver, type Replacement, replaceOpen } from "./replace-open.ts";
import { tempName } from "../disk/temp-file.ts";
import { SessionBusyError } from "../errors.ts";
import { titleOf } from "../facts/title-of.ts";
import { projectDirPath, trashPath } from "../layout/paths.ts";
import { findCopies, newestCopy } from "../projects/find-copies.ts";
import { timing } from "../timing.ts";
import { syncTrash } from "./trash-dir.ts";
import { trashPlaces } from "./trash-entries.ts";
import {
  completePlace,
  itemInTrash,
  readManifest,
  type ReplacedBy,
  rewriteManifest,
  type TrashManifest,
  type TrashPlace,
  type VersionItem,
  writeManifest,
} from "./trash-manifest.ts";

/** A file of a session that is replaced. */
export interface VersionChange {
  readonly item: VersionItem;
  readonly replacement: Replacement;
}

/** Returns the absolute path of an item of a version. A project dir may be a link. */
export function versionPath(configDir: string, { path }: Pick<VersionItem, "path">): string {
  const [, key = "", ...names] = path.split("/");
  return join(realOrSelf(projectDirPath(configDir, key)), ...names);
}

/**
 * Replaces files of a session, and keeps what they were as a version; returns its entry in the trash. What other processes
 * append meanwhile is in the new files. Throws `SessionBusyError` if a file has changed since it was read: the ones before it
 * are then replaced, and a second call may use the same entry. The caller holds the session's lock.
 */
export async function replaceFiles(
  configDir: string,
  sessionId: string,
  changes: readonly VersionChange[],
  replacedBy: ReplacedBy,
): Promise<TrashPlace> {
  const place = keepVersion(configDir, sessionId, changes, replacedBy);
  const sizes = new Map<Replacement, number>();
  try {
    for (const { replacement } of changes) {
      const size = replaceOpen(replacement);
      if (size === undefined) throw changedMeanwhile(sessionId);
      sizes.set(replacement, carryOver(replacement, size));
    }
  } finally {
    // The CLI opens a file, writes and closes it at once: after this time it writes to the new one.
    if (sizes.size > 0) await new Promise((resolve) => setTimeout(resolve, timing.quietMs));
    for (const [replacement, size] of sizes) carryOver(replacement, size);
  }
  return place;
}

const changedMeanwhile = (sessionId: string): SessionBusyError =>
  new SessionBusyError(sessionId, "it has changed since it was read", "Try again.");

/** Puts the files into the trash, where they stay under a second name; a copy if that is another file system. */
function keepVersion(
  configDir: string,
  sessionId: string,
  changes: readonly VersionChange[],
  replacedBy: ReplacedBy,
): TrashPlace {
  const items = changes.map(({ item }) => item);
  const before = versionLike(configDir, sessionId, changes);
  if (before !== undefined) {
    const next = new Map(items.map((item) => [item.path, item]));
    const all = before.manifest.items.map((item) => next.get(item.path) ?? item);
    rewriteManifest(before.place, { ...before.manifest, replacedBy, items: all });
    return before.place;
  }
  const newest = newestCopy(findCopies(sessionId, { configDirs: [configDir] }));
  const deletedAt = Date.now();
  const place = freePlace(configDir, sessionId, deletedAt);
  const temp = { ...place, path: join(trashPath(configDir), tempName(place.id)) };
  cleanStaleTemps(trashPath(configDir));
  try {
    makeNewDir(temp.path);
    for (const { item, replacement } of changes) {
      const to = itemInTrash(temp, item.path);
      makeDir(dirname(to));
      shareTree(replacement.path, to);
      for (let dir = dirname(to); dir !== temp.path; dir = dirname(dir)) syncDir(dir);
    }
    writeManifest(temp, {
      sessionId,
      deletedAt,
      summary: newest && titleOf(newest),
      items,
      replacedBy,
      token: undefined,
    });
    syncDir(temp.path);
    rename(temp.path, place.path);
  } finally {
    removeTree(temp.path);
  }
  syncTrash(configDir);
  return place;
}

function freePlace(configDir: string, sessionId: string, deletedAt: number): TrashPlace {
  for (let nth = 1; ; nth++) {
    const place = completePlace(configDir, sessionId, deletedAt, nth);
    if (!isThere(place.path)) return place;
  }
}

/** Returns a version that has all of the files as they are now: a killed run made it, and replaced nothing. */
function versionLike(
  configDir: string,
  sessionId: string,
  changes: readonly VersionChange[],
): { readonly place: TrashPlace; readonly manifest: TrashManifest } | undefined {
  for (const place of trashPlaces(configDir, sessionId)) {
    const manifest = place.state === "complete" ? readManifest(place) : undefined;
    if (manifest?.replacedBy === undefined) continue;
    const paths = new Set(manifest.items.map(({ path }) => path));
    const hasAll = changes.every(
      ({ item, replacement: { path } }) => paths.has(item.path) && isEqual(itemInTrash(place, item.path), path),
    );
    if (hasAll) return { place, manifest };
  }
  return undefined;
}

function isEqual(kept: string, path: string): boolean {
  const [one, other] = [statLink(kept), statFile(path)];
  return one?.isFile() === true && one.size === other?.size && isContained(kept, path);
}
