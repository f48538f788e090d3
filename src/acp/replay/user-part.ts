import { printableLines } from "../../view/sanitise.ts";
import type { Word } from "../../view/words.ts";
import { fence, trimLines, shorten } from "../../view/plain-text.ts";
import { TOOL_TITLE_UNITS } from "../rim/message-limits.ts";

export type UserWord = Extract<Word, { role: "user" }>;
export type NoteWord = Exclude<Word, UserWord | { kind: "hidden" | "summary" }>;

/** Returns the text of the user's own words. */
export function userText(word: UserWord): string {
  switch (word.kind) {
    case "text":
      return word.text;
    case "command":
      return `${word.name} ${word.args}`.trim();
    case "shell":
      return `! ${word.command}`;
  }
}

/** Returns the text of a note, and the facts for its `_meta`. */
export function noteText(word: NoteWord): {
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
} {
  switch (word.kind) {
    case "output": {
      const text = trimLines(printableLines(word.text));
      const shown = text === NO_OUTPUT ? "" : text.includes("\n") ? fence(text) : text;
      return { text: shown, facts: { command: "output" } };
    }
    case "peer": {
      const { from, summary, text } = word;
      const lead = `Note from ${from}${summary === undefined ? "" : `: ${summary}`}`;
      return {
        text: text === "" ? lead : `${lead}\n\n${text}`,
        facts: { peer: { from, ...(summary !== undefined && { summary }) } },
      };
    }
    case "notice": {
      const { task } = word;
      if (task === undefined) return { text: emphasised(word.text), facts: { notice: word.level } };
      const { summary, report, pointer } = task;
      const text = [summary, report, pointer].filter(Boolean).join("\n\n");
      return { text, facts: { notification: shorten(summary, TOOL_TITLE_UNITS) } };
    }
  }
}

/** The CLI's text for a command that printed nothing. */
const NO_OUTPUT = "(no content)";

/** Sets a line of plain words in italics, like other notes of the CLI; returns anything else unchanged. */
const emphasised = (text: string): string =>
  /^[^\s*_`<>[\]\\][^*_`<>[\]\\\n]*$/.test(text) ? `*${text.trim()}*` : text;
