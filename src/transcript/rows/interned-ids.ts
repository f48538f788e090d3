const NONE = -1;
/** Longer ids, and those with other characters than ASCII can print, are kept as strings. None is met in practice. */
const PLAIN_BYTES = 255;
const ID_BYTES = 36;

/**
 * Interns the ids of a transcript: numbers them from 0, in the order in which they are met. It keeps and compares bytes,
 * so no string is made. Worth 11 % and 5 MB of "messages one by one" against a `Map` (60 MB).
 */
export class IdTable {
  /** How many there are. */
  count = 0;

  /** An open-addressing hash table of numbers; its length is a power of two, and at least half of it is empty. */
  #slots: Int32Array;
  #hashes: Int32Array;
  /** Where each id begins in `#pool`; it ends where the next begins. */
  #starts: Uint32Array;
  #pool: Uint8Array;
  #used = 0;
  readonly #seed: number;
  /** The last one met: a row's parent is nearly always the row before it. */
  #last = NONE;

  readonly #odd = new Map<string, number>();
  readonly #oddTexts = new Map<number, string>();

  /**
   * `seed`: any whole number; with one that nobody knows, no transcript can be written so that its ids meet in one slot.
   * `ids`: about how many there will be.
   */
  constructor(seed: number, ids = 1024) {
    this.#seed = seed | 0;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * ids + 2))).fill(NONE);
    this.#hashes = new Int32Array(ids);
    this.#starts = new Uint32Array(ids + 1);
    this.#pool = new Uint8Array(ID_BYTES * ids);
  }

  /**
   * Number of the id that stands between two quotes in JSON, from `start` to `end`; adds it if it is new. -1 for one that
   * is not written as it is, or not in ASCII, or long: read it and use `addText`.
   */
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

  /** The same for any text. */
  addText(text: string): number {
    const bytes = plainBytes(text);
    return bytes === undefined ? this.#addOdd(text) : this.#addPlain(bytes, 0, bytes.length);
  }

  /** Number of the id, or -1. */
  find(text: string): number {
    const bytes = plainBytes(text);
    if (bytes === undefined) return this.#odd.get(text) ?? NONE;
    const hash = this.#hash(bytes, 0, bytes.length);
    return this.#slots[this.#slotOf(hash, bytes, 0, bytes.length)] as number;
  }

  /** The id of a number below `count`. */
  text(number: number): string {
    const odd = this.#oddTexts.get(number);
    return odd ?? latin1(this.#pool, this.#starts[number] as number, this.#starts[number + 1] as number);
  }

  /** The number that the first 8 characters of an id are in hexadecimal; 0 if they are not. Makes no string. */
  start(number: number): number {
    const odd = this.#oddTexts.get(number);
    if (odd !== undefined) return startOfText(odd);
    const from = this.#starts[number] as number;
    if ((this.#starts[number + 1] as number) - from < START_DIGITS) return 0;
    let start = 0;
    for (let at = from; at < from + START_DIGITS; at++) {
      const digit = hexDigit(this.#pool[at] as number);
      if (digit < 0) return 0;
      start = start * 16 + digit;
    }
    return start;
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
    // The last characters would only reach the high bits, and ids that count up would meet in few slots.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  /** Where the id stands in the table, or where it would. */
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
    while (this.#used + length > this.#pool.length)
      this.#pool = enlarged(this.#pool, new Uint8Array(this.#pool.length * 2));
    if (this.count === this.#hashes.length) {
      this.#hashes = enlarged(this.#hashes, new Int32Array(this.count * 2));
      this.#starts = enlarged(this.#starts, new Uint32Array(this.count * 2 + 1));
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

  /** An odd id has a number like the others, and no bytes: it is in no slot. */
  #addOdd(text: string): number {
    const known = this.#odd.get(text);
    if (known !== undefined) return known;
    const number = this.#append(NO_BYTES, 0, 0, 0);
    this.#odd.set(text, number);
    this.#oddTexts.set(number, text);
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

const START_DIGITS = 8;

/** The same as `start` for a text. */
export function startOfText(text: string): number {
  const start = text.slice(0, START_DIGITS);
  return /^[0-9a-f]{8}$/i.test(start) ? Number.parseInt(start, 16) : 0;
}

/** The value of a hexadecimal digit in ASCII, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
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

function enlarged<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
