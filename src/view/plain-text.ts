/** Text in a Markdown fence that no line of it can close. */
export function fence(text: string, language = ""): string {
  const marks = text.includes("```") ? fenceMarks(text) : "```";
  return `${marks}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${marks}`;
}

/** One backtick more than the longest run in the text, at least three. */
export const fenceMarks = (text: string): string => "`".repeat(longestFence(text) + 1);

/** Length of the longest run of backticks, at least 2. */
export const longestFence = (text: string): number =>
  (text.match(/`{3,}/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);

/** Text without the empty lines around it. One look at each end: a long run of newlines costs a regular expression much. */
export function trimLines(text: string): string {
  let from = 0;
  while (text[from] === "\n") from++;
  return text.slice(from).trimEnd();
}

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
