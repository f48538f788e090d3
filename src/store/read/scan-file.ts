import { type RowProblem, visitLine } from "../../transcript/rows/row.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { FileLines, type FileLinesOptions } from "../disk/file-lines.ts";
import { yieldToEventLoop } from "../timing.ts";

/** Receives what a transcript holds, in file order. `bytes`, `start`, `end` and `scan` are valid during the call only. */
export interface RowVisitor {
  row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void;
  problem?(bytes: Buffer, start: number, end: number, offset: number, problem: RowProblem, length: number): void;
}

/** Is told after some 10 ms of work each how many bytes of how many have been visited. */
export type ScanProgress = (done: number, total: number) => void;

interface ScanOptions extends FileLinesOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ScanProgress | undefined;
}

/** After how many chunks other work of the process gets its turn: some 10 ms. */
const CHUNKS_PER_TURN = 32;

/**
 * Reads every row of an open transcript from byte `from` up to byte `to` (its size when it was opened, so that a file that
 * grows meanwhile is read as it was). Memory is some megabytes, or the longest row. Throws `signal.reason` when aborted.
 */
export async function scanFile(fd: number, visitor: RowVisitor, options: ScanOptions): Promise<void> {
  for await (const _chunk of scanChunks(fd, visitor, options));
}

/** The same, giving way to the caller after each chunk (`CHUNK_BYTES` or the longest row): what was visited can be used up. */
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
}
