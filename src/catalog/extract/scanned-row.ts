import { type RowScan, OPEN_BRACE, QUOTE, scanObject } from "../../transcript/rows/json-scanner.ts";
import type { JsonObject } from "../../transcript/rows/json-values.ts";
import { parseRow } from "../../transcript/rows/row.ts";
import { LONG_ROW } from "../../transcript/rows/long-row.ts";
import { lookUp, wordTable } from "../../transcript/rows/word-table.ts";

/** Members that decide what is read of a row. */
export const TYPE = 0;
export const DATA = 1;
export const MESSAGE = 2;
export const AGENT_ID = 3;
export const TIMESTAMP = 4;
export const RECORD = 5;
const COUNT = 6;

const KEYS = wordTable<number>({
  type: TYPE,
  data: DATA,
  message: MESSAGE,
  agentId: AGENT_ID,
  timestamp: TIMESTAMP,
  toolUseResult: RECORD,
});

/** Index into `scan.members` of each of these members, or -1. Reused from row to row. */
export class Places {
  readonly #at = new Int32Array(COUNT);
  #scan: RowScan | undefined;

  /** Finds the members; the last one of a name counts. */
  find(bytes: Uint8Array, scan: RowScan): this {
    this.#scan = scan;
    this.#at.fill(-1);
    const { members, count } = scan;
    for (let i = 0; i < count * 4; i += 4) {
      const key = lookUp(KEYS, bytes, members[i] as number, members[i + 1] as number);
      if (key !== undefined) this.#at[key] = i;
    }
    return this;
  }

  has(member: number): boolean {
    return (this.#at[member] as number) >= 0;
  }

  /** Returns the start of a member's value; 0 if it is missing. */
  start(member: number): number {
    const at = this.#at[member] as number;
    return at < 0 ? 0 : (this.#scan?.members[at + 2] as number);
  }

  end(member: number): number {
    const at = this.#at[member] as number;
    return at < 0 ? 0 : (this.#scan?.members[at + 3] as number);
  }

  isText(bytes: Uint8Array, member: number): boolean {
    return this.has(member) && bytes[this.start(member)] === QUOTE;
  }
}

/** Minimum length of a record (`toolUseResult`) that is worth leaving out. */
const RECORD_BYTES = 256;
const NULL = Buffer.from("null");

/** Returns the value of a row without the record of its tool: that is the larger part of a transcript, and says it twice. */
export function valueWithoutRecord(bytes: Buffer, start: number, end: number, places: Places): JsonObject | undefined {
  const [from, to] = [places.start(RECORD), places.end(RECORD)];
  if (to - from < RECORD_BYTES) return parseRow(bytes, start, end);
  if (end - start - (to - from) <= LONG_ROW) {
    try {
      return JSON.parse(`${bytes.toString("utf8", start, from)}null${bytes.toString("utf8", to, end)}`) as JsonObject;
    } catch {
      // Has something that only `parseRow` repairs.
    }
  }
  const kept = Buffer.concat([bytes.subarray(start, from), NULL, bytes.subarray(to, end)]);
  return parseRow(kept, 0, kept.length, true);
}

/** Returns the value of one member of the record, without parsing the others. `scan` is for this. */
export function recordMember(bytes: Buffer, places: Places, key: string, scan: RowScan): unknown {
  const [from, to] = [places.start(RECORD), places.end(RECORD)];
  if (from === 0 || bytes[from] !== OPEN_BRACE || !scanObject(bytes, from, to, scan)) return undefined;
  for (let i = (scan.count - 1) * 4; i >= 0; i -= 4) {
    const [start, end, value, after] = scan.members.subarray(i, i + 4) as unknown as [number, number, number, number];
    if (end - start !== key.length || bytes.toString("latin1", start, end) !== key) continue;
    const member = Buffer.concat([OPEN, bytes.subarray(value, after), CLOSE]);
    return parseRow(member, 0, member.length, true)?.["value"];
  }
  return undefined;
}

const OPEN = Buffer.from('{"value":');
const CLOSE = Buffer.from("}");
