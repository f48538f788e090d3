import { resolveConfigDirs } from "../layout/config-dir.ts";
import { type DeleteResult, type DeleteSessionOptions, placesOf } from "./delete-session.ts";
import { requireNotInUse } from "../live/session-in-use.ts";
import { requireCopies } from "../projects/find-copies.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { belongings } from "../projects/sidecars.ts";
import { cutShort } from "./trash-entries.ts";
import { bytesOf, type TrashedItem } from "./trash-manifest.ts";
import type { Skipped } from "../types.ts";

export type DeletionPlan = Pick<DeleteResult, "sessionId" | "items" | "bytes" | "skipped">;

/** Returns what `deleteSession` would delete with these options; throws like it if the session is missing or in use. */
export async function planDeletion(sessionId: string, options?: DeleteSessionOptions | null): Promise<DeletionPlan> {
  requireSessionId(sessionId);
  const configDirs = resolveConfigDirs(options);
  const begun = new Map(configDirs.map((dir) => [dir, cutShort(dir, sessionId)?.manifest]));
  if ([...begun.values()].every((manifest) => manifest === undefined)) requireCopies(sessionId, options);
  if (!options?.force) requireNotInUse(sessionId, placesOf(configDirs, sessionId));
  const items: TrashedItem[] = [];
  const skipped: Skipped[] = [];
  for (const configDir of configDirs) {
    const found = begun.get(configDir) ?? (await belongings(sessionId, configDir));
    for (const item of found.items) items.push({ ...item, configDir });
    for (const skip of "skipped" in found ? found.skipped : []) skipped.push(skip);
  }
  return { sessionId, items, bytes: bytesOf(items), skipped };
}
