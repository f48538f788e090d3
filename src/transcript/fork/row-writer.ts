import { FORK_KEYS, type ForkKey } from "./fork-members.ts";
import { NONE } from "../rows/interned-ids.ts";
import { equals, hasBackslash, type RowScan } from "../rows/json-scanner.ts";
import { lookUp, wordTable } from "../rows/word-table.ts";
import { splitPoint } from "../text/surrogates.ts";

/** Writes rows of a fork. Members that are not replaced or removed are copied byte for byte (official-helpers.md §6.4). */
export class RowWriter {
  readonly #bytes: Buffer;
  readonly #take: (bytes: Uint8Array) => void;
  #length = 0;
  /** Text of the current row that is not in the buffer yet. */
  #text = "";

  /** `take` is called with about `size` bytes at a time, which are only valid during the call. */
  constructor(size: number, take: (bytes: Uint8Array) => void) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(size, 3 * TEXT_UNITS));
    this.#take = take;
  }

  /** Appends a row with the members of `values` replaced or removed, and those in `added` that it lacks in that order. */
  row(source: Buffer, scan: RowScan, members: ForkMembers, values: ForkValues, added: readonly ForkKey[] = []): void {
    this.#text += "{";
    // Unchanged members in a row are copied in one piece, with the commas between them.
    let from = 0;
    let to = 0;
    let written = 0;
    /** End of the previous member if it was written: the comma and the next key follow. */
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

  value(row: object): void {
    this.text(`${JSON.stringify(row)}\n`);
  }

  text(text: string): void {
    let from = 0;
    while (text.length - from > TEXT_UNITS) {
      const to = splitPoint(text, from + TEXT_UNITS);
      this.#write(text.slice(from, to));
      from = to;
    }
    this.#write(from === 0 ? text : text.slice(from));
  }

  /** Passes the rest of the buffer to `take`. */
  flush(): void {
    if (this.#length === 0) return;
    this.#take(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  #write(text: string): void {
    this.#reserve(text.length * 3);
    // Without a named encoding `write` is faster, and writes UTF-8 too.
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
    // Longer than the buffer: not copied.
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

/** Maximum UTF-16 units written at once; each takes up to three bytes. */
const TEXT_UNITS = 32 * 1024;

/** Numbers of the keys: comparing them is cheaper than comparing strings. */
const NUMBERS = Object.fromEntries(FORK_KEYS.map((key, number) => [key, number])) as Readonly<Record<ForkKey, number>>;
const KEY_TABLE = wordTable(NUMBERS);

/** Positions of a row's members that a fork reads or replaces. One object is reused for all rows. */
export class ForkMembers {
  /** Number of each member's key, or -1 for a key that a fork copies. Valid up to the row's number of members. */
  keys = new Int8Array(64);
  /** Whether any key has escapes. Such a row must be serialised again before it is read (`withPlainKeys`). */
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
    // If a key occurs twice the last one counts, as with `JSON.parse`.
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

  /** Whether the member's value has exactly these bytes. */
  is(key: ForkKey, json: Uint8Array): boolean {
    const at = this.#at[NUMBERS[key]] as number;
    return at !== NONE && equals(this.#source, this.#ranges[at + 2] as number, this.#ranges[at + 3] as number, json);
  }

  /** Returns the JSON of a member, or undefined if the row lacks it. */
  text(key: ForkKey): string | undefined {
    const at = this.#at[NUMBERS[key]] as number;
    return at === NONE ? undefined : this.#source.toString("utf8", this.#ranges[at + 2], this.#ranges[at + 3]);
  }
}

/** New values for the members of a row: JSON to replace them, `null` to remove them, undefined to keep them. */
export class ForkValues {
  readonly #values: (string | null | undefined)[] = Array.from({ length: FORK_KEYS.length });

  set(key: ForkKey, value: string | null | undefined): void {
    this.#values[NUMBERS[key]] = value;
  }

  of(key: ForkKey): string | null | undefined {
    return this.#values[NUMBERS[key]];
  }

  /** Returns the value by the number of the key; undefined for -1. */
  ofNumber(number: number): string | null | undefined {
    return number === NONE ? undefined : this.#values[number];
  }
}
