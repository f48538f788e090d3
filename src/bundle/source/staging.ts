import { tmpdir } from "node:os";
import { join } from "node:path";
import { cleanStaleTemps } from "../../store/disk/atomic-write.ts";
import { removeTree } from "../../store/disk/dir-tree.ts";
import { makeDir, makeNewDir, removeDir, statLink } from "../../store/disk/fs.ts";
import { tempName } from "../../store/disk/temp-file.ts";
import { errnoOf, ignoreDiskErrors, TranscriptError } from "../../store/errors.ts";
import { ownDataPath } from "../../store/layout/paths.ts";

/** A directory for unfinished files, in the file system of the config dir, which goes when the import has ended. */
export interface Staging {
  /** Returns a path in it that no other file has. Makes the directory when it is first called. */
  next(): string;
  /** Removes it with everything in it. Never throws. */
  remove(): void;
}

/** Another process may remove the directory around it, if that is empty, before ours is in it. */
const TRIES = 100;

/**
 * Returns the staging of one import. `dryRun`: among the temporary files of the system, since nothing changes in the config dir.
 * What killed imports left in the config dir is removed.
 */
export function stagingOf(configDir: string, dryRun: boolean): Staging {
  const own = dryRun ? tmpdir() : ownDataPath(configDir);
  let path: string | undefined;
  let count = 0;
  if (!dryRun) cleanStaleTemps(own);
  return {
    next() {
      path ??= makeStaging(own, dryRun);
      return join(path, String(count++));
    },
    remove() {
      ignoreDiskErrors(() => path !== undefined && removeTree(path));
      // It is there for other things too, and stays if it has any.
      if (!dryRun) ignoreDiskErrors(() => removeDir(own));
      path = undefined;
    },
  };
}

function makeStaging(own: string, dryRun: boolean): string {
  if (!dryRun && statLink(own)?.isSymbolicLink() === true)
    throw new TranscriptError("Io", `${own} is a link`, { hint: "Replace it with a directory.", data: { path: own } });
  for (let tries = 1; ; tries++) {
    const path = join(own, tempName("import"));
    try {
      makeDir(own);
      makeNewDir(path);
      return path;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || tries === TRIES) throw error;
    }
  }
}
