import type { OpenConversation } from "../store/read/open-conversation.ts";
import type { ConversationEntry } from "../store/read/session-messages.ts";
import { asObject, asString, blocksOf, type JsonObject, membersOf } from "../transcript/rows/json-values.ts";
import { isCall, isResult, readResult, textsOfResult } from "./result.ts";
import { formatBytes } from "./size.ts";
import { joinTexts, type Spilled } from "./spilled.ts";
import { type Notice, senderRole, visitWords, type Word, wordsOf } from "./words.ts";

/** Source of a part: `tool` for tools and commands, `peer` for teammates, other sessions and channels, `system` for the CLI. */
export type Role = "user" | "assistant" | "tool" | "peer" | "system";

/** Part of a message as a person sees it. Its text is not sanitised. */
export type Part =
  | Exclude<Word, { kind: "output" }>
  | Output
  | { readonly kind: "text"; readonly role: "assistant"; readonly text: string }
  /** The text is empty if the API gave none, or only an encrypted one (`isWithheld`). */
  | { readonly kind: "thinking"; readonly role: "assistant"; readonly text: string }
  | Media
  | Call
  | Result
  | { readonly kind: "boundary"; readonly role: "system"; readonly text: string };

/** Output of a command or of bash mode. `spilled`: it was too long for the row, and `text` has its beginning. */
export type Output = Extract<Word, { kind: "output" }> & { readonly spilled?: readonly Spilled[] };

/** An image or a document. `bytes`: the size of its data, if the transcript has it. */
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

/** Result of a tool call. `structured` is the CLI's own record of it, next to the text for the model. */
export interface Result {
  readonly kind: "result";
  readonly role: "tool";
  readonly id: string;
  readonly failed: boolean;
  readonly text: string;
  readonly media: readonly Media[];
  readonly structured: JsonObject;
  /** The subagent that wrote this report, if its conversation can be opened. */
  readonly agentId?: string;
  /** Outputs that were too long for the row; `text` has their beginnings, or as much of them as the row has. */
  readonly spilled?: readonly Spilled[];
}

/** What a conversation keeps in other files: subagents and stored outputs of tools; and whether it has teammates. */
export type Sidecars = Pick<OpenConversation, "hasSubagent" | "toolResult" | "hasTeam">;

/** Returns the parts of one row, in order. Without `sidecars`, parts do not refer to other files. */
export function partsOf(row: ConversationEntry, sidecars?: Sidecars): Part[] {
  const parts: Part[] = [];
  visitParts(row, sidecars, (part) => parts.push(part));
  return parts;
}

/** Visits the parts one by one, since a row may have hundreds of thousands. */
export function visitParts(
  { message, entry }: ConversationEntry,
  sidecars: Sidecars | undefined,
  visit: (part: Part) => void,
): void {
  if (message.type === "system") return systemParts(entry, sidecars).forEach(visit);
  const content = asObject(message.message)?.["content"];
  const blocks = blocksOf(content);
  const structured = blocks.filter(isResult).length === 1 ? membersOf(entry["toolUseResult"]) : {};
  let sender: Role | undefined;
  for (const block of blocks) {
    const text = asString(block["text"]);
    if (isResult(block)) visit(resultOf(block, structured, sidecars));
    else if (block["type"] === "text" && text !== undefined) {
      if (message.type === "user") {
        visitWords(text, entry, (word) => visit(withSpilled(word, sidecars)), sidecars?.hasTeam);
      } else if (entry["isApiErrorMessage"] === true) visit(notice(text, "error"));
      else if (text.trim() !== "") visit({ kind: "text", role: "assistant", text });
    } else if (message.type === "user") visit(mediaOf(block, (sender ??= mediaRole(blocks, entry, sidecars))));
    else if (block["type"] === "thinking") visit(thought(asString(block["thinking"]) ?? ""));
    else if (block["type"] === "redacted_thinking") visit(thought(""));
    else visit(isCall(block) ? callOf(block) : mediaOf(block, "assistant"));
  }
}

/**
 * Returns who sent the media of a user row: the author of its texts, or a tool that added the row for the model, such as the
 * pages of a document that it read.
 */
export function mediaRole(blocks: readonly JsonObject[], entry: JsonObject, sidecars: Sidecars | undefined): Role {
  if (entry["isMeta"] === true && typeof entry["sourceToolUseID"] === "string") return "tool";
  const roles = new Set<Role>();
  for (const { type, text } of blocks) {
    if (type === "text" && typeof text === "string") {
      visitWords(text, entry, ({ role }) => roles.add(role), sidecars?.hasTeam);
    }
  }
  return roles.has("user") ? "user" : roles.has("peer") ? "peer" : senderRole(entry);
}

/** Returns the first part of each kind and role: enough to know who wrote a row. */
export function kindsOf(row: ConversationEntry, sidecars: Sidecars): Part[] {
  const kinds: Part[] = [];
  visitParts(row, sidecars, (part) => {
    if (!kinds.some(({ kind, role }) => kind === part.kind && role === part.role)) kinds.push(part);
  });
  return kinds;
}

/** Author of a message: the person, the model with its tools, another sender (`peer`), or the CLI (`system`). */
export type Speaker = "user" | "assistant" | "peer" | "system";

/** Returns the author of these parts: the person if any part is the person's. Output of commands does not count. */
export function speakerOf(parts: readonly Part[]): Speaker {
  let speaker: Speaker = "system";
  for (const { kind, role } of parts) {
    if (role === "user") return "user";
    if (role === "assistant" || kind === "call" || kind === "result") speaker = "assistant";
    else if (role === "peer" && speaker === "system") speaker = "peer";
  }
  return speaker;
}

/** Returns whether a row contains only notes of the CLI, which are not what people mean by "the last message". */
export function isNote({ message }: Pick<ConversationEntry, "message">, parts: readonly Part[]): boolean {
  const local = message.type === "system" || message["isCompletedLocalCommand"] === true;
  return local || parts.every(({ kind, role }) => role === "system" || kind === "output");
}

/** Describes an image or a document: `image/png, 12 kB`. */
export function mediaText({ kind, name, bytes }: Media): string {
  const what = kind === "other" || name.startsWith(`${kind}/`) ? name : `${kind} ${name}`.trim();
  return bytes === undefined ? what : `${what}, ${formatBytes(bytes)}`;
}

const thought = (text: string): Part => ({ kind: "thinking", role: "assistant", text: text.trim() });

/** Returns whether a thought has no text. Such thoughts are counted, so that nobody looks for them. */
export const isWithheld = (part: Part): boolean => part.kind === "thinking" && part.text === "";

const notice = (text: string, level: Notice["level"]): Notice => ({ kind: "notice", role: "system", text, level });

const withSpilled = (word: Word, sidecars: Sidecars | undefined): Part =>
  word.kind === "output" ? { ...word, ...joinTexts([word.text], {}, sidecars?.toolResult) } : word;

function systemParts(entry: JsonObject, sidecars: Sidecars | undefined): Part[] {
  const text = asString(entry["content"]) ?? "";
  switch (entry["subtype"]) {
    case "compact_boundary":
      return [{ kind: "boundary", role: "system", text: boundaryText(membersOf(entry["compactMetadata"])) }];
    case "local_command":
      return wordsOf(text, entry, sidecars?.hasTeam).map((word) => withSpilled(word, sidecars));
    case "api_error": {
      const error = membersOf(entry["error"]);
      const said = asString(error["formatted"]) ?? asString(error["message"]) ?? text;
      return [notice(`API error: ${said}`, "error")];
    }
    default:
      return text.trim() === "" ? [] : [notice(text.trim(), entry["level"] === "error" ? "error" : "info")];
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

function resultOf(block: JsonObject, structured: JsonObject, sidecars: Sidecars | undefined): Result {
  const result = readResult(block);
  const agentId = asString(structured["agentId"]);
  return {
    kind: "result",
    role: "tool",
    id: asString(block["tool_use_id"]) ?? "",
    failed: result.failed,
    media: result.pieces.flatMap((piece) => (piece.kind === "media" ? [mediaOf(piece.block, "tool")] : [])),
    structured,
    ...(agentId !== undefined && sidecars?.hasSubagent(agentId) === true && { agentId }),
    ...joinTexts(textsOfResult(result), structured, sidecars?.toolResult),
  };
}

/** Describes a block that is an image, a document, or of an unknown type. */
export function mediaOf(block: JsonObject, role: Role): Media {
  const source = membersOf(block["source"]);
  const data = asString(source["data"]);
  const type = block["type"];
  const kind = type === "image" || type === "document" ? type : "other";
  const base64 = source["type"] === "base64";
  const named = asString(block["title"]) ?? asString(source["url"]) ?? asString(source["media_type"]);
  // An unknown block is named by its type, and by the tool it refers to.
  const name =
    kind === "other" ? [asString(type) ?? "block", asString(block["tool_name"])].filter(Boolean).join(" ") : named;
  const bytes = data === undefined ? undefined : base64 ? Math.floor((data.length * 3) / 4) : Buffer.byteLength(data);
  return { kind, role, name: name ?? "", bytes };
}
