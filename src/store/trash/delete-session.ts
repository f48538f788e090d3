/**
 * Deletes a session: into the trash, from which `restoreSession` brings it back, or permanently.
 *
 * The list of items is written to a manifest first. Then the transcripts are moved, at which instant the session is gone;
 * then the rest. So after a kill at any point, the next run reads the manifest and finishes, or `restoreSession` undoes it.
 * Nothing in the trash is ever replaced. One process at a time changes a session (session-lock.ts).
 */
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { isThere } from "../disk/fs.ts";
import { deletedConcurrently, inContext, SessionNotFoundError } from "../errors.ts";
import { requireNotInUse, type SessionTraces } from "../live/session-in-use.ts";
import { findCopies, requireCopies } from "../projects/find-copies.ts";
import { moveToTrash, type Part } from "./move-to-trash.ts";
import { requireSessionId } from "../layout/session-id.ts";
import { withSessionLock } from "./session-lock.ts";
import { belongings } from "../projects/sidecars.ts";
import { directoryAtTranscriptPath } from "../projects/transcript-is-directory.ts";
import { cutShort, tidyTrash } from "./trash-entries.ts";
import { bytesOf, type TrashedItem } from "./trash-manifest.ts";
import type { SessionOptions, Skipped } from "../types.ts";

export interface DeleteSessionOptions extends SessionOptions {
  /** Removes permanently instead of moving to the trash. */
  readonly permanent?: boolean | undefined;
  /** Deletes even if the session is in use. */
  readonly force?: boolean | undefined;
}

export interface DeleteResult {
  readonly sessionId: string;
  /** Ids for `restoreSession`: one for each config dir, usually the same; none after `permanent`. */
  readonly trashIds: readonly string[];
  readonly permanent: boolean;
  readonly items: readonly TrashedItem[];
  readonly bytes: number;
  /** The prompts typed in the session are still in `history.jsonl`, which is never changed. */
  readonly historyKept: true;
  /** Whether this finished an earlier, interrupted run. */
  readonly resumed: boolean;
  /** Items that seem to belong to the session and were left in place. */
  readonly skipped: readonly Skipped[];
}

/** Maximum number of rounds if parts of the session reappear while it is being deleted. */
const ROUNDS = 3;

/**
 * Deletes a session: every copy of its transcript, in all project dirs of all config dirs, and everything that belongs to
 * it. With `dir`, the session must be found there. Empty transcripts of the id are not a session, but are deleted with one.
 *
 * Throws `InvalidSessionIdError`, `SessionNotFoundError`, `SessionBusyError` if another process is changing the session,
 * and `SessionInUseError` without `force`. Throws file-system errors unchanged; a second call then continues.
 *
 * The official helper returns nothing: `& void` makes the result assignable to a `Promise<void>` too.
 */
export async function deleteSession(
  sessionId: string,
  options?: DeleteSessionOptions | null,
): Promise<DeleteResult & void> {
  requireSessionId(sessionId);
  const configDirs = resolveConfigDirs(options);
  // Checks first, so that nothing changes if the session is missing or in use.
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
    const result = await deleteLocked(concerned, sessionId, { permanent: options?.permanent === true, resumed });
    if (result.items.length === 0) throw deletedConcurrently(sessionId);
    return result as DeleteResult & void;
  });
}

/**
 * Deletes a session for a caller that holds its lock in the config dirs and has checked that it is not in use. `resumed`: what
 * `isBegun` says, which reads the trash.
 */
export async function deleteLocked(
  configDirs: readonly string[],
  sessionId: string,
  { permanent, resumed }: Pick<DeleteResult, "permanent" | "resumed">,
): Promise<DeleteResult> {
  const parts = await moveAll(configDirs, sessionId, permanent);
  const items = parts.flatMap((part) => part.items);
  return {
    sessionId,
    trashIds: [...new Set(parts.flatMap((part) => part.trashId ?? []))],
    permanent,
    items,
    bytes: bytesOf(items),
    historyKept: true,
    resumed,
    skipped: parts.flatMap((part) => part.skipped).filter(({ path }) => isThere(path)),
  };
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

/** Reports whether a deletion or a restoration of the session was cut short. */
export const isBegun = (configDirs: readonly string[], sessionId: string): boolean =>
  configDirs.some((configDir) => cutShort(configDir, sessionId) !== undefined);

/** Reports whether a config dir holds anything of the session. If not, nothing in it is touched or locked. */
async function hasAnything(configDir: string, sessionId: string): Promise<boolean> {
  if (isBegun([configDir], sessionId) || findCopies(sessionId, { configDirs: [configDir] }).length > 0) return true;
  return (await belongings(sessionId, configDir)).items.length > 0;
}

function requireTranscripts(sessionId: string, options: DeleteSessionOptions | null | undefined): void {
  try {
    requireCopies(sessionId, options);
  } catch (error) {
    // A permanent deletion may have been killed halfway.
    for (const configDir of resolveConfigDirs(options)) tidyTrash(configDir);
    const path = error instanceof SessionNotFoundError ? directoryAtTranscriptPath(sessionId, options) : undefined;
    if (path === undefined) throw error;
    const message = `Path is a directory: rm returned EISDIR (is a directory) ${path}`;
    throw Object.assign(new Error(message), { code: "ERR_FS_EISDIR", path });
  }
}

/** Sorts the config dir with the newest copy last: until the session is gone, readers never see an older copy as the session. */
export function placesOf(configDirs: readonly string[], sessionId: string): SessionTraces[] {
  const places = configDirs.map((configDir) => ({
    configDir,
    mtimesMs: findCopies(sessionId, { configDirs: [configDir] }).map((copy) => copy.mtimeMs),
  }));
  return places.sort((a, b) => Math.max(0, ...a.mtimesMs) - Math.max(0, ...b.mtimesMs));
}
