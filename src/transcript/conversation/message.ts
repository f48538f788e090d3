import { contentOf } from "../tree/parallel-tool-results.ts";
import { shownOrigin } from "./queued-prompts.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

/**
 * A message as the official type declares it. A type alias without `readonly` and without an index signature, as there: a
 * program may change it, `Omit` keys of it, and pass it where a record is wanted.
 */
export type SessionMessage = {
  type: "user" | "assistant" | "system";
  uuid: string;
  session_id: string;
  message: unknown;
  parent_tool_use_id: string | null;
  /** Id of the subagent that started this subagent; null in the main conversation. */
  parent_agent_id: string | null;
};

/** The same with the keys that the official helpers give without declaring them, and ours; in the official key order. */
export type TranscriptMessage = SessionMessage & {
  interruptedByShutdown?: true;
  toolDenialUnanswered?: "stream-closed";
  tool_result_meta?: { id: string; non_execution_kind: string }[];
  isCompactSummary?: true;
  is_meta?: true;
  isQueuedCommand?: true;
  isCompletedLocalCommand?: true;
  /** Whatever the row says, which is usually an ISO time. */
  timestamp?: unknown;
  origin?: unknown;
  /** Stands before a compaction. */
  compacted?: true;
  /** Number of the branch that a rewind left behind. */
  branch?: number;
  /** No link connects it with the rest of the conversation, although no rewind cut it off. */
  unconnected?: true;
  /** A prompt that was queued, and that nobody gave to the model. */
  undelivered?: true;
};

export interface MessageContext {
  readonly parentToolUseId?: string | null;
  readonly parentAgentId?: string | null;
  /** The row shows a finished local command. */
  readonly localCommand?: boolean;
  /** Stands before a compaction; a key of ours. */
  readonly compacted?: boolean;
  /** Number of the abandoned branch, 0 for the current one; a key of ours. */
  readonly branch?: number;
  /** What sets it apart from what was said in turn; a key of ours. */
  readonly apart?: "unconnected" | "undelivered" | undefined;
}

const DENIALS = new Set([
  "user-rejected",
  "permission-rule",
  "automode-blocked",
  "automode-unavailable",
  "automode-parsing-error",
  "interrupted",
  "cancelled",
]);

/** Maps a user, assistant or system row to a message. Keys without a value are left out, but for `timestamp`. */
export function toMessage(row: JsonObject, context: MessageContext = {}): TranscriptMessage {
  const {
    parentToolUseId = null,
    parentAgentId = null,
    localCommand = false,
    compacted = false,
    branch = 0,
    apart,
  } = context;
  const denial = row["toolDenialKind"];
  const isMeta =
    row["isMeta"] === true || row["isCompactSummary"] === true || row["isVisibleInTranscriptOnly"] === true;
  const origin = row["origin"] === null || row["origin"] === undefined ? undefined : shownOrigin(row["origin"]);
  const message: TranscriptMessage = {
    type: row["type"] as SessionMessage["type"],
    uuid: row["uuid"] as string,
    session_id: row["sessionId"] as string,
    message: row["message"],
    parent_tool_use_id: parentToolUseId,
    parent_agent_id: parentAgentId,
  };
  // One after the other, as most rows have none of them: this runs for every message of a conversation.
  if (row["interruptedByShutdown"] === true) message["interruptedByShutdown"] = true;
  if (row["toolDenialUnanswered"] === "stream-closed") message["toolDenialUnanswered"] = "stream-closed";
  if (typeof denial === "string" && DENIALS.has(denial)) {
    const results = contentOf(row).filter((block) => block["type"] === "tool_result");
    const id = results[0]?.["tool_use_id"];
    if (results.length === 1 && typeof id === "string")
      message["tool_result_meta"] = [{ id, non_execution_kind: denial }];
  }
  if (row["isCompactSummary"] === true) message["isCompactSummary"] = true;
  if (isMeta) message["is_meta"] = true;
  if (row["isQueuedCommand"] === true) message["isQueuedCommand"] = true;
  if (localCommand || row["isCompletedLocalCommand"] === true) message["isCompletedLocalCommand"] = true;
  message["timestamp"] = row["timestamp"];
  if (origin) message["origin"] = origin;
  if (compacted) message["compacted"] = true;
  if (branch > 0) message["branch"] = branch;
  if (apart !== undefined) message[apart] = true;
  return message;
}

/** What the CLI has the model say to close a turn that nobody asked for; not shown. */
const QUIET = "No response requested.";

/** Whether an assistant row only closes a quiet turn (official-helpers.md §5.8). */
export function closesQuietTurn(row: JsonObject): boolean {
  const content = asObject(row["message"])?.["content"];
  if (row["type"] !== "assistant" || row["closesQuietTurn"] !== true || !Array.isArray(content)) return false;
  const only = content.length === 1 ? asObject(content[0]) : undefined;
  return only?.["type"] === "text" && (only["text"] === "" || only["text"] === QUIET);
}
