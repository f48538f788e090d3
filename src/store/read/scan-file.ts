import { type RowProblem, visitLine } from "../../transcript/rows/row.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { FileLines, type FileLinesOptions } from "../disk/file-lines.ts";
import { yieldToEventLoop } from "../timing.ts";

/** Receives the rows and problems of a transcript in file order. `bytes`, `start`, `end`, `scan`: valid only during the call. */
export interface RowVisitor {
  /**
   * Is offered each line before it is scanned, and returns whether it has read it. A line that is not exactly one row must
   * be left to the scan. Reading a row that is needed whole without the scan saves a third of its time.
   */
  line?(bytes: Buffer, start: number, end: number, offset: number): boolean;
  row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void;
  problem?(bytes: Buffer, start: number, end: number, offset: number, problem: RowProblem, length: number): void;
}

/** Called after every 10 ms or so of work with the bytes visited so far and in all. */
export type ScanProgress = (done: number, total: number) => void;

interface ScanOptions extends FileLinesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ScanProgress | undefined;
}

/** Number of chunks, some 10 ms of work, before yielding to the event loop. */
const CHUNKS_PER_TURN = 32;

/**
 * Visits every row of an open transcript from byte `from` to byte `to` (its size when it was opened, so that rows appended
 * later are not seen). Yields after each chunk (`CHUNK_BYTES` or the longest row), so that the caller can consume the rows.
 * Memory: some megabytes, or the longest row. Throws `signal.reason` when aborted.
 */
export async function* scanChunks(
  fd: number,
  visitor: RowVisitor,
  { signal, progress, ...range }: ScanOptions,
): AsyncGenerator<void> {
  const lines = new FileLines(fd, range);
  const scan = RowScan.spare();
  let shift = 0;
  const lineVisitor = {
    row: (start: number, end: number): void => visitor.row(lines.bytes, start, end, start + shift, scan),
    problem: (start: number, end: number, problem: RowProblem): void =>
      visitor.problem?.(lines.bytes, start, end, start + shift, problem, end - start),
  };
  for (let chunk = 1; lines.step(); chunk++) {
    while (lines.next()) {
      if (lines.oversized > 0) {
        visitor.problem?.(lines.bytes, 0, 0, lines.offset, "oversized", lines.oversized);
        continue;
      }
      if (visitor.line?.(lines.bytes, lines.start, lines.end, lines.offset) === true) continue;
      shift = lines.offset - lines.start;
      visitLine(lines.bytes, lines.start, lines.end, scan, lineVisitor);
    }
    yield;
    if (chunk % CHUNKS_PER_TURN === 0) {
      progress?.(...lines.progress);
      await yieldToEventLoop();
    }
    signal?.throwIfAborted();
  }
  scan.shrink();
}
