import { ActivitySearch } from "../../transcript/summary/last-activity.ts";
import { ACTIVITY_BYTES, TAIL_GROWTH_BYTES } from "../../transcript/rows/limits.ts";
import type { Candidate } from "./candidate.ts";
import { close, openReadNoFollow, readAt } from "../disk/fs.ts";
import { recall, remember } from "./metadata-cache.ts";

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
  if (!Number.isNaN(known)) return known;
  const fd = openReadNoFollow(candidate.path);
  try {
    const activity = readActivity(fd, candidate.size, candidate.lastModified);
    candidate.activity = activity;
    remember(candidate, { activity });
    return activity;
  } finally {
    close(fd);
  }
}

/** The same where it needs no look into the file; NaN where it does. */
export function rememberedActivity(candidate: Candidate): number {
  if (Number.isNaN(candidate.activity)) candidate.activity = recall(candidate)?.activity ?? NaN;
  return candidate.activity;
}

/** The same of an open file of `size` bytes, written to last at `lastModified`. It is not remembered. */
export function readActivity(fd: number, size: number, lastModified: number): number {
  const row = lastRowTime(fd, size);
  return row < lastModified ? row : lastModified;
}

/** Room for the first step, and the byte before it, which tells whether a line begins there. */
const room = Buffer.allocUnsafeSlow(ACTIVITY_BYTES + 1);
const search = new ActivitySearch();

/** NaN where there is no such row. */
function lastRowTime(fd: number, size: number): number {
  let end = size;
  for (let reach = ACTIVITY_BYTES; ; reach *= 4) {
    const start = Math.max(0, size - Math.min(reach, TAIL_GROWTH_BYTES));
    const readFrom = Math.max(0, start - 1);
    const length = end - readFrom;
    const bytes = length <= room.length ? room : Buffer.allocUnsafe(length);
    const have = readAt(fd, length === bytes.length ? bytes : bytes.subarray(0, length), readFrom);
    const from = start - readFrom;
    search.search(bytes, from, Math.max(from, have), start === 0 || bytes[0] === NEWLINE);
    if (!Number.isNaN(search.time) || start === 0 || reach >= TAIL_GROWTH_BYTES) return search.time;
    end = readFrom + search.end;
  }
}
