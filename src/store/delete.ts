/**
 * Deleting a session: into the trash, from where `restoreSession` brings it back, or for good.
 *
 * What is to be moved is written down first, then the transcripts are moved, which is the instant at which the session
 * is gone, then the rest. So a run that was killed at any point is finished by the next one, which reads what was to be
 * done, or undone by `restoreSession`. Nothing in the trash is ever replaced, so two processes may delete at once.
 */
import { resolveConfigDirs } from "./config-dir.ts";
import { statLink } from "./disk.ts";
import { SessionNotFoundError } from "./errors.ts";
import { requireNotInUse, type SessionTraces } from "./live.ts";
import { findCopies, requireCopies } from "./locate.ts";
import { moveToTrash, type Part } from "./move-to-trash.ts";
import { requireSessionId } from "./session-id.ts";
import { directoryInPlace } from "./standing.ts";
import { tidyTrash } from "./trash-entries.ts";
import { deletingPlace, readManifest, type TrashedItem } from "./trash-manifest.ts";
import type { SessionOptions, Skipped } from "./types.ts";

export interface DeleteSessionOptions extends SessionOptions {
  /** Removes for good instead of moving into the trash. */
  readonly permanent?: boolean | undefined;
  /** Also when the session is in use. */
  readonly force?: boolean | undefined;
}

export interface DeleteResult {
  readonly sessionId: string;
  /** What `restoreSession` takes: one for each config dir, usually the same; none after `permanent`. */
  readonly trashIds: readonly string[];
  readonly permanent: boolean;
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
  /** The prompts typed in the session are still in `history.jsonl`, which is never changed. */
  readonly historyKept: true;
  /** Whether an earlier run that had been cut short was finished. */
  readonly resumed: boolean;
  /** What seems to belong to the session and was left where it is. */
  readonly skipped: readonly Skipped[];
}

/** So often the session is looked for again when a part of it came back while it was deleted. */
const ROUNDS = 3;

/**
 * Deletes a session: every copy of its transcript, in all project dirs of all config dirs, and all that belongs to it.
 * `dir` says where it has to be found. Empty transcripts of the id are no session, but go along with one.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError` and, without `force`, `SessionInUseError`; errors of the disk
 * as they are, and then a second call goes on where this one stopped.
 *
 * The official helper gives nothing: as `void &` what it did, the result is also what a `Promise<void>` is wanted for.
 */
export async function deleteSession(
  sessionId: string,
  options?: DeleteSessionOptions | null,
): Promise<DeleteResult & void> {
  requireSessionId(sessionId);
  const configDirs = resolveConfigDirs(options);
  const begun = configDirs.filter((configDir) => readManifest(deletingPlace(configDir, sessionId)) !== undefined);
  if (begun.length === 0) requireTranscripts(sessionId, options);
  const places = placesOf(configDirs, sessionId);
  if (!options?.force) requireNotInUse(sessionId, places);

  const permanent = options?.permanent === true;
  const deletedAt = Date.now();
  const parts: Part[] = [];
  for (const { configDir } of places) {
    for (let round = 0; round < ROUNDS; round++) {
      const part = await moveToTrash(configDir, sessionId, permanent, deletedAt);
      if (part !== undefined) parts.push(part);
      if (part?.lookAgain !== true) break;
    }
    tidyTrash(configDir);
  }
  const items = parts.flatMap((part) => part.items);
  // Another process had been at it, and was faster with every single thing.
  if (items.length === 0) throw new SessionNotFoundError(sessionId, " in any project directory");
  const result: DeleteResult = {
    sessionId,
    trashIds: [...new Set(parts.flatMap((part) => part.trashId ?? []))],
    permanent,
    items,
    bytes: items.reduce((sum, item) => sum + item.bytes, 0),
    historyKept: true,
    resumed: begun.length > 0,
    skipped: parts.flatMap((part) => part.skipped).filter(({ path }) => statLink(path) !== undefined),
  };
  return result as DeleteResult & void;
}

function requireTranscripts(sessionId: string, options: DeleteSessionOptions | null | undefined): void {
  try {
    requireCopies(sessionId, options);
  } catch (error) {
    // A run that removed for good may have been killed at it.
    for (const configDir of resolveConfigDirs(options)) tidyTrash(configDir);
    const path = error instanceof SessionNotFoundError ? directoryInPlace(sessionId, options) : undefined;
    if (path === undefined) throw error;
    const message = `Path is a directory: rm returned EISDIR (is a directory) ${path}`;
    throw Object.assign(new Error(message), { code: "ERR_FS_EISDIR", path });
  }
}

/** The config dir with the newest copy last: until the session is gone, it shows as it was, never as an older copy. */
export function placesOf(configDirs: readonly string[], sessionId: string): SessionTraces[] {
  const places = configDirs.map((configDir) => ({
    configDir,
    mtimesMs: findCopies(sessionId, { configDirs: [configDir] }).map((copy) => copy.mtimeMs),
  }));
  return places.sort((a, b) => Math.max(0, ...a.mtimesMs) - Math.max(0, ...b.mtimesMs));
}
