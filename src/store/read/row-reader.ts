import { readAt } from "../disk/fs.ts";
import type { ReusableBuffer } from "../disk/file-lines.ts";

/** Maximum size of the read-ahead window, bytes. A longer row is read alone. */
export const WINDOW = 256 * 1024;
/** Read-ahead, in bytes, for rows in random order, and at the first read. */
const LEAST_AHEAD = 4 * 1024;
const FIRST_AHEAD = 16 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * Reads rows of an open file by their ranges, with read-ahead: rows are mostly read in order, forwards or backwards. The
 * window doubles while that goes on. Rows in random order cost a few kilobytes each.
 */
export class RowReader {
  readonly #fd: number;
  readonly #size: number;
  readonly #buffer: ReusableBuffer;
  #window: Buffer = NOTHING;
  #at = 0;
  #have = 0;
  #ahead = FIRST_AHEAD / 2;

  /** `size`: size of the file, bytes. */
  constructor(fd: number, size: number, buffer: ReusableBuffer) {
    this.#fd = fd;
    this.#size = size;
    this.#buffer = buffer;
  }

  /** Returns a buffer and the row's offset in it, valid until the next call. Bytes that are gone from the file are zero. */
  read(offset: number, length: number): readonly [Buffer, number] {
    if (length > WINDOW) return [this.#fill(this.#buffer.take(length), offset), 0];
    if (offset < this.#at || offset + length > this.#at + this.#have) this.#move(offset, length);
    return [this.#window, offset - this.#at];
  }

  #move(offset: number, length: number): void {
    const end = this.#at + this.#have;
    const isBefore = offset < this.#at;
    const gap = isBefore ? this.#at - offset - length : offset - end;
    this.#ahead = gap <= this.#ahead ? Math.min(WINDOW, 2 * this.#ahead) : LEAST_AHEAD;
    const wanted = Math.max(length, this.#ahead);
    // Also reads a little in the other direction: rows may be read back and forth.
    const lead = Math.floor(((wanted - length) * (isBefore ? 15 : 1)) / 16);
    const from = Math.max(0, offset - lead);
    const have = Math.max(offset + length - from, Math.min(wanted, this.#size - from));
    if (this.#window.length < have) {
      const most = Math.min(WINDOW, Math.max(this.#size, have));
      this.#window = Buffer.allocUnsafeSlow(Math.min(most, 2 ** Math.ceil(Math.log2(have))));
    }
    this.#at = from;
    this.#have = have;
    this.#fill(this.#window.subarray(0, have), from);
  }

  #fill(bytes: Buffer, offset: number): Buffer {
    const have = readAt(this.#fd, bytes, offset);
    if (have < bytes.length) bytes.fill(0, have);
    return bytes;
  }
}
