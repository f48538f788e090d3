import { dirname, join } from "node:path";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { makeDir, readDir, statFile, statLink } from "../disk/fs.ts";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { errnoOf, inContext, isMissing, TranscriptError } from "../errors.ts";
import { findCopies } from "../projects/find-copies.ts";
import { drain, putBack, requireDrained } from "../disk/move.ts";
import { withSessionLock } from "./session-lock.ts";
import { removeTemps } from "../disk/temp-file.ts";
import {
  allTrashPlaces,
  claim,
  type Entry,
  isNothing,
  type Originals,
  originals,
  removeForGood,
  tidyTrash,
} from "./trash-entries.ts";
import { completePlace, itemInTrash, MANIFEST, placeAtWork, readEntry } from "./trash-manifest.ts";
import type { TrashedItem, TrashManifest, TrashPlace } from "./trash-manifest.ts";
import { isContained } from "../disk/dir-tree.ts";
import type { StoreOptions } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

export interface RestoreResult {
  readonly sessionId: string;
  /** What was put back, by this run or by an earlier one that had been cut short. */
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
  /** What the manifest names and is neither in the trash nor in its place: a permanent deletion had begun. */
  readonly missing: readonly TrashedItem[];
  /** Further entries of the same session that are still in the trash. */
  readonly otherTrashIds: readonly string[];
}

/**
 * Puts a deleted session back: every file, directory and link under its old path, transcripts last. `id` is an entry of
 * the trash (`listTrash`) or a session id, which means its latest deletion. Nothing is overwritten: when something else
 * stands in the way of anything, `RestoreConflict` names all that does (`data.conflicts`, absolute paths), and nothing
 * was changed. A deletion or restoration that was cut short is undone or finished.
 *
 * Throws `TrashEntryNotFound`, `RestoreConflict`, `SessionBusy` when another process is changing the session, and errors
 * of the disk as they are: a second call then goes on.
 */
export async function restoreSession(id: string, options?: StoreOptions | null): Promise<RestoreResult> {
  const configDirs = resolveConfigDirs(options);
  // First a look, so that nothing is touched for what cannot be done.
  const found = requireEntriesOrTidy(configDirs, id);
  const [seen] = found;
  const { sessionId } = seen.place;
  const concerned = found.map(({ place }) => place.configDir);
  return withSessionLock(concerned, sessionId, "restore", async () => {
    const entries = chooseEntries(concerned, sessionId, seen.manifest.deletedAt);
    if (entries.length === 0) throw restoredConcurrently(id, sessionId, configDirs);
    requireRestorable(id, entries);
    const items: TrashedItem[] = [];
    const missing: TrashedItem[] = [];
    for (const entry of entries) {
      const lost = await putEntryBack(entry).catch((error: unknown) => {
        if (items.length === 0 && entry.place.state === "complete" && statLink(entry.place.path)) throw error;
        throw inContext(error, `Session ${sessionId} was only partly restored: `, `. ${NEXT_STEP}`);
      });
      for (const item of entry.manifest.items) {
        (lost.has(item.path) ? missing : items).push({ ...item, configDir: entry.place.configDir });
      }
    }
    return {
      sessionId,
      items,
      bytes: items.reduce((sum, item) => sum + item.bytes, 0),
      missing,
      otherTrashIds: allTrashPlaces(configDirs, sessionId)
        .places.filter((place) => place.sessionId === sessionId)
        .map((place) => place.id),
    };
  });
}

const NEXT_STEP = "When that is fixed, restore it again";

export interface RestorationPlan {
  readonly sessionId: string;
  /** What a list showed of the session. */
  readonly summary: string | undefined;
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
}

/** What `restoreSession` would put back, were it called now. Reads only; throws as it does. */
export function planRestoration(id: string, options?: StoreOptions | null): RestorationPlan {
  const entries = requireEntries(resolveConfigDirs(options), id);
  const [{ place, manifest }] = entries;
  const items = entries.flatMap((entry) =>
    entry.manifest.items.map((item) => ({ ...item, configDir: entry.place.configDir })),
  );
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return { sessionId: place.sessionId, summary: manifest.summary, items, bytes };
}

/** The entries that are meant, when there are any and nothing is in their way. */
function requireEntries(configDirs: readonly string[], id: string): [Entry, ...Entry[]] {
  const [first, ...others] = chooseEntries(configDirs, id);
  if (first === undefined) {
    throw nothingFor(id, problemsOf(configDirs, id));
  }
  requireRestorable(id, [first, ...others]);
  return [first, ...others];
}

function requireEntriesOrTidy(configDirs: readonly string[], id: string): [Entry, ...Entry[]] {
  try {
    return requireEntries(configDirs, id);
  } catch (error) {
    // What killed runs left is nobody's.
    for (const configDir of configDirs) tidyTrash(configDir);
    throw error;
  }
}

function nothingFor(id: string, unusable: readonly { place: TrashPlace; problem: string }[]): TranscriptError {
  const [first] = unusable;
  if (first === undefined) {
    return new TranscriptError("TrashEntryNotFound", `Nothing in the trash for ${id}`, {
      hint: "List the trash to see what can be restored; a session that was restored is in its place again.",
      data: { id },
    });
  }
  const { place, problem } = first;
  return new TranscriptError("TrashEntryNotFound", `${place.id} in the trash cannot be restored: ${problem}`, {
    hint: `Its contents are in ${place.path}, under their old paths. Move them back by hand, or remove the entry by its id.`,
    data: { id, path: place.path, problem },
  });
}

/** The entries that are meant and cannot be used. Throws what keeps a trash from being looked at. */
function problemsOf(configDirs: readonly string[], id: string): { place: TrashPlace; problem: string }[] {
  const { places, errors } = allTrashPlaces(configDirs, id);
  const problems = places.flatMap((place) => {
    if (place.state === "removing" || !isMeant(place, id)) return [];
    const reading = readEntry(place);
    if (reading.problem === undefined || isNothing(place, reading)) return [];
    return [{ place, problem: reading.problem }];
  });
  if (problems.length === 0 && errors.length > 0) throw errors[0];
  return problems;
}

function restoredConcurrently(id: string, sessionId: string, configDirs: readonly string[]): TranscriptError {
  const isBack = findCopies(sessionId, { configDirs }).length > 0;
  const what = isBack ? "restored it" : "removed it, or restored and deleted it again";
  return new TranscriptError("TrashEntryNotFound", `Nothing in the trash for ${id}: another process has ${what}`, {
    hint: "List the trash to see what can be restored; a session that was restored is in its place again.",
    data: { id },
  });
}

/** Nothing is in the way of the entries, and there is something in them, or it has been put back already. */
function requireRestorable(id: string, entries: readonly Entry[]): void {
  const conflicts = entries.flatMap(conflictsOf);
  const [first] = entries;
  if (conflicts.length > 0 && first !== undefined) throw restoreConflict(first.place.sessionId, conflicts);
  if (entries.some(hasAnything)) return;
  throw nothingFor(
    id,
    entries.map(({ place }) => ({ place, problem: "nothing is left of what its manifest.json names" })),
  );
}

function hasAnything({ place, manifest }: Entry): boolean {
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.some(({ path }) =>
    [itemInTrash(place, path), of(path), asideOf(path)].some((at) => statLink(at) !== undefined),
  );
}

const isMeant = (place: TrashPlace, id: string): boolean => place.sessionId === id || baseId(place.id) === baseId(id);

/** The entries that are meant, at most one in each config dir, all of one deletion: the one of that time, or the latest. */
function chooseEntries(configDirs: readonly string[], id: string, deletedAt?: number): Entry[] {
  const entries = entriesOf(configDirs, id);
  // What was cut short comes first: until that is put right, the session is in two places.
  entries.sort((a, b) => RANK[a.place.state] - RANK[b.place.state] || b.manifest.deletedAt - a.manifest.deletedAt);
  const time = deletedAt ?? entries[0]?.manifest.deletedAt;
  const chosen = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.manifest.deletedAt !== time || chosen.has(entry.place.configDir)) continue;
    chosen.set(entry.place.configDir, entry);
  }
  return [...chosen.values()];
}

/** So often the trash is looked at again when an entry has got another name between its name and its manifest. */
const LOOKS = 3;

function entriesOf(configDirs: readonly string[], id: string): Entry[] {
  for (let look = 1; ; look++) {
    const readings = allTrashPlaces(configDirs, id)
      .places.filter((place) => place.state !== "removing" && isMeant(place, id))
      .map((place) => ({ place, reading: readEntry(place) }));
    const isSettled = readings.every(({ reading }) => reading.problem === undefined || reading.is !== "gone");
    if (!isSettled && look < LOOKS) continue;
    return readings.flatMap(({ place, reading }) =>
      reading.manifest === undefined ? [] : [{ place, manifest: reading.manifest }],
    );
  }
}

const RANK = { restoring: 0, deleting: 1, complete: 2, removing: 3 } as const;
/** An entry keeps this part of its name when it is at work. */
const baseId = (id: string): string => id.replace(/\.(?:restoring|removing)$/, "");

/** Absolute paths at which something else stands, or where no directory can hold what is put back. */
function conflictsOf(entry: Entry): string[] {
  const { place, manifest } = entry;
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.flatMap(({ path }) => {
    const to = of(path);
    const from = [itemInTrash(place, path), asideOf(path)].find((at) => statLink(at) !== undefined);
    if (from === undefined) return [];
    const obstacle = obstacleAbove(place.configDir, path, to);
    if (obstacle !== undefined) return [obstacle];
    return statLink(to) === undefined || isContained(from, to) || isLeftover(entry, from, to) ? [] : [to];
  });
}

/**
 * Whether what stands at `to` is what a deletion that copied to another file system had not removed yet when it was
 * killed: all of it is in the trash as well.
 */
const isLeftover = ({ place }: Entry, from: string, to: string): boolean =>
  place.state !== "complete" && isContained(to, from);

/** What stands, above the place of an item, where there must be a directory, or nothing. */
function obstacleAbove(configDir: string, path: string, to: string): string | undefined {
  const names = path.split("/").slice(0, -1);
  // Project dirs may be links, which `originals` has followed, and so may `projects`. One that leads nowhere holds nothing.
  if (names[0] === "projects") return isNoDirectory(statFile(dirname(to)), dirname(to)) ? dirname(to) : undefined;
  // A link in place of any other directory would lead what is put back out of the config dir.
  const above = names.map((_, nth) => join(configDir, ...names.slice(0, nth + 1)));
  return above.find((dir) => isNoDirectory(statLink(dir), dir));
}

function isNoDirectory(stat: { isDirectory(): boolean } | undefined, path: string): boolean {
  if (stat !== undefined) return !stat.isDirectory();
  return statLink(path) !== undefined;
}

function restoreConflict(sessionId: string, conflicts: readonly string[]): TranscriptError {
  const paths = [...new Set(conflicts)];
  const [first] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
  return new TranscriptError("RestoreConflict", `Session ${sessionId} cannot be restored: ${first}${more} in the way`, {
    hint: "Move what is in the way, or delete the session that is there now, then restore by trash id.",
    data: { sessionId, conflicts: paths },
  });
}

/** Puts all of an entry back and removes it; gives the paths that were nowhere. */
async function putEntryBack(entry: Entry): Promise<Set<string>> {
  const { place, manifest } = entry;
  const working = place.state === "restoring" ? place : workingPlace(place, manifest);
  if (place.id !== working.id && !claim(place, working)) throw new Error(`${place.path} went away under its lock`);
  const places = originals(place.configDir, manifest);
  const lost = new Set<string>();
  const touched = new Set<string>();
  try {
    for (const { path } of [...manifest.items].reverse()) {
      const to = places.of(path);
      const isThere = [itemInTrash(working, path), places.asideOf(path)].some((at) => statLink(at) !== undefined);
      // No directory is made for what is nowhere.
      if (isThere) makeParent(to);
      if (isThere ? putItemBack(entry, working, path, places) : statLink(to) !== undefined) touched.add(dirname(to));
      else lost.add(path);
      await yieldToEventLoop();
    }
  } catch (error) {
    if (place.state === "complete" && isUntouched(working, manifest, places)) renameBack(working, place);
    throw error;
  }
  for (const dir of touched) {
    syncDir(dir);
    cleanStaleTemps(dir);
  }
  removeEntry(working, manifest);
  tidyTrash(place.configDir);
  return lost;
}

/** Whether all that an entry has is still in it, and nowhere else. */
const isUntouched = (place: TrashPlace, { items }: TrashManifest, { of }: Originals): boolean =>
  items.every(({ path }) => statLink(itemInTrash(place, path)) !== undefined && statLink(of(path)) === undefined);

/** Gives an entry its name back of which the disk let nothing be put back: nothing was cut short. */
function renameBack(working: TrashPlace, place: TrashPlace): void {
  try {
    claim(working, place);
  } catch (error) {
    // It refuses this as well.
    if (errnoOf(error) === undefined) throw error;
  }
}

/** The name under which an entry is put back: the one under which it waits, and what is done to it. */
function workingPlace(place: TrashPlace, { deletedAt }: TrashManifest): TrashPlace {
  for (let nth = 1; ; nth++) {
    const waiting =
      nth === 1 && place.state === "complete" ? place : completePlace(place.configDir, place.sessionId, deletedAt, nth);
    const working = placeAtWork(waiting, "restoring");
    if (statLink(working.path) === undefined) return working;
  }
}

function makeParent(path: string): void {
  const parent = dirname(path);
  if (statLink(parent) !== undefined) return;
  makeDir(parent);
  syncDir(dirname(parent));
}

/** False when the thing is neither in the trash nor in its place. */
function putItemBack(entry: Entry, working: TrashPlace, path: string, { of, asideOf }: Originals): boolean {
  const [from, to, aside] = [itemInTrash(working, path), of(path), asideOf(path)];
  const mayExtend = entry.place.state !== "complete";
  if (statLink(aside) !== undefined) {
    // A deletion was killed that had put it aside. Either it has been copied since, and then a part may be gone, or not.
    if (statLink(from) !== undefined) requireDrained(drain(aside, from));
    else if (putBack(aside, to, mayExtend) === "taken") throw restoreConflict(entry.place.sessionId, [to]);
  }
  const outcome = putBack(from, to, mayExtend);
  if (outcome === "taken") throw restoreConflict(entry.place.sessionId, [to]);
  return outcome === "placed" || statLink(to) !== undefined;
}

/** Removes an entry that has been emptied. One in which something else was put goes back to waiting. */
function removeEntry(working: TrashPlace, { deletedAt }: TrashManifest): void {
  if (!holdsMore(working.path, [MANIFEST])) return removeForGood(working);
  for (let nth = 1; ; nth++) {
    const complete = completePlace(working.configDir, working.sessionId, deletedAt, nth);
    if (statLink(complete.path) === undefined) return void claim(working, complete);
  }
}

/**
 * Whether a directory of the entry, without what killed copies left in it, has anything but directories in it, and but
 * for what is known.
 */
function holdsMore(dir: string, known: readonly string[] = []): boolean {
  try {
    removeTemps(dir);
    return readDir(dir).some(
      (entry) => !known.includes(entry.name) && (!entry.isDirectory() || holdsMore(join(dir, entry.name))),
    );
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
