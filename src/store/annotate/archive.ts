import { dirname } from "node:path";
import { makeDir } from "../disk/fs.ts";
import { cleanStaleTemps, replaceFile } from "../disk/atomic-write.ts";
import { deletedConcurrently } from "../errors.ts";
import { findCopies, requireCopies } from "../projects/find-copies.ts";
import { archivedMarkPath } from "../layout/paths.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";

/**
 * Marks a session as archived, in `<id>/archived.json` beside every copy of its transcript, which stays as it is
 * (official-helpers.md §7). A list shows it as archived until a person prompts in it again.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, `SessionBusyError` when another process is changing the session,
 * and the first error of the disk, when all copies have been tried.
 */
export async function archiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  await mark(sessionId, true, options);
}

/** Takes the mark back: writes one that says `false`, which also stands where there was none. As `archiveSession`. */
export async function unarchiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  await mark(sessionId, false, options);
}

/**
 * The mark may make `<id>/`, and must not while a deletion moves that away. Where there can be no trash nothing is deleted,
 * and archiving goes on without a lock.
 */
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
