import type { OpenConversation } from "../store/read/open-conversation.ts";
import type { ConversationEntry } from "../store/read/session-messages.ts";
import { asObject, asString, blocksOf, type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { isCall, isResult, readResult, textOfResult } from "./result.ts";
import { formatBytes } from "./size.ts";
import { readSpilled, type Spilled } from "./spilled.ts";
import { type Notice, visitWords, type Word, wordsOf } from "./words.ts";

/**
 * Whose part it is: what a person said or did, what the model said, what tools and commands did, what teammates, other
 * sessions and channels said, what the CLI notes.
 */
export type Role = "user" | "assistant" | "tool" | "peer" | "system";

/** What a message consists of, as a person sees it. Text is as the transcript has it: not yet fit for a terminal. */
export type Part =
  | Exclude<Word, { kind: "output" }>
  | Output
  | { readonly kind: "text"; readonly role: "assistant"; readonly text: string }
  /** Of a thought that the API did not give, or only encrypted, the text is empty (`isWithheld`). */
  | { readonly kind: "thinking"; readonly role: "assistant"; readonly text: string }
  | Media
  | Call
  | Result
  | { readonly kind: "boundary"; readonly role: "system"; readonly text: string };

/** What a command or bash mode printed. `spilled`: it was too long for the row, and `text` has its beginning. */
export type Output = Extract<Word, { kind: "output" }> & { readonly spilled?: Spilled };

/** A picture or a document, by what is known of it; `bytes` of what is held in the transcript. */
export interface Media {
  readonly kind: "image" | "document" | "other";
  readonly role: Role;
  readonly name: string;
  readonly bytes: number | undefined;
}

export interface Call {
  readonly kind: "call";
  readonly role: "tool";
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** What a tool call came to. `structured` is the CLI's own record of it, beside what the model got to see. */
export interface Result {
  readonly kind: "result";
  readonly role: "tool";
  readonly id: string;
  readonly failed: boolean;
  readonly text: string;
  readonly media: readonly Media[];
  readonly structured: JsonObject;
  /** The subagent that it is the report of, where its conversation can be opened. */
  readonly agentId?: string;
  /** The output was too long for the row; `text` has its beginning, or as much of it as the row has. */
  readonly spilled?: Spilled;
}

/** What belongs to a conversation and stands in files of its own. */
export type Beside = Pick<OpenConversation, "hasSubagent" | "toolResult">;

/**
 * The parts of one row, in order. None for a row that says nothing to a person. `beside`: without it nothing is said of
 * what stands in other files.
 */
export function partsOf(row: ConversationEntry, beside?: Beside): Part[] {
  const parts: Part[] = [];
  visitParts(row, beside, (part) => parts.push(part));
  return parts;
}

/** The same, one after the other: a row may have hundreds of thousands. */
export function visitParts(
  { message, entry }: ConversationEntry,
  beside: Beside | undefined,
  visit: (part: Part) => void,
): void {
  if (message.type === "system") return systemParts(entry, beside).forEach(visit);
  const content = asObject(message.message)?.["content"];
  const blocks = blocksOf(content);
  const structured = blocks.filter(isResult).length === 1 ? membersOf(entry["toolUseResult"]) : {};
  for (const block of blocks) {
    const text = asString(block["text"]);
    if (isResult(block)) visit(resultOf(block, structured, beside));
    else if (block["type"] === "text" && text !== undefined) {
      if (message.type === "user") visitWords(text, entry, (word) => visit(withSpilled(word, beside)));
      else if (entry["isApiErrorMessage"] === true) visit(notice(text, "error"));
      else if (text.trim() !== "") visit({ kind: "text", role: "assistant", text });
    } else if (message.type === "assistant" && block["type"] === "thinking") {
      visit(thought(asString(block["thinking"]) ?? ""));
    } else if (message.type === "assistant" && block["type"] === "redacted_thinking") visit(thought(""));
    else if (message.type === "assistant" && isCall(block)) visit(callOf(block));
    else visit(mediaOf(block, message.type === "user" ? "user" : "assistant"));
  }
}

/** The first part of each kind and role, which say whose row it is. */
export function kindsOf(row: ConversationEntry): Part[] {
  const kinds: Part[] = [];
  visitParts(row, undefined, (part) => {
    if (!kinds.some(({ kind, role }) => kind === part.kind && role === part.role)) kinds.push(part);
  });
  return kinds;
}

/** Who a message is by: the person, the model with its tools, somebody else, or the CLI. */
export type Speaker = "user" | "assistant" | "peer" | "system";

/** Who speaks in these parts: the person if anything is the person's. What a command printed is nobody's word. */
export function speakerOf(parts: readonly Part[]): Speaker {
  let speaker: Speaker = "system";
  for (const { kind, role } of parts) {
    if (role === "user") return "user";
    if (role === "assistant" || kind === "call" || kind === "result") speaker = "assistant";
    else if (role === "peer" && speaker === "system") speaker = "peer";
  }
  return speaker;
}

/**
 * Whether a row says nothing but what the CLI notes: interruptions, news of tasks, commands that were carried out without
 * the model, and what they printed. It is not what somebody means by the last message.
 */
export function isNote({ message }: Pick<ConversationEntry, "message">, parts: readonly Part[]): boolean {
  const local = message.type === "system" || message["isCompletedLocalCommand"] === true;
  return local || parts.every(({ kind, role }) => role === "system" || kind === "output");
}

/** A picture or document in words: `image/png, 12 kB`. */
export function mediaText({ kind, name, bytes }: Media): string {
  const what = kind === "other" || name.startsWith(`${kind}/`) ? name : `${kind} ${name}`.trim();
  return bytes === undefined ? what : `${what}, ${formatBytes(bytes)}`;
}

const thought = (text: string): Part => ({ kind: "thinking", role: "assistant", text: text.trim() });

/** A thought of which there is no text to show. It is counted, so that nobody looks for it. */
export const isWithheld = (part: Part): boolean => part.kind === "thinking" && part.text === "";

const notice = (text: string, level: Notice["level"]): Notice => ({ kind: "notice", role: "system", text, level });

const withSpilled = (word: Word, beside: Beside | undefined): Part =>
  word.kind === "output" ? { ...word, ...readSpilled(word.text, {}, beside?.toolResult) } : word;

function systemParts(entry: JsonObject, beside: Beside | undefined): Part[] {
  const text = asString(entry["content"]) ?? "";
  switch (entry["subtype"]) {
    case "compact_boundary":
      return [{ kind: "boundary", role: "system", text: boundaryText(membersOf(entry["compactMetadata"])) }];
    case "local_command":
      return wordsOf(text, entry).map((word) => withSpilled(word, beside));
    case "api_error": {
      const error = membersOf(entry["error"]);
      const said = asString(error["formatted"]) ?? asString(error["message"]) ?? text;
      return [notice(`API error: ${said}`, "error")];
    }
    default: {
      return text.trim() === "" ? [] : [notice(text.trim(), entry["level"] === "error" ? "error" : "info")];
    }
  }
}

function boundaryText({ trigger, preTokens }: JsonObject): string {
  const how = trigger === "auto" ? " by itself" : trigger === "manual" ? " by /compact" : "";
  const size = typeof preTokens === "number" ? `, ${preTokens.toLocaleString("en")} tokens before` : "";
  return `compacted${how}${size}`;
}

function callOf(block: JsonObject): Part {
  return {
    kind: "call",
    role: "tool",
    id: asString(block["id"]) ?? "",
    name: asString(block["name"]) ?? "tool",
    input: membersOf(block["input"]),
  };
}

function resultOf(block: JsonObject, structured: JsonObject, beside: Beside | undefined): Result {
  const result = readResult(block);
  const agentId = asString(structured["agentId"]);
  const text = textOfResult(result);
  return {
    kind: "result",
    role: "tool",
    id: asString(block["tool_use_id"]) ?? "",
    failed: result.failed,
    text,
    media: result.pieces.flatMap((piece) => (piece.kind === "media" ? [mediaOf(piece.block, "tool")] : [])),
    structured,
    ...(agentId !== undefined && beside?.hasSubagent(agentId) === true && { agentId }),
    ...readSpilled(text, structured, beside?.toolResult),
  };
}

/** What is known of a block that holds a picture, a document, or what nobody knows. */
export function mediaOf(block: JsonObject, role: Role): Media {
  const source = membersOf(block["source"]);
  const data = asString(source["data"]);
  const type = block["type"];
  const kind = type === "image" || type === "document" ? type : "other";
  const base64 = source["type"] === "base64";
  const named = asString(block["title"]) ?? asString(source["url"]) ?? asString(source["media_type"]);
  // What is neither picture nor document, and unknown to us, is named by its type, and by the tool it refers to.
  const name =
    kind === "other" ? [asString(type) ?? "block", asString(block["tool_name"])].filter(Boolean).join(" ") : named;
  const bytes = data === undefined ? undefined : base64 ? Math.floor((data.length * 3) / 4) : Buffer.byteLength(data);
  return { kind, role, name: name ?? "", bytes };
}
