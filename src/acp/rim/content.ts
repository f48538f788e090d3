import type { ToolCallContent } from "@agentclientprotocol/sdk/unstable";

/** Cuts a text to at most `units` UTF-16 units, including an ellipsis, never inside a surrogate pair. */
export function shorten(text: string, units: number): string {
  if (text.length <= units) return text;
  return `${text.slice(0, splitPoint(text, units - 1))}…`;
}

/** Returns `at`, or the index before it if `at` would split a surrogate pair. */
export function splitPoint(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  return before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}

/** Wraps a text as content of a tool call. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });
