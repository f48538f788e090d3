import { readAt } from "../disk/fs.ts";
import type { ReusableBuffer } from "../disk/file-lines.ts";

/** A longer row is read by itself. */
export const WINDOW = 256 * 1024;
/** What is read ahead at first, and where rows are asked for in no order. */
const LEAST_AHEAD = 4 * 1024;
const FIRST_AHEAD = 16 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * Reads rows of an open file by their ranges, and what stands around them, since rows are mostly asked for one after the
 * other: the more, the longer that goes on, forwards or backwards. Rows asked for in no order cost a few kilobytes each.
 */
export class RowReader {
  readonly #fd: number;
  readonly #size: number;
  readonly #buffer: ReusableBuffer;
  #window: Buffer = NOTHING;
  #at = 0;
  #have = 0;
  #ahead = FIRST_AHEAD / 2;

  /** `size`: of the file, bytes. */
  constructor(fd: number, size: number, buffer: ReusableBuffer) {
    this.#fd = fd;
    this.#size = size;
    this.#buffer = buffer;
  }

  /** A buffer, and where the row begins in it. Valid until the next call. What is not there any more is zero. */
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
    // A little of the other direction, too: rows may be asked for to and fro.
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
