import type { ContentBlock, SessionUpdate, ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { splitPoint } from "./content.ts";
import { type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { META } from "./from-acp.ts";
import { CUT_PLACES, ID_UNITS, PATH_UNITS, UPDATE_BYTES, UPDATE_UNITS } from "./message-limits.ts";

/** A text in pieces of at most `UPDATE_UNITS`; chunks of one message id add up to the whole. */
export function pieces(text: string): string[] {
  if (text.length <= UPDATE_UNITS) return [text];
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = from + UPDATE_UNITS >= text.length ? text.length : splitPoint(text, from + UPDATE_UNITS);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

/** The updates that hold text of any length. */
type Heavy = Extract<
  SessionUpdate,
  {
    sessionUpdate:
      | "tool_call"
      | "tool_call_update"
      | "user_message_chunk"
      | "agent_message_chunk"
      | "agent_thought_chunk"
      | "compaction_update";
  }
>;

/**
 * An update as it is, or, where it is longer than a message may be, without what stands in it twice (the raw output, the
 * raw input), then with its longest contents cut. What is cut says how long it was and where the rest stands: in row `row`
 * of the transcript, unless it is another `place`. `_meta` says what was left out.
 */
export function fit(update: Heavy, row: string, place = `row ${row} of the session's transcript`): SessionUpdate {
  if (!tooLong(update)) return update;
  const smaller: Heavy = { ...update };
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
    else if ("content" in smaller) smaller.content = notice(weigh(smaller.content), place);
    else smaller.summary = (smaller.summary ?? []).map((block) => cutBlock(block, UPDATE_UNITS / 2, place));
  }
  if ("locations" in smaller && tooLong(smaller)) {
    smaller.locations = (smaller.locations ?? []).filter(({ path }) => path.length <= PATH_UNITS).slice(0, CUT_PLACES);
    omitted.push("locations");
  }
  const ours = { ...membersOf(smaller._meta?.[META]), omitted, row, length: weigh(update) };
  return { ...smaller, _meta: { ...smaller._meta, [META]: ours } };
}

/** An id as it is; a short one in the place of one that no API gave. The same for the same id. */
export function shortId(id: string): string {
  if (id.length <= ID_UNITS) return id;
  return `${id.slice(0, splitPoint(id, ID_UNITS / 2))}…${id.length}.${fnvHash(id).toString(16)}`;
}

/** Measures exactly only what may be too long: most updates are settled by the length of their strings. */
function tooLong(update: Heavy): boolean {
  const units = weigh(update);
  if (units <= UPDATE_UNITS) return false;
  return units > UPDATE_BYTES || Buffer.byteLength(JSON.stringify(update)) > UPDATE_BYTES;
}

/** Every item has its share; what is short keeps its length. Of very many the last ones are left out. */
function cutAll(content: readonly ToolCallContent[], place: string): ToolCallContent[] {
  const kept = content.slice(0, ITEMS_MAX);
  const share = Math.floor(UPDATE_UNITS / 2 / kept.length);
  const cut = kept.map((item): ToolCallContent => {
    if (weigh(item) <= share) return item;
    return {
      type: "content",
      content: item.type === "content" ? cutBlock(item.content, share, place) : notice(weigh(item), place),
    };
  });
  const more = content.slice(kept.length);
  return more.length === 0 ? cut : [...cut, { type: "content", content: notice(weigh(more), place) }];
}

/** So many items that the share of each has room for a notice. */
const ITEMS_MAX = 1000;

function cutBlock(block: ContentBlock, units: number, place: string): ContentBlock {
  const length = weigh(block);
  if (length <= units) return block;
  if (block.type !== "text") return notice(length, place);
  const text = block.text.slice(0, splitPoint(block.text, units));
  return { type: "text", text: `${text}\n${left(block.text.length - text.length, place)}` };
}

const left = (units: number, place: string): string => `[Cut here: ${units} more characters stand in ${place}]`;
const notice = (units: number, place: string): { type: "text"; text: string } => ({
  type: "text",
  text: `[Too long to show: ${units} characters stand in ${place}]`,
});

/** Deeper values than this are no tool's input, and `JSON.stringify` runs out of stack some thousand levels down. */
const DEPTH_MAX = 500;

/** UTF-16 units of all strings in a value; Infinity where it is nested too deep. */
function weigh(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY;
  let units = 0;
  // Every update is weighed: a list of the members of each object in it would cost more than all the rest.
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) units += digits(i) + weigh(value[i], depth + 1);
  } else for (const key in value) units += key.length + weigh((value as JsonObject)[key], depth + 1);
  return units;
}

const digits = (index: number): number => (index < 10 ? 1 : String(index).length);
