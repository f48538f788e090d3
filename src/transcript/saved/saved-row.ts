/**
 * A message that a program saved, as a row of a transcript (transcript-format.md §3.5). Messages of the conversation are rows
 * as Claude Code writes them, so that it resumes them; all others are rows of a type of ours, which it ignores. Both have a
 * member of ours with what the row does not say, so that the message comes back as it was, with its keys in their order.
 */
import { asObject, asString, type JsonObject, objectsIn } from "../rows/json-values.ts";
import { ascii, equals, type RowScan } from "../rows/json-scanner.ts";

/** A message of the Agent SDK's stream, of any type. */
export type SavedMessage = { readonly type: string };

/** A message that was loaded: its members are those that were saved. */
export type LoadedMessage = { type: string; [key: string]: unknown };

/** `type` of the rows of messages that are not part of the conversation. */
export const MESSAGE_ROW = "claude-transcripts-message";

const MARK = "claude-transcripts";
const MARK_KEY = ascii(MARK);

/** Members of a message that a row has under another name, or under its own. */
const PLACES: ReadonlyMap<string, string> = new Map([
  ["type", "type"],
  ["message", "message"],
  ["uuid", "uuid"],
  ["session_id", "sessionId"],
  ["timestamp", "timestamp"],
  ["request_id", "requestId"],
  ["agent_id", "agentId"],
  ["origin", "origin"],
  ["error", "error"],
  ["tool_use_result", "toolUseResult"],
  ["isSynthetic", "isMeta"],
  ["isCompactSummary", "isCompactSummary"],
]);

/** Returns the row with the mark from which `restoredMessage` makes the message again. */
export function withMark(row: JsonObject, message: JsonObject): JsonObject {
  const isInRow = ([key, value]: [string, unknown]): boolean => {
    const place = PLACES.get(key);
    return place !== undefined && Object.hasOwn(row, place) && row[place] === value;
  };
  const rest = Object.fromEntries(Object.entries(message).filter((member) => !isInRow(member)));
  return { ...row, [MARK]: { keys: Object.keys(message), rest } };
}

/** Returns the message of a row; undefined if it is not a row of one. */
export function restoredMessage(row: JsonObject): LoadedMessage | undefined {
  const mark = asObject(row[MARK]);
  const rest = asObject(mark?.["rest"]);
  const keys = mark?.["keys"];
  if (rest === undefined || !Array.isArray(keys)) return undefined;
  const members: [string, unknown][] = [];
  for (const key of keys) {
    if (typeof key !== "string") return undefined;
    const place = PLACES.get(key);
    if (Object.hasOwn(rest, key)) members.push([key, rest[key]]);
    else if (place !== undefined && Object.hasOwn(row, place)) members.push([key, row[place]]);
  }
  const message = Object.fromEntries(members);
  const type = asString(message["type"]);
  return type === undefined ? undefined : { ...message, type };
}

/** Whether a scanned row has the mark; `restoredMessage` says whether it is a sound one. */
export function hasMark(bytes: Uint8Array, { members, count }: RowScan): boolean {
  for (let i = 0; i < count * 4; i += 4) {
    if (equals(bytes, members[i] as number, members[i + 1] as number, MARK_KEY)) return true;
  }
  return false;
}

/**
 * Whether a message is one of the conversation, to be sent to the model: a prompt, an answer, a call or its result, also of a
 * subagent.
 */
export function isSpoken({ type, message }: JsonObject): boolean {
  const { role, content } = asObject(message) ?? {};
  if ((type !== "user" && type !== "assistant") || role !== type) return false;
  return typeof content === "string" || (Array.isArray(content) && objectsIn(content).length === content.length);
}
