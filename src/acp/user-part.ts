import type { UserText } from "../transcript/user-text.ts";
import { fence, trimLines, withoutEscapes } from "./content.ts";

/** What a part shows, and how it is marked. */
export function userPart(part: Exclude<UserText, { kind: "hidden" | "notification" }>): {
  readonly text: string;
  /** A command's own text, or what it printed. */
  readonly command?: "input" | "output";
} {
  switch (part.kind) {
    case "typed":
      return { text: part.text };
    case "command":
      return { text: `${part.name} ${part.args}`.trim(), command: "input" };
    case "shell":
      return { text: `! ${part.command}`, command: "input" };
    case "output": {
      const text = trimLines(withoutEscapes(part.text));
      const shown = text === NOTHING ? "" : text.includes("\n") ? fence(text) : text;
      return { text: shown, command: "output" };
    }
  }
}

/** What the CLI writes where a command printed nothing. */
const NOTHING = "(no content)";
