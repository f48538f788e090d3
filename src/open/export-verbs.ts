import { type ExportReport, exportSessions } from "../bundle/export/export-sessions.ts";
import { TranscriptError } from "../store/errors.ts";

export interface SessionExportOptions {
  /** The directory that gets the file. */
  readonly dir: string;
  readonly redact: boolean;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Verbs that take sessions along. */
export interface ExportVerbs {
  /** Writes a bundle of a session into a new file of the directory. Throws like `exportSessions` of the library. */
  exportSession(sessionId: string, options: SessionExportOptions): Promise<ExportReport>;
}

/** How many names are tried. */
const MOST_NAMES = 100;

export const exportVerbs = (configDirs: readonly string[] | undefined): ExportVerbs => ({
  async exportSession(sessionId, { dir, ...options }) {
    let out = dir;
    let first: string | undefined;
    for (let n = 2; ; n++) {
      try {
        return await exportSessions({ sessionIds: [sessionId], configDirs, out, ...options });
      } catch (error) {
        const taken = takenBy(error);
        if (taken === undefined || n > MOST_NAMES) throw error;
        first ??= taken;
        out = first.replace(/(?=\.tar\.gz$)/, `-${n}`);
      }
    }
  },
});

/** Returns the path of the file that is there already, if that is the error. */
function takenBy(error: unknown): string | undefined {
  if (!(error instanceof TranscriptError) || error.data["argument"] !== "out") return undefined;
  const { path } = error.data;
  return typeof path === "string" ? path : undefined;
}
