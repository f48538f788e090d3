import { dirname, posix, resolve, win32 } from "node:path";
import { InvalidArgumentError } from "../errors.ts";
import { comparablePath, isAbsolutePath, isInside, type Platform, realAsFarAsExists } from "../disk/platform.ts";

/** A directory that was moved or renamed: what it was called, and its new path. */
export interface Relocation {
  /** The old path as given, and with its links resolved as far as it exists. */
  readonly from: readonly string[];
  /** The new path, its links resolved as far as it exists: the CLI makes project keys of real paths. */
  readonly to: string;
}

/** Returns the relocation between two paths, absolute or relative to the current directory. Neither has to exist. */
export function relocationOf(from: string, to: string): Relocation {
  const spellings = spellingsOf(requirePath("from", from));
  const target = realAsFarAsExists(resolve(requirePath("to", to)));
  if (spellings.some((path) => path === dirname(path))) {
    throw new InvalidArgumentError("from", "from must not be the root directory: every session is below it");
  }
  if (spellings.every((path) => comparablePath(path) === comparablePath(target))) {
    throw new InvalidArgumentError("to", `from and to are the same directory: ${target}`);
  }
  return { from: spellings, to: target };
}

/** Returns a path as given, and as the CLI may have recorded it: with its links resolved. */
export function spellingsOf(path: string): string[] {
  const given = resolve(path);
  return [...new Set([given, realAsFarAsExists(given)])];
}

function requirePath(argument: string, path: unknown): string {
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  throw new InvalidArgumentError(argument, `${argument} must be the path of a directory`);
}

/**
 * Returns where a path at or below the old one is now; undefined for all other paths. Goes by whole names: after
 * `/a/foo` moved, `/a/foo-docker` is where it was. If the new path is below the old one, what is in it is not moved again.
 */
export function movedPath(
  path: string,
  { from, to }: Relocation,
  platform: Platform = process.platform,
): string | undefined {
  const isMovedAlready = (root: string): boolean => isInside(to, root, platform) && isInside(path, to, platform);
  const roots = from.filter((root) => !isMovedAlready(root));
  return samePlaceBelow(path, { from: roots, to }, platform, platform);
}

/**
 * Returns the place that a path at or below one of the old paths has below the new one, which may be on another system;
 * undefined for all other paths. Goes by whole names.
 */
export function samePlaceBelow(
  path: string,
  { from, to }: Relocation,
  platform: Platform,
  newPlatform: Platform = process.platform,
): string | undefined {
  if (!isAbsolutePath(path)) return undefined;
  const root = from.find((one) => isInside(path, one, platform));
  if (root === undefined) return undefined;
  const rest = namesIn(path, platform).slice(namesIn(root, platform).length);
  return (newPlatform === "win32" ? win32 : posix).join(to, ...rest);
}

function namesIn(path: string, platform: Platform): string[] {
  const names = platform === "win32" ? win32.normalize(path).split("\\") : posix.normalize(path).split("/");
  return names.filter((name) => name !== "");
}
