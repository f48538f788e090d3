import { enlarged, hexNumber } from "./json-scanner.ts";

/** Stands for no row, no id and no place. */
export const NONE = -1;
/** Longest id that is kept as bytes. Longer ones, and those that are not printable ASCII, are kept as strings. */
const PLAIN_BYTES = 255;
const ID_BYTES = 36;
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Numbers the ids of a transcript from 0, in the order in which they occur. Keeps and compares bytes, so no string is made.
 * Worth 11 % and 5 MB of "messages one by one" against a `Map` (60 MB).
 */
export class IdTable {
  /** Number of ids. */
  count = 0;

  /** Open-addressing hash table of numbers. Its length is a power of two, and at least half of it is empty. */
  #slots: Int32Array;
  #hashes: Int32Array;
  /** Start of each id in `#pool`; it ends where the next one begins. */
  #starts: Uint32Array;
  #pool: Uint8Array;
  #used = 0;
  readonly #seed: number;
  /** Number returned last: a row's parent is nearly always the row before it. */
  #last = NONE;

  /** Ids that are kept as strings. */
  readonly #stringIds = new Map<string, number>();
  readonly #strings = new Map<number, string>();

  /** `seed`: any integer; a secret one keeps others from writing ids that all collide. `ids`: their expected number. */
  constructor(seed: number, ids = 1024) {
    this.#seed = seed | 0;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * ids + 2))).fill(NONE);
    this.#hashes = new Int32Array(ids);
    this.#starts = new Uint32Array(ids + 1);
    this.#pool = new Uint8Array(ID_BYTES * ids);
  }

  /** Returns the number of the id between two quotes of JSON, added if new; -1 if it must be decoded for `addText`. */
  add(bytes: Uint8Array, start: number, end: number): number {
    if (this.#last !== NONE && this.#isAt(this.#last, bytes, start, end)) return this.#last;
    return isPlain(bytes, start, end) ? this.#addPlain(bytes, start, end) : NONE;
  }

  #addPlain(bytes: Uint8Array, start: number, end: number): number {
    const hash = this.#hash(bytes, start, end);
    const slot = this.#slotOf(hash, bytes, start, end);
    let number = this.#slots[slot] as number;
    if (number === NONE) {
      number = this.#append(bytes, start, end, hash);
      this.#slots[slot] = number;
      if (this.count * 2 > this.#slots.length) this.#rehash();
    }
    this.#last = number;
    return number;
  }

  /** Returns the number of any id, and adds it if it is new. */
  addText(text: string): number {
    const bytes = plainBytes(text);
    return bytes === undefined ? this.#addString(text) : this.#addPlain(bytes, 0, bytes.length);
  }

  /** Returns the number of the id, or -1; also -1 for a value that is not a string. */
  find(text: unknown): number {
    if (typeof text !== "string") return NONE;
    const bytes = plainBytes(text);
    if (bytes === undefined) return this.#stringIds.get(text) ?? NONE;
    const hash = this.#hash(bytes, 0, bytes.length);
    return this.#slots[this.#slotOf(hash, bytes, 0, bytes.length)] as number;
  }

  /** Returns the id of a number below `count`. */
  text(number: number): string {
    const string = this.#strings.get(number);
    return string ?? latin1(this.#pool, this.#starts[number] as number, this.#starts[number + 1] as number);
  }

  /** Returns the first 8 characters of an id as a hexadecimal number, or 0 if they are not one. Makes no string. */
  hexPrefix(number: number): number {
    const string = this.#strings.get(number);
    if (string !== undefined) return hexPrefixOf(string);
    const from = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - from < PREFIX_DIGITS) return 0;
    return Math.max(0, hexNumber(this.#pool, from, PREFIX_DIGITS));
  }

  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed ^ (end - start);
    let i = start;
    for (; i + 4 <= end; i += 4) {
      const word =
        (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24);
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x85ebca6b);
    // Without this, the last characters reach only the high bits, and ids that count up collide.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  /** Returns the slot of the id, or the empty slot it belongs in. */
  #slotOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot] as number;
      if (number === NONE || (this.#hashes[number] === hash && this.#isAt(number, bytes, start, end))) return slot;
    }
  }

  #isAt(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - at !== end - start) return false;
    const pool = this.#pool;
    for (let i = start, j = at; i < end; i++, j++) if (pool[j] !== bytes[i]) return false;
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    while (this.#used + length > this.#pool.length) this.#pool = enlarged(this.#pool);
    if (this.count === this.#hashes.length) {
      this.#hashes = enlarged(this.#hashes);
      this.#starts = enlarged(this.#starts, this.count * 2 + 1);
    }
    const pool = this.#pool;
    let to = this.#used;
    for (let i = start; i < end; i++) pool[to++] = bytes[i] as number;
    const number = this.count++;
    this.#hashes[number] = hash;
    this.#used = to;
    this.#starts[number + 1] = to;
    return number;
  }

  /** Adds an id that is kept as a string: it has a number but no bytes, and no slot. */
  #addString(text: string): number {
    const known = this.#stringIds.get(text);
    if (known !== undefined) return known;
    const number = this.#append(NO_BYTES, 0, 0, 0);
    this.#stringIds.set(text, number);
    this.#strings.set(number, text);
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(NONE);
    const mask = slots.length - 1;
    for (const number of this.#slots) {
      if (number === NONE) continue;
      let slot = (this.#hashes[number] as number) & mask;
      while (slots[slot] !== NONE) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

const PREFIX_DIGITS = 8;

/** Returns the first 8 characters of an id as a hexadecimal number, or 0 if they are not one. */
export function hexPrefixOf(id: string): number {
  const prefix = id.slice(0, PREFIX_DIGITS);
  return /^[0-9a-f]{8}$/i.test(prefix) ? Number.parseInt(prefix, 16) : 0;
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > PLAIN_BYTES) return false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x5c || byte > 0x7e || byte < 0x20) return false;
  }
  return true;
}

const NO_BYTES = new Uint8Array(0);

function plainBytes(text: string): Uint8Array | undefined {
  return text.length <= PLAIN_BYTES && /^[\x20-\x7e]*$/.test(text) ? Buffer.from(text, "latin1") : undefined;
}

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
