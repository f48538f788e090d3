import type { ContentBlock, ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { mediaOf, mediaText } from "../../view/parts.ts";
import type { ToolResult } from "../../view/result.ts";
import { fence, withoutReminders } from "../../view/plain-text.ts";
import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";

/** Wraps a text as content of a tool call. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });

/** Converts text, images and documents to ACP; undefined for other blocks. `uri` names embedded bytes. */
function toContent(block: JsonObject, uri: string): ContentBlock | undefined {
  if (block["type"] === "text") {
    const text = asString(block["text"]);
    return text === undefined ? undefined : { type: "text", text };
  }
  if (block["type"] === "image") return toImage(membersOf(block["source"]), uri);
  if (block["type"] === "document") return toResource(membersOf(block["source"]), asString(block["title"]), uri);
  return undefined;
}

function toImage(source: JsonObject, uri: string): ContentBlock | undefined {
  const data = asString(source["data"]);
  if (data !== undefined) return { type: "image", data, mimeType: asString(source["media_type"]) ?? "image/png" };
  return toLink(source, "image", uri);
}

function toResource(source: JsonObject, title: string | undefined, uri: string): ContentBlock | undefined {
  const data = asString(source["data"]);
  const mimeType = asString(source["media_type"]);
  if (data === undefined) return toLink(source, title ?? "document", uri);
  const about = { uri, ...(mimeType !== undefined && { mimeType }) };
  return {
    type: "resource",
    resource: source["type"] === "text" ? { ...about, text: data } : { ...about, blob: data },
  };
}

/** Converts a block that refers to its data (by URL, or by an id of the Files API) instead of holding it. */
function toLink(source: JsonObject, name: string, uri: string): ContentBlock | undefined {
  const url = asString(source["url"]) ?? (asString(source["file_id"]) === undefined ? undefined : uri);
  return url === undefined ? undefined : { type: "resource_link", uri: url, name };
}

/** Converts the pieces of a result. Texts lose trailing reminders, and get a fence if `language` is given. */
export const showPieces = (
  { pieces }: Pick<ToolResult, "pieces">,
  language: string | undefined,
  uri: string,
): ToolCallContent[] => {
  const [first] = pieces;
  if (pieces.length === 1 && first?.kind === "text") return showText(first.text, language);
  return pieces.flatMap((piece, index): ToolCallContent[] => {
    if (piece.kind === "text") return showText(piece.text, language);
    return [{ type: "content", content: toContentOrWords(piece.block, `${uri}/${index}`) }];
  });
};

/** Converts a block to ACP, or to a text that describes it if ACP has no form for it. */
export const toContentOrWords = (block: JsonObject, uri: string): ContentBlock =>
  toContent(block, uri) ?? { type: "text", text: `[${mediaText(mediaOf(block, "tool"))}]` };

function showText(raw: string, language: string | undefined): ToolCallContent[] {
  const text = withoutReminders(raw);
  return text === "" ? [] : [note(language === undefined ? text : fence(text, language))];
}
