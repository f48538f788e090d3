import { resolveConfigDirs } from "../layout/config-dir.ts";
import { attempt, SessionNotFoundError, TranscriptError, unreadableWords } from "../errors.ts";
import { listProjectDir } from "../projects/dir-cache.ts";
import { findSession } from "../projects/find-copies.ts";
import { listProjectDirs } from "../projects/project-dirs.ts";
import { isSessionId } from "../layout/session-id.ts";
import { allTrashPlaces, cutShort, isDeletion } from "../trash/trash-entries.ts";
import type { TrashPlace } from "../trash/trash-manifest.ts";
import type { TranscriptCopy } from "../types.ts";
import { unreadableDirs } from "../projects/unreadable.ts";

/** Maximum number of candidates in the message if a prefix is ambiguous. */
const MAX_NAMED = 10;

/**
 * Returns the newest copy of the session whose id begins with `prefix`, in any case. Reads only names, no transcripts; a
 * whole id costs one stat in each project dir.
 *
 * Throws `SessionNotFound`, with `data.inTrash` if a deleted session matches, and `InvalidSessionId` with
 * `data.candidates` (ids) if several sessions match.
 */
export function resolveSession(prefix: string, configDirs: readonly string[] | undefined): TranscriptCopy {
  const exact = isSessionId(prefix) ? findSession(prefix, { configDirs }) : undefined;
  if (exact !== undefined) return exact;
  const copies = sessionIdsWith(prefix, configDirs).flatMap((id) => findSession(id, { configDirs }) ?? []);
  const [found] = copies;
  if (found === undefined) throw notFound(prefix, configDirs);
  const ids = copies.map((copy) => copy.sessionId);
  if (ids.length > 1) throw ambiguous(prefix, ids);
  return found;
}

/**
 * Returns an id for `restoreSession` from a prefix: of a deleted session, which means its latest deletion, or of one trash
 * entry. Throws `TrashEntryNotFound`, or `InvalidSessionId` like `resolveSession`.
 */
export function resolveTrashEntry(prefix: string, configDirs: readonly string[] | undefined): string {
  const { places, errors } = trashedWith(prefix, configDirs);
  if (places.length === 0 && errors.length > 0) throw errors[0];
  const entry = places.find(({ id }) => id === prefix);
  if (entry !== undefined) return entry.id;
  const sessions = [...new Set(places.map(({ sessionId }) => sessionId))];
  const [session] = sessions;
  if (session === undefined) {
    throw new TranscriptError("TrashEntryNotFound", `No id in the trash begins with "${prefix}"`, {
      hint: "List the trash to see what can be restored.",
      data: { id: prefix },
    });
  }
  if (sessions.length > 1) throw ambiguous(prefix, sessions, { inTrash: true });
  if (startsWith(session, prefix)) return session;
  const ids = [...new Set(places.map(({ id }) => id))];
  if (ids.length > 1) throw ambiguous(prefix, ids, { inTrash: true });
  return ids[0] ?? session;
}

/** Returns the one session with `prefix` whose deletion or restoration was interrupted, with its title, if any. */
export function resolveCutShort(
  prefix: string,
  configDirs: readonly string[] | undefined,
): { readonly sessionId: string; readonly summary: string | undefined } | undefined {
  const found = new Map<string, string | undefined>();
  for (const { configDir, sessionId, state } of trashedWith(prefix, configDirs).places) {
    const entry = state === "complete" ? undefined : cutShort(configDir, sessionId);
    if (entry !== undefined) found.set(sessionId, entry.manifest.summary);
  }
  const [[sessionId, summary] = [undefined, undefined]] = found;
  return sessionId === undefined || found.size > 1 ? undefined : { sessionId, summary };
}

/** Returns the session ids in file names, each once; unreadable directories are passed over. */
export function allSessionIds(configDirs: readonly string[] | undefined): Set<string> {
  const ids = new Set<string>();
  for (const project of resolveConfigDirs({ configDirs }).flatMap((configDir) => listProjectDirs(configDir).dirs)) {
    for (const id of attempt(() => listProjectDir(project.path).sessionIds) ?? []) ids.add(id);
  }
  return ids;
}

/** Returns those of `allSessionIds` that begin with `prefix`. */
export const sessionIdsWith = (prefix: string, configDirs: readonly string[] | undefined): string[] =>
  [...allSessionIds(configDirs)].filter((id) => startsWith(id, prefix));

function trashedWith(
  prefix: string,
  configDirs: readonly string[] | undefined,
): { places: TrashPlace[]; errors: readonly unknown[] } {
  const { places, errors } = allTrashPlaces(resolveConfigDirs({ configDirs }));
  return { places: places.filter(({ id, state }) => state !== "removing" && startsWith(id, prefix)), errors };
}

const startsWith = (id: string, prefix: string): boolean =>
  prefix !== "" && id.toLowerCase().startsWith(prefix.toLowerCase());

function notFound(prefix: string, configDirs: readonly string[] | undefined): TranscriptError {
  const inTrash = trashedWith(prefix, configDirs).places.some(isDeletion);
  const where = inTrash ? ", but one is in the trash" : "";
  const unreadable = unreadableDirs({ configDirs });
  const whole: boolean = isSessionId(prefix);
  if (whole) return new SessionNotFoundError(prefix, where, unreadable, { inTrash });
  return new TranscriptError(
    "SessionNotFound",
    `No session id begins with "${prefix}"${where}${unreadableWords(unreadable)}`,
    {
      hint: "List the sessions to see which ids exist; a deleted session may be in the trash.",
      data: { sessionId: prefix, ...(unreadable.length > 0 && { unreadable }), ...(inTrash && { inTrash }) },
    },
  );
}

function ambiguous(prefix: string, ids: readonly string[], { inTrash = false } = {}): TranscriptError {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : "";
  const named = ids.slice(0, MAX_NAMED).join(", ");
  return new TranscriptError("InvalidSessionId", `${ids.length} ids begin with "${prefix}": ${named}${more}`, {
    hint: "Give more characters of the id.",
    data: { prefix, candidates: ids, ...(inTrash && { inTrash }) },
  });
}
