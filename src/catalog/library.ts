/** Functions of the library, whose code is loaded at the first call: a program that lists sessions needs none of it. */
import { withConfigDirs } from "../store/layout/config-dir.ts";
import type { MessageCost } from "./stats/message-cost.ts";
import type { SessionSearch, SessionSearchOptions } from "./facts/session-facts.ts";
import type { LoadedSession, LoadSessionOptions } from "./facts/loaded-session.ts";
import type { SearchOptions, SearchPage } from "./search/search-transcripts.ts";
import type { CleanupOptions, CleanupReport } from "./select/cleanup-sessions.ts";
import type { Selection, SelectionOptions } from "./select/session-filter.ts";
import type { Usage, UsageOptions } from "./stats/usage-types.ts";

/**
 * Counts sessions, prompts, turns, tool calls, tokens, cost, active time and changed lines, in groups.
 *
 * Reads what changed since the last call into the index in the cache directory, or without an index all transcripts. Each
 * request is charged once, by its last row, with the prices of its day; costs are integers of micro-dollars. Where Claude
 * Code's own record of a session is higher, that counts. Archived sessions and those of programs count like others.
 *
 * @throws InvalidArgumentError for a wrong option
 */
export async function usageStats(options: UsageOptions = {}): Promise<Usage> {
  return (await import("./stats/usage-stats.ts")).usageStats(options);
}

/**
 * Returns what messages of a stream, or rows of a transcript, cost. `result` messages have Claude Code's own figure, which
 * grows within a session: the highest one of each session counts. Without one, each request counts once, by its last message.
 */
export async function calculateCost(messages: Iterable<unknown>): Promise<MessageCost> {
  return (await import("./stats/message-cost.ts")).calculateCost(messages);
}

/**
 * Finds sessions by everything that was said, thought and done in them, the best first. Every query is valid; parts that
 * cannot be searched for are named in `notes`. Reads what changed since the last search into the index in the cache directory,
 * or without an index all transcripts. Never throws because of the disk.
 *
 * @throws InvalidArgumentError for a wrong option, InvalidCursorError, and `signal.reason` when aborted
 */
export async function searchTranscripts(options: SearchOptions): Promise<SearchPage> {
  return (await import("./search/search-transcripts.ts")).searchTranscripts(options);
}

/**
 * Finds sessions by facts: tags, times, cost, project, model, branch and more, the latest active first, each with its counts.
 * Archived sessions and those of programs are found like others, unless the options say otherwise; files that every list
 * leaves out are not.
 *
 * Reads what changed since the last call into the index in the cache directory, or without an index all transcripts.
 * `pending` says how many sessions are not counted completely after `waitMs`; those of which nothing is known are not found.
 *
 * @throws InvalidArgumentError for a wrong option, and `signal.reason` when aborted
 */
export async function searchSessions(options: SessionSearchOptions = {}): Promise<SessionSearch> {
  return (await import("./facts/search-sessions.ts")).searchSessions(options);
}

/**
 * Selects sessions by all conditions that commands know: directory, times, tags, cost, model, size, text and more. What cannot
 * be decided is not selected, and said in `notes`. Archived sessions and those of programs are selected like others, unless the
 * conditions say otherwise.
 *
 * @throws InvalidArgumentError for a wrong condition, and `signal.reason` when aborted
 */
export async function selectSessions(options: SelectionOptions = {}): Promise<Selection> {
  return (await import("./select/select-sessions.ts")).selectSessions(withConfigDirs(options));
}

/**
 * Moves the sessions that all conditions select into the trash, from which `restoreSession` brings each back. Sessions that are
 * in use, tagged `keep`, or titled by somebody stay unless an option includes them; so does one that changes meanwhile. `kept`
 * says why. With `dryRun`, only says what would go.
 *
 * @throws InvalidArgumentError without a condition or for a wrong one, and `signal.reason` when aborted
 */
export async function cleanupSessions(options: CleanupOptions): Promise<CleanupReport> {
  return (await import("./select/cleanup-sessions.ts")).cleanupSessions(withConfigDirs(options));
}

/**
 * Returns all messages of a session, and what is known of it. What `saveSession` saved comes back as it was, messages of all types
 * included, also those that a rewind left; what Claude Code wrote, before or after, comes as `getSessionMessages` with
 * `includeCompacted` returns it. Holds all messages in memory; `streamSessionMessages` does not.
 *
 * @throws InvalidSessionIdError, SessionNotFoundError, file-system errors, and `signal.reason` when aborted
 */
export async function loadSession(sessionId: string, options?: LoadSessionOptions | null): Promise<LoadedSession> {
  return (await import("./facts/load-session.ts")).loadSession(sessionId, options ?? {});
}
