import { dirname } from "node:path";
import { makeDir } from "../disk/fs.ts";
import { cleanStaleTemps, replaceFile } from "../disk/atomic-write.ts";
import { deletedConcurrently } from "../errors.ts";
import { findCopies, requireCopies } from "../projects/find-copies.ts";
import { archivedMarkPath } from "../layout/paths.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";

/**
 * Marks a session as archived, in `<id>/archived.json` next to every copy of its transcript, which does not change
 * (official-helpers.md §7). Lists show it as archived until a person prompts in it again.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, `SessionBusyError` if another process is changing the session,
 * and, after trying all copies, the first file-system error.
 */
export async function archiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  await mark(sessionId, true, options);
}

/** Writes a mark that says `false`, even if there was none; otherwise like `archiveSession`. */
export async function unarchiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  await mark(sessionId, false, options);
}

/** Marks under the session's lock, if there can be one: a mark may create `<id>/`, which a deletion may be moving. */
async function mark(sessionId: string, archived: boolean, options: SessionOptions | null | undefined): Promise<void> {
  const found = requireCopies(sessionId, options);
  const configDirs = found.map(({ project }) => project.configDir);
  const act = (): void => {
    const copies = findCopies(sessionId, options);
    if (copies.length === 0) throw deletedConcurrently(sessionId);
    markCopies(sessionId, archived, copies);
  };
  await withSessionLock(configDirs, sessionId, "archive", act, { ifPossible: true });
}

function markCopies(sessionId: string, archived: boolean, copies: readonly TranscriptCopy[]): void {
  const bytes = Buffer.from(JSON.stringify({ archived, at: new Date().toISOString(), by: "sdk" }));
  const failures: unknown[] = [];
  for (const { project } of copies) {
    const path = archivedMarkPath(project, sessionId);
    try {
      makeDir(dirname(path));
      replaceFile(path, bytes);
      cleanStaleTemps(dirname(path));
      cleanStaleTemps(project.path);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
