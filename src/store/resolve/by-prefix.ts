import { resolveConfigDirs } from "../layout/config-dir.ts";
import { SessionNotFoundError, TranscriptError, unreadableWords } from "../errors.ts";
import { listProjectDir } from "../projects/dir-cache.ts";
import { findSession } from "../projects/find-copies.ts";
import { listProjectDirs } from "../projects/project-dirs.ts";
import { isSessionId } from "../layout/session-id.ts";
import { allTrashPlaces, cutShort } from "../trash/trash-entries.ts";
import type { TrashPlace } from "../trash/trash-manifest.ts";
import type { TranscriptCopy } from "../types.ts";
import { unreadableDirs } from "../projects/unreadable.ts";

/** So many candidates are named when a prefix fits several sessions. */
const NAMED = 10;

/**
 * The session whose id begins so, whatever the case of its letters: its newest copy. Only names are read, no transcripts;
 * a whole id costs one look at each project dir.
 *
 * Throws `SessionNotFound` with `data.inTrash` if a deleted session fits, and `InvalidSessionId` with `data.candidates` (ids)
 * if several sessions begin so.
 */
export function resolveSession(prefix: string, configDirs: readonly string[] | undefined): TranscriptCopy {
  const exact = isSessionId(prefix) ? findSession(prefix, { configDirs }) : undefined;
  if (exact !== undefined) return exact;
  const copies = sessionIdsWith(prefix, configDirs).flatMap((id) => findSession(id, { configDirs }) ?? []);
  const [found] = copies;
  if (found === undefined) throw notFound(prefix, configDirs);
  if (copies.length > 1)
    throw ambiguous(
      prefix,
      copies.map((copy) => copy.sessionId),
    );
  return found;
}

/**
 * What `restoreSession` takes for a prefix of the id of a deleted session, which means its latest deletion, or of one
 * entry of the trash. Throws `TrashEntryNotFound`, or `InvalidSessionId` as `resolveSession`.
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

/**
 * The session whose id begins so and whose deletion or restoration was cut short, with what a list showed of it: another
 * call of `deleteSession` finishes that. Undefined where there is none, or no single one.
 */
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

/** The ids of the files that are named after a session, each once; directories that cannot be read have none. */
export function allSessionIds(configDirs: readonly string[] | undefined): Set<string> {
  const ids = new Set<string>();
  for (const project of resolveConfigDirs({ configDirs }).flatMap((configDir) => listProjectDirs(configDir).dirs)) {
    for (const id of idsIn(project.path)) ids.add(id);
  }
  return ids;
}

/** Those that begin so. */
export const sessionIdsWith = (prefix: string, configDirs: readonly string[] | undefined): string[] =>
  [...allSessionIds(configDirs)].filter((id) => startsWith(id, prefix));

function idsIn(path: string): readonly string[] {
  try {
    return listProjectDir(path).sessionIds;
  } catch {
    return [];
  }
}

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
  const inTrash = trashedWith(prefix, configDirs).places.length > 0;
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
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : "";
  const named = ids.slice(0, NAMED).join(", ");
  return new TranscriptError("InvalidSessionId", `${ids.length} ids begin with "${prefix}": ${named}${more}`, {
    hint: "Give more characters of the id.",
    data: { prefix, candidates: ids, ...(inTrash && { inTrash }) },
  });
}
