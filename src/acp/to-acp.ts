import type { ContentBlock, PlanEntry, SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import type { ConversationEntry } from "../store/read.ts";
import { blocksOf, object, string, toContent } from "./content.ts";
import { fit, pieces } from "./fit.ts";
import { META } from "./from-acp.ts";
import { viewResult } from "./tool-result.ts";
import { viewTool } from "./tools.ts";

type Json = Readonly<Record<string, unknown>>;
type ChunkKind = "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk";

/**
 * Translates one conversation, entry by entry, into session updates. A message's id is the row's uuid for a user and
 * the API's message id for the assistant, so that it is the same at every load.
 *
 * Every text block is shown as it stands, wrappers of commands and reminders included: what is stripped here could
 * not be found again by a client, while a client can hide what it knows.
 */
export function conversationTranslator(): (entry: ConversationEntry) => SessionUpdate[] {
  /** Tool calls already shown → the tool's name, which decides how the result is shown. */
  const calls = new Map<string, string>();

  return ({ message, entry }) => {
    const { type, uuid } = message;
    const payload = object(message.message);
    const blocks = blocksOf(payload["content"]);
    const cwd = string(entry["cwd"]);
    const results = blocks.filter(isResult);
    // The row has one structured result: with several results in it, nobody can say whose it is.
    const structured = results.length === 1 ? object(entry["toolUseResult"]) : {};
    const messageId = (type === "assistant" && string(payload["id"])) || uuid;

    return blocks.flatMap((block, index): SessionUpdate[] => {
      const uri = `urn:uuid:${uuid}#${index}`;
      if (isCall(block)) return callUpdates(block, cwd, calls, uri);
      if (isResult(block)) return [resultUpdate(block, structured, calls, uri)];
      if (type === "user") return chunks("user_message_chunk", messageId, toContent(block, uri), summaryMark(entry));
      if (type !== "assistant") return [];
      if (block["type"] === "thinking") {
        const text = string(block["thinking"]);
        return text ? chunks("agent_thought_chunk", messageId, { type: "text", text }) : [];
      }
      return chunks("agent_message_chunk", messageId, toContent(block, uri));
    });
  };
}

/** `tool_use`, and what the API calls on its own side: `server_tool_use`, `mcp_tool_use`. */
const isCall = (block: Json): boolean => string(block["type"])?.endsWith("tool_use") === true;
const isResult = (block: Json): boolean => string(block["type"])?.endsWith("tool_result") === true;

function chunks(
  sessionUpdate: ChunkKind,
  messageId: string,
  content: ContentBlock | undefined,
  meta: { _meta?: Json } = {},
): SessionUpdate[] {
  if (content === undefined) return [];
  if (content.type !== "text") return [fit({ sessionUpdate, messageId, content, ...meta })];
  return pieces(content.text).map((text) => ({ sessionUpdate, messageId, content: { type: "text", text }, ...meta }));
}

/** A compaction's summary is no prompt of the user: a client may want to fold it. */
const summaryMark = (entry: Json): { _meta?: Json } =>
  entry["isCompactSummary"] === true ? { _meta: { [META]: { compactSummary: true } } } : {};

function callUpdates(block: Json, cwd: string | undefined, calls: Map<string, string>, uri: string): SessionUpdate[] {
  const name = string(block["name"]) ?? "";
  const toolCallId = string(block["id"]) ?? uri;
  const rawInput = block["input"];
  calls.set(toolCallId, name);
  const call = fit({
    sessionUpdate: "tool_call",
    toolCallId,
    ...(name !== "" && { name }),
    status: "pending",
    ...viewTool(name || "Tool", object(rawInput), cwd),
    ...(rawInput !== undefined && { rawInput }),
  });
  const plan = name === "TodoWrite" ? planEntries(object(rawInput)["todos"]) : undefined;
  return plan === undefined ? [call] : [call, { sessionUpdate: "plan", entries: plan }];
}

function resultUpdate(block: Json, structured: Json, calls: Map<string, string>, uri: string): SessionUpdate {
  const toolCallId = string(block["tool_use_id"]) ?? uri;
  const name = calls.get(toolCallId);
  const { title, ...view } = viewResult(name ?? "", block, structured, uri);
  if (name !== undefined) {
    return fit({ sessionUpdate: "tool_call_update", toolCallId, ...view, ...(title !== undefined && { title }) });
  }
  // The call is not in the conversation (its row is lost), the result is: an update alone would be for nothing.
  calls.set(toolCallId, "");
  return fit({ sessionUpdate: "tool_call", toolCallId, title: title ?? "Tool result", kind: "other", ...view });
}

function planEntries(todos: unknown): PlanEntry[] | undefined {
  if (!Array.isArray(todos)) return undefined;
  return todos.map(object).map((todo) => {
    const status = todo["status"] === "completed" || todo["status"] === "in_progress" ? todo["status"] : "pending";
    const active = status === "in_progress" ? string(todo["activeForm"]) : undefined;
    return { content: active ?? string(todo["content"]) ?? "", priority: "medium", status };
  });
}
