/**
 * Deleting a session: into the trash, from where `restoreSession` brings it back, or for good.
 *
 * What is to be moved is written down first, then the transcripts are moved, which is the instant at which the session
 * is gone, then the rest. So a run that was killed at any point is finished by the next one, which reads what was to be
 * done, or undone by `restoreSession`. Nothing in the trash is ever replaced, so two processes may delete at once.
 */
import { dirname } from "node:path";
import { candidateOf } from "./candidates.ts";
import { resolveConfigDirs } from "./config-dir.ts";
import { makeNewDir, pause, statLink } from "./disk.ts";
import { cleanStaleTemps, syncDir } from "./durable.ts";
import { errnoOf, isMissing, SessionInUseError, SessionNotFoundError } from "./errors.ts";
import { windowFacts } from "./facts.ts";
import { requireNotInUse } from "./live.ts";
import { findCopies, newestCopy, requireCopies } from "./locate.ts";
import { moveNearby, moveNew } from "./move.ts";
import { requireSessionId } from "./session-id.ts";
import { belongings } from "./sidecars.ts";
import type { Belonging, Belongings } from "./sidecars.ts";
import { directoryInPlace } from "./standing.ts";
import { claim, makeTrash, originalPaths, tidyTrash, trashPlaces } from "./trash-entries.ts";
import {
  completePlace,
  deletingPlace,
  itemInTrash,
  placeAtWork,
  readManifest,
  writeManifest,
} from "./trash-manifest.ts";
import type { TrashManifest, TrashPlace } from "./trash-manifest.ts";
import { isContained, removeTree } from "./tree.ts";
import type { SessionOptions, Skipped } from "./types.ts";

export interface DeleteSessionOptions extends SessionOptions {
  /** Removes for good instead of moving into the trash. */
  readonly permanent?: boolean | undefined;
  /** Also when the session is in use. */
  readonly force?: boolean | undefined;
}

/** A thing that was moved into the trash, put back, or removed. */
export interface TrashedItem extends Belonging {
  readonly configDir: string;
}

export interface DeleteResult {
  readonly sessionId: string;
  /** What `restoreSession` takes: one for each config dir, usually the same; none after `permanent`. */
  readonly trashIds: readonly string[];
  readonly permanent: boolean;
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
  /** The prompts typed in the session are still in `history.jsonl`, which is never changed. */
  readonly historyKept: true;
  /** Whether an earlier run that had been cut short was finished. */
  readonly resumed: boolean;
  /** What seems to belong to the session and was left where it is. */
  readonly skipped: readonly Skipped[];
}

/** So often the session is looked for again when a part of it came back while it was deleted. */
const ROUNDS = 3;

/**
 * Deletes a session: every copy of its transcript, in all project dirs of all config dirs, and all that belongs to it.
 * `dir` says where it has to be found. Empty transcripts of the id are no session, but go along with one.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError` and, without `force`, `SessionInUseError`; errors of the disk
 * as they are, and then a second call goes on where this one stopped.
 */
export async function deleteSession(sessionId: string, options?: DeleteSessionOptions | null): Promise<DeleteResult> {
  requireSessionId(sessionId);
  const configDirs = resolveConfigDirs(options);
  const begun = configDirs.filter((configDir) => readDeleting(configDir, sessionId) !== undefined);
  if (begun.length === 0) requireTranscripts(sessionId, options);
  if (!options?.force)
    requireNotInUse(
      sessionId,
      configDirs.map((configDir) => tracesIn(configDir, sessionId)),
    );

  const permanent = options?.permanent === true;
  const deletedAt = Date.now();
  const parts: Part[] = [];
  for (const configDir of oldestFirst(configDirs, sessionId)) {
    for (let round = 0; round < ROUNDS; round++) {
      const part = await deleteOnce(configDir, sessionId, permanent, deletedAt);
      if (part === undefined) break;
      parts.push(part);
    }
    tidyTrash(configDir);
  }
  const items = parts.flatMap((part) => part.items);
  // Another process had been at it, and was faster with every single thing.
  if (items.length === 0) throw new SessionNotFoundError(sessionId, " in any project directory");
  return {
    sessionId,
    trashIds: [...new Set(parts.flatMap((part) => part.trashId ?? []))],
    permanent,
    items,
    bytes: items.reduce((sum, item) => sum + item.bytes, 0),
    historyKept: true,
    resumed: begun.length > 0,
    skipped: parts.flatMap((part) => part.skipped),
  };
}

interface Part {
  readonly trashId: string | undefined;
  readonly items: readonly TrashedItem[];
  readonly skipped: readonly Skipped[];
}

function requireTranscripts(sessionId: string, options: DeleteSessionOptions | null | undefined): void {
  try {
    requireCopies(sessionId, options);
  } catch (error) {
    const path = error instanceof SessionNotFoundError ? directoryInPlace(sessionId, options) : undefined;
    if (path === undefined) throw error;
    const message = `Path is a directory: rm returned EISDIR (is a directory) ${path}`;
    throw Object.assign(new Error(message), { code: "ERR_FS_EISDIR", path });
  }
}

function tracesIn(configDir: string, sessionId: string): { configDir: string; mtimesMs: number[] } {
  return { configDir, mtimesMs: findCopies(sessionId, { configDirs: [configDir] }).map((copy) => copy.mtimeMs) };
}

/** The config dir with the newest copy last: until the session is gone, it shows as it was, never as an older copy. */
function oldestFirst(configDirs: readonly string[], sessionId: string): string[] {
  const newest = (configDir: string): number => Math.max(0, ...tracesIn(configDir, sessionId).mtimesMs);
  return [...configDirs].sort((a, b) => newest(a) - newest(b));
}

function readDeleting(configDir: string, sessionId: string): TrashManifest | undefined {
  return readManifest(deletingPlace(configDir, sessionId));
}

/** One pass: finishes what was begun, else begins anew. Undefined when nothing of the session is there. */
async function deleteOnce(
  configDir: string,
  sessionId: string,
  permanent: boolean,
  deletedAt: number,
): Promise<Part | undefined> {
  const place = deletingPlace(configDir, sessionId);
  let manifest = readManifest(place);
  let skipped: readonly Skipped[] = [];
  if (manifest === undefined) {
    const plan = await belongings(sessionId, configDir);
    if (plan.items.length === 0) return undefined;
    manifest = begin(place, plan, deletedAt);
    skipped = plan.skipped;
  }
  const removed = await moveAll(place, manifest, permanent);
  const done = manifest.items.filter(
    ({ path }) => removed.has(path) || statLink(itemInTrash(place, path)) !== undefined,
  );
  const finished = finish(place, manifest, permanent || done.length === 0) ?? finishedByOther(place, manifest);
  const items = finished.byOther ? manifest.items : done;
  return { trashId: finished.trashId, items: items.map((item) => ({ ...item, configDir })), skipped };
}

/** Writes down what will be moved. When another process has done so meanwhile, what it wrote counts. */
function begin(place: TrashPlace, plan: Belongings, deletedAt: number): TrashManifest {
  const { sessionId } = place;
  const manifest = { sessionId, deletedAt, summary: summaryOf(place), items: plan.items };
  makeEntry(place);
  if (writeManifest(place, manifest)) return manifest;
  const other = readManifest(place);
  if (other === undefined) throw new SessionInUseError(sessionId, "another process is deleting it");
  return other;
}

/** What a list shows of the session, as far as the ends of the transcript tell it. */
function summaryOf({ configDir, sessionId }: TrashPlace): string | undefined {
  const copies = findCopies(sessionId, { configDirs: [configDir] });
  const newest = newestCopy(copies);
  const candidate = newest && candidateOf(newest);
  try {
    return candidate && windowFacts(candidate)?.summary;
  } catch {
    return undefined;
  }
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
      if (!isMissing(error) || tries === ROUNDS) throw error;
    }
  }
}

/** Moves what is still in its place; gives the paths of what was removed there, which only `permanent` does. */
async function moveAll(place: TrashPlace, manifest: TrashManifest, permanent: boolean): Promise<Set<string>> {
  const original = originalPaths(place.configDir);
  const removed = new Set<string>();
  const touched = new Set<string>();
  try {
    makeParents(place, manifest, touched);
    for (const { path } of manifest.items) {
      const from = original(path);
      if (moveOne(from, itemInTrash(place, path), permanent)) removed.add(path);
      touched.add(dirname(from));
      await pause();
    }
    for (const dir of touched) if (statLink(dir) !== undefined) syncDir(dir);
    for (const dir of touched) cleanStaleTemps(dir);
  } catch (error) {
    requireNotRestored(place, error);
  }
  return removed;
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

/** True when it was removed where it was instead of moved. */
function moveOne(from: string, to: string, permanent: boolean): boolean {
  const outcome = permanent ? moveNearby(from, to) : moveNew(from, to);
  if (outcome === "elsewhere") {
    removeTree(from);
    return true;
  }
  if (outcome !== "taken") return false;
  // A run that copied to another file system was killed before it removed the original, which may have grown since.
  if (isContained(from, to)) {
    removeTree(from);
  } else if (isContained(to, from)) {
    removeTree(to);
    return moveOne(from, to, permanent);
  }
  // Else two different things: the one in the trash stays, the one that came back is the next round's.
  return false;
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
