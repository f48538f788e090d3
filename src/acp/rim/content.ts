import type { ToolCallContent } from "@agentclientprotocol/sdk/unstable";

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

/** Text as a tool call shows it. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });
