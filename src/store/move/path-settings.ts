import { homedir } from "node:os";
import { join } from "node:path";
import { readPlain } from "../disk/read-small-file.ts";
import { realOrSelf } from "../disk/platform.ts";
import { membersOf, parseJson } from "../../transcript/rows/json-values.ts";
import type { Skipped } from "../types.ts";

/** What Claude Code's own `.claude.json` keeps under the paths of directories: trust, allowed tools, MCP servers. */
export interface PathSettings {
  readonly path: string;
  /** Directories with an entry. */
  readonly directories: readonly string[];
}

/** Maximum size of a `.claude.json`; some have 50 MB of old prompts. */
const SETTINGS_BYTES = 128 * 1024 * 1024;

/**
 * Returns the entries of directories that `isMeant`, in the `.claude.json` of each config dir; one that cannot be read goes
 * into `skipped`. Such entries are never changed: the CLI holds the whole file in memory and writes it again. Never throws.
 */
export function pathSettings(
  configDirs: readonly string[],
  isMeant: (path: string) => boolean,
  skipped: Skipped[],
): PathSettings[] {
  const files = new Set(
    configDirs.flatMap((configDir) => [...homeSettings(configDir), join(configDir, ".claude.json")]),
  );
  return [...files].flatMap((path) => {
    const read = readPlain(realOrSelf(path), SETTINGS_BYTES);
    if (read !== undefined && "reason" in read) skipped.push({ path, reason: read.reason });
    if (read === undefined || "reason" in read) return [];
    const directories = Object.keys(membersOf(membersOf(parseJson(read.text))["projects"])).filter(isMeant);
    return directories.length === 0 ? [] : [{ path, directories }];
  });
}

/** The default config dir has its file next to it. */
function homeSettings(configDir: string): string[] {
  const home = homedir();
  return realOrSelf(configDir) === realOrSelf(join(home, ".claude")) ? [join(home, ".claude.json")] : [];
}
