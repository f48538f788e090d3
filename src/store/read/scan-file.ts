import { type RowProblem, visitLine } from "../../transcript/rows/row.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { FileLines, type FileLinesOptions } from "../disk/file-lines.ts";
import { readAt } from "../disk/fs.ts";
import { yieldToEventLoop } from "../timing.ts";
import { CUT_LINE_BYTES, LineCutter } from "./line-cutter.ts";

/** Receives the rows and problems of a transcript in file order. `bytes`, `start`, `end`, `scan`: valid only during the call. */
export interface RowVisitor {
  /**
   * Is offered each line before it is scanned, and returns whether it has read it. A line that is not exactly one row must
   * be left to the scan. Reading a row that is needed whole without the scan saves a third of its time.
   */
  line?(bytes: Buffer, start: number, end: number, offset: number): boolean;
  /** `length`: that of the row in the file, or of its line if it was cut. */
  row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan, length: number): void;
  /** Is told of a line whose longest strings were cut before its rows were given. */
  cut?(offset: number, length: number): void;
  problem?(bytes: Buffer, start: number, end: number, offset: number, problem: RowProblem, length: number): void;
}

/** Called after every 10 ms or so of work with the bytes visited so far and in all. */
export type ScanProgress = (done: number, total: number) => void;

interface ScanOptions extends FileLinesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ScanProgress | undefined;
  /** Reads lines above `CUT_LINE_BYTES` piece by piece, and cuts their strings at `CUT_STRING_BYTES`. */
  readonly cutsLines?: boolean;
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
  { signal, progress, cutsLines = false, ...range }: ScanOptions,
): AsyncGenerator<void> {
  const lines = new FileLines(fd, cutsLines ? { ...range, rowBytes: CUT_LINE_BYTES } : range);
  const scan = RowScan.spare();
  let shift = 0;
  const lineVisitor = {
    row: (start: number, end: number): void => visitor.row(lines.bytes, start, end, start + shift, scan, end - start),
    problem: (start: number, end: number, problem: RowProblem): void =>
      visitor.problem?.(lines.bytes, start, end, start + shift, problem, end - start),
  };
  for (let chunk = 1; lines.step(); chunk++) {
    while (lines.next()) {
      if (lines.oversized > 0 && cutsLines) {
        const { offset, oversized } = lines;
        const line = await readCut(fd, offset, oversized, signal);
        if (line === undefined) visitor.problem?.(lines.bytes, 0, 0, offset, "oversized", oversized);
        else {
          visitor.cut?.(offset, oversized);
          visitLine(line, 0, line.length, scan, {
            row: (start, end) => visitor.row(line, start, end, offset, scan, oversized),
          });
        }
        continue;
      }
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

/** Length of one read of a line that is cut, and of those between two turns of the event loop. */
const PIECE_BYTES = 1024 * 1024;
const PIECES_PER_TURN = 8;

/** Reads a line without the ends of its long strings; undefined if that is still too long. */
async function readCut(
  fd: number,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const cutter = new LineCutter();
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let at = 0, pieces = 1; at < length; pieces++) {
    const have = readAt(fd, piece.subarray(0, Math.min(PIECE_BYTES, length - at)), offset + at);
    if (have === 0) break;
    cutter.push(piece.subarray(0, have));
    at += have;
    if (pieces % PIECES_PER_TURN !== 0) continue;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  return cutter.line;
}
