/** The differences between Linux, macOS and Windows. The platform is a parameter, so that tests can try each. */
import { basename, dirname, join, posix, win32 } from "node:path";
import { realPath } from "./fs.ts";
import { attempt } from "../errors.ts";

export type Platform = NodeJS.Platform;

/** Returns a project path as keys are made from it: composed on macOS, which stores either form (official-helpers.md §1). */
export function normalizePath(path: string, platform: Platform = process.platform): string {
  return platform === "darwin" ? path.normalize("NFC") : path;
}

/** Returns a project key for comparison: Windows ignores the case of directory names (official-helpers.md §2.4). */
export function foldKey(key: string, platform: Platform = process.platform): string {
  return platform === "win32" ? key.toLowerCase() : key;
}

/** Reports whether a directory can be opened and synced, so that a rename in it survives a power cut. */
export function canSyncDirectory(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/** Reports whether opening a file can be made to fail on a link. */
export function canRefuseLinks(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/** Reports whether a directory's times show every added or removed name: on Windows, some file systems keep none. */
export function hasReliableDirTimes(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/**
 * Returns the paths that a directory's key may have been made from: the real one and, on Windows, also the given
 * drive-letter form if the drive is mapped or substituted and resolves to a longer path (official-helpers.md §2.4).
 */
export function directorySpellings(given: string, real: string, platform: Platform = process.platform): string[] {
  if (platform !== "win32") return [real];
  const [, drive, rest] = /^([A-Za-z]):[\\/]+(.*)$/s.exec(given) ?? [];
  if (drive === undefined || rest === undefined) return [real];
  const names = rest.split(/[\\/]+/).filter((name) => name !== "");
  const realNames = real.replace(/[\\/]+$/, "").split(/[\\/]+/);
  const extra = realNames.length - names.length;
  const sameTail = names.every((name, i) => name.toLowerCase() === realNames[extra + i]?.toLowerCase());
  const sameDrive = extra === 1 && realNames[0]?.toLowerCase() === `${drive}:`.toLowerCase();
  return extra < 1 || !sameTail || sameDrive ? [real] : [real, `${drive}:\\${names.join("\\")}`];
}

/**
 * Returns a path in a form in which two spellings of it are equal: no dots and no doubled or trailing slashes, composed
 * on macOS, lower case on Windows. On macOS `realPath` has already returned the case as stored.
 */
export function comparablePath(path: string, platform: Platform = process.platform): string {
  if (platform === "win32") {
    const plain = win32.normalize(path);
    return plain.replace(/(?<=[^:\\])\\+$/, "").toLowerCase();
  }
  const plain = posix.normalize(normalizePath(path, platform));
  return plain.length > 1 ? plain.replace(/\/+$/, "") : plain;
}

/** Reports whether a path is absolute on one of the systems. */
export const isAbsolutePath = (path: string): boolean => /^(?:[A-Za-z]:)?[\\/]/.test(path);

/** Reports whether `path` is `root` or below it, by name only. Neither has to exist; follows no link. */
export function isInside(path: string, root: string, platform: Platform = process.platform): boolean {
  const inner = comparablePath(path, platform);
  const outer = comparablePath(root, platform);
  if (inner === outer) return true;
  const separator = platform === "win32" ? "\\" : "/";
  return inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

/** Returns the real path, or the path itself if it cannot be resolved. */
export const realOrSelf = (path: string): string => attempt(() => realPath(path)) ?? path;

/** Returns the real path of a directory that may be gone or not exist yet: links are followed as far as it exists. */
export function realAsFarAsExists(path: string): string {
  const real = attempt(() => realPath(path));
  if (real !== undefined) return real;
  const parent = dirname(path);
  return parent === path ? path : join(realAsFarAsExists(parent), basename(path));
}
