import type { SessionUpdate, ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { splitPoint } from "./content.ts";
import { META } from "./from-acp.ts";
import { UPDATE_BYTES, UPDATE_UNITS } from "./limits.ts";

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
      | "agent_thought_chunk";
  }
>;

/**
 * An update as it is, or, where it holds more text than a client's line limit lets through, without what stands in it
 * twice (the raw output, the raw input), then with its longest contents cut. `_meta` says what was left out.
 */
export function fit(update: Heavy): SessionUpdate {
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
    if ("toolCallId" in smaller) smaller.content = cutAll(smaller.content ?? []);
    else smaller.content = notice(weigh(smaller.content));
  }
  return { ...smaller, _meta: { ...smaller._meta, [META]: { omitted } } };
}

/** Measures exactly only what may be too long: most updates are settled by the length of their strings. */
function tooLong(update: Heavy): boolean {
  const units = weigh(update);
  if (units <= UPDATE_UNITS) return false;
  return units > UPDATE_BYTES || Buffer.byteLength(JSON.stringify(update)) > UPDATE_BYTES;
}

function cutAll(content: readonly ToolCallContent[]): ToolCallContent[] {
  const share = Math.floor(UPDATE_UNITS / 2 / content.length);
  return content.map((item): ToolCallContent => {
    const units = weigh(item);
    if (units <= share) return item;
    if (item.type === "content" && item.content.type === "text") {
      const text = item.content.text.slice(0, splitPoint(item.content.text, share));
      return { type: "content", content: { type: "text", text: `${text}\n${left(units - text.length)}` } };
    }
    return { type: "content", content: notice(units) };
  });
}

const left = (units: number): string => `[${units} more characters are in the transcript]`;
const notice = (units: number): { type: "text"; text: string } => ({ type: "text", text: left(units) });

/** Deeper values than this are no tool's input, and `JSON.stringify` runs out of stack some thousand levels down. */
const DEPTH_MAX = 500;

/** UTF-16 units of all strings in a value; Infinity where it is nested too deep. */
function weigh(value: unknown, depth = 0): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY;
  let units = 0;
  for (const [key, item] of Object.entries(value)) units += key.length + weigh(item, depth + 1);
  return units;
}
