import { dirname, join } from "node:path";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { isThere, makeDir, readDir, statFile, statLink } from "../disk/fs.ts";
import { cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { ignoreDiskErrors, inContext, TranscriptError, unlessMissing } from "../errors.ts";
import { findCopies } from "../projects/find-copies.ts";
import { drain, putBack, requireDrained } from "../disk/move.ts";
import { withSessionLock } from "./session-lock.ts";
import { removeTemps } from "../disk/temp-file.ts";
import {
  allTrashPlaces,
  claim,
  type Entry,
  isDeletion,
  isGoneOrEmpty,
  type Originals,
  originals,
  removeForGood,
  tidyTrash,
} from "./trash-entries.ts";
import { bytesOf, completePlace, itemInTrash, MANIFEST, placeAtWork, readEntry } from "./trash-manifest.ts";
import type { TrashedItem, TrashManifest, TrashPlace } from "./trash-manifest.ts";
import { isContained } from "../disk/dir-tree.ts";
import { restoreVersion, versionConflicts } from "./restore-version.ts";
import type { StoreOptions } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

export interface RestoreResult {
  readonly sessionId: string;
  /** Items put back, by this run or by an earlier, interrupted one. */
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
  /** Items of the manifest that are neither in the trash nor in place: a permanent deletion had begun. */
  readonly missing: readonly TrashedItem[];
  /** Other deletions of the session that are still in the trash. */
  readonly otherTrashIds: readonly string[];
  /** Entry with what was in place of an earlier version until now: its id undoes this restoration. */
  readonly replacedTrashId?: string;
}

/**
 * Puts a deleted session back: every file, directory and link under its old path, transcripts last. `id` is a trash entry
 * (`listTrash`) or a session id, which means its latest deletion. Overwrites nothing: if anything is in the way,
 * `RestoreConflict` lists it (`data.conflicts`, absolute paths) and nothing is changed. Undoes an interrupted deletion and
 * finishes an interrupted restoration. An entry with an earlier version of the session's files, before a repair, is only meant
 * by its own id: it is exchanged for what is there now (restore-version.ts), for which the session may not be in use.
 *
 * Throws `TrashEntryNotFound`, `RestoreConflict`, `SessionBusy` if another process is changing the session, and
 * file-system errors unchanged: a second call then continues.
 */
export async function restoreSession(id: string, options?: StoreOptions | null): Promise<RestoreResult> {
  const configDirs = resolveConfigDirs(options);
  let found: [Entry, ...Entry[]];
  try {
    // Checks first, so that nothing changes if it cannot succeed.
    found = requireEntries(configDirs, id);
  } catch (error) {
    // Nobody else removes what killed runs left.
    for (const configDir of configDirs) tidyTrash(configDir);
    throw error;
  }
  const [seen] = found;
  const { sessionId } = seen.place;
  const concerned = found.map(({ place }) => place.configDir);
  return withSessionLock(concerned, sessionId, "restore", async () => {
    const isVersion = seen.manifest.replacedBy !== undefined;
    const entries = chooseEntries(concerned, isVersion ? seen.place.id : sessionId, seen.manifest.deletedAt);
    if (entries.length === 0) throw restoredConcurrently(id, sessionId, configDirs);
    requireRestorable(id, entries);
    const [version] = entries;
    if (version?.manifest.replacedBy !== undefined) return exchanged(version);
    const items: TrashedItem[] = [];
    const missing: TrashedItem[] = [];
    for (const entry of entries) {
      const lost = await putEntryBack(entry).catch((error: unknown) => {
        if (items.length === 0 && entry.place.state === "complete" && isThere(entry.place.path)) throw error;
        throw inContext(error, `Session ${sessionId} was only partly restored: `, `. ${NEXT_STEP}`);
      });
      for (const item of entry.manifest.items) {
        (lost.has(item.path) ? missing : items).push({ ...item, configDir: entry.place.configDir });
      }
    }
    return {
      sessionId,
      items,
      bytes: bytesOf(items),
      missing,
      otherTrashIds: allTrashPlaces(configDirs, sessionId)
        .places.filter((place) => place.sessionId === sessionId && isDeletion(place))
        .map((place) => place.id),
    };
  });
}

async function exchanged(entry: Entry): Promise<RestoreResult> {
  const { configDir, sessionId } = entry.place;
  const { items, missing, replaced } = await restoreVersion(entry);
  const inDir = (list: typeof items): TrashedItem[] =>
    list.map(({ path, kind, bytes }) => ({ path, kind, bytes, configDir }));
  return {
    sessionId,
    items: inDir(items),
    bytes: bytesOf(items),
    missing: inDir(missing),
    otherTrashIds: [],
    ...(replaced !== undefined && { replacedTrashId: replaced }),
  };
}

const NEXT_STEP = "When that is fixed, restore it again";

export interface RestorationPlan extends Pick<RestoreResult, "sessionId" | "items" | "bytes"> {
  /** Title of the session in lists. */
  readonly summary: string | undefined;
}

/** Returns what `restoreSession` would put back now. Only reads; throws like it. */
export function planRestoration(id: string, options?: StoreOptions | null): RestorationPlan {
  const entries = requireEntries(resolveConfigDirs(options), id);
  const [{ place, manifest }] = entries;
  const items = entries.flatMap(({ place: { configDir }, manifest }) =>
    manifest.items.map(({ path, kind, bytes }) => ({ path, kind, bytes, configDir })),
  );
  return { sessionId: place.sessionId, summary: manifest.summary, items, bytes: bytesOf(items) };
}

/** Returns the entries that `id` names; throws if there are none or something is in their way. */
function requireEntries(configDirs: readonly string[], id: string): [Entry, ...Entry[]] {
  for (let look = 1; ; look++) {
    const [first, ...others] = chooseEntries(configDirs, id);
    if (first === undefined) throw nothingFor(id, unusableEntry(configDirs, id), versionsOf(configDirs, id));
    const entries: [Entry, ...Entry[]] = [first, ...others];
    try {
      requireRestorable(id, entries);
      return entries;
    } catch (error) {
      // Another process has begun to restore or remove one since it was read.
      const isStale = entries.some(({ place }) => !isThere(place.path));
      if (!isStale || look === MAX_READS) throw error;
    }
  }
}

/** An entry that cannot be restored, and why, as the end of a sentence. */
interface UnusableEntry {
  readonly place: TrashPlace;
  readonly problem: string;
}

function nothingFor(id: string, unusable: UnusableEntry | undefined, versions = ""): TranscriptError {
  if (unusable === undefined) return notInTrash(id, versions);
  const { place, problem } = unusable;
  return new TranscriptError("TrashEntryNotFound", `${place.id} in the trash cannot be restored: ${problem}`, {
    hint: `Its contents are in ${place.path}, under their old paths. Move them back by hand, or remove the entry by its id.`,
    data: { id, path: place.path, problem },
  });
}

/** Returns the end of a sentence that names the earlier versions of a session. */
function versionsOf(configDirs: readonly string[], sessionId: string): string {
  const ids = allTrashPlaces(configDirs, sessionId)
    .places.filter((place) => !isDeletion(place))
    .map(({ id }) => id);
  return ids.length === 0 ? "" : `, but earlier versions, which only their own ids mean: ${ids.join(", ")}`;
}

const notInTrash = (id: string, why = ""): TranscriptError =>
  new TranscriptError("TrashEntryNotFound", `Nothing in the trash for ${id}${why}`, {
    hint: "List the trash to see what can be restored; a session that was restored is in its place again.",
    data: { id },
  });

/** Returns an entry that `id` names and that cannot be used. Throws the error if there is none and a trash cannot be read. */
function unusableEntry(configDirs: readonly string[], id: string): UnusableEntry | undefined {
  const { places, errors } = allTrashPlaces(configDirs, id);
  for (const place of places) {
    if (place.state === "removing" || !isMeant(place, id)) continue;
    const reading = readEntry(place);
    if (reading.problem !== undefined && !isGoneOrEmpty(place, reading)) return { place, problem: reading.problem };
  }
  if (errors.length > 0) throw errors[0];
  return undefined;
}

function restoredConcurrently(id: string, sessionId: string, configDirs: readonly string[]): TranscriptError {
  const isBack = findCopies(sessionId, { configDirs }).length > 0;
  const what = isBack ? "restored it" : "removed it, or restored and deleted it again";
  return notInTrash(id, `: another process has ${what}`);
}

/** Throws if something is in the way of the entries, or if nothing they name is in them or back in place. */
function requireRestorable(id: string, entries: readonly Entry[]): void {
  const conflicts = entries.flatMap((entry) =>
    entry.manifest.replacedBy === undefined ? conflictsOf(entry) : versionConflicts(entry),
  );
  const [first] = entries;
  if (conflicts.length > 0 && first !== undefined) throw restoreConflict(first.place.sessionId, conflicts);
  if (entries.some(hasItems)) return;
  const problem = "nothing is left of what its manifest.json names";
  throw nothingFor(id, first && { place: first.place, problem });
}

function hasItems({ place, manifest }: Entry): boolean {
  if (manifest.replacedBy !== undefined) return manifest.items.some(({ path }) => isThere(itemInTrash(place, path)));
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.some(({ path }) => [itemInTrash(place, path), of(path), asideOf(path)].some(isThere));
}

const isMeant = (place: TrashPlace, id: string): boolean => place.sessionId === id || baseId(place.id) === baseId(id);

/** Returns the entries that `id` names, at most one per config dir, all of the deletion at `deletedAt`, else the latest. */
function chooseEntries(configDirs: readonly string[], id: string, deletedAt?: number): Entry[] {
  const entries = entriesOf(configDirs, id);
  // Interrupted work comes first: until it is finished, the session is in two places.
  entries.sort((a, b) => RANK[a.place.state] - RANK[b.place.state] || b.manifest.deletedAt - a.manifest.deletedAt);
  const time = deletedAt ?? entries[0]?.manifest.deletedAt;
  const chosen = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.manifest.deletedAt !== time || chosen.has(entry.place.configDir)) continue;
    chosen.set(entry.place.configDir, entry);
  }
  return [...chosen.values()];
}

/** Maximum number of reads of the trash if entries are renamed between reading their names and their manifests. */
const MAX_READS = 3;

function entriesOf(configDirs: readonly string[], id: string): Entry[] {
  for (let look = 1; ; look++) {
    const readings = allTrashPlaces(configDirs, id)
      .places.filter((place) => place.state !== "removing" && isMeant(place, id))
      .map((place) => ({ place, reading: readEntry(place) }));
    const isSettled = readings.every(({ reading }) => reading.problem === undefined || reading.is !== "gone");
    if (!isSettled && look < MAX_READS) continue;
    return readings.flatMap(({ place, reading }) =>
      // The id of a session means its deletions: an earlier version must be named.
      reading.manifest === undefined || (reading.manifest.replacedBy !== undefined && id === place.sessionId)
        ? []
        : [{ place, manifest: reading.manifest }],
    );
  }
}

const RANK = { restoring: 0, deleting: 1, complete: 2, removing: 3 } as const;
/** Returns the part of an entry's name that stays the same while it is being restored or removed. */
const baseId = (id: string): string => id.replace(/\.(?:restoring|removing)$/, "");

/** Returns absolute paths that are taken by something else, or whose directory cannot be created. */
function conflictsOf(entry: Entry): string[] {
  const { place, manifest } = entry;
  const { of, asideOf } = originals(place.configDir, manifest);
  return manifest.items.flatMap(({ path }) => {
    const to = of(path);
    const from = [itemInTrash(place, path), asideOf(path)].find(isThere);
    if (from === undefined) return [];
    const obstacle = obstacleAbove(place.configDir, path, to);
    if (obstacle !== undefined) return [obstacle];
    return !isThere(to) || isContained(from, to) || isLeftover(entry, from, to) ? [] : [to];
  });
}

/** Reports whether `to` is the rest of a deletion that was killed before it removed what it had copied to the trash. */
const isLeftover = ({ place }: Entry, from: string, to: string): boolean =>
  place.state !== "complete" && isContained(to, from);

/** Returns what is in place of a directory above an item's path; undefined if the directories exist or are missing. */
function obstacleAbove(configDir: string, path: string, to: string): string | undefined {
  const names = path.split("/").slice(0, -1);
  // Project dirs and `projects` may be links; `originals` has followed them. A dangling one can hold nothing.
  if (names[0] === "projects") return isNotDirectory(statFile(dirname(to)), dirname(to)) ? dirname(to) : undefined;
  // A link in place of any other directory would lead out of the config dir.
  const above = names.map((_, nth) => join(configDir, ...names.slice(0, nth + 1)));
  return above.find((dir) => isNotDirectory(statLink(dir), dir));
}

function isNotDirectory(stat: { isDirectory(): boolean } | undefined, path: string): boolean {
  if (stat !== undefined) return !stat.isDirectory();
  return isThere(path);
}

function restoreConflict(sessionId: string, conflicts: readonly string[]): TranscriptError {
  const paths = [...new Set(conflicts)];
  const [first] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more are` : " is";
  return new TranscriptError("RestoreConflict", `Session ${sessionId} cannot be restored: ${first}${more} in the way`, {
    hint: "Move what is in the way, or delete the session that is there now, then restore by trash id.",
    data: { sessionId, conflicts: paths },
  });
}

/** Puts everything in an entry back and removes the entry; returns the paths found neither in the trash nor in place. */
async function putEntryBack(entry: Entry): Promise<Set<string>> {
  const { place, manifest } = entry;
  const working = place.state === "restoring" ? place : workingPlace(place, manifest);
  if (place.id !== working.id && !claim(place, working)) throw new Error(`${place.path} disappeared while locked`);
  const places = originals(place.configDir, manifest);
  const lost = new Set<string>();
  const touched = new Set<string>();
  try {
    for (const { path } of [...manifest.items].reverse()) {
      const to = places.of(path);
      const isHere = [itemInTrash(working, path), places.asideOf(path)].some(isThere);
      // No directory is created for an item that is missing.
      if (isHere) makeParent(to);
      if (isHere ? putItemBack(entry, working, path, places) : isThere(to)) touched.add(dirname(to));
      else lost.add(path);
      await yieldToEventLoop();
    }
  } catch (error) {
    // The restoration then does not count as interrupted.
    if (place.state === "complete" && isUntouched(working, manifest, places)) {
      ignoreDiskErrors(() => claim(working, place));
    }
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

/** Reports whether everything of an entry is still in it, and nowhere else. */
const isUntouched = (place: TrashPlace, { items }: TrashManifest, { of }: Originals): boolean =>
  items.every(({ path }) => isThere(itemInTrash(place, path)) && !isThere(of(path)));

/** Returns the entry's name while it is put back: its complete name and `.restoring`. */
function workingPlace(place: TrashPlace, { deletedAt }: TrashManifest): TrashPlace {
  for (let nth = 1; ; nth++) {
    const waiting =
      nth === 1 && place.state === "complete" ? place : completePlace(place.configDir, place.sessionId, deletedAt, nth);
    const working = placeAtWork(waiting, "restoring");
    if (!isThere(working.path)) return working;
  }
}

function makeParent(path: string): void {
  const parent = dirname(path);
  if (isThere(parent)) return;
  makeDir(parent);
  syncDir(dirname(parent));
}

/** Puts one item back. Returns false if it is neither in the trash nor in place. */
function putItemBack(entry: Entry, working: TrashPlace, path: string, { of, asideOf }: Originals): boolean {
  const [from, to, aside] = [itemInTrash(working, path), of(path), asideOf(path)];
  const mayExtend = entry.place.state !== "complete";
  if (isThere(aside)) {
    // A killed deletion put it aside. If it was also copied, the one put aside may have lost a part since.
    if (isThere(from)) requireDrained(drain(aside, from));
    else if (putBack(aside, to, mayExtend) === "taken") throw restoreConflict(entry.place.sessionId, [to]);
  }
  const outcome = putBack(from, to, mayExtend);
  if (outcome === "taken") throw restoreConflict(entry.place.sessionId, [to]);
  return outcome === "placed" || isThere(to);
}

/** Removes an emptied entry. One that has gained other content gets a complete name again. */
function removeEntry(working: TrashPlace, { deletedAt }: TrashManifest): void {
  if (!holdsMore(working.path, [MANIFEST])) return removeForGood(working);
  for (let nth = 1; ; nth++) {
    const complete = completePlace(working.configDir, working.sessionId, deletedAt, nth);
    if (!isThere(complete.path)) return void claim(working, complete);
  }
}

/** Reports whether a directory has more than directories and `known` names, after removing what killed copies left. */
function holdsMore(dir: string, known: readonly string[] = []): boolean {
  return unlessMissing(() => {
    removeTemps(dir);
    return readDir(dir).some(
      (entry) => !known.includes(entry.name) && (!entry.isDirectory() || holdsMore(join(dir, entry.name))),
    );
  }, false);
}
