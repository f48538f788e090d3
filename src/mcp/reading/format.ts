import { apartWords } from "../../view/messages.ts";
import { OWN_MARK } from "../core/quote.ts";
import { countTokens } from "../core/tokens.ts";
import type { Segment, Shown } from "./shown.ts";

/** Range of a message, in characters of its segments. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Segment on a page, or a part of one. */
export type Piece = Pick<Segment, "kind" | "text" | "own" | "tool">;

/** Format of messages: lines for a model, or JSON for a program. */
export interface Format {
  /** Makes the heading. `cut`: the range shown, if not all of the message is. */
  heading(shown: Shown, cut: Range | undefined): string;
  piece(piece: Piece): string;
  message(heading: string, pieces: readonly string[]): string;
  readonly between: string;
  /** Tokens that `message` adds to a heading and pieces. */
  readonly frame: number;
}

/**
 * Returns the cost of a text in tokens. Hosts also cut answers at a number of characters, so each character has a minimum
 * cost: 120,000 characters make 20,000 tokens, less a reserve.
 */
export const costOf = (text: string): number => Math.max(countTokens(text), Math.ceil(text.length / UNITS_PER_TOKEN));

export const UNITS_PER_TOKEN = 5.6;

export const prose: Format = {
  heading({ message, speaker, id, time, length }, cut) {
    const { number, compacted } = message;
    const facts = [
      `${OWN_MARK} #${number} ${speaker === "system" || speaker === "peer" ? "note" : speaker}`,
      time,
      id && `id ${id}`,
      apartWords(message) || (compacted && "before a compaction"),
      cut && cutWords(cut, length),
    ];
    return `## ${facts.filter(Boolean).join(" · ")}`;
  },
  piece: markedText,
  message: (heading, pieces) => [heading, ...pieces].join("\n"),
  between: "\n\n",
  frame: 0,
};

export const json: Format = {
  heading({ message, speaker, id, time, model, length }, cut) {
    const { number, branch, compacted, apart } = message;
    return JSON.stringify({
      number,
      speaker,
      id,
      time,
      model,
      ...(branch > 0 && { branch }),
      ...(compacted && { compacted }),
      ...(apart !== undefined && { [apart]: true }),
      ...(cut !== undefined && { cut: { ...cut, of: length } }),
    });
  },
  piece: ({ kind, tool, text, own }) => JSON.stringify({ kind, tool, text, ...(own.some((at) => at > 0) && { own }) }),
  message: (heading, pieces) => `${heading.slice(0, -1)},"parts":[${pieces.join(",")}]}`,
  between: ",\n",
  frame: 8,
};

/** Inserts a mark before each of the server's own lines. */
export function markedText({ text, own }: Pick<Segment, "text" | "own">): string {
  let at = 0;
  let marked = "";
  for (const start of own) {
    marked += `${text.slice(at, start)}${OWN_MARK} `;
    at = start;
  }
  return marked + text.slice(at);
}

/** Says in the heading that a message is cut: a call may be on another page than its result. */
function cutWords({ from, to }: Range, length: number): string {
  const before = from > 0 ? "began on the previous page" : "";
  const after = to < length ? "continues on the next page" : "";
  const where = [before, after].filter(Boolean).join(" and ");
  return `cut: characters ${from}-${to} of ${length}, ${where}`;
}
