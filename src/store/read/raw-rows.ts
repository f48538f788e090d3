import { readBytes, statOpen, useAndClose } from "../disk/fs.ts";
import { openCopy } from "../projects/find-copies.ts";
import type { TranscriptCopy } from "../types.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/** A stretch of a transcript as stored. */
export interface RawPage {
  /** Whole rows, or part of one that is longer than a page. */
  readonly bytes: Buffer;
  /** Size of the file when it was read, bytes. */
  readonly size: number;
  /** Offset of the next page; `size` at the end. */
  readonly end: number;
}

/** Returns whole rows from a byte on, up to `most` bytes, or a piece of a longer row that splits no character. */
export function readRawPage(copy: TranscriptCopy, start: number, most: number): RawPage {
  return useAndClose(openCopy(copy), (fd) => {
    const { size } = statOpen(fd);
    const from = Math.min(start, size);
    const read = readBytes(fd, Math.min(most, size - from), from);
    const bytes = from + read.length >= size ? read : read.subarray(0, cutOf(read));
    return { bytes, size, end: from + bytes.length };
  });
}

function cutOf(bytes: Buffer): number {
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline >= 0) return newline + 1;
  // A character has at most three bytes after its first; anything longer is not text, and may be cut anywhere.
  for (let cut = bytes.length; cut > bytes.length - 4; cut--) {
    const next = bytes[cut - 1] ?? 0;
    if (next < 0x80) return cut;
    if (next >= 0xc0) return cut - 1;
  }
  return bytes.length;
}
