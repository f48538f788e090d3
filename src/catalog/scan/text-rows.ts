import { asString, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { ascii, equals, type RowScan } from "../../transcript/rows/json-scanner.ts";
import { agentRowOf, type RowText, textsOfRow } from "../extract/row-texts.ts";
import { Places, TYPE, valueWithoutRecord } from "../extract/scanned-row.ts";

/** A row with texts that can be found. */
export interface TextRow {
  readonly uuid: string | undefined;
  readonly timestamp: string | undefined;
  /** Id of the API message that an answer is part of. */
  readonly messageId: string | undefined;
  readonly agentId: string | undefined;
  /** The message that this one is a copy of, in the session that it was forked from; else its own uuid. */
  readonly origin: string | undefined;
  /** A prompt in the queue, which another row may repeat. */
  readonly isQueued: boolean;
  readonly texts: readonly RowText[];
}

function textRow(value: JsonObject): TextRow | undefined {
  const inside = agentRowOf(value);
  const row = inside?.row ?? value;
  const texts = textsOfRow(value);
  if (texts.length === 0) return undefined;
  const uuid = asString(row["uuid"]);
  return {
    uuid,
    timestamp: asString(row["timestamp"]),
    messageId: row["type"] === "assistant" ? asString(membersOf(row["message"])["id"]) : undefined,
    agentId: inside?.agentId ?? asString(row["agentId"]),
    origin: asString(membersOf(row["forkedFrom"])["messageUuid"]) ?? uuid,
    isQueued: row["type"] === "queue-operation",
    texts,
  };
}

/** Types of rows without any text that can be found, which need not be parsed. */
const WORDLESS = ["file-history-snapshot", "file-history-delta", "last-prompt", "cost-state"].map((type) =>
  ascii(`"${type}"`),
);
const PROGRESS = ascii('"progress"');
const AGENT_PROGRESS = "agent_progress";

/** Reads rows that `visitLine` found. */
export class TextRowReader {
  readonly #places = new Places();

  /** Returns a row with its texts; undefined if it has none. Does not parse what cannot have any. */
  read(bytes: Buffer, start: number, end: number, scan: RowScan): TextRow | undefined {
    const places = this.#places.find(bytes, scan);
    const [from, to] = [places.start(TYPE), places.end(TYPE)];
    if (WORDLESS.some((type) => equals(bytes, from, to, type))) return undefined;
    if (equals(bytes, from, to, PROGRESS) && !bytes.subarray(start, end).includes(AGENT_PROGRESS)) return undefined;
    const value = valueWithoutRecord(bytes, start, end, places);
    return value && textRow(value);
  }
}
