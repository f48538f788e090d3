import type { ContentBlock, ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { mediaOf, mediaText } from "../view/parts.ts";
import type { ToolResult } from "../view/result.ts";

type Json = Readonly<Record<string, unknown>>;

/** An object's members, or none for whatever is no object. */
export const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** A string, or undefined. */
export const string = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** A message's content as blocks: a plain string is one text block. What is no object is left out. */
export function blocksOf(content: unknown): Json[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) return [];
  return content.filter((block): block is Json => typeof block === "object" && block !== null && !Array.isArray(block));
}

/**
 * A block of a transcript → what ACP can show of it: text, pictures, documents. Undefined for the rest.
 * `uri` names the block where ACP wants a name for embedded bytes.
 */
function toContent(block: Json, uri: string): ContentBlock | undefined {
  if (block["type"] === "text") {
    const text = string(block["text"]);
    return text === undefined ? undefined : { type: "text", text };
  }
  if (block["type"] === "image") return toImage(object(block["source"]), uri);
  if (block["type"] === "document") return toResource(object(block["source"]), string(block["title"]), uri);
  return undefined;
}

function toImage(source: Json, uri: string): ContentBlock | undefined {
  const data = string(source["data"]);
  if (data !== undefined) return { type: "image", data, mimeType: string(source["media_type"]) ?? "image/png" };
  return toLink(source, "image", uri);
}

function toResource(source: Json, title: string | undefined, uri: string): ContentBlock | undefined {
  const data = string(source["data"]);
  const mimeType = string(source["media_type"]);
  if (data === undefined) return toLink(source, title ?? "document", uri);
  const about = { uri, ...(mimeType !== undefined && { mimeType }) };
  return {
    type: "resource",
    resource: source["type"] === "text" ? { ...about, text: data } : { ...about, blob: data },
  };
}

/** A block that names its bytes (by URL, or as a file of the API) instead of holding them. */
function toLink(source: Json, name: string, uri: string): ContentBlock | undefined {
  const url = string(source["url"]) ?? (string(source["file_id"]) === undefined ? undefined : uri);
  return url === undefined ? undefined : { type: "resource_link", uri: url, name };
}

/** Text in a Markdown fence that no line of it can close. */
export function fence(text: string, language = ""): string {
  const marks = text.includes("```") ? "`".repeat(longestRun(text) + 1) : "```";
  return `${marks}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${marks}`;
}

const longestRun = (text: string): number =>
  (text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);

/** Text cut to at most `units` UTF-16 units, an ellipsis included, never inside a surrogate pair. */
export function shorten(text: string, units: number): string {
  if (text.length <= units) return text;
  return `${text.slice(0, splitPoint(text, units - 1))}…`;
}

/** The place at or just before `at` that splits no surrogate pair. */
export function splitPoint(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}

/** Text without the empty lines around it. One look at each end: a long run of newlines costs a regular expression much. */
export function trimLines(text: string): string {
  let from = 0;
  while (text[from] === "\n") from++;
  return text.slice(from).trimEnd();
}

/** All text of a message's content, in order. */
export const textOf = (content: unknown): string =>
  blocksOf(content)
    .flatMap((block) => (block["type"] === "text" ? [string(block["text"]) ?? ""] : []))
    .join("\n");

/** Text as a tool call shows it. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });

/** Without the colours that the CLI's own commands print; an editor would show them as letters. */
export const withoutEscapes = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  text.replace(/\u001b(?:\[[\d;?]*[A-Za-z]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g, "");

const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";

/** A text without the reminders to the model that the CLI put at its end, each on lines of its own. */
export function withoutReminders(text: string): string {
  let left = text;
  for (;;) {
    const end = left.trimEnd();
    if (!end.endsWith(REMINDER_END)) return left;
    const begin = end.lastIndexOf(REMINDER);
    if (begin < 0 || (begin > 0 && end[begin - 1] !== "\n")) return left;
    left = end.slice(0, begin).trimEnd();
  }
}

/** What a result shows: its texts, without reminders at their ends and in a fence where `language` is given, and its bytes. */
export const showPieces = (
  { pieces }: Pick<ToolResult, "pieces">,
  language: string | undefined,
  uri: string,
): ToolCallContent[] =>
  pieces.flatMap((piece, index): ToolCallContent[] => {
    if (piece.kind === "text") return showText(piece.text, language);
    return [{ type: "content", content: toContentOrWords(piece.block, `${uri}/${index}`) }];
  });

/** The same as `toContent`. A block that ACP has nothing for is named by what is known of it. */
export const toContentOrWords = (block: Json, uri: string): ContentBlock =>
  toContent(block, uri) ?? { type: "text", text: `[${mediaText(mediaOf(block, "tool"))}]` };

function showText(raw: string, language: string | undefined): ToolCallContent[] {
  const text = withoutReminders(raw);
  return text === "" ? [] : [note(language === undefined ? text : fence(text, language))];
}
