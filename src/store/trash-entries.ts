/** The trash of a config dir as a directory: what is in it, how it comes and goes, and where its items belong. */
import { dirname, join } from "node:path";
import { makeDir, readDir, removeDir, rename, statLink } from "./disk.ts";
import { syncDir } from "./durable.ts";
import { errnoOf, isMissing, TranscriptError } from "./errors.ts";
import { projectDirPath, trashPath } from "./paths.ts";
import { realOrSelf } from "./platform.ts";
import { trashPlace } from "./trash-manifest.ts";
import type { TrashPlace } from "./trash-manifest.ts";
import { removeTree } from "./tree.ts";

/** The entries in the trash of a config dir, by name. No trash: none. */
export function trashPlaces(configDir: string): TrashPlace[] {
  try {
    return readDir(trashPath(configDir)).flatMap((entry) => trashPlace(configDir, entry.name) ?? []);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Makes the trash where there is none. A link in its place would lead what is deleted out of the config dir, so it is
 * refused.
 */
export function makeTrash(configDir: string): void {
  const trash = trashPath(configDir);
  for (const path of [dirname(trash), trash]) {
    if (statLink(path)?.isSymbolicLink()) {
      throw new TranscriptError("Io", `The trash is not used: ${path} is a link`, {
        hint: "Replace the link by a directory, or pass permanent to delete for good.",
        data: { path },
      });
    }
  }
  if (statLink(trash) !== undefined) return;
  makeDir(trash);
  syncDir(dirname(trash));
  syncDir(configDir);
}

/**
 * Gives an entry its next name, which claims it: false when another process was faster. A name that is taken throws
 * (`ENOTEMPTY` or `EEXIST`).
 */
export function claim(from: TrashPlace, to: TrashPlace): boolean {
  try {
    rename(from.path, to.path);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  syncDir(dirname(to.path));
  return true;
}

/** Takes away what is left of entries whose removal was cut short, and the trash itself when nothing is in it. */
export function tidyTrash(configDir: string): void {
  for (const place of trashPlaces(configDir)) if (place.state === "removing") removeTree(place.path);
  const trash = trashPath(configDir);
  for (const path of [trash, dirname(trash)]) {
    try {
      removeDir(path);
    } catch (error) {
      if (!isMissing(error) && !["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
}

/** Where an item of a manifest belongs. A project dir may be a link; what it leads to is asked once. */
export function originalPaths(configDir: string): (path: string) => string {
  const projects = new Map<string, string>();
  return (path) => {
    const names = path.split("/");
    const [top, key, name] = names;
    if (top !== "projects" || key === undefined || name === undefined) return join(configDir, ...names);
    const project = projects.get(key) ?? realOrSelf(projectDirPath(configDir, key));
    projects.set(key, project);
    return join(project, name);
  };
}
