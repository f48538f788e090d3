import { basename, dirname, join, relative, sep } from "node:path";
import { cleanStaleTemps } from "../disk/atomic-write.ts";
import { close, isThere, openReadNoFollow, statOpenExact, tryStatFile } from "../disk/fs.ts";
import { isOurOwnName } from "../disk/temp-file.ts";
import { isContained } from "../disk/dir-tree.ts";
import { tryStat, Walker } from "../disk/walk.ts";
import { SessionNotFoundError, TranscriptError } from "../errors.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { belongings } from "../projects/sidecars.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import type { Skipped } from "../types.ts";
import { copyNew, isSuperseded, obstacleAbove } from "./copy-file.ts";
import { requireSnapshot } from "./snapshot-dir.ts";

export interface RestoreSnapshotOptions {
  /** The snapshot. */
  readonly from: string;
  readonly configDir: string;
  /** Only says what would be copied. */
  readonly dryRun?: boolean | undefined;
  /** Called after each file with the bytes copied so far and in all. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
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
 * config dir has another file in the place of one, or no directory in the place of one, `RestoreConflict` names it (`data.conflicts`) and nothing is changed. What
 * it has already stays.
 *
 * Throws `InvalidSessionIdError`, `InvalidArgumentError` if the directory is no snapshot, `SessionNotFoundError`, `SessionBusyError`
 * file-system errors, and `signal.reason` when aborted: a second call then continues.
 */
export async function restoreFromSnapshot(
  sessionId: string,
  { from, configDir, dryRun, progress, signal }: RestoreSnapshotOptions,
): Promise<SnapshotRestoration> {
  requireSessionId(sessionId);
  requireSnapshot(from);
  const skipped: Skipped[] = [];
  const conflict = (conflicts: readonly string[], is: string): TranscriptError =>
    new TranscriptError("RestoreConflict", `Session ${sessionId} was not restored: ${conflicts.join(", ")} is ${is}`, {
      hint: "Move it away, or delete the session, then try again.",
      data: { sessionId, conflicts },
    });
  const restore = async (): Promise<SnapshotRestoration> => {
    const { items: owned, skipped: unread } = await belongings(sessionId, from);
    if (owned.length === 0) throw new SessionNotFoundError(sessionId, ` in the snapshot ${from}`);
    skipped.push(...unread);
    // Transcripts come first among the belongings, and last into the store.
    const files = owned.toReversed().flatMap(({ path }) => filesAt(from, join(from, ...path.split("/")), skipped));
    const obstacles = new Set(files.flatMap((name) => obstacleTo(configDir, name) ?? []));
    if (obstacles.size > 0) throw conflict([...obstacles], "in the way of its files");
    const missing = files.filter((name) => !isThere(join(configDir, name)));
    const conflicts = files
      .filter((name) => !missing.includes(name) && !isContained(join(from, name), join(configDir, name)))
      .map((name) => join(configDir, name));
    if (conflicts.length > 0) throw conflict(conflicts, "another file");
    const items: { path: string; bytes: number }[] = [];
    const total = missing.reduce((sum, name) => sum + (tryStatFile(join(from, name))?.size ?? 0), 0);
    let done = 0;
    for (const name of missing) {
      signal?.throwIfAborted();
      const source = openReadNoFollow(join(from, name));
      try {
        const stats = statOpenExact(source);
        const bytes =
          dryRun === true ? Number(stats.size) : await copyNew(source, stats, join(configDir, name), signal);
        items.push({ path: name, bytes });
        progress?.((done += bytes), Math.max(done, total));
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
  if (dryRun === true) return restore();
  // A process that brings the snapshot up to date has finished with the session then. A snapshot may be read-only.
  const restoreCopied = (): Promise<SnapshotRestoration> =>
    withSessionLock([from], sessionId, "restore", restore, { ifPossible: true });
  return withSessionLock([configDir], sessionId, "restore", restoreCopied);
}

/** Returns what is in place of a directory above a file of a config dir. `projects` and project dirs may be links, no others. */
export function obstacleTo(configDir: string, name: string): string | undefined {
  const names = name.split("/");
  if (names[0] !== "projects") return obstacleAbove(configDir, name)?.path;
  const project = join(configDir, ...names.slice(0, 2));
  const above = [dirname(project), project].find((dir) => isThere(dir) && tryStatFile(dir)?.isDirectory() !== true);
  return above ?? obstacleAbove(project, names.slice(2).join("/"))?.path;
}

/** Returns the files at a path of a snapshot, relative to it. */
function filesAt(from: string, path: string, skipped: Skipped[]): string[] {
  const nameOf = (file: string): string => relative(from, file).split(sep).join("/");
  const above = obstacleAbove(from, nameOf(path));
  if (above !== undefined) {
    skipped.push({ path: above.path, reason: above.isLink ? "a link, not followed" : "not a directory" });
    return [];
  }
  const stats = tryStat(path, skipped);
  const entries = stats?.isDirectory() === true ? [...new Walker(skipped).below(path)] : [];
  if (stats !== undefined) entries.push({ dir: dirname(path), name: basename(path), path, stats });
  return entries.flatMap((entry) => {
    if (entry.stats.isDirectory()) return [];
    if (!entry.stats.isFile())
      skipped.push({ path: entry.path, reason: entry.stats.isSymbolicLink() ? "a link, not followed" : "not a file" });
    // What a killed run left, and earlier contents, belong to the snapshot.
    if (!entry.stats.isFile() || isOurOwnName(entry.name)) return [];
    if (!isSuperseded(entry.name)) return [nameOf(entry.path)];
    skipped.push({ path: entry.path, reason: "earlier contents of a file" });
    return [];
  });
}
