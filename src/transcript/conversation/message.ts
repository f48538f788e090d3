import type { ConversationRow } from "./conversation-row.ts";
import { contentOf } from "../tree/tool-blocks.ts";
import { shownOrigin } from "./queued-prompts.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

/**
 * A message as the official type declares it: a type alias without `readonly` and without an index signature, so programs
 * may change it, `Omit` keys of it, and pass it as a record.
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

/** A message with the undeclared keys of the official helpers, and with ours, in the official key order. */
export type TranscriptMessage = SessionMessage & {
  interruptedByShutdown?: true;
  toolDenialUnanswered?: "stream-closed";
  tool_result_meta?: { id: string; non_execution_kind: string }[];
  isCompactSummary?: true;
  is_meta?: true;
  isQueuedCommand?: true;
  isCompletedLocalCommand?: true;
  /** Any value that the row has, usually an ISO time. */
  timestamp?: unknown;
  origin?: unknown;
  /** Is before a compaction that did not keep it. */
  compacted?: true;
  /** Number of the branch that a rewind abandoned, from 1. */
  branch?: number;
  /** No link connects it with the rest of the conversation, although no rewind cut it off. */
  unconnected?: true;
  /** A queued prompt that the model was never given. */
  undelivered?: true;
};

export interface MessageContext extends Partial<Pick<ConversationRow, "compacted" | "branch" | "apart">> {
  readonly parentToolUseId?: string | null;
  readonly parentAgentId?: string | null;
  /** The row belongs to a finished local command. */
  readonly localCommand?: boolean;
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

/** Makes a message of a user, assistant or system row. Keys without a value are left out, except `timestamp`. */
export function toMessage(row: JsonObject, context: MessageContext = {}): TranscriptMessage {
  const { parentToolUseId = null, parentAgentId = null, localCommand, compacted, branch = 0, apart } = context;
  const denial = row["toolDenialKind"];
  const isMeta =
    row["isMeta"] === true || row["isCompactSummary"] === true || row["isVisibleInTranscriptOnly"] === true;
  const origin = shownOrigin(row["origin"]);
  const message: TranscriptMessage = {
    type: row["type"] as SessionMessage["type"],
    uuid: row["uuid"] as string,
    session_id: row["sessionId"] as string,
    message: row["message"],
    parent_tool_use_id: parentToolUseId,
    parent_agent_id: parentAgentId,
  };
  // Assignments instead of spreads: most rows have none of these, and this runs for every message.
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

/** Text of the CLI, in the model's name, that closes a turn without a prompt. Not shown. */
const QUIET = "No response requested.";

/** Whether an assistant row only closes a quiet turn (official-helpers.md §5.8). */
export function closesQuietTurn(row: JsonObject): boolean {
  const content = asObject(row["message"])?.["content"];
  if (row["type"] !== "assistant" || row["closesQuietTurn"] !== true || !Array.isArray(content)) return false;
  const only = content.length === 1 ? asObject(content[0]) : undefined;
  return only?.["type"] === "text" && (only["text"] === "" || only["text"] === QUIET);
}
