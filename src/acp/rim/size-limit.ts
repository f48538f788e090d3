import type { ContentBlock, SessionUpdate, ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { META } from "./from-acp.ts";
import { CUT_PLACES, ID_UNITS, PATH_UNITS, UPDATE_BYTES, UPDATE_UNITS } from "./message-limits.ts";
import { splitPoint } from "../../transcript/text/surrogates.ts";

export type ChunkKind = "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk";
export type Chunk = Extract<SessionUpdate, { sessionUpdate: ChunkKind }>;
export type CallUpdate = Extract<SessionUpdate, { sessionUpdate: "tool_call" | "tool_call_update" }>;

/** Updates that contain text of any length. */
type TextUpdate = Chunk | CallUpdate | Extract<SessionUpdate, { sessionUpdate: "compaction_update" }>;

/**
 * Returns an update, reduced if it is longer than a message may be: first without the raw output and input, which are in it
 * twice, then with its longest contents cut. A notice says how long the cut text was and where the rest is: in row `row`
 * of the transcript, or at `place`. `_meta` lists the omitted members.
 */
export function limitSize(
  update: TextUpdate,
  row: string,
  place = `row ${row} of the session's transcript`,
): SessionUpdate {
  if (!tooLong(update)) return update;
  const smaller: TextUpdate = { ...update };
  const omitted: string[] = [];
  if ("rawOutput" in smaller) {
    delete smaller.rawOutput;
    omitted.push("rawOutput");
  }
  if ("rawInput" in smaller && tooLong(smaller)) {
    delete smaller.rawInput;
    omitted.push("rawInput");
  }
  if (tooLong(smaller)) {
    omitted.push("content");
    if ("toolCallId" in smaller) smaller.content = cutAll(smaller.content ?? [], place);
    else if ("content" in smaller) smaller.content = notice(utf16Length(smaller.content), place);
    else smaller.summary = (smaller.summary ?? []).map((block) => cutBlock(block, UPDATE_UNITS / 2, place));
  }
  if ("locations" in smaller && tooLong(smaller)) {
    smaller.locations = (smaller.locations ?? []).filter(({ path }) => path.length <= PATH_UNITS).slice(0, CUT_PLACES);
    omitted.push("locations");
  }
  const ours = { ...membersOf(smaller._meta?.[META]), omitted, row, length: utf16Length(update) };
  return { ...smaller, _meta: { ...smaller._meta, [META]: ours } };
}

/** Returns an id, or a deterministic short one if it is longer than `ID_UNITS`. */
export function shortId(id: string): string {
  if (id.length <= ID_UNITS) return id;
  return `${id.slice(0, splitPoint(id, ID_UNITS / 2))}…${id.length}.${fnvHash(id).toString(16)}`;
}

/** Returns whether an update is too long. Measures its JSON only if the length of its strings does not decide it. */
function tooLong(update: TextUpdate): boolean {
  const units = utf16Length(update);
  if (units <= UPDATE_UNITS) return false;
  return units > UPDATE_BYTES || Buffer.byteLength(JSON.stringify(update)) > UPDATE_BYTES;
}

/** Cuts each item to an equal share, and omits items after the first `ITEMS_MAX`. */
function cutAll(content: readonly ToolCallContent[], place: string): ToolCallContent[] {
  const kept = content.slice(0, ITEMS_MAX);
  const share = Math.floor(UPDATE_UNITS / 2 / kept.length);
  const cut = kept.map((item): ToolCallContent => {
    if (utf16Length(item) <= share) return item;
    return {
      type: "content",
      content: item.type === "content" ? cutBlock(item.content, share, place) : notice(utf16Length(item), place),
    };
  });
  const more = content.slice(kept.length);
  return more.length === 0 ? cut : [...cut, { type: "content", content: notice(utf16Length(more), place) }];
}

/** Maximum items, so that each share has room for a notice. */
const ITEMS_MAX = 1000;

function cutBlock(block: ContentBlock, units: number, place: string): ContentBlock {
  const length = utf16Length(block);
  if (length <= units) return block;
  if (block.type !== "text") return notice(length, place);
  const text = block.text.slice(0, splitPoint(block.text, units));
  return { type: "text", text: `${text}\n${left(block.text.length - text.length, place)}` };
}

const left = (units: number, place: string): string => `[Cut here: ${units} more characters are in ${place}]`;
const notice = (units: number, place: string): { type: "text"; text: string } => ({
  type: "text",
  text: `[Too long to show: ${units} characters are in ${place}]`,
});

/** Maximum depth of a value. No input of a tool is deeper, and `JSON.stringify` overflows at some thousand levels. */
const DEPTH_MAX = 500;

/** Estimates the UTF-16 units of a value's JSON, without escapes; Infinity if it is nested too deep. */
function utf16Length(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY;
  let units = 0;
  // Runs for every update: `Object.entries` would cost more than everything else.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) units += digits(i) + utf16Length(value[i], depth + 1);
  } else for (const key in value) units += key.length + utf16Length((value as JsonObject)[key], depth + 1);
  return units;
}

const digits = (index: number): number => (index < 10 ? 1 : String(index).length);
