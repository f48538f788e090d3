import { cleanStaleTemps, appendRow } from "../disk/atomic-write.ts";
import { InvalidArgumentError, isMissing, SessionNotFoundError } from "../errors.ts";
import { newestCopy, requireCopies } from "../projects/find-copies.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { directoryAtTranscriptPath } from "../projects/transcript-is-directory.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";
import { normalizeTag } from "./normalize-tag.ts";

/**
 * Gives a session a title: appends the row that `/rename` and the official helper append, to the newest copy of the
 * transcript, behind a final newline that is put there first where it is missing (official-helpers.md §7).
 *
 * Throws `InvalidSessionIdError`, `InvalidArgumentError` for a blank title, `TypeError` for one that is no string,
 * `SessionNotFoundError`, and errors of the disk as they are.
 */
export async function renameSession(sessionId: string, title: string, options?: SessionOptions | null): Promise<void> {
  requireSessionId(sessionId);
  const customTitle = requireText(title, "t").trim();
  if (customTitle === "") throw new InvalidArgumentError("title", "title must be non-empty");
  annotate(sessionId, { type: "custom-title", customTitle, sessionId }, options);
}

/**
 * Gives a session its one tag, or with `null` takes it away; as `renameSession` otherwise. Letters that look like
 * others are put in their plain form and invisible ones left out, as the official helper does.
 */
export async function tagSession(
  sessionId: string,
  tag: string | null,
  options?: SessionOptions | null,
): Promise<void> {
  requireSessionId(sessionId);
  const text = tag === null ? "" : normalizeTag(requireText(tag, "Aa(...)"));
  if (text === "" && tag !== null) throw new InvalidArgumentError("tag", "tag must be non-empty (use null to clear)");
  annotate(sessionId, { type: "tag", tag: text, sessionId }, options);
}

/** The official texts for what is no string: programs that were written against them find them again. */
function requireText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) throw new TypeError(`Cannot read properties of ${value} (reading 'trim')`);
  throw new TypeError(`${name}.trim is not a function`);
}

/** So often the session is looked for again when the file that was appended to has gone. */
const TRIES = 3;

function annotate(sessionId: string, row: object, options: SessionOptions | null | undefined): void {
  for (let tries = 0; tries < TRIES; tries++) {
    if (appendToNewest(copiesOf(sessionId, row, options), row)) return;
  }
  throw new SessionNotFoundError(sessionId, ": other processes keep deleting and restoring it");
}

/** Whether the row is in the session. */
function appendToNewest(found: readonly TranscriptCopy[], row: object): boolean {
  let copies = found;
  for (let copy = newestCopy(copies); copy !== undefined; copy = newestCopy(copies)) {
    try {
      const isThere = appendRow(copy.path, row);
      cleanStaleTemps(copy.project.path);
      return isThere;
    } catch (error) {
      // It was deleted since it was found; another copy is then the session.
      if (!isMissing(error)) throw error;
      const gone = copy;
      copies = copies.filter((other) => other !== gone);
    }
  }
  return false;
}

function copiesOf(sessionId: string, row: object, options: SessionOptions | null | undefined): TranscriptCopy[] {
  try {
    return requireCopies(sessionId, options, "append");
  } catch (error) {
    const directory = error instanceof SessionNotFoundError ? directoryAtTranscriptPath(sessionId, options) : undefined;
    // The disk's own refusal says more than "not found".
    if (directory !== undefined) appendRow(directory, row);
    throw error;
  }
}
