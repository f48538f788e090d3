import { formatBytes } from "../../view/size.ts";
import { beginningOf, spilledWords, type SpilledText } from "../../view/spilled.ts";
import { UPDATE_BYTES, UPDATE_UNITS } from "../rim/message-limits.ts";
import type { JsonObject } from "../../transcript/rows/json-values.ts";

/** Text with an output that was too long for its row, up to what fits into an update. */
export interface StoredText {
  readonly text: string;
  /** The output alone, without the text after it. */
  readonly output: string;
  /** Notice about the missing part; absent if the output is complete. */
  readonly note?: string;
  /** Facts for `_meta`. */
  readonly facts: JsonObject;
  /** Where the rest is, if the update has to be cut. */
  readonly place?: string;
  readonly missing?: true;
}

/** Bytes of stored output that still fit into an update. */
export interface Room {
  bytes: number;
}

export const roomOfUpdate = (): Room => ({ bytes: UPDATE_BYTES });

/** Replaces the beginning of an output by as much of the stored output as there is room for, and takes that room. */
export function withStoredOutput(read: SpilledText, room: Room): StoredText {
  const { spilled } = read;
  if (spilled === undefined) return { text: read.text, output: read.text, facts: {} };
  const { file, to, name, bytes, cut } = spilled;
  const after = read.text.slice(to);
  const facts = { ...(name !== undefined && { name }), ...(bytes !== undefined && { bytes }), ...(cut && { cut }) };
  if (file === undefined) {
    return {
      text: read.text,
      output: read.text.slice(0, to),
      note: sentence(spilledWords(spilled, "")),
      facts: { spilled: { ...facts, missing: true } },
      missing: true,
    };
  }
  const most = file.bytes <= room.bytes ? file.bytes : Math.min(room.bytes, UPDATE_UNITS / 2);
  const { text: whole, more } =
    most === 0 ? { text: read.text.slice(0, to), more: file.bytes } : beginningOf(file, most);
  room.bytes -= most;
  const place = `tool-results/${file.name} of the session`;
  const beginning = cut ? `only the first ${formatBytes(file.bytes)} of the output was kept` : undefined;
  const note = more > 0 ? `Cut here: ${formatBytes(more)} more is in ${place}` : beginning;
  return {
    text: whole + after,
    output: whole,
    ...(note !== undefined && { note: sentence(note) }),
    facts: { spilled: facts, ...(more > 0 && { omitted: ["content"], length: file.bytes }) },
    place,
  };
}

const sentence = (words: string): string => `[${words.slice(0, 1).toUpperCase()}${words.slice(1)}]`;
