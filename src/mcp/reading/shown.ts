import type { Message } from "../../view/messages.ts";
import type { Part } from "../../view/parts.ts";
import type { TextPiece } from "./long-text.ts";

/** Unit of a message: a text, or a call with its result. Never empty. */
export interface Segment {
  readonly kind: Part["kind"];
  /** Sanitised for a model. */
  readonly text: string;
  /** Offsets of parts and lines by the server, which no text of a transcript may imitate. Each is at the start of a line. */
  readonly own: readonly number[];
  /** Index in the conversation of the row that it begins in. */
  readonly row: number;
  /** Row of the result, for a call that is shown with it. */
  readonly resultRow?: number | undefined;
  /** The text with all output from files of its own; absent if it has none. */
  readonly whole?: readonly TextPiece[] | undefined;
  /** Sanitised name of the tool, for calls and results. */
  readonly tool?: string | undefined;
}

/** Message with its selected parts. */
export interface Shown {
  readonly message: Message;
  /** Speaker of the selected parts. */
  readonly speaker: Message["speaker"];
  readonly segments: readonly Segment[];
  readonly left: LeftOut;
  /** Unique prefix of the first row's uuid. */
  readonly id: string | undefined;
  /** ISO 8601, to the minute; that of the first row with a time. */
  readonly time: string | undefined;
  readonly model: string | undefined;
  /** Characters of all segments. */
  readonly length: number;
}

/** Numbers of parts left out, by reason. */
export interface LeftOut {
  readonly roles: number;
  readonly thinking: number;
  readonly system: number;
  /** Thinking without text from the API. */
  readonly withheld: number;
  /** Messages without parts. */
  readonly empty: number;
  /** Outputs too long for their rows that are not in this store; only their beginnings are shown. */
  readonly missing: number;
}

/** Target of an id in a conversation: a whole message, one of its rows, or a tool call with its result. */
export type Target = { readonly number: number; readonly row: number } & (
  | { readonly kind: "message" | "row" }
  /** The pieces of a call are made when it is found, because its rows may be too long to read twice. */
  | ({ readonly kind: "call"; readonly call: string } & Pieces)
);

export interface Pieces {
  readonly pieces: readonly TextPiece[];
  /** Number of control sequences of terminals in them, without those in files. */
  readonly sequences: number;
}
