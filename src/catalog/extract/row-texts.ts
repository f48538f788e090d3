import { closesQuietTurn } from "../../transcript/conversation/message.ts";
import { hasShownOrigin, queuedPrompt } from "../../transcript/conversation/queued-prompts.ts";
import { asObject, asString, blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { ENQUEUE, INHERITED, operationOf } from "../../transcript/rows/queue-table.ts";
import { fromVoiceCall } from "../../transcript/rows/voice-call.ts";
import { isFromPerson } from "../../transcript/text/origin.ts";
import { withoutPasteTags } from "../../transcript/text/paste-tags.ts";
import { ANNOTATION_TYPE, readAnnotation } from "../../transcript/summary/annotation.ts";
import { SEQUENCES } from "../../transcript/text/sequences.ts";
import { type UserText, visitUserText } from "../../transcript/text/user-text.ts";
import { leavesOf } from "./leaves.ts";

/**
 * Columns of the index: what was said (prompts, answers, notices, summaries of compactions), thoughts, the input and the
 * output of tools and commands, titles. Words to the model that nobody said are in `output`.
 */
export type Column = "output" | "input" | "said" | "thinking" | "title";

/** Who a text is by: the person; the model, with its tools; or the CLI, other agents and other sessions (`system`). */
export type Role = "user" | "assistant" | "system";

/** A text of a row that can be found. */
export interface RowText {
  readonly column: Column;
  readonly role: Role;
  readonly text: string;
  /** Name of the tool that was called. A result does not have it, only the id of its call. */
  readonly tool: string | undefined;
  readonly toolUseId: string | undefined;
}

/**
 * Returns all texts of a row that can be found, in order: what segments are made of, and what hits, snippets and scans read
 * again. `row` is the value of a whole row; its `toolUseResult` is not read. Rows of any other kind give none.
 */
export function textsOfRow(row: JsonObject): RowText[] {
  const texts: RowText[] = [];
  addTexts(row, texts);
  for (let i = 0; i < texts.length; i++) {
    const one = texts[i] as RowText;
    const text = withoutSequences(one.text);
    if (text !== one.text) texts[i] = { ...one, text };
  }
  return texts;
}

/** Removes control sequences of a terminal: the last letter of one would be the first of the word after it. */
export const withoutSequences = (text: string): string =>
  text.includes("\u001B") || text.includes("\u009B") ? text.replaceAll(SEQUENCES, "") : text;

function addTexts(row: JsonObject, texts: RowText[]): void {
  switch (row["type"]) {
    case "user":
      return userTexts(row, texts);
    case "assistant":
      return assistantTexts(row, texts);
    case "system":
      return systemTexts(row, texts);
    case "attachment": {
      const prompt = queuedPrompt(row, new Set(), true);
      return prompt === undefined ? undefined : userTexts(prompt, texts);
    }
    case "queue-operation":
      // Another row may repeat the prompt: a search shows only that one.
      return isQueueText(row) ? contentTexts(row["content"], row, texts) : undefined;
    case "progress": {
      const inside = agentRowOf(row);
      return inside === undefined ? undefined : addTexts(inside.row, texts);
    }
    case ANNOTATION_TYPE: {
      const { tags, description } = readAnnotation(row) ?? { tags: [], description: undefined };
      // The first tag is in a row of its own.
      for (const text of [description, ...tags.slice(1)]) add(texts, "title", "system", text);
      return undefined;
    }
    default: {
      const key = TITLES.get(row["type"]);
      if (key !== undefined) add(texts, "title", "system", asString(row[key]));
    }
  }
}

/** Whether a row of the queue has a prompt: it came in, or it was delivered in the session that this one was forked from. */
const isQueueText = (row: JsonObject): boolean => QUEUE_TEXTS.has(operationOf(row));
const QUEUE_TEXTS: ReadonlySet<number | undefined> = new Set([ENQUEUE, INHERITED]);

/** Members with the title or the tag, by the type of the row. */
const TITLES: ReadonlyMap<unknown, string> = new Map([
  ["custom-title", "customTitle"],
  ["ai-title", "aiTitle"],
  ["summary", "summary"],
  ["agent-name", "agentName"],
  ["tag", "tag"],
]);

/** A row of a subagent inside a `progress` row. */
export interface AgentRow {
  readonly agentId: string;
  readonly row: JsonObject;
}

/** Returns the row of a subagent that an older CLI wrote into a `progress` row of its session; undefined if it has none. */
export function agentRowOf({ data, timestamp }: JsonObject): AgentRow | undefined {
  const { type, agentId, message } = membersOf(data);
  const inside = asObject(message);
  if (type !== "agent_progress" || typeof agentId !== "string" || agentId === "" || inside === undefined)
    return undefined;
  if (inside["type"] !== "user" && inside["type"] !== "assistant") return undefined;
  return { agentId, row: inside["timestamp"] === undefined ? { ...inside, timestamp } : inside };
}

function add(texts: RowText[], column: Column, role: Role, text: string | undefined): void {
  if (text !== undefined && VISIBLE.test(text))
    texts.push({ column, role, text, tool: undefined, toolUseId: undefined });
}

const VISIBLE = /\S/;

function userTexts(row: JsonObject, texts: RowText[]): void {
  contentTexts(asObject(row["message"])?.["content"], row, texts);
}

/** Adds the texts of a user's content. `row` says who sent it. */
function contentTexts(content: unknown, row: JsonObject, texts: RowText[]): void {
  for (const block of blocksOf(content)) {
    if (isResult(block)) addResult(block, texts);
    else if (block["type"] === "text") userText(asString(block["text"]) ?? "", row, texts);
    else if (block["type"] === "document") add(texts, ...speaker(row), leavesOf(block, false));
    else add(texts, "output", "system", leavesOf(block, false));
  }
}

/** Returns the column and the role of what is in a user's row without an element of the CLI around it. */
function speaker(row: JsonObject): readonly [Column, Role] {
  if (isForModel(row)) return ["output", "system"];
  return ["said", isFromPerson(row["origin"]) ? "user" : "system"];
}

/** Whether the CLI wrote a user's row for the model only. */
const isForModel = (row: JsonObject): boolean => row["isMeta"] === true && !hasShownOrigin(row["origin"]);

function userText(text: string, row: JsonObject, texts: RowText[]): void {
  if (row["isCompactSummary"] === true) return add(texts, "said", "system", text);
  const [column, role] = speaker(row);
  visitUserText(text, (piece) => {
    if (piece.kind === "typed") add(texts, column, role, withoutPasteTags(piece.text));
    else addPiece(piece, column, texts);
  });
}

/** Adds an element of the CLI. `column`: that of a slash command, which the CLI may also write for the model. */
function addPiece(piece: Exclude<UserText, { kind: "typed" }>, column: Column, texts: RowText[]): void {
  switch (piece.kind) {
    case "command":
      return add(texts, column, "user", `${piece.name} ${piece.args}`.trim());
    case "shell":
      return add(texts, column, "user", piece.command);
    case "notification": {
      const { summary, result = "", pointer = "", taskId = "" } = piece;
      return add(texts, "said", "system", [summary, result, pointer, taskId].filter(Boolean).join("\n"));
    }
    case "peer":
      return add(texts, "said", "system", [piece.from, piece.summary, piece.text].filter(Boolean).join("\n"));
    case "notice":
    case "summary":
      return add(texts, "said", "system", piece.text);
    default:
      return add(texts, "output", "system", piece.text);
  }
}

function assistantTexts(row: JsonObject, texts: RowText[]): void {
  if (closesQuietTurn(row)) return;
  const role = row["isApiErrorMessage"] === true ? "system" : "assistant";
  for (const block of blocksOf(asObject(row["message"])?.["content"])) {
    if (block["type"] === "text") add(texts, "said", role, asString(block["text"]));
    else if (block["type"] === "thinking") add(texts, "thinking", role, asString(block["thinking"]));
    else if (isCall(block)) addCall(block, texts);
    else if (isResult(block)) addResult(block, texts);
    else if (block["type"] !== "redacted_thinking") add(texts, "output", role, leavesOf(block, false));
  }
}

/** Matches `tool_use`, and the calls that the API runs itself. */
export const isCall = (block: JsonObject): boolean => endsWith(block["type"], "tool_use");
/** Matches `tool_result`, and results of the API's own tools. */
export const isResult = (block: JsonObject): boolean => endsWith(block["type"], "tool_result");
const endsWith = (type: unknown, end: string): boolean =>
  type === end || (type !== "text" && typeof type === "string" && type.endsWith(end));

function addCall(block: JsonObject, texts: RowText[]): void {
  const tool = asString(block["name"]) ?? "";
  const input = leavesOf(block["input"], true);
  const text = input === "" ? tool : `${tool}\n${input}`;
  if (VISIBLE.test(tool) || VISIBLE.test(input))
    texts.push({ column: "input", role: "assistant", text, tool, toolUseId: asString(block["id"]) });
}

function addResult(block: JsonObject, texts: RowText[]): void {
  // A result without content has other members in its place.
  const { content = block } = block;
  const text = leavesOf(content, false);
  if (!VISIBLE.test(text)) return;
  texts.push({ column: "output", role: "assistant", text, tool: undefined, toolUseId: asString(block["tool_use_id"]) });
}

function systemTexts(row: JsonObject, texts: RowText[]): void {
  const text = asString(row["content"]) ?? "";
  switch (row["subtype"]) {
    case "compact_boundary":
      return undefined;
    case "local_command":
      return userText(text, { ...row, isMeta: false }, texts);
    case "api_error": {
      const error = membersOf(row["error"]);
      return add(texts, "said", "system", asString(error["formatted"]) ?? asString(error["message"]) ?? text);
    }
    case "voice_call_talk": {
      const said = fromVoiceCall(row);
      return said === row ? add(texts, "said", "system", text) : addTexts(said, texts);
    }
    default:
      return add(texts, "said", "system", text);
  }
}
