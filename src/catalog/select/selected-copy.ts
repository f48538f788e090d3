import { resolve } from "node:path";
import { SessionBusyError } from "../../store/errors.ts";
import { candidateOf } from "../../store/facts/stat-transcripts.ts";
import { projectDir } from "../../store/layout/paths.ts";
import { canonicalPath } from "../../store/layout/project-key.ts";
import { findCopies } from "../../store/projects/find-copies.ts";
import type { ListedSession, StoreOptions, TranscriptCopy } from "../../store/types.ts";
import { projectTest } from "../query/fact-conditions.ts";
import type { SessionFilter } from "./session-filter.ts";

/**
 * Returns a copy of a session that was written to later than the one that was selected, so that the conditions say nothing
 * of it: it is outside the directory that was asked for, or cannot be read. A change of a session concerns all its copies.
 */
function laterCopy(session: ListedSession, { configDirs }: StoreOptions): TranscriptCopy | undefined {
  const { sessionId, lastModified } = session;
  return findCopies(sessionId, { configDirs }).find(({ mtimeMs }) => Math.round(mtimeMs) > lastModified);
}

/**
 * Returns a function that says why a session that a filter selects is not to be changed, as the end of a sentence; undefined if
 * nothing speaks against it. `dir`: the directory of the filter. Lists also have sessions there that only have the same project
 * key, since their directory may have been moved.
 */
export function reasonsToLeave({
  configDirs,
  dir,
}: StoreOptions & Pick<SessionFilter, "dir">): (session: ListedSession) => string | undefined {
  const isThere = dir === undefined ? () => true : projectTest(resolve(dir));
  return (session) => {
    const { cwd, transcriptPath } = session;
    if (cwd !== undefined && !isThere(cwd) && !isThere(canonicalPath(cwd)))
      return `its directory is ${cwd}, which only has the same project key`;
    const later = laterCopy(session, { configDirs });
    if (later === undefined) return undefined;
    return later.path === transcriptPath ? CHANGED : `it has a copy that was changed later: ${later.path}`;
  };
}

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
