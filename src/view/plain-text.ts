import { splitPoint } from "../transcript/text/surrogates.ts";

/** Puts a text in a Markdown fence that no line of the text can close. */
export function fence(text: string, language = ""): string {
  const marks = text.includes("```") ? fenceMarks(text) : "```";
  return `${marks}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${marks}`;
}

/** Returns one backtick more than the longest run in the text, at least three. */
export const fenceMarks = (text: string): string => "`".repeat(longestFence(text) + 1);

/** Returns the length of the longest run of backticks, at least 2. */
export function longestFence(text: string): number {
  let longest = 2;
  // Searches one by one: `match` would collect hundreds of thousands of runs.
  for (let at = text.indexOf("```"); at >= 0;) {
    let end = at + 3;
    while (text.charCodeAt(end) === BACKTICK) end++;
    longest = Math.max(longest, end - at);
    at = text.indexOf("```", end);
  }
  return longest;
}

const BACKTICK = 0x60;

/** Removes empty lines from both ends. Does not use a regular expression, which is slow on long runs of newlines. */
export function trimLines(text: string): string {
  let from = 0;
  while (text[from] === "\n") from++;
  return text.slice(from).trimEnd();
}

const REMINDER = "<system-reminder>";
const REMINDER_END = "</system-reminder>";

/** Removes the reminders to the model that the CLI appended, each on lines of its own. */
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

/** Cuts a text to at most `units` UTF-16 units, including an ellipsis, never inside a surrogate pair. */
export const shorten = (text: string, units: number): string =>
  text.length <= units ? text : `${text.slice(0, splitPoint(text, units - 1))}…`;
