import { resolve } from "node:path";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { snapshotPath } from "../../store/layout/paths.ts";
import { configDirOf } from "../../store/snapshot/snapshot-dir.ts";
import { shellWord } from "../../view/resume.ts";

/** Returns the command that brings a session back from a snapshot; undefined if the directory is none. */
export function restoreWords(sessionId: string, snapshot: string): string | undefined {
  const configDir = configDirOf(snapshot);
  if (configDir === undefined) return undefined;
  const isUsual = resolveConfigDirs()[0] === resolve(configDir);
  const dir = isUsual ? "" : ` --config-dir ${shellWord(configDir)}`;
  const from = snapshotPath(configDir) === snapshot ? "" : ` --from ${shellWord(snapshot)}`;
  return `claude-transcripts snapshot restore ${sessionId}${dir}${from}`;
}
