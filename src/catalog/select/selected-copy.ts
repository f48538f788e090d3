import { SessionBusyError } from "../../store/errors.ts";
import { candidateOf } from "../../store/facts/stat-transcripts.ts";
import { projectDir } from "../../store/layout/paths.ts";
import { findCopies } from "../../store/projects/find-copies.ts";
import type { ListedSession, StoreOptions, TranscriptCopy } from "../../store/types.ts";

/**
 * Returns a copy of a session that was written to later than the one that was selected, so that the conditions say nothing
 * of it: it is outside the directory that was asked for, or cannot be read. A change of a session concerns all its copies.
 */
export function laterCopy(session: ListedSession, { configDirs }: StoreOptions): TranscriptCopy | undefined {
  const { sessionId, lastModified } = session;
  return findCopies(sessionId, { configDirs }).find(({ mtimeMs }) => Math.round(mtimeMs) > lastModified);
}

/** Returns why such a session is not chosen, as the end of a sentence. */
export const laterCopyReason = ({ path }: TranscriptCopy, { transcriptPath }: ListedSession): string =>
  path === transcriptPath ? CHANGED : `it has a copy that was changed later: ${path}`;

const CHANGED = "it has changed since it was selected";

/** Throws `SessionBusyError` if the transcript of a session has changed since it was selected: the conditions may not hold any more. */
export function requireAsSelected(session: ListedSession, options: StoreOptions): void {
  const { configDir, projectKey, sessionId, lastModified, fileSize } = session;
  const now = candidateOf({ sessionId, project: projectDir(configDir, projectKey) });
  const isChanged =
    now === undefined
      ? findCopies(sessionId, options).length > 0
      : now.lastModified !== lastModified || now.size !== fileSize || laterCopy(session, options) !== undefined;
  if (isChanged) throw new SessionBusyError(sessionId, CHANGED, "Select again.");
}
