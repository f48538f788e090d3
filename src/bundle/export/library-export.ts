/** A function of the library, whose code is loaded at the first call. */
import { withConfigDirs } from "../../store/layout/config-dir.ts";
import type { ExportOptions, ExportReport } from "./export-sessions.ts";

/**
 * Writes sessions into one file, a bundle, that another machine can read and import: a `.tar.gz` in the layout of a config dir,
 * with a manifest. The bundle has all files of the sessions as they were when they were first read; links and what cannot be
 * read are left out, which `sessions[].leftOut` says. Changes nothing in the store. The file is written whole or not at all.
 *
 * @throws SessionNotFoundError, InvalidSessionIdError, InvalidArgumentError if `out` is taken, TranscriptError `Io` if a file is
 * rewritten again and again meanwhile, file-system errors of the output, and `signal.reason` when aborted
 */
export async function exportSessions(options: ExportOptions): Promise<ExportReport> {
  return (await import("./export-sessions.ts")).exportSessions(withConfigDirs(options));
}
