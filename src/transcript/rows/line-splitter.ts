import { CHUNK_BYTES, ROW_BYTES } from "./limits.ts";

export const NEWLINE = 0x0a;

type LineBufferOptions = Readonly<Partial<Record<"size" | "grown" | "limit", number>>>;

/**
 * Splits a stream of bytes into lines at 0x0A, and only there: U+2028 and U+2029 occur raw inside rows. The caller reads into
 * `space()`, calls `filled(n)`, and takes lines with `next()` until it is false; `finish()` gives an unterminated last line.
 *
 * A line is a range of `bytes`, valid until the next `space()`; `offset` is its offset in the stream. One longer than `limit`
 * is skipped: its range is empty, and `oversized` is its length.
 */
export class LineBuffer {
  /** The part of the buffer that is in use, with space for one read: the search for newlines goes to its end. */
  bytes: Buffer;
  start = 0;
  end = 0;
  offset: number;
  /** Length in bytes of a line that was too long to hold, else 0. */
  oversized = 0;

  #buffer: Buffer;
  readonly #limit: number;
  /** Minimum size in bytes of the second buffer, if a line does not fit into the first. */
  readonly #grown: number;
  /** Bytes of the stream that are in the buffer from `#from` to `#have`. */
  #from = 0;
  #have = 0;
  /** Offset in the buffer at which the search for the next newline continues. */
  #searched = 0;
  /** Stream offset of `bytes[#from]`. */
  #at: number;
  /** Number of bytes dropped of the oversized line that is being skipped. */
  #dropped = 0;

  constructor(at = 0, { size = CHUNK_BYTES, grown = 0, limit = ROW_BYTES }: LineBufferOptions = {}) {
    this.bytes = this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#at = at;
    this.offset = at;
    this.#limit = limit;
    this.#grown = grown;
  }

  /** Drops the buffered bytes, and continues at another offset of the stream. */
  restart(at: number): void {
    this.#at = this.offset = at;
    this.#from = this.#have = this.#searched = this.#dropped = 0;
  }

  /** Returns the free part of the buffer to read into; never empty. */
  space(): Buffer {
    const kept = this.#have - this.#from;
    if (kept > this.#limit) {
      this.#dropped += kept;
      this.#at += kept;
      this.#from = this.#have = this.#searched = 0;
    } else if (this.#from > 0) {
      this.#buffer.copyWithin(0, this.#from, this.#have);
      this.#searched -= this.#from;
      this.#from = 0;
      this.#have = kept;
    }
    if (this.#have === this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#grown));
      this.#buffer.copy(larger, 0, 0, this.#have);
      this.#buffer = larger;
    }
    this.bytes = this.#buffer.subarray(0, this.#have + CHUNK_BYTES);
    return this.bytes.subarray(this.#have);
  }

  /** Number of bytes read so far of the last line, whose end is still to come. */
  get pending(): number {
    return this.#have - this.#from + this.#dropped;
  }

  /** Offset of that line in the stream. */
  get pendingFrom(): number {
    return this.#at - this.#dropped;
  }
  /** Bytes of that line that are in the buffer. */
  get pendingBytes(): Buffer {
    return this.bytes.subarray(this.#from, this.#have);
  }

  /** Reports that `count` bytes were read into `space()`. */
  filled(count: number): void {
    this.#have += count;
  }

  /** Moves to the next whole line. Returns false if more bytes are needed. */
  next(): boolean {
    if (this.#searched >= this.#have) return false;
    const newline = this.bytes.indexOf(NEWLINE, this.#searched);
    if (newline < 0 || newline >= this.#have) {
      this.#searched = this.#have;
      return false;
    }
    this.#take(newline, newline + 1);
    return true;
  }

  /** Moves to the unterminated last line. Returns false if the stream ended in a newline. */
  finish(): boolean {
    if (this.#from === this.#have && this.#dropped === 0) return false;
    this.#take(this.#have, this.#have);
    return true;
  }

  #take(end: number, nextFrom: number): void {
    this.start = this.#from;
    this.end = end;
    this.offset = this.#at - this.#dropped;
    this.oversized = 0;
    const length = this.#dropped + end - this.#from;
    if (length > this.#limit) {
      this.oversized = length;
      this.start = this.end = 0;
    }
    this.#at += nextFrom - this.#from;
    this.#from = this.#searched = nextFrom;
    this.#dropped = 0;
  }
}
