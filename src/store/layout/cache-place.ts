import { homedir, tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { nodeCrypto } from "../disk/builtins.ts";
import { makeDir, setMode, statFile, statLink } from "../disk/fs.ts";
import { isInside, type Platform, realAsFarAsExists, realOrSelf } from "../disk/platform.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The directories that an index may be in, best first, and the beginning of the names of its files. */
export interface Place {
  readonly directories: readonly string[];
  readonly prefix: string;
}

const NAME = "claude-transcripts";
const HASH_DIGITS = 16;
const PRIVATE_DIR = 0o700;
const OTHERS = 0o077;

/** Reports whether the person wants no index. */
export const isIndexOff = (env: Environment = process.env): boolean => env["CLAUDE_TRANSCRIPTS_INDEX"] === "off";

/**
 * Returns where the index of a config dir may be: the cache directory of the system, else a private one for temporary
 * files. Never below the config dir, which looking must not change.
 */
export function placeOf(
  configDir: string,
  env: Environment = process.env,
  platform: Platform = process.platform,
): Place {
  const real = realOrSelf(configDir);
  const hash = nodeCrypto().createHash("sha256").update(real).digest("hex").slice(0, HASH_DIGITS);
  return {
    directories: indexDirectories(env, platform).filter((directory) => !isInside(realAsFarAsExists(directory), real)),
    prefix: `${hash}-`,
  };
}

/** Returns the directories that indexes may be in, of all config dirs. Looks nothing up on the disk. */
export function indexDirectories(env: Environment = process.env, platform: Platform = process.platform): string[] {
  const cache = cacheDirectory(env, platform);
  const uid = process.getuid?.();
  return [
    ...(cache === undefined ? [] : [join(cache, NAME)]),
    join(tmpdir(), uid === undefined ? NAME : `${NAME}-${uid}`),
  ];
}

/** Returns the user's directory for caches; undefined if it is not known. */
function cacheDirectory(env: Environment, platform: Platform): string | undefined {
  const given = env["XDG_CACHE_HOME"];
  // A relative path is invalid (XDG Base Directory Specification).
  if (given !== undefined && isAbsolute(given)) return given;
  if (platform === "win32" && env["LOCALAPPDATA"] !== undefined) return env["LOCALAPPDATA"];
  const home = homeDirectory();
  if (home === undefined) return undefined;
  if (platform === "win32") return join(home, "AppData", "Local");
  return platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

function homeDirectory(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    // There is neither a HOME nor an entry for the user.
    return undefined;
  }
}

/** Makes a directory private to its user, creating it if it is missing. Throws if it is not ours alone. */
export function claimDirectory(path: string): void {
  const uid = process.getuid?.();
  if (statLink(path) === undefined) {
    // After `sudo`, the person could not write in it.
    if (uid === 0 && ownerOfParent(path) !== 0) throw new Error("its parent belongs to another user");
    makeDir(path);
  }
  const found = statLink(path);
  if (found?.isSymbolicLink()) throw new Error("it is a link, which is not followed");
  if (!found?.isDirectory()) throw new Error("it is not a directory");
  if (uid === undefined) return;
  if (found.uid !== uid) throw new Error("it belongs to another user");
  if ((found.mode & OTHERS) !== 0) setMode(path, PRIVATE_DIR);
}

/** Returns the owner of the nearest parent that exists. */
function ownerOfParent(path: string): number | undefined {
  const parent = dirname(path);
  return parent === path ? undefined : (statFile(parent)?.uid ?? ownerOfParent(parent));
}
