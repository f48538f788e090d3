import { resolveConfigDirs } from "../layout/config-dir.ts";
import { isThere } from "../disk/fs.ts";
import { SessionBusyError } from "../errors.ts";
import { withSessionLock, workerLookup } from "./session-lock.ts";
import { isGoneOrEmpty, removeForGood, removeUnbegun, tidyTrash, trashPlaces } from "./trash-entries.ts";
import {
  bytesOf,
  readEntry,
  type ReplacedBy,
  trashPlace,
  type TrashPlace,
  type TrashReading,
} from "./trash-manifest.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import type { StoreOptions } from "../types.ts";

/** A deleted session as `listTrash` returns it. */
export interface TrashEntry {
  /** Id for `restoreSession` and `emptyTrash`. */
  readonly id: string;
  readonly sessionId: string;
  readonly configDir: string;
  readonly path: string;
  /** Epoch ms; undefined for an entry with a `problem`. */
  readonly deletedAt: number | undefined;
  /** Title of the session in lists, if it was known. */
  readonly summary: string | undefined;
  readonly bytes: number;
  /** Number of files, directories and links that the session had. */
  readonly items: number;
  /** False if its deletion or restoration was interrupted: `deleteSession` finishes that, `restoreSession` undoes it. */
  readonly complete: boolean;
  /** Set for an earlier version of a session that is not deleted: what replaced it. Only its own id restores it. */
  readonly replacedBy?: ReplacedBy;
  /** The process that is changing an incomplete entry now: `process 7 is deleting it`. */
  readonly worker?: string;
  /** Why it cannot be restored, as the end of a sentence: `its manifest.json is a link`. Only its id removes it. */
  readonly problem?: string;
}

/** Lists the trash, latest deletion first, unusable entries last. Throws if a trash is a link or cannot be read. */
export async function listTrash(options?: StoreOptions | null): Promise<TrashEntry[]> {
  const entries = resolveConfigDirs(options).flatMap((configDir) => {
    const { places, workerOn } = readTrash(configDir);
    return places.flatMap((place) => {
      // An entry being removed counts as gone, and a deletion without a manifest has moved nothing yet.
      if (place.state === "removing") return [];
      const reading = readEntry(place);
      return isGoneOrEmpty(place, reading) ? [] : [toEntry(place, reading, workerOn)];
    });
  });
  return entries.sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
}

type WorkerOn = (sessionId: string) => string | undefined;

/** Reads entries before locks: an entry is created under a lock, so none is seen without the process at work on it. */
function readTrash(configDir: string): { places: readonly TrashPlace[]; workerOn: WorkerOn } {
  const places = trashPlaces(configDir);
  return { places, workerOn: workerLookup(configDir) };
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
    bytes: bytesOf(manifest?.items ?? []),
    items: manifest?.items.length ?? 0,
    complete: place.state === "complete",
    ...(manifest?.replacedBy !== undefined && { replacedBy: manifest.replacedBy }),
    ...(worker !== undefined && { worker }),
    ...(problem !== undefined && { problem }),
  };
}

export interface EmptyTrashOptions extends StoreOptions {
  /** Minimum age of the deletions to remove. Absent or 0: any, whatever the clock says. */
  readonly olderThanMs?: number | undefined;
  /** Ids of trash entries or sessions to remove. Absent: all. */
  readonly ids?: readonly string[] | undefined;
  /** Changes nothing, and returns what would be removed. */
  readonly dryRun?: boolean | undefined;
  /** Called before each entry with the number of those looked at so far and in all of its config dir. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EmptyTrashResult {
  readonly removed: readonly { readonly id: string; readonly configDir: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Matching entries that stay, with the reason. */
  readonly kept: readonly { readonly id: string; readonly configDir: string; readonly reason: string }[];
}

/**
 * Permanently removes what is in the trash. Keeps what was interrupted or is being changed, since part of the session
 * is elsewhere, and what cannot be restored unless `ids` names it. Throws `signal.reason` when aborted: what is left then stays.
 */
export async function emptyTrash(options?: EmptyTrashOptions | null): Promise<EmptyTrashResult> {
  const { ids, olderThanMs = 0, dryRun = false, progress, signal } = options ?? {};
  const meant = ids && new Set(ids);
  const decisions: [TrashPlace, Decision][] = [];
  for (const configDir of resolveConfigDirs(options)) {
    const { places, workerOn } = readTrash(configDir);
    for (const [done, place] of places.entries()) {
      progress?.(done, places.length);
      if (isTurnOver()) await yieldToEventLoop();
      signal?.throwIfAborted();
      const isNamed = meant?.has(place.id) === true || meant?.has(place.sessionId) === true;
      if (place.state === "removing" || (meant !== undefined && !isNamed)) continue;
      const decide = (): Decision => decideOn(place, isNamed, olderThanMs, workerOn);
      decisions.push([place, dryRun ? decide() : await applyLocked(place, decide)]);
    }
    if (!dryRun) tidyTrash(configDir);
  }
  return emptied(decisions);
}

/** Permanently removes one entry without reading the others, so that removing many one by one takes linear time. */
export async function emptyEntry(id: string, options: Omit<EmptyTrashOptions, "ids">): Promise<EmptyTrashResult> {
  const { olderThanMs = 0 } = options;
  const decisions: [TrashPlace, Decision][] = [];
  for (const configDir of resolveConfigDirs(options)) {
    const place = trashPlace(configDir, id);
    if (place === undefined || place.state === "removing" || !isThere(place.path)) continue;
    const workerOn: WorkerOn = (sessionId) => workerLookup(configDir)(sessionId);
    decisions.push([place, await applyLocked(place, () => decideOn(place, true, olderThanMs, workerOn))]);
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
  return { removed, bytes: bytesOf(removed), kept };
}

/** The fate of an entry: removed (`bytes`), kept for a `reason`, or not mentioned. */
interface Decision {
  readonly bytes?: number;
  readonly reason?: string;
  /** Whether a deletion left it behind before moving anything. */
  readonly isUnbegun?: boolean;
}

const NAME_IT = "to remove it, give its id";
const NO_LIMIT = "remove it without an age limit";

function decideOn(place: TrashPlace, isNamed: boolean, olderThanMs: number, workerOn: WorkerOn): Decision {
  const reading = readEntry(place);
  if (isGoneOrEmpty(place, reading)) return { isUnbegun: true };
  const { manifest, problem } = reading;
  // A caller who names it knows that it cannot be restored.
  if (manifest === undefined && isNamed) return { bytes: 0 };
  if (place.state !== "complete") return whyUnfinished(place, problem, workerOn);
  if (manifest === undefined) return { reason: `it cannot be restored, because ${problem}; ${NAME_IT}` };
  // Without a limit the clock does not matter: it may have been ahead then, or be behind now.
  const ageMs = olderThanMs === 0 ? 0 : Date.now() - manifest.deletedAt;
  if (ageMs < 0)
    return { reason: `it is dated in the future: ${new Date(manifest.deletedAt).toISOString()}; ${NO_LIMIT}` };
  return ageMs < olderThanMs ? {} : { bytes: bytesOf(manifest.items) };
}

function whyUnfinished(
  { sessionId, state, path }: TrashPlace,
  problem: string | undefined,
  workerOn: WorkerOn,
): Decision {
  const worker = workerOn(sessionId);
  if (worker !== undefined) return { reason: worker };
  // Another process was working on it when it was found, and has finished.
  if (!isThere(path)) return {};
  const what = state === "deleting" ? "deletion" : "restoration";
  if (problem !== undefined) return { reason: `its ${what} was cut short, and ${problem}; ${NAME_IT}` };
  return { reason: `its ${what} was cut short; delete or restore the session again` };
}

/** Decides again under the session's lock, and acts on that. */
async function applyLocked(place: TrashPlace, decide: () => Decision): Promise<Decision> {
  const first = decide();
  if (first.bytes === undefined && first.isUnbegun !== true) return first;
  try {
    return await withSessionLock([place.configDir], place.sessionId, "empty", () => {
      // Another process has restored or removed it.
      if (!isThere(place.path)) return {};
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
