/** The entries in the trash of a config dir: finding, renaming and removing them, and the paths of their items. */
import { basename, dirname, join } from "node:path";
import { isThere, readNames, removeDir, rename } from "../disk/fs.ts";
import { syncDir } from "../disk/atomic-write.ts";
import { attempt, ignoreDiskErrors, isMissing, unlessMissing } from "../errors.ts";
import { projectDirPath, trashPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { removeDeadLocks } from "./session-lock.ts";
import { asideName, isOurOwnName, removeTemps, temporaryState } from "../disk/temp-file.ts";
import { removeEmptyTrash, trashNames } from "./trash-dir.ts";
import { completePlace, placeAtWork, readManifest, trashPlace } from "./trash-manifest.ts";
import type { TrashManifest, TrashPlace, TrashReading } from "./trash-manifest.ts";
import { removeTree } from "../disk/dir-tree.ts";

/**
 * Returns the entries in the trash of a config dir, by name; only those of one session if `of` is its id or the name of one
 * of its entries. None if there is no trash. Throws if the trash is a link or cannot be read.
 */
export function trashPlaces(configDir: string, of = ""): TrashPlace[] {
  const start = of.slice(0, ID_UNITS);
  // A trash may have many entries; those of other sessions are skipped by name.
  return trashNames(configDir).flatMap((name) => (name.startsWith(start) && trashPlace(configDir, name)) || []);
}

const ID_UNITS = 36;

/** Returns the entries of several config dirs. A trash that cannot be used hides no others: its error is returned too. */
export function allTrashPlaces(configDirs: readonly string[], of = ""): { places: TrashPlace[]; errors: unknown[] } {
  const places: TrashPlace[] = [];
  const errors: unknown[] = [];
  for (const configDir of configDirs) {
    try {
      for (const place of trashPlaces(configDir, of)) places.push(place);
    } catch (error) {
      errors.push(error);
    }
  }
  return { places, errors };
}

/** Returns the entries of a session's deletions, by name, without those of earlier versions (versions.ts). None if it cannot be read. */
export const deletionPlaces = (configDir: string, sessionId: string): TrashPlace[] =>
  allTrashPlaces([configDir], sessionId).places.filter((place) => place.sessionId === sessionId && isDeletion(place));

/** Whether an entry is of a deletion, and not of an earlier version of a session. */
export const isDeletion = (place: TrashPlace): boolean => readManifest(place)?.replacedBy === undefined;

export interface Entry {
  readonly place: TrashPlace;
  readonly manifest: TrashManifest;
}

/** Returns a session's interrupted deletion in a config dir, else its interrupted restoration. Only reads. */
export function cutShort(configDir: string, sessionId: string): Entry | undefined {
  const found = allTrashPlaces([configDir], sessionId).places.flatMap((place): Entry[] => {
    const isCut = place.sessionId === sessionId && (place.state === "deleting" || place.state === "restoring");
    const manifest = isCut ? readManifest(place) : undefined;
    return manifest === undefined ? [] : [{ place, manifest }];
  });
  return found.find(({ place }) => place.state === "deleting") ?? found[0];
}

/** Renames an entry. Returns false if it is gone; throws `ENOTEMPTY` or `EEXIST` if the new name is taken. */
export function claim(from: TrashPlace, to: TrashPlace): boolean {
  return unlessMissing(() => {
    rename(from.path, to.path);
    syncDir(dirname(to.path));
    return true;
  }, false);
}

/** Reports whether an entry is gone by now, or is the empty directory of a deletion killed before it wrote its manifest. */
export function isGoneOrEmpty(place: TrashPlace, reading: TrashReading): boolean {
  if (reading.problem === undefined || reading.is === "bad") return false;
  return reading.is === "gone" || (place.state === "deleting" && !holdsAnything(place));
}

/** Reports whether an entry has more in it than what a killed writer of the manifest left. */
function holdsAnything(place: TrashPlace): boolean {
  try {
    return readNames(place.path).some((name) => !isOurOwnName(name));
  } catch (error) {
    return !isMissing(error);
  }
}

/** Removes an entry for which `isGoneOrEmpty` holds. */
export function removeUnbegun(place: TrashPlace): void {
  // It stays if something was added to it.
  ignoreDiskErrors(() => {
    removeTemps(place.path);
    removeDir(place.path);
  });
}

/** Removes an entry and everything in it. The first step renames it, so that nobody restores it. */
export function removeForGood(place: TrashPlace): void {
  const { configDir, sessionId, state } = place;
  // An interrupted one has no time in its name, and any will do.
  const removing = placeAtWork(state === "deleting" ? completePlace(configDir, sessionId, 0) : place, "removing");
  // The rest of an earlier removal of this name can go.
  if (isThere(removing.path)) removeTree(removing.path);
  if (claim(place, removing)) removeTree(removing.path);
}

/**
 * Removes the rest of entries whose removal was interrupted, the locks of dead processes, and the trash itself if it is
 * empty. Nobody wants entries that are being removed, so this needs no lock.
 */
export function tidyTrash(configDir: string): void {
  const names = attempt(() => trashNames(configDir));
  // A trash that cannot be used is not tidied.
  if (names === undefined) return;
  for (const name of names) {
    const place = name.endsWith(".removing") ? trashPlace(configDir, name) : undefined;
    if (place !== undefined) removeTree(place.path);
    // What a killed repair left of an entry.
    if (temporaryState(trashPath(configDir), name) === "stale") removeTree(join(trashPath(configDir), name));
  }
  removeDeadLocks(configDir, names);
  removeEmptyTrash(configDir);
}

/** The original paths of a manifest's items, and the paths at which they are put aside while being moved. */
export interface Originals {
  readonly of: (path: string) => string;
  readonly asideOf: (path: string) => string;
}

/** Returns those paths. A project dir may be a link, which is resolved once. */
export function originals(configDir: string, { items, token = NO_TOKEN }: TrashManifest): Originals {
  const projects = new Map<string, string>();
  const numbers = new Map(items.map(({ path }, nth) => [path, nth]));
  const of = (path: string): string => {
    const names = path.split("/");
    const [top, key, name] = names;
    if (top !== "projects" || key === undefined || name === undefined) return join(configDir, ...names);
    const project = projects.get(key) ?? realOrSelf(projectDirPath(configDir, key));
    projects.set(key, project);
    return join(project, name);
  };
  const asideOf = (path: string): string => {
    const original = of(path);
    return join(dirname(original), asideName(basename(original), token, numbers.get(path) ?? 0));
  };
  return { of, asideOf };
}

/** Token for manifests of 0.1.0, which have none: its deletions put nothing aside and are finished with this one. */
const NO_TOKEN = "00000000";
