/** The entries in the trash of a config dir: how they come and go, and where their items belong. */
import { basename, dirname, join } from "node:path";
import { readNames, removeDir, rename, statLink } from "../disk/fs.ts";
import { syncDir } from "../disk/atomic-write.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { projectDirPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { removeDeadLocks } from "./session-lock.ts";
import { asideName, isOurOwnName, removeTemps } from "../disk/temp-file.ts";
import { removeEmptyTrash, trashNames } from "./trash-dir.ts";
import { completePlace, placeAtWork, readManifest, trashPlace } from "./trash-manifest.ts";
import type { TrashManifest, TrashPlace, TrashReading } from "./trash-manifest.ts";
import { removeTree } from "../disk/dir-tree.ts";

/**
 * The entries in the trash of a config dir, by name; those of one session, when the name of one of its entries or its id is
 * given. No trash: none. Throws where the trash is a link, or cannot be read.
 */
export function trashPlaces(configDir: string, of = ""): TrashPlace[] {
  const start = of.slice(0, ID_UNITS);
  // A trash may have many; what is another's is passed over by a look at its name.
  return trashNames(configDir).flatMap((name) => (name.startsWith(start) && trashPlace(configDir, name)) || []);
}

const ID_UNITS = 36;

/** Those of several config dirs. A trash that cannot be used hides no other one: its error is given, too. */
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

export interface Entry {
  readonly place: TrashPlace;
  readonly manifest: TrashManifest;
}

/** The deletion of a session that was begun in a config dir and cut short, or else such a restoration. Reads only. */
export function cutShort(configDir: string, sessionId: string): Entry | undefined {
  const found = allTrashPlaces([configDir], sessionId).places.flatMap((place): Entry[] => {
    const isCut = place.sessionId === sessionId && (place.state === "deleting" || place.state === "restoring");
    const manifest = isCut ? readManifest(place) : undefined;
    return manifest === undefined ? [] : [{ place, manifest }];
  });
  return found.find(({ place }) => place.state === "deleting") ?? found[0];
}

/** Gives an entry its next name. False when it has gone; a name that is taken throws (`ENOTEMPTY` or `EEXIST`). */
export function claim(from: TrashPlace, to: TrashPlace): boolean {
  try {
    rename(from.path, to.path);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  syncDir(dirname(to.path));
  return true;
}

/** What has gone meanwhile, or a deletion that was killed before it wrote down what it would move: an empty directory. */
export function isNothing(place: TrashPlace, reading: TrashReading): boolean {
  if (reading.problem === undefined || reading.is === "bad") return false;
  return reading.is === "gone" || (place.state === "deleting" && !holdsAnything(place));
}

/** Whether there is more in an entry than what a killed writer of the manifest left. */
function holdsAnything(place: TrashPlace): boolean {
  try {
    return readNames(place.path).some((name) => !isOurOwnName(name));
  } catch (error) {
    return !isMissing(error);
  }
}

/** Removes an entry that is nothing. */
export function removeUnbegun(place: TrashPlace): void {
  try {
    removeTemps(place.path);
    removeDir(place.path);
  } catch (error) {
    // Something has come into it.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Removes an entry and all that is in it. From the first moment it is one that nobody restores. */
export function removeForGood(place: TrashPlace): void {
  const { configDir, sessionId, state } = place;
  // One that was cut short has no time in its name, and it does not matter which it gets.
  const removing = placeAtWork(state === "deleting" ? completePlace(configDir, sessionId, 0) : place, "removing");
  // What is left of one of this name is as good as gone.
  if (statLink(removing.path) !== undefined) removeTree(removing.path);
  if (claim(place, removing)) removeTree(removing.path);
}

/**
 * Takes away what is left of entries whose removal was cut short, the locks of processes that have died, and the trash
 * itself when nothing is in it. What is being removed has been given up, so no lock is needed to go on with it.
 */
export function tidyTrash(configDir: string): void {
  let names: readonly string[];
  try {
    names = trashNames(configDir);
  } catch {
    // What cannot be used is not tidied.
    return;
  }
  for (const name of names) {
    const place = name.endsWith(".removing") ? trashPlace(configDir, name) : undefined;
    if (place !== undefined) removeTree(place.path);
  }
  removeDeadLocks(configDir, names);
  removeEmptyTrash(configDir);
}

/** Where the items of a manifest belong, and where they are put aside on their way. */
export interface Originals {
  readonly of: (path: string) => string;
  readonly asideOf: (path: string) => string;
}

/** A project dir may be a link; what it leads to is asked once. */
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

/** Deletions by 0.1.0 put nothing aside, and what they left is finished under this one. */
const NO_TOKEN = "00000000";
