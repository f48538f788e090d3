import { close, readAt, statOpen } from "../disk/fs.ts";
import { openCopy } from "../projects/find-copies.ts";
import type { TranscriptCopy } from "../types.ts";

const NEWLINE = 0x0a;

/** A stretch of a transcript as it is stored. */
export interface RawPage {
  /** Whole rows, or a piece of one that is longer than a page. */
  readonly bytes: Buffer;
  /** Bytes of the file when it was read. */
  readonly size: number;
  /** Where the next page begins; the size at the end. */
  readonly end: number;
}

/**
 * The rows from a byte on, up to `most` bytes. A page ends with a row; a row that does not fit on a page by itself is given in
 * pieces that no character is parted by. Throws file-system errors.
 */
export function readRawPage(copy: TranscriptCopy, start: number, most: number): RawPage {
  const fd = openCopy(copy);
  try {
    const { size } = statOpen(fd);
    const from = Math.min(start, size);
    const room = Buffer.allocUnsafe(Math.min(most, size - from));
    const read = room.subarray(0, readAt(fd, room, from));
    const bytes = from + read.length >= size ? read : read.subarray(0, cutOf(read));
    return { bytes, size, end: from + bytes.length };
  } finally {
    close(fd);
  }
}

function cutOf(bytes: Buffer): number {
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline >= 0) return newline + 1;
  // A character has at most three bytes after its first; what has more is no text, and may be cut anywhere.
  for (let cut = bytes.length; cut > bytes.length - 4; cut--) {
    const next = bytes[cut - 1] ?? 0;
    if (next < 0x80) return cut;
    if (next >= 0xc0) return cut - 1;
  }
  return bytes.length;
}
