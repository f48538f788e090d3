import type { ConversationRow, ConversationRows } from "../../transcript/conversation/conversation-row.ts";
import { findConversation } from "../../transcript/conversation/conversation.ts";
import type { TranscriptMessage } from "../../transcript/conversation/message.ts";
import { type ConversationEntry, MessageMaker, visibleRows } from "../../transcript/conversation/visible-messages.ts";
import { findSession, openCopy, requireSession } from "../projects/find-copies.ts";
import { isSessionId, requireSessionId } from "../layout/session-id.ts";
import { TranscriptFile } from "./transcript-file.ts";
import { isAllRead, type Unread } from "./unread.ts";
import type { OrUndefined, SessionMutationOptions } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

export type { ConversationEntry } from "../../transcript/conversation/visible-messages.ts";
export type { SessionMessage, TranscriptMessage } from "../../transcript/conversation/message.ts";

export type ConversationReadOptions = SessionMutationOptions & {
  /** Includes compact boundaries and notices. Default false. */
  includeSystemMessages?: boolean;
  /**
   * Includes the whole conversation, across compact boundaries, with every queued prompt that the CLI gives to the model.
   * Messages that a compaction kept appear once, at their original place, or after its summary if some of them were written
   * only after the boundary. Messages that the model no longer has are marked `compacted: true`; those that no link connects
   * with the rest, although no rewind cut them off, `unconnected: true`. Default false, as in the official helper.
   */
  includeCompacted?: boolean;
  /** `all` adds the branches that rewinds abandoned, each message marked with its `branch` number. Default `current`. */
  branches?: "current" | "all";
  /** Adds, at the end, marked `undelivered: true`, queued prompts that never reached the model. Default false. */
  includeUndelivered?: boolean;
  signal?: AbortSignal;
  /** Called before the first message with the parts of the file that cannot be read and are skipped, if any. */
  onUnread?: (unread: Unread) => void;
};

export type GetSessionMessagesOptions = ConversationReadOptions & {
  /** Maximum number of messages; all if absent or not above 0. */
  limit?: number;
  /** Number of messages to skip at the start. */
  offset?: number;
};

/**
 * Returns the messages of a session's conversation in order, like the official `getSessionMessages` (official-helpers.md §5):
 * the branch that ends last in the file, from the last compaction on. `[]` for an invalid or unknown id and for a file that
 * cannot be read. docs/deviations.md lists the deviations. Holds only the returned messages in memory.
 */
export async function getSessionMessages(
  sessionId: string,
  options?: OrUndefined<GetSessionMessagesOptions> | null,
): Promise<TranscriptMessage[]> {
  const { limit, offset, signal } = options ?? {};
  const path = isSessionId(sessionId) ? findSession(sessionId, options ?? {})?.path : undefined;
  const file = path === undefined ? undefined : await TranscriptFile.tryOpen(path, signal);
  if (file === undefined) return [];
  try {
    const messages: TranscriptMessage[] = [];
    for await (const { message } of entriesOf(file, options ?? {}, (rows) => page(rows, offset, limit)))
      messages.push(message);
    return messages;
  } finally {
    file.close();
  }
}

/**
 * Yields the messages one by one, for conversations of any length: memory is an index of about 180 bytes a row and the
 * current row. Throws `InvalidSessionId`, `SessionNotFound`, file-system errors, and `signal.reason` when aborted.
 */
export async function* streamSessionMessages(
  sessionId: string,
  options: OrUndefined<ConversationReadOptions> = {},
): AsyncGenerator<TranscriptMessage> {
  for await (const { message } of readConversation(sessionId, options)) yield message;
}

/** Like `streamSessionMessages`, with the row of each message (only there are `toolUseResult`, `usage`, …). */
export async function* readConversation(
  sessionId: string,
  options: OrUndefined<ConversationReadOptions> = {},
): AsyncGenerator<ConversationEntry> {
  const copy = requireSession(requireSessionId(sessionId), options);
  const file = await TranscriptFile.read(openCopy(copy), options.signal);
  try {
    yield* entriesOf(file, options, (rows) => rows);
  } finally {
    file.close();
  }
}

/** Number of messages before yielding to the event loop. */
const MESSAGES_PER_TURN = 512;

async function* entriesOf(
  file: TranscriptFile,
  options: OrUndefined<ConversationReadOptions>,
  choose: (rows: ConversationRows) => Iterable<ConversationRow>,
): AsyncGenerator<ConversationEntry> {
  const { includeSystemMessages = false, includeCompacted = false, branches = "current" } = options;
  const { includeUndelivered = false, signal, onUnread } = options;
  if (onUnread !== undefined && !isAllRead(file.unread)) onUnread(file.unread);
  const conversation = findConversation(file.index, file.load, {
    fileSize: readSize(file),
    includeCompacted,
    branches,
    includeUndelivered,
  });
  const rows = choose(visibleRows(conversation, file.load, { includeSystemMessages }));
  const maker = new MessageMaker(conversation, file.load);
  let count = 0;
  for (const row of rows) {
    yield maker.make(row);
    if (++count % MESSAGES_PER_TURN === 0) {
      await yieldToEventLoop();
      signal?.throwIfAborted();
    }
  }
}

/** Returns the size by which the official reader drops the past of large files, and honours its switch against that. */
export const readSize = ({ size }: TranscriptFile): number =>
  process.env["CLAUDE_CODE_DISABLE_PRECOMPACT_SKIP"] ? 0 : size;

/** Pages like the official helper: only a limit above 0 counts; with one, a negative offset counts from the end. */
export function page(
  rows: ConversationRows,
  offset: number | null | undefined,
  limit: number | null | undefined,
): Iterable<ConversationRow> {
  const from = offset ?? 0;
  // `limit` may come as text from JavaScript; the sum is then the official one, a concatenation.
  if (limit !== undefined && limit !== null && limit > 0) return rows.slice(from, from + limit);
  return from > 0 ? rows.slice(from) : rows;
}
