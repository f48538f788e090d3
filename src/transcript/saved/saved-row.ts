/**
 * A message that a program saved, as a row of a transcript (transcript-format.md §3.5). Messages of the conversation are rows
 * as Claude Code writes them, so that it resumes them; all others are rows of a type of ours, which it ignores. Both have a
 * member of ours with what the row does not say, so that the message comes back as it was, with its keys in their order.
 */
import { asObject, asString, type JsonObject, membersOf, objectsIn, parseJson } from "../rows/json-values.ts";
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
  const mark = soundMark(row[MARK]);
  if (mark === undefined) return undefined;
  const members = mark.keys.flatMap((key): [string, unknown][] => {
    if (Object.hasOwn(mark.rest, key)) return [[key, mark.rest[key]]];
    const place = PLACES.get(key);
    return place !== undefined && Object.hasOwn(row, place) ? [[key, row[place]]] : [];
  });
  const message = Object.fromEntries(members);
  const type = asString(message["type"]);
  return type === undefined ? undefined : { ...message, type };
}

/** Whether a scanned row is one of a message. Parses only its mark. */
export function isSavedRow(bytes: Buffer, { members, count }: RowScan): boolean {
  // Of equal keys the last one counts.
  for (let i = (count - 1) * 4; i >= 0; i -= 4) {
    if (!equals(bytes, members[i] as number, members[i + 1] as number, MARK_KEY)) continue;
    return soundMark(parseJson(bytes.toString("utf8", members[i + 2], members[i + 3]))) !== undefined;
  }
  return false;
}

interface Mark {
  /** Keys of the message, in order. */
  readonly keys: readonly string[];
  /** What the row does not have elsewhere. */
  readonly rest: JsonObject;
}

/** Returns a mark; undefined if it is not one from which a message can be made. */
function soundMark(value: unknown): Mark | undefined {
  const { keys, rest } = membersOf(value);
  const others = asObject(rest);
  if (others === undefined || !Array.isArray(keys) || !keys.includes("type")) return undefined;
  if (Object.hasOwn(others, "type") && typeof others["type"] !== "string") return undefined;
  return keys.every((key) => typeof key === "string") ? { keys, rest: others } : undefined;
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
