import { dirname } from "node:path";
import { makeDir } from "./disk.ts";
import { cleanStaleTemps, replaceFile } from "./durable.ts";
import { requireCopies } from "./locate.ts";
import { archivedMarkPath } from "./paths.ts";
import type { SessionOptions } from "./types.ts";

/**
 * Marks a session as archived, in `<id>/archived.json` beside every copy of its transcript, which stays as it is
 * (sdk-spec §7). A list shows it as archived until a person prompts in it again.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, and the first error of the disk, when all copies have been
 * tried.
 */
export async function archiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  mark(sessionId, true, options);
}

/** Takes the mark back: writes one that says `false`, which also stands where there was none. As `archiveSession`. */
export async function unarchiveSession(sessionId: string, options?: SessionOptions | null): Promise<void> {
  mark(sessionId, false, options);
}

function mark(sessionId: string, archived: boolean, options: SessionOptions | null | undefined): void {
  const copies = requireCopies(sessionId, options);
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
