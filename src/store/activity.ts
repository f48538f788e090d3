import { type ActivitySearch, lastActivity } from "../transcript/last-activity.ts";
import { ACTIVITY_BYTES, TAIL_GROWTH_BYTES } from "../transcript/limits.ts";
import type { Candidate } from "./candidates.ts";
import { close, openReadNoFollow, readAt } from "./disk.ts";
import { recall, remember } from "./facts-cache.ts";

const NEWLINE = 0x0a;

/**
 * When something was last said in the session, epoch ms: the timestamp of the last conversation row, but not later than
 * the mtime, which bounds it so that a list reads no more files than it shows. The mtime alone where no such row is
 * found in the last `TAIL_GROWTH_BYTES`. A few kilobytes of the file are read; the time is remembered until it changes.
 *
 * Throws the error of the disk when the file cannot be read.
 */
export function activityOf(candidate: Candidate): number {
  const known = rememberedActivity(candidate);
  if (known !== undefined) return known;
  const time = Math.min(lastRowTime(candidate) ?? Infinity, candidate.lastModified);
  remember(candidate, { activity: time });
  return time;
}

/** The same where it needs no look into the file; undefined where it does. */
export function rememberedActivity(candidate: Candidate): number | undefined {
  return recall(candidate)?.activity;
}

let room: Buffer | undefined;

function lastRowTime({ path, size }: Candidate): number | undefined {
  const fd = openReadNoFollow(path);
  try {
    const search: ActivitySearch = { time: NaN, end: 0 };
    let bytes = (room ??= Buffer.allocUnsafeSlow(ACTIVITY_BYTES + 1));
    let end = size;
    for (let reach = ACTIVITY_BYTES; ; reach *= 4) {
      const start = Math.max(0, size - Math.min(reach, TAIL_GROWTH_BYTES));
      // One byte more tells whether a line begins at `start`.
      const before = start === 0 ? 0 : 1;
      const length = end - start + before;
      if (length > bytes.length) bytes = Buffer.allocUnsafe(length);
      const have = readAt(fd, bytes.subarray(0, length), start - before);
      const atLineStart = before === 0 || bytes[0] === NEWLINE;
      search.end = Math.max(0, have - before);
      lastActivity(bytes.subarray(before, have), atLineStart, search);
      if (!Number.isNaN(search.time)) return search.time;
      if (start === 0 || reach >= TAIL_GROWTH_BYTES) return undefined;
      end = start + search.end;
    }
  } finally {
    close(fd);
  }
}
