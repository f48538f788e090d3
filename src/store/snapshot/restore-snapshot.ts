import { dirname, join, relative, sep } from "node:path";
import { cleanStaleTemps } from "../disk/atomic-write.ts";
import { close, isThere, openReadNoFollow, statOpenExact } from "../disk/fs.ts";
import { isContained } from "../disk/dir-tree.ts";
import { tryStat, Walker } from "../disk/walk.ts";
import { SessionNotFoundError, TranscriptError } from "../errors.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { belongings } from "../projects/sidecars.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import type { Skipped } from "../types.ts";
import { copyNew } from "./copy-file.ts";
import { requireSnapshot } from "./snapshot-dir.ts";

export interface RestoreSnapshotOptions {
  /** The snapshot. */
  readonly from: string;
  readonly configDir: string;
  /** Only says what would be copied. */
  readonly dryRun?: boolean | undefined;
}

export interface SnapshotRestoration {
  readonly sessionId: string;
  /** Files copied, relative to the config dir. */
  readonly items: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Number of files that the config dir has already, perhaps with more at their end. */
  readonly already: number;
  readonly skipped: readonly Skipped[];
}

/**
 * Copies a session from a snapshot to where it was, transcripts last, so that Claude Code resumes it. Overwrites nothing: if the
 * config dir has another file in the place of one, `RestoreConflict` names it (`data.conflicts`) and nothing is changed. What
 * it has already stays.
 *
 * Throws `InvalidSessionIdError`, `InvalidArgumentError` if the directory is no snapshot, `SessionNotFoundError`, `SessionBusyError`
 * and file-system errors: a second call then continues.
 */
export async function restoreFromSnapshot(
  sessionId: string,
  { from, configDir, dryRun }: RestoreSnapshotOptions,
): Promise<SnapshotRestoration> {
  requireSessionId(sessionId);
  requireSnapshot(from);
  const { items: owned, skipped: unread } = await belongings(sessionId, from);
  if (owned.length === 0) throw new SessionNotFoundError(sessionId, ` in the snapshot ${from}`);
  const skipped: Skipped[] = [...unread];
  const restore = async (): Promise<SnapshotRestoration> => {
    // Transcripts come first among the belongings, and last into the store.
    const files = owned.toReversed().flatMap(({ path }) => filesAt(from, join(from, ...path.split("/")), skipped));
    const missing = files.filter((name) => !isThere(join(configDir, name)));
    const conflicts = files
      .filter((name) => !missing.includes(name) && !isContained(join(from, name), join(configDir, name)))
      .map((name) => join(configDir, name));
    if (conflicts.length > 0) {
      throw new TranscriptError(
        "RestoreConflict",
        `Session ${sessionId} was not restored: ${conflicts.join(", ")} is another file`,
        {
          hint: "Move it away, or delete the session, then try again.",
          data: { sessionId, conflicts },
        },
      );
    }
    const items: { path: string; bytes: number }[] = [];
    for (const name of missing) {
      const source = openReadNoFollow(join(from, name));
      try {
        const stats = statOpenExact(source);
        const bytes = dryRun === true ? Number(stats.size) : await copyNew(source, stats, join(configDir, name));
        items.push({ path: name, bytes });
      } finally {
        close(source);
      }
    }
    // A run that was killed may have left its last file two names.
    if (dryRun !== true)
      for (const dir of new Set(files.map((name) => dirname(join(configDir, name))))) cleanStaleTemps(dir);
    const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
    return { sessionId, items, bytes, already: files.length - missing.length, skipped };
  };
  return dryRun === true ? restore() : withSessionLock([configDir], sessionId, "restore", restore);
}

/** Returns the files at a path of a snapshot, relative to it. */
function filesAt(from: string, path: string, skipped: Skipped[]): string[] {
  const nameOf = (file: string): string => relative(from, file).split(sep).join("/");
  const stats = tryStat(path, skipped);
  if (stats?.isFile() === true) return [nameOf(path)];
  if (stats?.isDirectory() !== true) return [];
  return [...new Walker(skipped).below(path)].flatMap((entry) => (entry.stats.isFile() ? [nameOf(entry.path)] : []));
}
