import { resolve } from "node:path";
import { PROJECT_KEY_UNITS } from "../../transcript/rows/limits.ts";
import { realPathAsTyped } from "../disk/fs.ts";
import { attempt } from "../errors.ts";
import { normalizePath, realOrSelf } from "../disk/platform.ts";

/**
 * Returns the project key of a directory (default: the current one) as the official helpers give it to a session store.
 * Follows links; a directory that does not exist is resolved by name only (official-helpers.md §2.2, §2.3).
 */
export function projectKey(dir?: string): string {
  const path = resolve(dir ?? ".");
  return keyOverride() ?? keyOfPath(normalizePath(attempt(() => realPathAsTyped(path)) ?? path));
}

/** Returns the key under which transcripts of `dir` are looked up on the disk: `projectKey` of its `canonicalPath`. */
export function diskKey(dir: string): string {
  return keyOverride() ?? keyOfPath(canonicalPath(dir));
}

/**
 * Returns the key of a path as given: every UTF-16 unit except ASCII letters and digits becomes `-`. A key longer than 200
 * units is cut there and a hash of the whole path follows. Not invertible: `/a/b` and `/a-b` have the same key.
 */
export function keyOfPath(path: string): string {
  const name = sanitizePath(path);
  return name.length <= PROJECT_KEY_UNITS ? name : `${name.slice(0, PROJECT_KEY_UNITS)}-${hashOf(path)}`;
}

/** Replaces every UTF-16 unit except ASCII letters and digits with `-`, without cutting. */
export function sanitizePath(path: string): string {
  return path.replace(/[^a-zA-Z0-9]/g, "-");
}

/**
 * Returns a directory as the disk helpers name it: its real path, or the given string if it cannot be resolved. So `/gone/`
 * keeps its slash, which gives it another key than `/gone` (official-helpers.md §2.3).
 */
export const canonicalPath = (dir: string): string => normalizePath(realOrSelf(dir));

/** Names that Windows reserves for devices, which no directory can have. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/**
 * Returns the key that `CLAUDE_CODE_PROJECT_DIR_NAME` sets for all directories. It counts only together with a non-empty
 * `CLAUDE_CONFIG_DIR`, and only if it is a valid directory name on every system.
 */
export function keyOverride(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const name = env["CLAUDE_CODE_PROJECT_DIR_NAME"];
  if (!env["CLAUDE_CONFIG_DIR"] || name === undefined) return undefined;
  return /^[A-Za-z0-9_-]{1,64}$/.test(name) && !DEVICE_NAME.test(name) ? name : undefined;
}

/** Returns Java's string hash over the UTF-16 units, without its sign, in base 36. */
function hashOf(text: string): string {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return Math.abs(hash).toString(36);
}
