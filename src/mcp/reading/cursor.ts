import { fnvHash } from "../../transcript/text/fnv-hash.ts";
import { InvalidCursorError } from "../../store/errors.ts";
import { bitsOf, type Choice, choiceOf } from "./include.ts";

/** A place in a conversation: before a character of what is shown of a message, the first of which is 0. */
export interface Position {
  /** Number of the message; one more than there are for the end. */
  readonly number: number;
  readonly offset: number;
}

/** What a cursor says: the page begins there, or ends there; and what is read. */
export interface Cursor {
  readonly side: "after" | "before";
  readonly at: Position;
  /** Told from the uuid of the message, so that one is found again whose number has changed. */
  readonly mark: string;
  readonly choice: Choice;
}

/**
 * A cursor in few tokens, which base64 of JSON would not be: it stands in every answer, and the model writes it again. It
 * carries all that the next page needs, and a sum by which one that was changed, or belongs to another conversation, is
 * told. `conversation`: whose it is.
 */
export function encodeCursor({ side, at, mark, choice }: Cursor, conversation: string): string {
  const fields = [side === "after" ? "n" : "p", at.number, at.offset, mark, bitsOf(choice).toString(36)].join(".");
  return `${fields}.${markOf(`${conversation} ${fields}`)}`;
}

/** What is in a cursor; throws `InvalidCursorError` for anything but one of this conversation. */
export function decodeCursor(text: string, conversation: string): Cursor {
  const [, side, number, offset, mark = "", bits = ""] = FORM.exec(text) ?? [];
  if (side === undefined) throw new InvalidCursorError("it was not made by this program");
  const cursor: Cursor = {
    side: side === "n" ? "after" : "before",
    at: { number: Number(number), offset: Number(offset) },
    mark,
    choice: choiceOf(Number.parseInt(bits, 36)),
  };
  if (encodeCursor(cursor, conversation) !== text)
    throw new InvalidCursorError(
      "it belongs to another conversation, or was changed; give the session and agentId it came with",
    );
  return cursor;
}

const FORM = /^([np])\.(\d{1,9})\.(\d{1,10})\.([0-9a-z]{1,7})\.([0-9a-z]{1,3})\.[0-9a-z]{1,7}$/;

/** A sum of a text, in base 36: at most seven characters. */
export const markOf = (text: string): string => fnvHash(text).toString(36);
