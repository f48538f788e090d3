import { resolveConfigDirs } from "./config-dir.ts";
import { removeDir, statLink } from "./disk.ts";
import { STALE_TEMP_MS } from "../transcript/limits.ts";
import { isMissing } from "./errors.ts";
import { claim, tidyTrash, trashPlaces } from "./trash-entries.ts";
import { placeAtWork, readManifest } from "./trash-manifest.ts";
import type { TrashManifest, TrashPlace } from "./trash-manifest.ts";
import { removeTree } from "./tree.ts";
import type { StoreOptions } from "./types.ts";

/** A deleted session as `listTrash` shows it. */
export interface TrashEntry {
  /** What `restoreSession` and `emptyTrash` take. */
  readonly id: string;
  readonly sessionId: string;
  readonly configDir: string;
  readonly path: string;
  /** Epoch ms; undefined when the manifest cannot be read, and then the entry cannot be restored by us. */
  readonly deletedAt: number | undefined;
  /** What a list showed of the session, where it was known. */
  readonly summary: string | undefined;
  readonly bytes: number;
  /** How many files, directories and links the session had. */
  readonly items: number;
  /** False for one whose deletion or restoration was cut short: `deleteSession` finishes, `restoreSession` undoes it. */
  readonly complete: boolean;
}

/** What is in the trash of the config dirs, latest deletion first. Reads only. */
export async function listTrash(options?: StoreOptions | null): Promise<TrashEntry[]> {
  const entries = resolveConfigDirs(options)
    .flatMap(trashPlaces)
    .flatMap((place) => {
      const manifest = readManifest(place);
      // Without a manifest nothing has been moved yet, and what is being removed is as good as gone.
      if (place.state === "removing" || (place.state === "deleting" && manifest === undefined)) return [];
      return [toEntry(place, manifest)];
    });
  return entries.sort((a, b) => (b.deletedAt ?? 0) - (a.deletedAt ?? 0));
}

function toEntry(place: TrashPlace, manifest: TrashManifest | undefined): TrashEntry {
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
  };
}

const bytesOf = (manifest: TrashManifest | undefined): number =>
  manifest?.items.reduce((sum, item) => sum + item.bytes, 0) ?? 0;

export interface EmptyTrashOptions extends StoreOptions {
  /** Only what was deleted at least so long ago. */
  readonly olderThanMs?: number | undefined;
  /** Only these: entries of the trash, or session ids. */
  readonly ids?: readonly string[] | undefined;
  /** Changes nothing, and says what would be removed. */
  readonly dryRun?: boolean | undefined;
}

export interface EmptyTrashResult {
  readonly removed: readonly { readonly id: string; readonly configDir: string; readonly bytes: number }[];
  readonly bytes: number;
  /** What was meant and stays: cut short, or without a manifest that we can read and not named by its id. */
  readonly kept: readonly { readonly id: string; readonly configDir: string; readonly reason: string }[];
}

/**
 * Removes what is in the trash for good. Entries whose deletion or restoration was cut short are kept, since a part of
 * their session is elsewhere; so is one whose manifest cannot be read, unless `ids` names it.
 */
export async function emptyTrash(options?: EmptyTrashOptions | null): Promise<EmptyTrashResult> {
  const { ids, olderThanMs = 0, dryRun = false } = options ?? {};
  const before = Date.now() - olderThanMs;
  const removed: { id: string; configDir: string; bytes: number }[] = [];
  const kept: { id: string; configDir: string; reason: string }[] = [];
  for (const configDir of resolveConfigDirs(options)) {
    for (const place of trashPlaces(configDir)) {
      const named = ids?.includes(place.id) || ids?.includes(place.sessionId);
      if (place.state === "removing" || (ids !== undefined && !named)) continue;
      const manifest = readManifest(place);
      if (manifest !== undefined && manifest.deletedAt > before) continue;
      const reason = reasonToKeep(place, manifest, named === true);
      if (reason === "unbegun") {
        if (!dryRun) removeUnbegun(place);
      } else if (reason !== undefined) kept.push({ id: place.id, configDir, reason });
      else if (dryRun || remove(place)) removed.push({ id: place.id, configDir, bytes: bytesOf(manifest) });
    }
    if (!dryRun) tidyTrash(configDir);
  }
  return { removed, bytes: removed.reduce((sum, entry) => sum + entry.bytes, 0), kept };
}

function reasonToKeep(place: TrashPlace, manifest: TrashManifest | undefined, named: boolean): string | undefined {
  if (place.state === "deleting" && manifest === undefined) return "unbegun";
  if (place.state === "deleting") return "its deletion was cut short";
  if (place.state === "restoring") return "its restoration was cut short";
  return manifest === undefined && !named ? "its manifest cannot be read" : undefined;
}

/** A process that was killed before it wrote the manifest moved nothing; one that still runs will, at once. */
function removeUnbegun(place: TrashPlace): void {
  const stat = statLink(place.path);
  if (stat === undefined || Date.now() - stat.mtimeMs < STALE_TEMP_MS) return;
  try {
    removeDir(place.path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function remove(place: TrashPlace): boolean {
  const removing = placeAtWork(place, "removing");
  if (!claim(place, removing)) return false;
  removeTree(removing.path);
  return true;
}
