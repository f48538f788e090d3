import { apartWords } from "../../view/messages.ts";
import { OURS } from "../core/quote.ts";
import { countTokens } from "../core/tokens.ts";
import type { Segment, Shown } from "./shown.ts";

/** A stretch of a message: characters of its segments. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A piece of a message on a page. `text` is of its segment, or a part of it. */
export type Piece = Pick<Segment, "kind" | "text" | "own" | "tool">;

/** How messages look: as lines for a model, or as JSON for a program. */
export interface Form {
  /** Stands before the pieces. `cut`: not all of the message is there. */
  heading(shown: Shown, cut: Range | undefined): string;
  piece(piece: Piece): string;
  message(heading: string, pieces: readonly string[]): string;
  readonly between: string;
  /** What `message` adds to a heading and pieces, in tokens. */
  readonly frame: number;
}

/**
 * What a text costs of a budget: its tokens. Hosts cut what is longer than so many characters, whatever its tokens, so a
 * character costs no less than its share of that (120,000 characters with 20,000 tokens, and some room).
 */
export const costOf = (text: string): number => Math.max(countTokens(text), Math.ceil(text.length / UNITS_PER_TOKEN));

export const UNITS_PER_TOKEN = 5.6;

export const prose: Form = {
  heading({ message, speaker, id, time, length }, cut) {
    const { number, compacted } = message;
    const where = apartWords(message) || (compacted ? "before a compaction" : "");
    const facts = [
      `${OURS} #${number} ${speaker === "system" || speaker === "peer" ? "note" : speaker}`,
      ...(time === undefined ? [] : [time]),
      ...(id === undefined ? [] : [`id ${id}`]),
      ...(where === "" ? [] : [where]),
      ...(cut === undefined ? [] : [cutWords(cut, length)]),
    ];
    return `## ${facts.join(" · ")}`;
  },
  piece: markedText,
  message: (heading, pieces) => [heading, ...pieces].join("\n"),
  between: "\n\n",
  frame: 0,
};

export const json: Form = {
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

/** The text with a mark in front of each of our own lines. */
export function markedText({ text, own }: Pick<Segment, "text" | "own">): string {
  let at = 0;
  let marked = "";
  for (const place of own) {
    marked += `${text.slice(at, place)}${OURS} `;
    at = place;
  }
  return marked + text.slice(at);
}

/** A message that is not whole on this page says so where it stands: a call may be parted from its result. */
function cutWords({ from, to }: Range, length: number): string {
  const before = from > 0 ? "began on the page before" : "";
  const after = to < length ? "goes on on the next page" : "";
  const where = [before, after].filter(Boolean).join(" and ");
  return `cut: characters ${from}-${to} of ${length}, ${where}`;
}
