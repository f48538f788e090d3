import { ActivitySearch } from "../../transcript/summary/last-activity.ts";
import { ACTIVITY_BYTES, TAIL_GROWTH_BYTES } from "../../transcript/rows/limits.ts";
import type { Candidate } from "./candidate.ts";
import { openReadNoFollow, readAt, useAndClose } from "../disk/fs.ts";
import { cachedFacts, cacheFacts } from "./metadata-cache.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/**
 * Returns the time of the last conversation row, epoch ms, with the mtime as upper bound; the mtime itself if the last
 * `TAIL_GROWTH_BYTES` have no such row. Reads a few kilobytes; cached until the file changes. Throws if it cannot be
 * read.
 */
export function activityOf(candidate: Candidate): number {
  const known = cachedActivity(candidate);
  if (!Number.isNaN(known)) return known;
  const { path, size, lastModified } = candidate;
  const activity = useAndClose(openReadNoFollow(path), (fd) => readActivity(fd, size, lastModified));
  candidate.activity = activity;
  cacheFacts(candidate, { activity });
  return activity;
}

/** Returns the activity if it is known without reading the file, else NaN. */
export function cachedActivity(candidate: Candidate): number {
  if (Number.isNaN(candidate.activity)) candidate.activity = cachedFacts(candidate)?.activity ?? NaN;
  return candidate.activity;
}

/** Like `activityOf`, for an open file of `size` bytes with mtime `lastModified`. Does not cache. */
export function readActivity(fd: number, size: number, lastModified: number): number {
  const row = lastRowTime(fd, size);
  return row < lastModified ? row : lastModified;
}

/** Buffer for the first step and the byte before it, which shows whether a line begins there. */
const buffer = Buffer.allocUnsafeSlow(ACTIVITY_BYTES + 1);
const search = new ActivitySearch();

/** Returns NaN if there is no conversation row. */
function lastRowTime(fd: number, size: number): number {
  let end = size;
  for (let reach = ACTIVITY_BYTES; ; reach *= 4) {
    const start = Math.max(0, size - Math.min(reach, TAIL_GROWTH_BYTES));
    const readFrom = Math.max(0, start - 1);
    const length = end - readFrom;
    const bytes = length <= buffer.length ? buffer : Buffer.allocUnsafe(length);
    const have = readAt(fd, length === bytes.length ? bytes : bytes.subarray(0, length), readFrom);
    const from = start - readFrom;
    search.search(bytes, from, Math.max(from, have), start === 0 || bytes[0] === NEWLINE);
    if (!Number.isNaN(search.time) || start === 0 || reach >= TAIL_GROWTH_BYTES) return search.time;
    end = readFrom + search.end;
  }
}
