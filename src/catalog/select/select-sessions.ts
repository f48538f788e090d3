import { errnoOf, InvalidArgumentError } from "../../store/errors.ts";
import { resolveConfigDirs } from "../../store/layout/config-dir.ts";
import { streamSessions } from "../../store/list/stream-sessions.ts";
import { streamSessionMessages } from "../../store/read/session-messages.ts";
import { listSubagents } from "../../store/read/subagents.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import { FIELD_NAMES, parseQuery } from "../query/parse-query.ts";
import { queryWords } from "../query/query-words.ts";
import { searchSessions } from "../facts/search-sessions.ts";
import { matchingSessions } from "../search/search-transcripts.ts";
import { checkedFilter, COUNTED } from "./checked-filter.ts";
import { listFilters } from "./list-filters.ts";
import type { Selection, SelectionOptions } from "./session-filter.ts";

/**
 * Selects sessions for a command that takes several. What cannot be decided is not selected, and said in `notes`.
 *
 * @throws InvalidArgumentError for a wrong condition, and `signal.reason` when aborted
 */
export async function selectSessions(given: SelectionOptions): Promise<Selection> {
  const options = checkedFilter(given);
  const { configDirs, signal, larger } = options;
  if (options.query !== undefined) requireUnderstood(options.query);
  const notes: string[] = [];
  const skipped: Skipped[] = [];
  const stream = await streamSessions({ ...listFilters(options), configDirs, signal });
  const counted = await countedSessions(options, notes, skipped);
  const hasText = await sessionsWithText(options, notes, skipped);
  const sessions: ListedSession[] = [];
  let unread = 0;
  for (let session = await stream.next(); session !== undefined; session = await stream.next()) {
    const { sessionId, fileSize } = session;
    if (larger !== undefined && (fileSize ?? 0) <= larger) continue;
    if (options.programmatic === true && !session.programmatic) continue;
    if (counted?.has(sessionId) === false || hasText?.(session) === false) continue;
    if (options.empty !== undefined) {
      const empty = await isEmpty(session, { configDirs, signal }, skipped);
      if (empty === undefined) unread++;
      if (empty !== options.empty) continue;
    }
    sessions.push(session);
  }
  if (unread > 0) {
    const have = unread === 1 ? "1 session has" : `${unread} sessions have`;
    notes.push(`${have} no message that can be read, but rows that cannot`);
  }
  return { sessions, notes, skipped: unique([...stream.skipped(), ...skipped]) };
}

/** Returns the sessions that fulfil what only the index can decide; undefined if nothing of that is asked. */
async function countedSessions(
  options: SelectionOptions,
  notes: string[],
  skipped: Skipped[],
): Promise<ReadonlySet<string> | undefined> {
  if (COUNTED.every((name) => options[name] === undefined)) return undefined;
  const { tags, project, model, minCost, maxCost, configDirs, index, waitMs, progress, signal } = options;
  const facts = { tags, project, model, minCost, maxCost };
  const found = await searchSessions({ ...facts, configDirs, index, waitMs, progress, signal });
  for (const note of found.notes) notes.push(note);
  for (const skip of found.skipped) skipped.push(skip);
  // The rows that are not read yet may have another tag or directory, and more cost.
  const decided = found.sessions.filter(({ usage }) => usage.isComplete);
  if (found.pending > 0) notes.push(`${sessionsAre(found.pending)} not counted completely, and may match later`);
  return new Set(decided.map(({ session }) => session.sessionId));
}

/** Returns a test of whether a session has the text, by the copies in its config dir: another may have older ones. */
async function sessionsWithText(
  options: SelectionOptions,
  notes: string[],
  skipped: Skipped[],
): Promise<((session: ListedSession) => boolean) | undefined> {
  const { query, dir, includeWorktrees, index, waitMs, progress, signal } = options;
  if (query === undefined) return undefined;
  const ids = new Map<string, ReadonlySet<string>>();
  for (const configDir of resolveConfigDirs(options)) {
    const scope = { query, configDirs: [configDir], dir, includeWorktrees };
    const found = await matchingSessions({ ...scope, index, waitMs, progress, signal });
    for (const { text } of found.notes) notes.push(text);
    for (const skip of found.skipped) skipped.push(skip);
    ids.set(configDir, found.ids);
  }
  return ({ configDir, sessionId }) => ids.get(configDir)?.has(sessionId) === true;
}

/** Throws if a part of a query is not searched for as it was meant: the others alone would select more sessions. */
function requireUnderstood(query: string): void {
  const note = parseQuery(query, Date.now()).notes.find(({ code }) => code === "ignored" || code === "literal");
  const bare = queryWords(query, FIELD_NAMES).find(
    ({ quoted, field, value }) => !quoted && field === undefined && FIELD_NAMES.has(/^(.*):$/s.exec(value)?.[1] ?? ""),
  );
  const problem = note?.text ?? (bare && `${bare.typed} has no value directly after it`);
  if (problem === undefined) return;
  throw new InvalidArgumentError("query", `query: ${problem}`, "In double quotes, words are looked for as they stand.");
}

/**
 * Reports whether nothing was said in a session, also in parts that are not shown: before a compaction or a rewind, queued, or
 * by subagents. Undefined if that cannot be read.
 */
async function isEmpty(
  { sessionId, firstPrompt, transcriptPath }: ListedSession,
  { configDirs, signal }: Pick<SelectionOptions, "configDirs" | "signal">,
  skipped: Skipped[],
): Promise<boolean | undefined> {
  if (firstPrompt !== undefined) return false;
  let isRead = true;
  const onUnread = (): void => void (isRead = false);
  const all = { includeCompacted: true, branches: "all", includeUndelivered: true } as const;
  try {
    for await (const _one of streamSessionMessages(sessionId, { configDirs, signal, onUnread, ...all })) return false;
    if ((await listSubagents(sessionId, { configDirs })).length > 0) return false;
  } catch (error) {
    signal?.throwIfAborted();
    skipped.push({ path: transcriptPath, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
  return isRead ? true : undefined;
}

const sessionsAre = (count: number): string => (count === 1 ? "1 session is" : `${count} sessions are`);

const unique = (skipped: readonly Skipped[]): Skipped[] => [
  ...new Map(skipped.map((one) => [`${one.reason} ${one.path}`, one])).values(),
];
