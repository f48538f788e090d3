import { equals, hasBackslash, type RowScan } from "../rows/json-scanner.ts";
import { lookUp, wordTable } from "../rows/word-table.ts";

/**
 * A row's bytes as they stand in a fork. Members are copied as they are written; only the ones that say which row this is,
 * whose session it belongs to and where it hangs are replaced, removed or added (official-helpers.md §6.4). So a payload keeps every
 * byte, whatever it holds.
 */
export class RowWriter {
  readonly #bytes: Buffer;
  readonly #take: (bytes: Uint8Array) => void;
  #length = 0;
  /** Of the row at hand: what comes next. */
  #text = "";

  /** `take` is given what was written, some `size` bytes at a time; they are valid during the call only. */
  constructor(size: number, take: (bytes: Uint8Array) => void) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(size, 3 * TEXT_UNITS));
    this.#take = take;
  }

  /**
   * Appends a row and a newline. Members that `values` names are replaced or removed; those in `added` that the row does not
   * have are appended in that order.
   */
  row(source: Buffer, scan: RowScan, members: ForkMembers, values: ForkValues, added: readonly ForkKey[] = []): void {
    this.#text += "{";
    // What is copied as it stands, with the commas in it, is copied in one piece.
    let from = 0;
    let to = 0;
    let written = 0;
    /** Where the member before this one ended, if it was written: the comma and the next key follow. */
    let before = -1;
    const ranges = scan.members;
    for (let i = 0, n = 0; n < scan.count; i += 4, n++) {
      const value = values.ofNumber(members.keys[n] as number);
      if (value === null) {
        before = -1;
        continue;
      }
      const keyStart = ranges[i] as number;
      if (keyStart - 2 !== before) {
        this.#copy(source, from, to);
        from = keyStart - 1;
        if (written > 0) this.#text += ",";
      }
      written++;
      before = to = ranges[i + 3] as number;
      if (value === undefined) continue;
      this.#copy(source, from, ranges[i + 2] as number);
      this.#text += value;
      from = to;
    }
    this.#copy(source, from, to);
    for (const key of added) {
      const value = values.of(key);
      if (value === undefined || value === null || members.has(key)) continue;
      if (written++ > 0) this.#text += ",";
      this.#text += `"${key}":${value}`;
    }
    this.#text += "}\n";
    this.#writeText();
  }

  /** Appends a value as a row. */
  value(row: object): void {
    this.text(`${JSON.stringify(row)}\n`);
  }

  text(text: string): void {
    let from = 0;
    while (text.length - from > TEXT_UNITS) {
      const last = text.charCodeAt(from + TEXT_UNITS - 1);
      // No pair of surrogates is parted.
      const to = from + (last >= 0xd800 && last <= 0xdbff ? TEXT_UNITS - 1 : TEXT_UNITS);
      this.#write(text.slice(from, to));
      from = to;
    }
    this.#write(from === 0 ? text : text.slice(from));
  }

  /** Gives away what has not been taken yet. */
  flush(): void {
    if (this.#length === 0) return;
    this.#take(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  #write(text: string): void {
    this.#reserve(text.length * 3);
    // No encoding is named: that is the short way through `write`, and the same UTF-8.
    this.#length += this.#bytes.write(text, this.#length);
  }

  #writeText(): void {
    if (this.#text === "") return;
    this.text(this.#text);
    this.#text = "";
  }

  #copy(source: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#writeText();
    // What is longer than there is room for is not copied.
    if (end - start > this.#bytes.length) {
      this.flush();
      this.#take(source.subarray(start, end));
      return;
    }
    this.#reserve(end - start);
    source.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length) this.flush();
  }
}

/** A longer text is written piece by piece: a unit takes up to three bytes. */
const TEXT_UNITS = 32 * 1024;

/** Every key that a fork reads, replaces, removes or adds at the top level of a row. */
export type ForkKey = (typeof FORK_KEYS)[number];

const FORK_KEYS = [
  "uuid",
  "slug",
  "fold",
  "cwd",
  "subtype",
  "teamName",
  "sessionId",
  "agentName",
  "timestamp",
  "parentUuid",
  "attachment",
  "forkedFrom",
  "isSidechain",
  "sessionKind",
  "sentAsUuid",
  "compactMetadata",
  "droppedPromptUuids",
  "requestSessionId",
  "logicalParentUuid",
  "neutralizedByFork",
  "rowsAheadOfPutBack",
  "turnAttributionKey",
  "sourceToolAssistantUUID",
  "summarizedTurnPromptUuids",
] as const;

/** Keys are told by number where many are looked at. */
const NUMBERS = Object.fromEntries(FORK_KEYS.map((key, number) => [key, number])) as Readonly<Record<ForkKey, number>>;
const NONE = -1;

const KEY_TABLE = wordTable(NUMBERS);

/** Where the members that a fork deals with stand in a row. One object serves row after row. */
export class ForkMembers {
  /** Number of each member's key, or -1 for a key that a fork does not know; as many as the row has members. */
  keys = new Int8Array(64);
  /** Whether any key is written with escapes; such a row has to be written out anew before it is rewritten. */
  escaped = false;
  readonly #at = new Int32Array(FORK_KEYS.length);
  #source: Buffer = Buffer.alloc(0);
  #ranges: Int32Array = new Int32Array(0);

  read(source: Buffer, scan: RowScan): void {
    const { count, members: ranges } = scan;
    this.#source = source;
    this.#ranges = ranges;
    this.escaped = false;
    if (this.keys.length < count) this.keys = new Int8Array(count * 2);
    // Of a key that occurs twice the last one counts, as for `JSON.parse`.
    this.#at.fill(NONE);
    for (let n = 0; n < count; n++) {
      const start = ranges[n * 4] as number;
      const end = ranges[n * 4 + 1] as number;
      const number = lookUp(KEY_TABLE, source, start, end) ?? NONE;
      this.keys[n] = number;
      if (number !== NONE) this.#at[number] = n * 4;
      else if (!this.escaped) this.escaped = hasBackslash(source, start, end);
    }
  }

  has(key: ForkKey): boolean {
    return this.#at[NUMBERS[key]] !== NONE;
  }

  /** Whether the member is written just so. */
  is(key: ForkKey, json: Uint8Array): boolean {
    const at = this.#at[NUMBERS[key]] as number;
    return at !== NONE && equals(this.#source, this.#ranges[at + 2] as number, this.#ranges[at + 3] as number, json);
  }

  /** JSON of a member, or undefined when the row has none. */
  text(key: ForkKey): string | undefined {
    const at = this.#at[NUMBERS[key]] as number;
    return at === NONE ? undefined : this.#source.toString("utf8", this.#ranges[at + 2], this.#ranges[at + 3]);
  }
}

/** What becomes of the members of a row: the JSON to put in their place, `null` to remove them, undefined to keep them. */
export class ForkValues {
  readonly #values: (string | null | undefined)[] = Array.from({ length: FORK_KEYS.length });

  set(key: ForkKey, value: string | null | undefined): void {
    this.#values[NUMBERS[key]] = value;
  }

  of(key: ForkKey): string | null | undefined {
    return this.#values[NUMBERS[key]];
  }

  /** The same by the number of the key; -1 keeps. */
  ofNumber(number: number): string | null | undefined {
    return number === NONE ? undefined : this.#values[number];
  }
}
