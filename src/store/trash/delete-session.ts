/**
 * Deleting a session: into the trash, from where `restoreSession` brings it back, or for good.
 *
 * What is to be moved is written down first, then the transcripts are moved, which is the instant at which the session
 * is gone, then the rest. So a run that was killed at any point is finished by the next one, which reads what was to be
 * done, or undone by `restoreSession`. Nothing in the trash is ever replaced. One process at a time changes a session
 * (session-lock.ts).
 */
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { statLink } from "../disk/fs.ts";
import { deletedConcurrently, inContext, SessionNotFoundError } from "../errors.ts";
import { requireNotInUse, type SessionTraces } from "../live/session-in-use.ts";
import { findCopies, requireCopies } from "../projects/find-copies.ts";
import { moveToTrash, type Part } from "./move-to-trash.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { withSessionLock } from "./session-lock.ts";
import { belongings } from "../projects/sidecars.ts";
import { directoryAtTranscriptPath } from "../projects/transcript-is-directory.ts";
import { cutShort, tidyTrash } from "./trash-entries.ts";
import type { TrashedItem } from "./trash-manifest.ts";
import type { SessionOptions, Skipped } from "../types.ts";

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
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, `SessionBusyError` when another process is changing the session,
 * without `force` `SessionInUseError`; errors of the disk as they are, and then a second call goes on where this one
 * stopped.
 *
 * The official helper gives nothing: as `void &` what it did, the result is also what a `Promise<void>` is wanted for.
 */
export async function deleteSession(
  sessionId: string,
  options?: DeleteSessionOptions | null,
): Promise<DeleteResult & void> {
  requireSessionId(sessionId);
  const configDirs = resolveConfigDirs(options);
  // First a look, so that nothing is touched for what is not there, or may not go.
  if (!isBegun(configDirs, sessionId)) requireTranscripts(sessionId, options);
  const requireFree = (): void => {
    if (!options?.force) requireNotInUse(sessionId, placesOf(configDirs, sessionId));
  };
  requireFree();
  const concerned: string[] = [];
  for (const configDir of configDirs) if (await hasAnything(configDir, sessionId)) concerned.push(configDir);

  return withSessionLock(concerned, sessionId, "delete", async () => {
    const resumed = isBegun(concerned, sessionId);
    if (!resumed && findCopies(sessionId, options).length === 0) throw deletedConcurrently(sessionId);
    requireFree();
    const permanent = options?.permanent === true;
    const parts = await moveAll(concerned, sessionId, permanent);
    const items = parts.flatMap((part) => part.items);
    if (items.length === 0) throw deletedConcurrently(sessionId);
    const result: DeleteResult = {
      sessionId,
      trashIds: [...new Set(parts.flatMap((part) => part.trashId ?? []))],
      permanent,
      items,
      bytes: items.reduce((sum, item) => sum + item.bytes, 0),
      historyKept: true,
      resumed,
      skipped: parts.flatMap((part) => part.skipped).filter(({ path }) => statLink(path) !== undefined),
    };
    return result as DeleteResult & void;
  });
}

const NEXT_STEP = "When that is fixed, delete or restore it again";

async function moveAll(configDirs: readonly string[], sessionId: string, permanent: boolean): Promise<Part[]> {
  const deletedAt = Date.now();
  const parts: Part[] = [];
  for (const { configDir } of placesOf(configDirs, sessionId)) {
    for (let round = 0; round < ROUNDS; round++) {
      const part = await moveToTrash(configDir, sessionId, permanent, deletedAt).catch((error: unknown) => {
        if (parts.length === 0 && !isBegun(configDirs, sessionId)) throw error;
        throw inContext(error, `Session ${sessionId} was only partly deleted: `, `. ${NEXT_STEP}`);
      });
      if (part !== undefined) parts.push(part);
      if (part?.lookAgain !== true) break;
    }
    tidyTrash(configDir);
  }
  return parts;
}

const isBegun = (configDirs: readonly string[], sessionId: string): boolean =>
  configDirs.some((configDir) => cutShort(configDir, sessionId) !== undefined);

/** Whether a config dir has anything of the session. In one that has not, nothing is touched, not even for a lock. */
async function hasAnything(configDir: string, sessionId: string): Promise<boolean> {
  if (isBegun([configDir], sessionId) || findCopies(sessionId, { configDirs: [configDir] }).length > 0) return true;
  return (await belongings(sessionId, configDir)).items.length > 0;
}

function requireTranscripts(sessionId: string, options: DeleteSessionOptions | null | undefined): void {
  try {
    requireCopies(sessionId, options);
  } catch (error) {
    // A run that removed for good may have been killed at it.
    for (const configDir of resolveConfigDirs(options)) tidyTrash(configDir);
    const path = error instanceof SessionNotFoundError ? directoryAtTranscriptPath(sessionId, options) : undefined;
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
