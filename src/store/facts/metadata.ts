import type { Annotation } from "../../transcript/summary/annotation.ts";
import { UNTITLED_FORK } from "../../transcript/summary/list-title.ts";
import { HEAD_GROWTH_BYTES, TAIL_GROWTH_BYTES, WINDOW_BYTES } from "../../transcript/rows/limits.ts";
import {
  type EarlierTitles,
  sessionFacts,
  type SessionFacts,
  type SidecarFacts,
} from "../../transcript/summary/session-metadata.ts";
import { SessionScan } from "../../transcript/summary/session-scan.ts";
import { ENTRYPOINT_KEY, GIT_BRANCH_KEY, type TailFacts } from "../../transcript/summary/tail-scan.ts";
import type { Candidate } from "./candidate.ts";
import { close, openRead, openReadNoFollow, readAt, useAndClose } from "../disk/fs.ts";
import { middleTitles } from "./middle-titles.ts";
import { earlierTitles } from "./scan-titles-backward.ts";
import { cachedFacts, cacheFacts } from "./metadata-cache.ts";
import { FileLines } from "../disk/file-lines.ts";
import { NO_SIDECARS, readAnnotationPlace, readSidecarFacts, sidecarStamp } from "./sidecar-metadata.ts";
import type { TranscriptCopy } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/**
 * Returns the facts of a session from the head and tail of its transcript and its sidecars (official-helpers.md §4). The
 * head grows, up to `HEAD_GROWTH_BYTES`, until the first prompt is found. Titles, tags and a description between the two count
 * if the index has found them. Cached until one of the files changes.
 *
 * Undefined if the transcript is empty by now; throws the file-system error if it cannot be read.
 */
export function windowFacts(candidate: Candidate): SessionFacts | undefined {
  return readWindows(candidate)?.facts;
}

/** Returns the last titles, tag and annotation that both ends of a transcript have. Throws like `windowFacts`. */
export function windowTitles(candidate: Candidate): EarlierTitles | undefined {
  return readWindows(candidate)?.titles;
}

function readWindows(candidate: Candidate): { facts: SessionFacts; titles?: EarlierTitles } | undefined {
  const sidecars = sidecarStamp(candidate);
  const middle = isLong(candidate) ? middleTitles(candidate) : undefined;
  const stamp = middle === undefined ? sidecars : `${sidecars} ${JSON.stringify(middle)}`;
  const known = cachedFacts(candidate)?.windows;
  if (known?.stamp === stamp) return known;
  return useAndClose(openReadNoFollow(candidate.path), (fd) => {
    const sidecar = sidecars === "" ? NO_SIDECARS : readSidecarFacts(candidate);
    const windows = scanWindows(fd, candidate.size, sidecar);
    if (windows === undefined) return undefined;
    const growth = new HeadGrowth(fd, windows, Math.min(candidate.size, HEAD_GROWTH_BYTES));
    while (growth.step());
    const { scan, tail } = windows;
    const annotation = tail.annotation ?? annotationBeforeTail(fd, candidate);
    const facts = sessionFacts(scan, tail, sidecar, { annotation, ...middle });
    const titles = isLong(candidate)
      ? {
          customTitle: tail.customTitle ?? scan.headCustomTitle,
          aiTitle: tail.aiTitle ?? scan.headAiTitle,
          tag: tail.tag,
          annotation,
        }
      : undefined;
    cacheFacts(candidate, { windows: { stamp, facts, ...(titles && { titles }) } });
    return { facts, ...(titles && { titles }) };
  });
}

/** Reads the row of ours from the place that a file next to the transcript names. It need not be there any more. */
function annotationBeforeTail(fd: number, candidate: Candidate): Annotation | undefined {
  if (candidate.size <= WINDOW_BYTES) return undefined;
  const from = readAnnotationPlace(candidate);
  if (from === undefined || from >= candidate.size) return undefined;
  const bytes = Buffer.allocUnsafe(WINDOW_BYTES);
  const scan = new SessionScan(Infinity);
  scan.readTail(bytes, 0, readAt(fd, bytes, from), true);
  return scan.tailFacts(bytes).annotation;
}

/** Whether a transcript has a middle that neither window has. */
const isLong = ({ size }: Candidate): boolean => size > 2 * WINDOW_BYTES;

/**
 * Like `windowFacts`, from the whole file: a first prompt anywhere, and the last titles, tags and description, also
 * between the windows.
 * Reads a megabyte at a time; memory is that, or the longest row before the first prompt.
 */
export async function fullFacts(candidate: Candidate, signal?: AbortSignal): Promise<SessionFacts | undefined> {
  const stamp = sidecarStamp(candidate);
  const known = cachedFacts(candidate)?.full;
  if (known?.stamp === stamp) return known.facts;
  const fd = openReadNoFollow(candidate.path);
  try {
    const sidecar = stamp === "" ? NO_SIDECARS : readSidecarFacts(candidate);
    const windows = scanWindows(fd, candidate.size, sidecar);
    if (windows === undefined) return undefined;
    const growth = new HeadGrowth(fd, windows, candidate.size);
    while (growth.step()) await yieldUnlessAborted(signal);
    const search = searchBefore(fd, windows);
    let step = search.next();
    for (; !step.done; step = search.next()) await yieldUnlessAborted(signal);
    const facts = sessionFacts(windows.scan, windows.tail, sidecar, step.value);
    cacheFacts(candidate, { full: { stamp, facts } });
    return facts;
  } finally {
    close(fd);
  }
}

/**
 * Returns the name for a fork of the session: its title, else its first prompt (official-helpers.md §6.6). `seen`: the
 * last titles, if the caller has read the whole file. Follows links, as a fork does.
 */
export function forkTitle(copy: TranscriptCopy, seen?: EarlierTitles): string {
  return useAndClose(openRead(copy.path), (fd) => {
    const sidecar = readSidecarFacts({ ...copy, hasSidecars: true });
    const windows = scanWindows(fd, copy.size, sidecar);
    if (windows === undefined) return UNTITLED_FORK;
    const growth = new HeadGrowth(fd, windows, Math.min(copy.size, HEAD_GROWTH_BYTES));
    while (growth.step());
    const { scan, tail } = windows;
    const { customTitle } = sessionFacts(scan, tail, sidecar, seen ?? searchAll(fd, windows));
    return customTitle || scan.head.pluginPrompt || scan.head.officialPrompt || UNTITLED_FORK;
  });
}

/** What a transcript says of its tags and its description. */
export interface FoundAnnotation extends Annotation {
  /** The official tag. */
  readonly tag: string | undefined;
  /** Whether there is a row of ours. */
  readonly hasRow: boolean;
}

/** Returns the tags and the description of a session, from the whole file. Follows links, as appending does. */
export function readFoundAnnotation(copy: TranscriptCopy): FoundAnnotation {
  return useAndClose(openRead(copy.path), (fd) => {
    const windows = scanWindows(fd, copy.size, NO_SIDECARS);
    if (windows === undefined) return { tag: undefined, tags: [], description: undefined, hasRow: false };
    const earlier = searchAll(fd, windows);
    const { tag, tags, description } = sessionFacts(windows.scan, windows.tail, NO_SIDECARS, earlier);
    const hasRow = (windows.tail.annotation ?? earlier.annotation) !== undefined;
    return { tag, tags, description, hasRow };
  });
}

function searchAll(fd: number, windows: ScannedWindows): EarlierTitles {
  const search = searchBefore(fd, windows);
  for (;;) {
    const step = search.next();
    if (step.done) return step.value;
  }
}

const searchBefore = (fd: number, { tail, wholeFrom }: ScannedWindows): ReturnType<typeof earlierTitles> =>
  earlierTitles(fd, wholeFrom, {
    customTitle: tail.customTitle === undefined,
    aiTitle: !tail.customTitle && !tail.aiTitle,
    tag: tail.tag === undefined,
    annotation: tail.annotation === undefined,
  });

async function yieldUnlessAborted(signal: AbortSignal | undefined): Promise<void> {
  await yieldToEventLoop();
  signal?.throwIfAborted();
}

interface ScannedWindows {
  readonly scan: SessionScan;
  readonly tail: TailFacts;
  /** Offset in the file of the first line that does not end in the head. */
  readonly headTo: number;
  /** Offset in the file of the first whole line of the tail. */
  readonly wholeFrom: number;
}

/** Buffer for both windows and the byte before the tail. Shared by all files: it is used before anything else runs. */
let buffer: Buffer | undefined;

/** Reads a file that fits into both windows with one call, a larger one with two. Undefined if it is empty. */
function scanWindows(fd: number, size: number, { mark }: SidecarFacts): ScannedWindows | undefined {
  buffer ??= Buffer.allocUnsafeSlow(2 * WINDOW_BYTES + 1);
  const scan = new SessionScan(mark?.archived ? mark.at : Infinity);
  return size <= 2 * WINDOW_BYTES ? scanSmall(fd, size, buffer, scan) : scanLarge(fd, size, buffer, scan);
}

function scanSmall(fd: number, size: number, bytes: Buffer, scan: SessionScan): ScannedWindows | undefined {
  const have = readAt(fd, bytes.subarray(0, size), 0);
  if (have === 0) return undefined;
  const headEnd = Math.min(have, WINDOW_BYTES);
  const tailStart = Math.max(0, have - WINDOW_BYTES);
  scan.readWindows(bytes, headEnd, tailStart, have);
  const tail = scan.tailFacts(bytes);
  if (tailStart === 0) return { scan, tail, headTo: have, wholeFrom: 0 };
  const newline = bytes.indexOf(NEWLINE, tailStart - 1);
  return {
    scan,
    tail,
    headTo: bytes.lastIndexOf(NEWLINE, headEnd - 1) + 1,
    wholeFrom: newline < 0 || newline >= have ? have : newline + 1,
  };
}

function scanLarge(fd: number, size: number, bytes: Buffer, scan: SessionScan): ScannedWindows | undefined {
  const headEnd = readAt(fd, bytes.subarray(0, WINDOW_BYTES), 0);
  if (headEnd === 0) return undefined;
  scan.readHead(bytes, headEnd);
  const headTo = bytes.lastIndexOf(NEWLINE, headEnd - 1) + 1;

  const edge = size - WINDOW_BYTES;
  const tailStart = WINDOW_BYTES + 1;
  const have = readAt(fd, bytes.subarray(WINDOW_BYTES, 2 * WINDOW_BYTES + 1), edge - 1);
  const atRowStart = have > 0 && bytes[WINDOW_BYTES] === NEWLINE;
  const end = Math.max(tailStart, WINDOW_BYTES + have);
  const from = scan.readTail(bytes, tailStart, end, atRowStart);
  const tail = scan.tailFacts(bytes);
  if (needsCutRow(bytes.subarray(tailStart, from), scan, tail)) scanCutRow(fd, edge, edge + from - tailStart, scan);
  return { scan, tail, headTo, wholeFrom: edge + from - tailStart };
}

/** Reports whether the row cut by the edge of the tail is the last one with the branch or the entrypoint. */
function needsCutRow(rest: Buffer, { head }: SessionScan, tail: TailFacts): boolean {
  if (tail.gitBranch === undefined && rest.includes(GIT_BRANCH_KEY)) return true;
  return tail.entrypoint === undefined && head.entrypoint.value === undefined && rest.includes(ENTRYPOINT_KEY);
}

/** Reads the row across `edge` that ends before `lineEnd`, unless it begins more than `TAIL_GROWTH_BYTES` before `edge`. */
function scanCutRow(fd: number, edge: number, lineEnd: number, scan: SessionScan): void {
  for (let reach = 4 * WINDOW_BYTES; ; reach *= 4) {
    const start = Math.max(0, edge - Math.min(reach, TAIL_GROWTH_BYTES));
    const bytes = Buffer.allocUnsafe(lineEnd - start);
    const have = readAt(fd, bytes, start);
    const newline = bytes.lastIndexOf(NEWLINE, edge - start - 1);
    if (newline >= 0 || start === 0) return scan.readRowAcrossEdge(bytes, newline + 1, have, edge - start);
    if (reach >= TAIL_GROWTH_BYTES) return;
  }
}

/** Reads on after the head window, a chunk at a step, until a prompt is found. */
class HeadGrowth {
  readonly #scan: SessionScan;
  readonly #lines: FileLines | undefined;

  constructor(fd: number, { scan, headTo }: ScannedWindows, to: number) {
    this.#scan = scan;
    if (scan.head.firstPrompt === undefined && headTo < to) this.#lines = new FileLines(fd, { from: headTo, to });
  }

  /** Reads a chunk. Returns false when the search is over. */
  step(): boolean {
    const lines = this.#lines;
    if (lines === undefined || !lines.step()) return false;
    while (lines.next()) {
      if (lines.oversized === 0 && this.#scan.readLineAfterHead(lines.bytes, lines.start, lines.end)) return false;
    }
    return true;
  }
}
