import { dirname } from "node:path";
import { randomHex } from "../disk/builtins.ts";
import { isThere, makeNewDir } from "../disk/fs.ts";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { errnoOf, ignoreDiskErrors, TranscriptError } from "../errors.ts";
import { findCopies, newestCopy } from "../projects/find-copies.ts";
import { drain, requireDrained, takeForGood, takeIntoTrash } from "../disk/move.ts";
import { belongings } from "../projects/sidecars.ts";
import { timing, yieldToEventLoop } from "../timing.ts";
import { titleOf } from "../facts/title-of.ts";
import { syncTrash } from "./trash-dir.ts";
import {
  claim,
  cutShort,
  isGoneOrEmpty,
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
  /** More of the session may be left: the manifest was that of an earlier run, or not everything was moved. */
  readonly lookAgain: boolean;
}

/**
 * Moves everything of a session in one config dir to the trash there, or removes it if `permanent`, by the manifest of
 * an earlier run, if any. Undefined if nothing is there. The caller holds the session's lock.
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

/** Moves or removes what the manifest names. */
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
  const back = manifest.items.map(({ path }) => places.of(path)).filter(isThere);
  return {
    trashId,
    items: done.map((item) => ({ ...item, configDir })),
    skipped: [...skipped, ...back.map((path) => ({ path, reason: "reappeared while it was being deleted" }))],
    lookAgain: lookAgain || left,
  };
}

/** Removes the manifest if nothing could be moved: the session is then as before, and the deletion not interrupted. */
function withdraw(place: TrashPlace): void {
  // If this fails too, a later run must do it.
  ignoreDiskErrors(() => {
    const reading = readEntry(place);
    if (isGoneOrEmpty(place, reading)) removeUnbegun(place);
    else if (reading.manifest !== undefined && isUntouched(place, reading.manifest)) removeForGood(place);
  });
}

function isUntouched(place: TrashPlace, manifest: TrashManifest): boolean {
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.every(
    ({ path }) => isThere(of(path)) && !isThere(asideOf(path)) && !isThere(itemInTrash(place, path)),
  );
}

/** Undoes an interrupted restoration: its entry becomes that of the deletion, which then finishes. */
function resumeRestoration(place: TrashPlace): void {
  const cut = cutShort(place.configDir, place.sessionId);
  if (cut?.place.state === "restoring" && !isThere(place.path)) claim(cut.place, place);
}

/** Writes the manifest of what will be moved, creating the entry if it is missing. */
function begin(place: TrashPlace, items: TrashManifest["items"], deletedAt: number): TrashManifest {
  const { sessionId } = place;
  const newest = newestCopy(findCopies(sessionId, { configDirs: [place.configDir] }));
  const token = randomHex(4);
  const manifest = { sessionId, deletedAt, summary: newest && titleOf(newest), items, token };
  if (isGoneOrEmpty(place, readEntry(place))) {
    // A run that was killed before it wrote a manifest may have left it.
    makeDirIfMissing(place.path);
    syncTrash(place.configDir);
    if (writeManifest(place, manifest)) return manifest;
  }
  throw unusable(place, readEntry(place).problem);
}

function makeDirIfMissing(path: string): void {
  try {
    makeNewDir(path);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Returns the error for an entry that blocks the deletion: it can neither finish the old one nor begin a new one. */
function unusable(place: TrashPlace, problem: string | undefined): TranscriptError {
  return new TranscriptError("Io", `The trash entry ${place.id} cannot be used: ${problem ?? "it keeps changing"}`, {
    hint: `Move ${place.path} away, then try again. It holds the session's files under their old paths.`,
    data: { path: place.path },
  });
}

/** Moves the items in place. `gone`: paths that no longer are; `left`: whether one differs from its item there. */
async function moveAll(
  place: TrashPlace,
  manifest: TrashManifest,
  { of, asideOf }: Originals,
  permanent: boolean,
): Promise<{ readonly gone: Set<string>; readonly left: boolean }> {
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
  // Transcripts last: they are what other processes write to.
  for (const path of aside.reverse()) {
    requireDrained(drain(asideOf(path), itemInTrash(place, path)));
    await yieldToEventLoop();
  }
  for (const dir of touched) syncDir(dir);
  for (const dir of touched) cleanStaleTemps(dir);
  return { gone, left };
}

/** Creates the directories below the entry one by one. */
function makeParents(place: TrashPlace, manifest: TrashManifest, touched: Set<string>): void {
  for (const { path } of manifest.items) {
    const chain: string[] = [];
    for (let dir = dirname(itemInTrash(place, path)); !touched.has(dir); dir = dirname(dir)) chain.unshift(dir);
    for (const dir of chain) {
      makeDirIfMissing(dir);
      touched.add(dir);
    }
  }
}

/** Gives the entry its final name, or removes it. Returns that name; undefined if it was removed. */
function finish(place: TrashPlace, manifest: TrashManifest, remove: boolean): string | undefined {
  for (let nth = 1; ; nth++) {
    const complete = completePlace(place.configDir, place.sessionId, manifest.deletedAt, nth);
    const next = remove ? placeAtWork(complete, "removing") : complete;
    if (isThere(complete.path) || isThere(next.path)) continue;
    claim(place, next);
    if (remove) removeTree(next.path);
    return remove ? undefined : next.id;
  }
}
