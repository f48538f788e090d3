import { resolveConfigDirs } from "../layout/config-dir.ts";
import { statLink } from "../disk/fs.ts";
import { SessionBusyError } from "../errors.ts";
import { withSessionLock, workersIn } from "./session-lock.ts";
import { isNothing, removeForGood, removeUnbegun, tidyTrash, trashPlaces } from "./trash-entries.ts";
import { readEntry, trashPlace } from "./trash-manifest.ts";
import type { TrashManifest, TrashPlace, TrashReading } from "./trash-manifest.ts";
import type { StoreOptions } from "../types.ts";

/** A deleted session as `listTrash` shows it. */
export interface TrashEntry {
  /** What `restoreSession` and `emptyTrash` take. */
  readonly id: string;
  readonly sessionId: string;
  readonly configDir: string;
  readonly path: string;
  /** Epoch ms; undefined for an entry with a `problem`. */
  readonly deletedAt: number | undefined;
  /** What a list showed of the session, where it was known. */
  readonly summary: string | undefined;
  readonly bytes: number;
  /** How many files, directories and links the session had. */
  readonly items: number;
  /** False for one whose deletion or restoration was cut short: `deleteSession` finishes, `restoreSession` undoes it. */
  readonly complete: boolean;
  /** Of one that is not complete, who is at work on it at this moment: `process 7 is deleting it`. */
  readonly worker?: string;
  /**
   * Why the entry cannot be restored, as the end of a sentence: `its manifest.json is a link`. What it holds lies below
   * `path`; `emptyTrash` removes it when its id is named.
   */
  readonly problem?: string;
}

/**
 * What is in the trash of the config dirs, latest deletion first, then what cannot be restored. Reads only. Throws where a
 * trash is a link, or cannot be read.
 */
export async function listTrash(options?: StoreOptions | null): Promise<TrashEntry[]> {
  const entries = resolveConfigDirs(options).flatMap((configDir) => {
    const { places, workerOn } = lookInto(configDir);
    return places.flatMap((place) => {
      // What is being removed is as good as gone, and a deletion without a manifest has moved nothing yet.
      if (place.state === "removing") return [];
      const reading = readEntry(place);
      return isNothing(place, reading) ? [] : [toEntry(place, reading, workerOn)];
    });
  });
  return entries.sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
}

type WorkerOn = (sessionId: string) => string | undefined;

/** The entries first: each is made under a lock, so none that is at work is seen without who is at it. */
function lookInto(configDir: string): { places: readonly TrashPlace[]; workerOn: WorkerOn } {
  const places = trashPlaces(configDir);
  return { places, workerOn: workersIn(configDir) };
}

function toEntry(place: TrashPlace, { manifest, problem }: TrashReading, workerOn: WorkerOn): TrashEntry {
  const worker = place.state === "complete" ? undefined : workerOn(place.sessionId);
  return {
    id: place.id,
    sessionId: place.sessionId,
    configDir: place.configDir,
    path: place.path,
    deletedAt: manifest?.deletedAt,
    summary: manifest?.summary,
    bytes: bytesOf(manifest),
    items: manifest?.items.length ?? 0,
    complete: place.state === "complete",
    ...(worker !== undefined && { worker }),
    ...(problem !== undefined && { problem }),
  };
}

const bytesOf = (manifest: TrashManifest | undefined): number =>
  manifest?.items.reduce((sum, item) => sum + item.bytes, 0) ?? 0;

export interface EmptyTrashOptions extends StoreOptions {
  /** Only what was deleted at least so long ago. Absent or 0: whatever the clock says. */
  readonly olderThanMs?: number | undefined;
  /** Only these: entries of the trash, or session ids. */
  readonly ids?: readonly string[] | undefined;
  /** Changes nothing, and says what would be removed. */
  readonly dryRun?: boolean | undefined;
}

export interface EmptyTrashResult {
  readonly removed: readonly { readonly id: string; readonly configDir: string; readonly bytes: number }[];
  readonly bytes: number;
  /** What was meant and stays, and why. */
  readonly kept: readonly { readonly id: string; readonly configDir: string; readonly reason: string }[];
}

/**
 * Removes what is in the trash for good. Entries whose deletion or restoration was cut short are kept, since a part of
 * their session is elsewhere; so is one that another process is changing at this moment, and one that cannot be restored,
 * unless `ids` names it.
 */
export async function emptyTrash(options?: EmptyTrashOptions | null): Promise<EmptyTrashResult> {
  const { ids, olderThanMs = 0, dryRun = false } = options ?? {};
  const meant = ids && new Set(ids);
  const decisions: [TrashPlace, Decision][] = [];
  for (const configDir of resolveConfigDirs(options)) {
    const { places, workerOn } = lookInto(configDir);
    for (const place of places) {
      const isNamed = meant?.has(place.id) === true || meant?.has(place.sessionId) === true;
      if (place.state === "removing" || (meant !== undefined && !isNamed)) continue;
      const decide = (): Decision => decideOn(place, isNamed, olderThanMs, workerOn);
      decisions.push([place, dryRun ? decide() : await carryOut(place, decide)]);
    }
    if (!dryRun) tidyTrash(configDir);
  }
  return emptied(decisions);
}

/**
 * The same for one entry, without a look at all others that there are: to remove many one by one costs what they cost.
 * What killed runs left stays until `emptyTrash` is called.
 */
export async function emptyEntry(id: string, options: Omit<EmptyTrashOptions, "ids">): Promise<EmptyTrashResult> {
  const { olderThanMs = 0 } = options;
  const decisions: [TrashPlace, Decision][] = [];
  for (const configDir of resolveConfigDirs(options)) {
    const place = trashPlace(configDir, id);
    if (place === undefined || place.state === "removing" || statLink(place.path) === undefined) continue;
    const workerOn: WorkerOn = (sessionId) => workersIn(configDir)(sessionId);
    decisions.push([place, await carryOut(place, () => decideOn(place, true, olderThanMs, workerOn))]);
  }
  return emptied(decisions);
}

function emptied(decisions: readonly (readonly [TrashPlace, Decision])[]): EmptyTrashResult {
  const removed = decisions.flatMap(([{ id, configDir }, { bytes }]) =>
    bytes === undefined ? [] : [{ id, configDir, bytes }],
  );
  const kept = decisions.flatMap(([{ id, configDir }, { reason }]) =>
    reason === undefined ? [] : [{ id, configDir, reason }],
  );
  return { removed, bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0), kept };
}

/** What becomes of an entry: it is removed, or kept for a reason, or there is nothing to say of it. */
interface Decision {
  readonly bytes?: number;
  readonly reason?: string;
  /** What a deletion left that had moved nothing. */
  readonly isUnbegun?: boolean;
}

const NAME_IT = "name it to remove it";
const NO_LIMIT = "remove it without an age limit";

function decideOn(place: TrashPlace, isNamed: boolean, olderThanMs: number, workerOn: WorkerOn): Decision {
  const reading = readEntry(place);
  if (isNothing(place, reading)) return { isUnbegun: true };
  const { manifest, problem } = reading;
  // Who names it has been told that it cannot be restored.
  if (manifest === undefined && isNamed) return { bytes: 0 };
  if (place.state !== "complete") return whyUnfinished(place, problem, workerOn);
  if (manifest === undefined) return { reason: `it cannot be restored, because ${problem}; ${NAME_IT}` };
  // Without a limit the clock does not matter: it was ahead once, or is behind now.
  const ageMs = olderThanMs === 0 ? 0 : Date.now() - manifest.deletedAt;
  if (ageMs < 0)
    return { reason: `it is dated in the future: ${new Date(manifest.deletedAt).toISOString()}; ${NO_LIMIT}` };
  return ageMs < olderThanMs ? {} : { bytes: bytesOf(manifest) };
}

function whyUnfinished(
  { sessionId, state, path }: TrashPlace,
  problem: string | undefined,
  workerOn: WorkerOn,
): Decision {
  const worker = workerOn(sessionId);
  if (worker !== undefined) return { reason: worker };
  // It was being worked on when it was found, and is finished now.
  if (statLink(path) === undefined) return {};
  const what = state === "deleting" ? "deletion" : "restoration";
  if (problem !== undefined) return { reason: `its ${what} was cut short, and ${problem}; ${NAME_IT}` };
  return { reason: `its ${what} was cut short; delete or restore the session again` };
}

/** Decides once more when nobody else is at it, and does it. */
async function carryOut(place: TrashPlace, decide: () => Decision): Promise<Decision> {
  const first = decide();
  if (first.bytes === undefined && first.isUnbegun !== true) return first;
  try {
    return await withSessionLock([place.configDir], place.sessionId, "empty", () => {
      // Another process has restored or removed it.
      if (statLink(place.path) === undefined) return {};
      const decision = decide();
      if (decision.bytes !== undefined) removeForGood(place);
      if (decision.isUnbegun === true) removeUnbegun(place);
      return decision;
    });
  } catch (error) {
    if (!(error instanceof SessionBusyError)) throw error;
    return first.isUnbegun === true ? {} : { reason: error.message };
  }
}
