/** The directory of the trash: `<configDir>/claude-transcripts/trash`. It is there as long as something is in it. */
import { dirname } from "node:path";
import { makeDir, readNames, removeDir, statLink } from "../disk/fs.ts";
import { syncDir } from "../disk/atomic-write.ts";
import { errnoOf, isMissing, TranscriptError } from "../errors.ts";
import { trashPath } from "../layout/paths.ts";

/**
 * The names in the trash of a config dir. No trash: none. A trash that is a link is not looked into: what is restored from
 * it, or thrown away, would be a stranger's.
 */
export function trashNames(configDir: string): string[] {
  requireNoLink(configDir);
  try {
    return readNames(trashPath(configDir));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Makes the trash where there is none. */
export function makeTrash(configDir: string): void {
  requireNoLink(configDir);
  const trash = trashPath(configDir);
  if (statLink(trash) === undefined) makeDir(trash);
}

/** Makes it last through a power cut that there is a trash, and what is in it. */
export function syncTrash(configDir: string): void {
  const trash = trashPath(configDir);
  for (const path of [trash, dirname(trash), configDir]) syncDir(path);
}

/** Takes the trash away when nothing is in it. Who is about to put something there makes it again. */
export function removeEmptyTrash(configDir: string): void {
  const trash = trashPath(configDir);
  // What a link leads to is not ours.
  if (linkIn(configDir) !== undefined) return;
  for (const path of [trash, dirname(trash)]) {
    try {
      removeDir(path);
    } catch (error) {
      // Something is in it, or it is not ours to remove, and then it stays; or another process was faster.
      if (errnoOf(error) === undefined) throw error;
    }
  }
}

/** A link in place of the trash would lead what is deleted out of the config dir. */
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
  return [dirname(trash), trash].find(isLink);
}

function isLink(path: string): boolean {
  try {
    return statLink(path)?.isSymbolicLink() === true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
