import type { ToolCallContent } from "@agentclientprotocol/sdk/unstable";
import { asString, blocksOf } from "../../transcript/rows/json-values.ts";

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
    .flatMap((block) => (block["type"] === "text" ? [asString(block["text"]) ?? ""] : []))
    .join("\n");

/** Text as a tool call shows it. */
export const note = (text: string): ToolCallContent => ({ type: "content", content: { type: "text", text } });

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
