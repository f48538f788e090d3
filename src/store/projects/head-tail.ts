import { WINDOW_BYTES } from "../../transcript/rows/limits.ts";
import { readAt } from "../disk/fs.ts";

/** The head and tail of a file: all that a list reads of a transcript (official-helpers.md §4). */
export interface Windows {
  /** The first bytes, at most `WINDOW_BYTES`. */
  readonly head: Buffer;
  /** The last bytes, at most `WINDOW_BYTES`; the same object as `head` when the file fits into one window. */
  readonly tail: Buffer;
  /** Offset of `tail[0]` in the file. */
  readonly tailStart: number;
}

/** Allocates a buffer for both windows, reusable for file after file. */
export const windowBuffer = (): Buffer => Buffer.allocUnsafeSlow(2 * WINDOW_BYTES);

/**
 * Reads both windows of an open file of `size` bytes, in one read if it is at most twice `WINDOW_BYTES`. With `into` (a
 * `windowBuffer`), they are valid until its next use.
 */
export function readWindows(fd: number, size: number, into?: Buffer): Windows {
  const buffer = into ?? Buffer.allocUnsafe(Math.min(size, 2 * WINDOW_BYTES));
  if (size <= 2 * WINDOW_BYTES) {
    const have = readAt(fd, buffer.subarray(0, size), 0);
    const head = buffer.subarray(0, Math.min(have, WINDOW_BYTES));
    if (have <= WINDOW_BYTES) return { head, tail: head, tailStart: 0 };
    return { head, tail: buffer.subarray(have - WINDOW_BYTES, have), tailStart: have - WINDOW_BYTES };
  }
  const tailStart = size - WINDOW_BYTES;
  const head = buffer.subarray(0, readAt(fd, buffer.subarray(0, WINDOW_BYTES), 0));
  const tailEnd = WINDOW_BYTES + readAt(fd, buffer.subarray(WINDOW_BYTES, 2 * WINDOW_BYTES), tailStart);
  return { head, tail: buffer.subarray(WINDOW_BYTES, tailEnd), tailStart };
}
