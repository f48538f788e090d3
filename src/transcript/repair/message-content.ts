import { asObject, asString, type JsonObject, membersOf } from "../rows/json-values.ts";
import { mediaFault } from "./media.ts";

/** Claude Code's own words for content that is empty. */
const NO_CONTENT = "(no content)";
const ORPHAN = "[Result of a tool call that is not in this transcript]";
/** Result of a call whose own one was not recorded. */
export const NO_RESULT = "[The result of this tool call was not recorded]";

/** Number of faults that were mended in a message. */
export interface ContentFaults {
  /** Empty content where the API wants some. */
  empty: number;
  /** Images and documents that the API would refuse. */
  media: number;
  /** Results without their call. */
  orphans: number;
}

export interface MendedContent {
  readonly message: JsonObject;
  readonly faults: Readonly<ContentFaults>;
}

/**
 * Returns the message of a user or assistant row without what the API would refuse, in which Claude Code 2.1.329 sends it or
 * does not resume (measured, test/real-cli); undefined if nothing is wrong. What is taken out leaves a note, and what a result
 * says stays as text.
 */
export function mendedContent(
  message: JsonObject,
  isUsers: boolean,
  isOrphan: (toolUseId: string) => boolean = () => false,
): MendedContent | undefined {
  const faults: ContentFaults = { empty: 0, media: 0, orphans: 0 };
  const { content } = message;
  if (typeof content === "string") {
    if (!isUsers || content.trim() !== "") return undefined;
    return { message: { ...message, content: NO_CONTENT }, faults: { ...faults, empty: 1 } };
  }
  if (!Array.isArray(content)) return undefined;
  const mended = (content as unknown[]).flatMap((block) => mendedBlock(block, isOrphan, faults));
  const { empty, media, orphans } = faults;
  return empty + media + orphans === 0 ? undefined : { message: { ...message, content: mended }, faults };
}

function mendedBlock(value: unknown, isOrphan: (id: string) => boolean, faults: ContentFaults): unknown[] {
  const block = membersOf(value);
  if (block["type"] !== "tool_result") return [mendedMedia(value, faults)];
  const content = mendedResult(block, faults);
  const id = asString(block["tool_use_id"]);
  if (id !== undefined && isOrphan(id)) {
    faults.orphans++;
    return resultAsText(block, content);
  }
  return [content === block["content"] ? value : { ...block, content }];
}

/** Returns the content of a tool's result; itself if nothing is wrong with it. */
function mendedResult({ content, is_error: isError }: JsonObject, faults: ContentFaults): unknown {
  const isNothing = content === undefined || content === null || content === "" || isEmptyList(content);
  if (isNothing && isError === true) {
    faults.empty++;
    return NO_CONTENT;
  }
  if (!Array.isArray(content)) return content;
  const mended = (content as unknown[]).map((item) => {
    const { type, text } = membersOf(item);
    if (type !== "text" || typeof text !== "string" || text.trim() !== "") return mendedMedia(item, faults);
    faults.empty++;
    return { ...membersOf(item), text: NO_CONTENT };
  });
  return mended.every((item, at) => item === content[at]) ? content : mended;
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function mendedMedia(value: unknown, faults: ContentFaults): unknown {
  const block = membersOf(value);
  const fault = mediaFault(block);
  if (fault === undefined) return value;
  faults.media++;
  if ("mediaType" in fault) return { ...block, source: { ...membersOf(block["source"]), media_type: fault.mediaType } };
  return { type: "text", text: `[Taken out by claude-transcripts: this ${String(block["type"])} ${fault.reason}]` };
}

/** Returns what a result says as blocks of a message: one text, then what is not text. Odd values are quoted. */
function resultAsText(result: JsonObject, content: unknown): JsonObject[] {
  const { type: _type, tool_use_id: _id, is_error: _isError, content: _content, ...others } = result;
  const texts = [ORPHAN];
  const blocks: JsonObject[] = [];
  for (const item of Array.isArray(content) ? (content as unknown[]) : [content ?? ""]) {
    const block = asObject(item);
    const isText = block?.["type"] === "text" && Object.keys(block).length === 2;
    const text = isText ? block["text"] : item;
    if (typeof text === "string") texts.push(text);
    else if (typeof block?.["type"] === "string" && block["type"] !== "text") blocks.push(block);
    else texts.push(JSON.stringify(item));
  }
  if (Object.keys(others).length > 0) texts.push(JSON.stringify(others));
  return [{ type: "text", text: texts.join("\n") }, ...blocks];
}
