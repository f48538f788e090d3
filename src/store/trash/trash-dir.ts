/** The directory of the trash: `<configDir>/claude-transcripts/trash`. It exists only while something is in it. */
import { dirname } from "node:path";
import { isThere, makeDir, readNames, removeDir, statLink } from "../disk/fs.ts";
import { syncDir } from "../disk/atomic-write.ts";
import { ignoreDiskErrors, TranscriptError, unlessMissing } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";

/** Returns the names in the trash of a config dir. Throws if it is a link: its contents would be somebody else's. */
export function trashNames(configDir: string): string[] {
  requireNoLink(configDir);
  return unlessMissing(() => readNames(trashPath(configDir)), []);
}

/** Creates the trash if it is missing. */
export function makeTrash(configDir: string): void {
  requireNoLink(configDir);
  const trash = trashPath(configDir);
  if (!isThere(trash)) makeDir(trash);
}

/** Syncs the trash and its parents, so that they and the names in the trash survive a power cut. */
export function syncTrash(configDir: string): void {
  const trash = trashPath(configDir);
  for (const path of [trash, dirname(trash), configDir]) syncDir(path);
}

/** Removes the trash if it is empty. A process about to put something there creates it again. */
export function removeEmptyTrash(configDir: string): void {
  const trash = trashPath(configDir);
  // The target of a link is not ours.
  if (linkIn(configDir) !== undefined) return;
  // One that is not empty, or not ours to remove, stays; or another process was faster.
  for (const path of [trash, dirname(trash)]) ignoreDiskErrors(() => removeDir(path));
}

/** Throws if a link is in place of the trash: it would lead deleted files out of the config dir. */
function requireNoLink(configDir: string): void {
  const path = linkIn(configDir);
  if (path === undefined) return;
  throw new TranscriptError("Io", `The trash is not used: ${path} is a link`, {
    hint: "Replace the link with a directory. Until then nothing can be deleted or restored here.",
    data: { path },
  });
}

function linkIn(configDir: string): string | undefined {
  const trash = trashPath(configDir);
  return [dirname(trash), trash].find((path) => unlessMissing(() => statLink(path)?.isSymbolicLink(), false));
}
