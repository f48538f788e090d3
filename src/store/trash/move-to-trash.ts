import { dirname } from "node:path";
import { randomHex } from "../disk/builtins.ts";
import { makeNewDir, statLink } from "../disk/fs.ts";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { findCopies, newestCopy } from "../projects/find-copies.ts";
import { drain, requireDrained, takeForGood, takeIntoTrash } from "../disk/move.ts";
import { belongings } from "../projects/sidecars.ts";
import { timing, yieldToEventLoop } from "../timing.ts";
import { titleOf } from "../facts/title-of.ts";
import { syncTrash } from "./trash-dir.ts";
import {
  claim,
  cutShort,
  isNothing,
  type Originals,
  originals,
  removeForGood,
  removeUnbegun,
} from "./trash-entries.ts";
import {
  completePlace,
  deletingPlace,
  itemInTrash,
  placeAtWork,
  readEntry,
  readManifest,
  type TrashedItem,
  type TrashManifest,
  type TrashPlace,
  writeManifest,
} from "./trash-manifest.ts";
import { removeTree } from "../disk/dir-tree.ts";
import type { Skipped } from "../types.ts";

export interface Part {
  readonly trashId: string | undefined;
  readonly items: readonly TrashedItem[];
  readonly skipped: readonly Skipped[];
  /** Something of the session may still be there: what was done was written down by an earlier run, or was not all. */
  readonly lookAgain: boolean;
}

/**
 * Moves all of a session that is in one config dir into the trash there, or with `permanent` removes it: finishes what an
 * earlier run wrote down, else writes down and does it. Undefined when nothing of the session is there. The session is
 * locked.
 */
export async function moveToTrash(
  configDir: string,
  sessionId: string,
  permanent: boolean,
  deletedAt: number,
): Promise<Part | undefined> {
  const place = deletingPlace(configDir, sessionId);
  resumeRestoration(place);
  const begun = readManifest(place);
  if (begun !== undefined) return finishMoving(place, begun, permanent, { lookAgain: true, skipped: [] });
  const { items, skipped } = await belongings(sessionId, configDir);
  if (items.length === 0) return undefined;
  try {
    return await finishMoving(place, begin(place, items, deletedAt), permanent, { lookAgain: false, skipped });
  } catch (error) {
    withdraw(place);
    throw error;
  }
}

/** Does what is written down. */
async function finishMoving(
  place: TrashPlace,
  manifest: TrashManifest,
  permanent: boolean,
  { lookAgain, skipped }: Pick<Part, "lookAgain" | "skipped">,
): Promise<Part> {
  const { configDir } = place;
  const places = originals(configDir, manifest);
  const { gone, left } = await moveAll(place, manifest, places, permanent);
  const done = manifest.items.filter(({ path }) => gone.has(path));
  const trashId = finish(place, manifest, permanent || done.length === 0);
  const back = manifest.items.map(({ path }) => places.of(path)).filter((path) => statLink(path) !== undefined);
  return {
    trashId,
    items: done.map((item) => ({ ...item, configDir })),
    skipped: [...skipped, ...back.map((path) => ({ path, reason: "reappeared while it was being deleted" }))],
    lookAgain: lookAgain || left,
  };
}

/** Takes away what was written down when the disk refused all of it: then the session is as it was, and not cut short. */
function withdraw(place: TrashPlace): void {
  try {
    const reading = readEntry(place);
    if (isNothing(place, reading)) removeUnbegun(place);
    else if (reading.manifest !== undefined && isUntouched(place, reading.manifest)) removeForGood(place);
  } catch (error) {
    // It refuses this as well, so a later run has to do it.
    if (errnoOf(error) === undefined) throw error;
  }
}

function isUntouched(place: TrashPlace, manifest: TrashManifest): boolean {
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.every(
    ({ path }) =>
      statLink(of(path)) !== undefined &&
      statLink(asideOf(path)) === undefined &&
      statLink(itemInTrash(place, path)) === undefined,
  );
}

/** A restoration that was cut short is undone by finishing the deletion that it was undoing. */
function resumeRestoration(place: TrashPlace): void {
  const cut = cutShort(place.configDir, place.sessionId);
  if (cut?.place.state === "restoring" && statLink(place.path) === undefined) claim(cut.place, place);
}

/** Writes down what will be moved, under an entry that there is or that is made. */
function begin(place: TrashPlace, items: TrashManifest["items"], deletedAt: number): TrashManifest {
  const { sessionId } = place;
  const newest = newestCopy(findCopies(sessionId, { configDirs: [place.configDir] }));
  const token = randomHex(4);
  const manifest = { sessionId, deletedAt, summary: newest && titleOf(newest), items, token };
  if (isNothing(place, readEntry(place))) {
    makeEntry(place);
    if (writeManifest(place, manifest)) return manifest;
  }
  throw unusable(place, readEntry(place).problem);
}

function makeEntry(place: TrashPlace): void {
  try {
    makeNewDir(place.path);
  } catch (error) {
    // Left by a run that was killed before it wrote a manifest.
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  syncTrash(place.configDir);
}

/** An entry by which a deletion cannot be finished, and none be begun. */
function unusable(place: TrashPlace, problem: string | undefined): TranscriptError {
  return new TranscriptError("Io", `The trash entry ${place.id} cannot be used: ${problem ?? "it keeps changing"}`, {
    hint: `Move ${place.path} away, then try again. Its contents are there, under their old paths.`,
    data: { path: place.path },
  });
}

interface Moves {
  /** Paths of items that are not in their place any more: in the trash, or removed. */
  readonly gone: Set<string>;
  /** Whether something else stands at an original path than what the trash has of it. */
  readonly left: boolean;
}

/** Moves what is still in its place. */
async function moveAll(
  place: TrashPlace,
  manifest: TrashManifest,
  { of, asideOf }: Originals,
  permanent: boolean,
): Promise<Moves> {
  const gone = new Set<string>();
  const aside: string[] = [];
  let left = false;
  const touched = new Set([place.path]);
  makeParents(place, manifest, touched);
  for (const { path } of manifest.items) {
    const [from, to] = [of(path), itemInTrash(place, path)];
    const outcome = permanent ? takeForGood(from, to, asideOf(path)) : takeIntoTrash(from, to, asideOf(path));
    if (outcome !== "missing") gone.add(path);
    if (outcome === "aside") aside.push(path);
    if (outcome === "left") left = true;
    touched.add(dirname(from));
    await yieldToEventLoop();
  }
  if (aside.length > 0) await new Promise((resolve) => setTimeout(resolve, timing.quietMs));
  // The transcripts last: they are what is written to.
  for (const path of aside.reverse()) {
    requireDrained(drain(asideOf(path), itemInTrash(place, path)));
    await yieldToEventLoop();
  }
  for (const dir of touched) syncDir(dir);
  for (const dir of touched) cleanStaleTemps(dir);
  return { gone, left };
}

/** One by one below the entry. */
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

/** Gives the entry the name under which it waits, or removes it. Gives that name; undefined when it was removed. */
function finish(place: TrashPlace, manifest: TrashManifest, remove: boolean): string | undefined {
  for (let nth = 1; ; nth++) {
    const complete = completePlace(place.configDir, place.sessionId, manifest.deletedAt, nth);
    const next = remove ? placeAtWork(complete, "removing") : complete;
    if (statLink(complete.path) !== undefined || statLink(next.path) !== undefined) continue;
    claim(place, next);
    if (remove) removeTree(next.path);
    return remove ? undefined : next.id;
  }
}
