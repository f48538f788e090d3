import { isDirectory, resolveConfigDirs } from "../layout/config-dir.ts";
import { transcriptPath } from "../layout/paths.ts";
import { possibleProjectDirs } from "./project-dirs.ts";
import type { SessionOptions } from "../types.ts";

/**
 * Returns a directory that has the name of the session's missing transcript: "not found" would not say what is wrong, and
 * the official helpers report the directory too (official-helpers.md §2.6). Only without `dir`.
 */
export function directoryAtTranscriptPath(
  sessionId: string,
  options: SessionOptions | null | undefined,
): string | undefined {
  if (options?.dir) return undefined;
  for (const configDir of resolveConfigDirs(options)) {
    for (const project of possibleProjectDirs(configDir) ?? []) {
      const path = transcriptPath(project, sessionId);
      if (isDirectory(path)) return path;
    }
  }
  return undefined;
}
