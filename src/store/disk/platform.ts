/**
 * What differs between Linux, macOS and Windows, in one place. Every rule takes the platform as a parameter, so that
 * the rules of a system that is not at hand are tested by table (test/store/disk/platform.test.ts).
 */
import { posix, win32 } from "node:path";
import { realPath } from "./fs.ts";

export type Platform = NodeJS.Platform;

/** A project path as keys are made of it: macOS stores names in either form, so they are composed (official-helpers.md §1). */
export function normalizePath(path: string, platform: Platform = process.platform): string {
  return platform === "darwin" ? path.normalize("NFC") : path;
}

/** A project key as it is compared: on Windows a directory is found whatever the case of its letters (official-helpers.md §2.4). */
export function foldKey(key: string, platform: Platform = process.platform): string {
  return platform === "win32" ? key.toLowerCase() : key;
}

/** Whether a directory can be opened and synced, which makes a rename in it last through a power cut. */
export function canSyncDirectory(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/** Whether a file can be opened so that a link under its name is an error. */
export function canRefuseLinks(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/** Whether the times of a directory show every name that comes or goes: on Windows some file systems keep none. */
export function hasTrustyDirTimes(platform: Platform = process.platform): boolean {
  return platform !== "win32";
}

/**
 * The paths that keys may have been made of for one directory: the real one, and on Windows also the drive-letter form
 * it was named by, when the drive is mapped or substituted and resolves to a longer path (official-helpers.md §2.4).
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
 * A path in the form in which two spellings of it are equal: dots and doubled or trailing slashes removed, composed on
 * macOS, drive letter and names in one case on Windows. Letters of other file systems are left: a Linux directory
 * `A` is not `a`, and on macOS `realPath` has already given the letters as they are stored.
 */
export function comparablePath(path: string, platform: Platform = process.platform): string {
  if (platform === "win32") {
    const plain = win32.normalize(path);
    return plain.replace(/(?<=[^:\\])\\+$/, "").toLowerCase();
  }
  const plain = posix.normalize(normalizePath(path, platform));
  return plain.length > 1 ? plain.replace(/\/+$/, "") : plain;
}

/** Whether two spellings name one directory. Links are followed where they lead somewhere; nothing has to exist. */
export function sameDirectory(a: string, b: string, platform: Platform = process.platform): boolean {
  if (comparablePath(a, platform) === comparablePath(b, platform)) return true;
  return comparablePath(realOrSelf(a), platform) === comparablePath(realOrSelf(b), platform);
}

/** Whether `path` is `root` or below it, as names go. Neither has to exist; no link is followed. */
export function isInside(path: string, root: string, platform: Platform = process.platform): boolean {
  const inner = comparablePath(path, platform);
  const outer = comparablePath(root, platform);
  if (inner === outer) return true;
  const separator = platform === "win32" ? "\\" : "/";
  return inner.startsWith(outer.endsWith(separator) ? outer : outer + separator);
}

/** The real path, or the path itself where it leads nowhere. */
export function realOrSelf(path: string): string {
  try {
    return realPath(path);
  } catch {
    return path;
  }
}
