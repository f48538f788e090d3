import { dirname, join } from "node:path";
import { close, createNew, isThere, makeDir, readNames, unlink } from "../disk/fs.ts";
import { attempt, errnoOf, ignoreDiskErrors } from "../errors.ts";
import { cleanupStampPath, projectsPath } from "../layout/paths.ts";

/**
 * Reports whether this process is the first to ask on a day (UTC), which it notes by a stamp in the config dir. So of several
 * processes one gets true, whatever happens to it then. False if there are no projects. Throws file-system errors.
 */
export function takeTurnOfDay(configDir: string, now = Date.now()): boolean {
  if (!isThere(projectsPath(configDir))) return false;
  const path = cleanupStampPath(configDir, new Date(now).toISOString().slice(0, 10));
  if (isThere(path)) return false;
  const dir = dirname(path);
  makeDir(dir);
  try {
    close(createNew(path));
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
  for (const name of attempt(() => readNames(dir)) ?? []) {
    const other = join(dir, name);
    if (STAMP.test(name) && other < path) ignoreDiskErrors(() => unlink(other));
  }
  return true;
}

const STAMP = /^cleanup-\d{4}-\d\d-\d\d$/;
