import { sep } from "node:path";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { readNames, statFile } from "../disk/fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import { directoryScope, listProjectDirs, type ProjectListing } from "./project-dirs.ts";
import type { SessionOptions, Skipped } from "../types.ts";

/**
 * Returns the directories in which a session may have been missed, for "not found" errors: project dirs that cannot be
 * read or searched, dangling links to them, an unreadable `projects/`. Costs two calls for each project dir.
 */
export function unreadableDirs(options?: SessionOptions | null): Skipped[] {
  const unreadable: Skipped[] = [];
  for (const { dirs, skipped } of listingsOf(options)) {
    for (const skip of skipped) unreadable.push(skip);
    for (const { path } of dirs) {
      const reason = accessError(path);
      if (reason !== undefined) unreadable.push({ path, reason });
    }
  }
  return unreadable;
}

function listingsOf(options: SessionOptions | null | undefined): ProjectListing[] {
  const configDirs = resolveConfigDirs(options);
  if (!options?.dir) return configDirs.map(listProjectDirs);
  const { projects, skipped } = directoryScope(configDirs, options.dir, { includeWorktrees: true });
  return [{ dirs: projects.map(({ project }) => project), skipped: [...skipped] }];
}

/** Returns why the names in a directory cannot be read, or the files not be accessed; undefined if they can. */
function accessError(path: string): string | undefined {
  try {
    readNames(path);
    // Needs the right to search the directory, which is not the right to read it.
    statFile(path + sep + ".");
    return undefined;
  } catch (error) {
    return isMissing(error) ? undefined : (errnoOf(error) ?? "unreadable");
  }
}
