import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { statFile } from "../disk/fs.ts";
import { InvalidArgumentError } from "../errors.ts";
import { realOrSelf } from "../disk/platform.ts";
import type { StoreOptions } from "../types.ts";

/**
 * The config dir of Claude Code: `CLAUDE_CONFIG_DIR`, else `~/.claude`, in composed form (official-helpers.md §2.1).
 *
 * The official rule to the letter: an empty variable counts as set, so that `projects` is looked for in the current
 * directory; `~` means itself; a relative path is given back as it is.
 */
export function resolveConfigDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return (env["CLAUDE_CONFIG_DIR"] ?? join(homedir(), ".claude")).normalize("NFC");
}

/**
 * The config dirs that a call is about, as absolute paths in the order given. One real directory under two names is
 * taken once, by its first name. An empty `configDirs` means none; without `configDirs` it is `resolveConfigDir()`.
 *
 * Throws `InvalidArgumentError` for the official option `sessionStore`.
 */
export function resolveConfigDirs(options?: StoreOptions | null): string[] {
  refuseSessionStore(options);
  const given = options?.configDirs;
  if (given === undefined) return [resolve(resolveConfigDir())];
  const found = new Map<string, string>();
  for (const dir of given) {
    const path = resolve(dir);
    const real = realOrSelf(path);
    if (!found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

/** A call about sessions that are kept elsewhere must not read, or delete, those on this disk instead. */
function refuseSessionStore(options: object | null | undefined): void {
  if (!options || !("sessionStore" in options) || !options.sessionStore) return;
  throw new InvalidArgumentError(
    "sessionStore",
    "sessionStore is not supported: only sessions on this disk can be read and changed",
    "Leave it out, or call the official helper for sessions in a store.",
  );
}

/** What decided which config dirs are in force. */
export type ConfigDirSource = "option" | "environment" | "default";

export function configDirSource(options?: StoreOptions | null): ConfigDirSource {
  if (options?.configDirs !== undefined) return "option";
  return process.env["CLAUDE_CONFIG_DIR"] === undefined ? "default" : "environment";
}

/** Where people keep transcripts too, by what is in use: the default, and the places of other programs. */
export const usualConfigDirs = (): string[] => [join(homedir(), ".claude"), join(homedir(), ".config", "claude")];

/** Whether there is a directory at the path; a link to one counts. */
export function isDirectory(path: string): boolean {
  try {
    return statFile(resolve(path))?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
