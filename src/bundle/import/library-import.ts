/** A function of the library, whose code is loaded at the first call. */
import type { ImportOptions, ImportReport } from "./import-sessions.ts";

/**
 * Imports sessions from a bundle, or from a directory of another machine, into a config dir: under the same project path if it is
 * a directory here, or that of the same repository, or `cwd`. Of rows only the top-level `cwd` changes, and only in the last two cases.
 * Each session is imported whole or not at all, and overwrites nothing: what is here stays, unless it is the beginning of
 * what is imported and `update` is set. A second call does nothing. After a kill at any point the next call finishes.
 *
 * A session that cannot be imported is in `refused`, with the reason; the others are imported. A bundle is refused as a whole if
 * anything in it is not as its manifest says.
 *
 * @throws InvalidArgumentError for options and sources that cannot be meant, and for a bundle that is refused; file-system errors,
 * and `signal.reason` when aborted
 */
export async function importSessions(options: ImportOptions): Promise<ImportReport> {
  return (await import("./import-sessions.ts")).importSessions(options);
}
