import { appendRows, cleanStaleTemps } from "../disk/atomic-write.ts";
import { InvalidArgumentError, isMissing, SessionNotFoundError } from "../errors.ts";
import { newestCopy, requireCopies } from "../projects/find-copies.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { directoryAtTranscriptPath } from "../projects/transcript-is-directory.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";
import { normalizeTag } from "./normalize-tag.ts";

/**
 * Gives a session a title: appends the row that `/rename` and the official helper append to the newest copy of the
 * transcript. Adds a missing final newline first (official-helpers.md §7).
 *
 * Throws `InvalidSessionIdError`, `InvalidArgumentError` for a blank title, `TypeError` if it is not a string,
 * `SessionNotFoundError`, and file-system errors unchanged.
 */
export async function renameSession(sessionId: string, title: string, options?: SessionOptions | null): Promise<void> {
  requireSessionId(sessionId);
  const customTitle = requireText(title, "t").trim();
  if (customTitle === "") throw new InvalidArgumentError("title", "title must be non-empty");
  append(sessionId, () => [{ type: "custom-title", customTitle, sessionId }], options);
}

/**
 * Sets a session's official tag, in NFKC without invisible characters, or removes it (`null`); else like `renameSession`.
 * Of several tags this is the first; `editSessionTags` changes the others.
 */
export async function tagSession(
  sessionId: string,
  tag: string | null,
  options?: SessionOptions | null,
): Promise<void> {
  requireSessionId(sessionId);
  const text = tag === null ? "" : normalizeTag(requireText(tag, "Aa(...)"));
  if (text === "" && tag !== null) throw new InvalidArgumentError("tag", "tag must be non-empty (use null to clear)");
  append(sessionId, () => [{ type: "tag", tag: text, sessionId }], options);
}

/** Throws the official error texts for values that are not strings, since existing programs may match on them. */
function requireText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) throw new TypeError(`Cannot read properties of ${value} (reading 'trim')`);
  throw new TypeError(`${name}.trim is not a function`);
}

/** Maximum number of appends, each to the newest copy found, if the file appended to is deleted each time. */
const TRIES = 3;

/** Appends what `rowsFor` returns for the copy that gets it, the newest. Throws like `renameSession`. */
export function append(
  sessionId: string,
  rowsFor: (copy: TranscriptCopy) => readonly object[],
  options: SessionOptions | null | undefined,
): void {
  for (let tries = 0; tries < TRIES; tries++) {
    if (appendToNewest(copiesOf(sessionId, options), rowsFor)) return;
  }
  throw new SessionNotFoundError(sessionId, ": other processes keep deleting and restoring it");
}

/** Appends to the newest copy that still exists. Returns whether the session now has the rows. */
function appendToNewest(
  found: readonly TranscriptCopy[],
  rowsFor: (copy: TranscriptCopy) => readonly object[],
): boolean {
  let copies = found;
  for (let copy = newestCopy(copies); copy !== undefined; copy = newestCopy(copies)) {
    try {
      const isThere = appendRows(copy.path, rowsFor(copy));
      cleanStaleTemps(copy.project.path);
      return isThere;
    } catch (error) {
      // It was deleted since it was found, so another copy is now the session.
      if (!isMissing(error)) throw error;
      const gone = copy;
      copies = copies.filter((other) => other !== gone);
    }
  }
  return false;
}

function copiesOf(sessionId: string, options: SessionOptions | null | undefined): TranscriptCopy[] {
  try {
    return requireCopies(sessionId, options, "append");
  } catch (error) {
    const directory = error instanceof SessionNotFoundError ? directoryAtTranscriptPath(sessionId, options) : undefined;
    // The file system's own error says more than "not found".
    if (directory !== undefined) appendRows(directory, []);
    throw error;
  }
}
