import { dirname, join } from "node:path";
import { resolveConfigDirs } from "./config-dir.ts";
import { makeDir, pause, readDir, statFile, statLink } from "./disk.ts";
import { cleanStaleTemps, syncDir } from "./durable.ts";
import { isMissing, SessionInUseError, TranscriptError } from "./errors.ts";
import { moveNew } from "./move.ts";
import { removeTemps } from "./temp.ts";
import { claim, originalPaths, tidyTrash, trashPlaces } from "./trash-entries.ts";
import { completePlace, itemInTrash, placeAtWork, readManifest } from "./trash-manifest.ts";
import type { TrashedItem, TrashManifest, TrashPlace } from "./trash-manifest.ts";
import { isContained, removeTree } from "./tree.ts";
import type { StoreOptions } from "./types.ts";

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
 * Throws `TrashEntryNotFound`, `RestoreConflict`, and errors of the disk as they are: a second call then goes on.
 */
export async function restoreSession(id: string, options?: StoreOptions | null): Promise<RestoreResult> {
  const configDirs = resolveConfigDirs(options);
  const entries = chooseEntries(configDirs, id);
  const [first] = entries;
  if (first === undefined) {
    for (const configDir of configDirs) tidyTrash(configDir);
    throw nothingFor(id);
  }
  const { sessionId } = first.place;
  requireNoConflict(sessionId, entries);

  const items: TrashedItem[] = [];
  const missing: TrashedItem[] = [];
  for (const entry of entries) {
    const lost = await putBack(entry);
    for (const item of entry.manifest.items) {
      (lost.has(item.path) ? missing : items).push({ ...item, configDir: entry.place.configDir });
    }
  }
  return {
    sessionId,
    items,
    bytes: items.reduce((sum, item) => sum + item.bytes, 0),
    missing,
    otherTrashIds: configDirs.flatMap((dir) =>
      trashPlaces(dir)
        .filter((p) => p.sessionId === sessionId)
        .map((p) => p.id),
    ),
  };
}

export interface RestorationPlan {
  readonly sessionId: string;
  /** What a list showed of the session. */
  readonly summary: string | undefined;
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
}

/** What `restoreSession` would put back, were it called now. Reads only; throws as it does. */
export function planRestoration(id: string, options?: StoreOptions | null): RestorationPlan {
  const entries = chooseEntries(resolveConfigDirs(options), id);
  const [first] = entries;
  if (first === undefined) throw nothingFor(id);
  const { sessionId } = first.place;
  requireNoConflict(sessionId, entries);
  const items = entries.flatMap(({ place, manifest }) =>
    manifest.items.map((item) => ({ ...item, configDir: place.configDir })),
  );
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return { sessionId, summary: first.manifest.summary, items, bytes };
}

function nothingFor(id: string): TranscriptError {
  return new TranscriptError("TrashEntryNotFound", `Nothing in the trash for ${id}`, {
    hint: "List the trash to see what can be restored; a session that was restored is in its place again.",
    data: { id },
  });
}

function requireNoConflict(sessionId: string, entries: readonly Entry[]): void {
  const conflicts = entries.flatMap(conflictsOf);
  if (conflicts.length > 0) throw restoreConflict(sessionId, conflicts);
}

interface Entry {
  readonly place: TrashPlace;
  readonly manifest: TrashManifest;
}

/** The entries that are meant, at most one in each config dir, all of one deletion. */
function chooseEntries(configDirs: readonly string[], id: string): Entry[] {
  const entries = configDirs.flatMap(trashPlaces).flatMap((place): Entry[] => {
    if (place.state === "removing" || (place.sessionId !== id && baseId(place.id) !== baseId(id))) return [];
    const manifest = readManifest(place);
    return manifest === undefined ? [] : [{ place, manifest }];
  });
  // What was cut short comes first: until that is put right, the session is in two places.
  entries.sort((a, b) => RANK[a.place.state] - RANK[b.place.state] || b.manifest.deletedAt - a.manifest.deletedAt);
  const chosen = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.manifest.deletedAt !== entries[0]?.manifest.deletedAt || chosen.has(entry.place.configDir)) continue;
    chosen.set(entry.place.configDir, entry);
  }
  return [...chosen.values()];
}

const RANK = { restoring: 0, deleting: 1, complete: 2, removing: 3 } as const;
/** An entry keeps this part of its name when it is at work. */
const baseId = (id: string): string => id.replace(/\.(?:restoring|removing)$/, "");

/** Absolute paths at which something else stands, or where no directory can hold what is put back. */
function conflictsOf(entry: Entry): string[] {
  const { place, manifest } = entry;
  const original = originalPaths(place.configDir);
  return manifest.items.flatMap(({ path }) => {
    const from = itemInTrash(place, path);
    const to = original(path);
    if (statLink(from) === undefined) return [];
    const parent = dirname(to);
    const obstacle = isProjectItem(path)
      ? noDirectory(statFile(parent), parent)
      : noDirectory(statLink(parent), parent);
    if (obstacle !== undefined) return [obstacle];
    return statLink(to) === undefined || isContained(from, to) || isRest(entry, from, to) ? [] : [to];
  });
}

/**
 * Whether what stands at `to` is what a deletion that copied to another file system had not removed yet when it was
 * killed: all of it is in the trash as well.
 */
const isRest = ({ place }: Entry, from: string, to: string): boolean =>
  place.state !== "complete" && isContained(to, from);

/** The config dir and project dirs may be links, which `originalPaths` has followed; other directories may not. */
const isProjectItem = (path: string): boolean => path.startsWith("projects/") || !path.includes("/");

function noDirectory(stat: { isDirectory(): boolean } | undefined, path: string): string | undefined {
  if (stat?.isDirectory() || (stat === undefined && statLink(path) === undefined)) return undefined;
  return path;
}

function restoreConflict(sessionId: string, conflicts: readonly string[]): TranscriptError {
  const paths = [...new Set(conflicts)];
  const [first] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
  return new TranscriptError("RestoreConflict", `Session ${sessionId} cannot be restored: ${first}${more} in the way`, {
    hint: "Move what stands in the way, or delete the session that is there now, then restore by trash id.",
    data: { sessionId, conflicts: paths },
  });
}

/** Puts all of an entry back and removes it; gives the paths that were nowhere. */
async function putBack(entry: Entry): Promise<Set<string>> {
  const { place, manifest } = entry;
  const working = placeAtWork(baseOf(place, manifest), "restoring");
  if (place.id !== working.id && !claim(place, working)) {
    throw new SessionInUseError(place.sessionId, "another process is restoring or removing it");
  }
  const original = originalPaths(place.configDir);
  const lost = new Set<string>();
  const touched = new Set<string>();
  for (const { path } of [...manifest.items].reverse()) {
    const to = original(path);
    makeParent(to);
    if (!putBackOne(entry, itemInTrash(working, path), to)) lost.add(path);
    touched.add(dirname(to));
    await pause();
  }
  for (const dir of touched) {
    syncDir(dir);
    cleanStaleTemps(dir);
  }
  removeEntry(working, manifest);
  tidyTrash(place.configDir);
  return lost;
}

/** The entry under the name that it has when it waits. */
function baseOf(place: TrashPlace, { deletedAt }: TrashManifest): TrashPlace {
  return place.state === "deleting" ? completePlace(place.configDir, place.sessionId, deletedAt) : place;
}

function makeParent(path: string): void {
  const parent = dirname(path);
  if (statLink(parent) !== undefined) return;
  makeDir(parent);
  syncDir(dirname(parent));
}

/** False when the thing is neither in the trash nor in its place. */
function putBackOne(entry: Entry, from: string, to: string): boolean {
  const outcome = moveNew(from, to);
  if (outcome === "missing") return statLink(to) !== undefined;
  if (outcome !== "taken") return true;
  if (isContained(from, to)) {
    // A run that copied from another file system was killed before it emptied the trash; the session may have grown.
    removeTree(from);
    return true;
  }
  if (!isRest(entry, from, to)) throw restoreConflict(entry.place.sessionId, [to]);
  removeTree(to);
  return putBackOne(entry, from, to);
}

/** Removes an entry that has been emptied. One in which something else was put goes back to waiting. */
function removeEntry(working: TrashPlace, { deletedAt }: TrashManifest): void {
  const files = join(working.path, "files");
  if (holdsMore(files)) {
    for (let nth = 1; ; nth++) {
      const complete = completePlace(working.configDir, working.sessionId, deletedAt, nth);
      if (statLink(complete.path) === undefined) return void claim(working, complete);
    }
  }
  const removing = placeAtWork(working, "removing");
  if (claim(working, removing)) removeTree(removing.path);
}

/** Whether a directory of the entry, without what killed copies left in it, has anything but directories in it. */
function holdsMore(dir: string): boolean {
  try {
    removeTemps(dir);
    return readDir(dir).some((entry) => !entry.isDirectory() || holdsMore(join(dir, entry.name)));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
