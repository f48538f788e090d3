import type { Message } from "../../view/messages.ts";
import type { Part } from "../../view/parts.ts";
import type { TextPiece } from "./long-text.ts";

/** What stands together in a message: a text, or a call with its result. Never empty. */
export interface Segment {
  readonly kind: Part["kind"];
  /** As a model may see it. */
  readonly text: string;
  /** Where in it a part or a line of ours begins, each at the start of a line: what no text of a transcript may pass for. */
  readonly own: readonly number[];
  /** The row that it begins in, by its place in the conversation. */
  readonly row: number;
  /** The same with output that stands in files of its own in its place; absent where there is none. */
  readonly whole?: readonly TextPiece[] | undefined;
  /** The tool's name, where it is a call or a result; as a model may see it. */
  readonly tool?: string | undefined;
}

/** A message as it is read: what of it was chosen, and what was left out. */
export interface Shown {
  readonly message: Message;
  /** Whose message it is, by what of it was chosen. */
  readonly speaker: Message["speaker"];
  readonly segments: readonly Segment[];
  readonly left: LeftOut;
  /** Of its first row. */
  readonly id: string | undefined;
  /** ISO 8601, to the minute; of its first row. */
  readonly time: string | undefined;
  readonly model: string | undefined;
  /** Characters of all segments. */
  readonly length: number;
}

/** How many parts were left out, by what leaves them out. */
export interface LeftOut {
  readonly roles: number;
  readonly thinking: number;
  readonly system: number;
  /** Thoughts that the API gave no text of. */
  readonly withheld: number;
  /** Messages with nothing in them. */
  readonly empty: number;
  /** Outputs that were too long for their rows, and are not in this store: their beginnings are shown. */
  readonly missing: number;
}

/** What an id in a conversation stands for: a whole message, one row of it, or a tool call with its result. */
export type Target = { readonly number: number; readonly row: number } & (
  | { readonly kind: "message" | "row" }
  /** A call's text is made where it is found: its rows may be too long to be read twice. */
  | ({ readonly kind: "call"; readonly call: string } & Pieces)
);

/** What a text is put together from. */
export interface Pieces {
  readonly pieces: readonly TextPiece[];
  /** How many control sequences of terminals were in them, those in files not counted. */
  readonly sequences: number;
}
