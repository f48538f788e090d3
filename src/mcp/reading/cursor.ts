import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { InvalidCursorError } from "../../store/errors.ts";
import { bitsOf, type Selection, selectionFrom } from "./include.ts";

/** Place in a conversation. */
export interface Position {
  /** Number of the message; the count plus one at the end. */
  readonly number: number;
  /** Characters of the message's segments before it. */
  readonly offset: number;
}

export interface Cursor {
  /** Whether the page begins or ends there. */
  readonly side: "after" | "before";
  readonly at: Position;
  /** Hash of the message's uuid, which finds the message after its number has changed. */
  readonly mark: string;
  readonly selection: Selection;
}

/**
 * Writes a cursor in few tokens (base64 of JSON takes many): every answer has one, and the model repeats it. Its checksum
 * detects changes and cursors of another `conversation`.
 */
export function encodeCursor({ side, at, mark, selection }: Cursor, conversation: string): string {
  const fields = [side === "after" ? "n" : "p", at.number, at.offset, mark, bitsOf(selection).toString(36)].join(".");
  return `${fields}.${markOf(`${conversation} ${fields}`)}`;
}

/** Reads a cursor. Throws `InvalidCursorError` unless it is one of this conversation. */
export function decodeCursor(text: string, conversation: string): Cursor {
  const [, side, number, offset, mark = "", bits = ""] = CURSOR.exec(text) ?? [];
  if (side === undefined) throw new InvalidCursorError("it was not made by this program");
  const cursor: Cursor = {
    side: side === "n" ? "after" : "before",
    at: { number: Number(number), offset: Number(offset) },
    mark,
    selection: selectionFrom(Number.parseInt(bits, 36)),
  };
  if (encodeCursor(cursor, conversation) !== text)
    throw new InvalidCursorError(
      "it belongs to another conversation, or was changed; give the session and agentId it came with",
    );
  return cursor;
}

const CURSOR = /^([np])\.(\d{1,9})\.(\d{1,10})\.([0-9a-z]{1,7})\.([0-9a-z]{1,3})\.[0-9a-z]{1,7}$/;

/** Returns a hash of a text in base 36, at most seven characters. */
export const markOf = (text: string): string => fnvHash(text).toString(36);
