import { dirname } from "node:path";
import { makeNewDir, pause, statLink } from "./disk.ts";
import { cleanStaleTemps, syncDir } from "./durable.ts";
import { errnoOf, isMissing, SessionInUseError, TranscriptError } from "./errors.ts";
import { findCopies, newestCopy } from "./locate.ts";
import { moveNearby, moveNew } from "./move.ts";
import { type Belongings, belongings } from "./sidecars.ts";
import { titleOf } from "./title.ts";
import { claim, makeTrash, originalPaths, trashPlaces } from "./trash-entries.ts";
import {
  completePlace,
  deletingPlace,
  itemInTrash,
  placeAtWork,
  readManifest,
  type TrashedItem,
  type TrashManifest,
  type TrashPlace,
  writeManifest,
} from "./trash-manifest.ts";
import { isContained, removeTree } from "./tree.ts";
import type { Skipped } from "./types.ts";

/** Another process may take the directory away in which an entry is made; so often it is made again. */
const TRIES = 3;

export interface Part {
  readonly trashId: string | undefined;
  readonly items: readonly TrashedItem[];
  readonly skipped: readonly Skipped[];
  /** Something of the session may still be there: what was written down was written by an earlier run, or was not all. */
  readonly lookAgain: boolean;
}

/**
 * Moves all of a session that is in one config dir into the trash there, or with `permanent` removes it: finishes what an
 * earlier run wrote down, else writes down and does it. Undefined when nothing of the session is there.
 */
export async function moveToTrash(
  configDir: string,
  sessionId: string,
  permanent: boolean,
  deletedAt: number,
): Promise<Part | undefined> {
  const place = deletingPlace(configDir, sessionId);
  const begun = readManifest(place);
  const plan = begun ? undefined : await belongings(sessionId, configDir);
  if (plan?.items.length === 0) return undefined;
  const manifest = plan ? begin(place, plan, deletedAt) : begun;
  if (manifest === undefined) return { trashId: undefined, items: [], skipped: [], lookAgain: true };
  const { removed, left } = await moveAll(place, manifest, permanent);
  const done = manifest.items.filter(
    ({ path }) => removed.has(path) || statLink(itemInTrash(place, path)) !== undefined,
  );
  const finished = finish(place, manifest, permanent || done.length === 0) ?? finishedByOther(place, manifest);
  const items = finished.byOther ? manifest.items : done;
  return {
    trashId: finished.trashId,
    items: items.map((item) => ({ ...item, configDir })),
    skipped: [...(plan?.skipped ?? []), ...left.map((path) => ({ path, reason: "came back while it was deleted" }))],
    lookAgain: begun !== undefined || left.length > 0,
  };
}

/**
 * Writes down what will be moved. When another process has done so meanwhile, what it wrote counts; undefined when it has
 * even finished.
 */
function begin(place: TrashPlace, plan: Belongings, deletedAt: number): TrashManifest | undefined {
  const { sessionId } = place;
  const newest = newestCopy(findCopies(sessionId, { configDirs: [place.configDir] }));
  const manifest = { sessionId, deletedAt, summary: newest && titleOf(newest), items: plan.items };
  makeEntry(place);
  try {
    if (writeManifest(place, manifest)) return manifest;
    const other = readManifest(place);
    if (other !== undefined) return other;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  if (statLink(place.path) === undefined) return undefined;
  throw new TranscriptError("Io", `The trash entry ${place.id} cannot be read`, {
    hint: `Move ${place.path} away, then try again. What it holds lies there under its old path.`,
    data: { path: place.path },
  });
}

function makeEntry(place: TrashPlace): void {
  for (let tries = 1; ; tries++) {
    makeTrash(place.configDir);
    try {
      makeNewDir(place.path);
      syncDir(dirname(place.path));
      return;
    } catch (error) {
      if (errnoOf(error) === "EEXIST") return;
      // The last other entry was restored at this moment, and the trash went with it.
      if (!isMissing(error) || tries === TRIES) throw error;
    }
  }
}

interface Moves {
  /** Paths of items that were removed where they were, which only `permanent` does. */
  readonly removed: Set<string>;
  /** Absolute paths at which something else stands than what the trash has of the same path. */
  readonly left: string[];
}

/** Moves what is still in its place. */
async function moveAll(place: TrashPlace, manifest: TrashManifest, permanent: boolean): Promise<Moves> {
  const original = originalPaths(place.configDir);
  const removed = new Set<string>();
  const left: string[] = [];
  const touched = new Set([place.path]);
  try {
    makeParents(place, manifest, touched);
    for (const { path } of manifest.items) {
      const from = original(path);
      const outcome = moveOne(from, itemInTrash(place, path), permanent);
      if (outcome === "removed") removed.add(path);
      if (outcome === "left") left.push(from);
      touched.add(dirname(from));
      await pause();
    }
    for (const dir of touched) syncDir(dir);
    for (const dir of touched) cleanStaleTemps(dir);
  } catch (error) {
    requireNotRestored(place, error);
  }
  return { removed, left };
}

/** One by one below the entry, never the entry itself: when it has been claimed meanwhile, it must stay away. */
function makeParents(place: TrashPlace, manifest: TrashManifest, touched: Set<string>): void {
  const parents = new Set<string>();
  for (const { path } of manifest.items) {
    const chain: string[] = [];
    for (let dir = dirname(itemInTrash(place, path)); dir !== place.path; dir = dirname(dir)) chain.unshift(dir);
    for (const dir of chain) parents.add(dir);
  }
  for (const dir of parents) {
    try {
      makeNewDir(dir);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
    touched.add(dir);
  }
}

/** `left`: what stands there and what is in the trash are two different things. The one that came back is for later. */
function moveOne(from: string, to: string, permanent: boolean): "moved" | "removed" | "left" {
  const outcome = permanent ? moveNearby(from, to) : moveNew(from, to);
  if (outcome === "elsewhere") {
    removeTree(from);
    return "removed";
  }
  if (outcome !== "taken") return "moved";
  // A run that copied to another file system was killed before it removed the original, which may have grown since.
  if (isContained(from, to)) {
    removeTree(from);
    return "moved";
  }
  if (!isContained(to, from)) return "left";
  removeTree(to);
  return moveOne(from, to, permanent);
}

/** When the entry has gone, another process has finished it, or is putting it back. */
function requireNotRestored(place: TrashPlace, error: unknown): void {
  if (!isMissing(error) || statLink(place.path) !== undefined) throw error;
  const restoring = trashPlaces(place.configDir).some(
    ({ sessionId, state }) => sessionId === place.sessionId && state === "restoring",
  );
  if (restoring) throw new SessionInUseError(place.sessionId, "it is being put back from the trash");
}

interface Finished {
  /** Undefined when the entry has been removed. */
  readonly trashId: string | undefined;
  readonly byOther: boolean;
}

/** Gives the entry the name under which it waits, or removes it. Undefined when another process has done so. */
function finish(place: TrashPlace, manifest: TrashManifest, remove: boolean): Finished | undefined {
  for (let nth = 1; ; nth++) {
    const complete = completePlace(place.configDir, place.sessionId, manifest.deletedAt, nth);
    const next = remove ? placeAtWork(complete, "removing") : complete;
    try {
      if (statLink(next.path) !== undefined) continue;
      if (!claim(place, next)) return undefined;
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) continue;
      throw error;
    }
    if (remove) removeTree(next.path);
    return { trashId: remove ? undefined : next.id, byOther: false };
  }
}

function finishedByOther(place: TrashPlace, { deletedAt }: TrashManifest): Finished {
  const complete = completePlace(place.configDir, place.sessionId, deletedAt);
  return { trashId: statLink(complete.path) === undefined ? undefined : complete.id, byOther: true };
}
