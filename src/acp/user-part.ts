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
      return { text: withoutPasteTags(part.text) };
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

const PASTED = '<pasted_content id="';
const PASTED_HEAD = /<pasted_content id="([0-9a-f]{4})">\n/y;

/** What was pasted, without the element around it that tells the model where it begins and ends. */
function withoutPasteTags(text: string): string {
  let out = "";
  let done = 0;
  for (let open = text.indexOf(PASTED); open >= 0; open = text.indexOf(PASTED, done > open ? done : open + 1)) {
    PASTED_HEAD.lastIndex = open;
    const [head, id] = PASTED_HEAD.exec(text) ?? [];
    if (head === undefined) continue;
    const body = open + head.length;
    const tail = `\n</pasted_content id="${id}">`;
    const close = text.indexOf(tail, body - 1);
    // One that is not closed was typed, and so was what follows.
    if (close < 0) break;
    out += text.slice(done, open) + text.slice(body, Math.max(body, close));
    done = close + tail.length;
  }
  return done === 0 ? text : out + text.slice(done);
}
