import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { tryStatFile } from "../disk/fs.ts";
import { InvalidArgumentError } from "../errors.ts";
import { realOrSelf } from "../disk/platform.ts";
import type { StoreOptions } from "../types.ts";

/**
 * Returns the config dir of Claude Code: `CLAUDE_CONFIG_DIR`, else `~/.claude`, in composed form (official-helpers.md §2.1).
 *
 * Follows the official rule exactly: an empty variable counts as set, so that `projects` is looked up in the current
 * directory; `~` is not expanded; a relative path is returned as it is.
 */
export function resolveConfigDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return (env["CLAUDE_CONFIG_DIR"] ?? join(homedir(), ".claude")).normalize("NFC");
}

/**
 * Returns the config dirs of a call, as absolute paths in the given order. A directory under two names appears once, under
 * its first name. An empty `configDirs` means none; without `configDirs` it is `storageDir`, else `resolveConfigDir()`.
 *
 * Throws `InvalidArgumentError` for both options, and for the official option `sessionStore`.
 */
export function resolveConfigDirs(options?: StoreOptions | null): string[] {
  if (options && "sessionStore" in options && options.sessionStore) {
    // Else it would read or delete sessions on this disk instead.
    throw new InvalidArgumentError(
      "sessionStore",
      "sessionStore is not supported: only sessions on this disk can be read and changed",
      "Leave it out, or call the official helper for sessions in a store.",
    );
  }
  const { configDirs, storageDir } = options ?? {};
  if (storageDir !== undefined) requireOnly(storageDir, configDirs);
  const given = storageDir === undefined ? configDirs : [storageDir];
  if (given === undefined) return [resolve(resolveConfigDir())];
  const found = new Map<string, string>();
  for (const dir of given) {
    const path = resolve(dir);
    const real = realOrSelf(path);
    if (!found.has(real)) found.set(real, path);
  }
  return [...found.values()];
}

function requireOnly(storageDir: unknown, configDirs: readonly string[] | undefined): void {
  if (typeof storageDir !== "string" || storageDir === "")
    throw new InvalidArgumentError("storageDir", `storageDir must be a path, got ${JSON.stringify(storageDir)}`);
  if (configDirs !== undefined)
    throw new InvalidArgumentError("storageDir", "storageDir and configDirs cannot be given together");
}

/** Returns options with the config dirs that they mean, for functions that pass on only those. */
export const withConfigDirs = <T extends StoreOptions>(options: T): T & { readonly configDirs: readonly string[] } => ({
  ...options,
  configDirs: resolveConfigDirs(options),
  storageDir: undefined,
});

/** The source of the config dirs in force. */
export type ConfigDirSource = "option" | "environment" | "default";

export function configDirSource(options?: StoreOptions | null): ConfigDirSource {
  if (options?.configDirs !== undefined) return "option";
  return process.env["CLAUDE_CONFIG_DIR"] === undefined ? "default" : "environment";
}

/** Returns the usual config dirs: the default, and the one that other programs use. */
export const usualConfigDirs = (): string[] => [join(homedir(), ".claude"), join(homedir(), ".config", "claude")];

/** Reports whether the path is a directory, or a link to one. */
export const isDirectory = (path: string): boolean => tryStatFile(resolve(path))?.isDirectory() === true;
