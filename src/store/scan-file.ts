import { CHUNK_BYTES } from "../transcript/limits.ts";
import { LineBuffer } from "../transcript/lines.ts";
import { type RowProblem, visitLine } from "../transcript/row.ts";
import { RowScan } from "../transcript/row-scan.ts";
import { pause, readAt } from "./disk.ts";

/** Receives what a transcript holds, in file order. `bytes`, `start`, `end` and `scan` are valid during the call only. */
export interface RowVisitor {
  row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void;
  problem?(bytes: Buffer, start: number, end: number, offset: number, problem: RowProblem, length: number): void;
}

/** Is told after some 10 ms of work each how many bytes of how many have been visited. */
export type ScanProgress = (done: number, total: number) => void;

interface ScanOptions {
  readonly from?: number;
  readonly to: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ScanProgress | undefined;
}

/** After how many chunks other work of the process gets its turn: some 10 ms. */
const CHUNKS_PER_TURN = 32;

/**
 * Reads every row of an open transcript from byte `from` up to byte `to` (its size when it was opened, so that a file that
 * grows meanwhile is read as it was). Memory is one chunk, or the longest row. Throws `signal.reason` when aborted.
 */
export async function scanFile(
  fd: number,
  visitor: RowVisitor,
  { from = 0, to, signal, progress }: ScanOptions,
): Promise<void> {
  for await (const _chunk of scanChunks(fd, visitor, { from, to, signal, progress }));
}

/** The same, giving way to the caller after each chunk (`CHUNK_BYTES` or the longest row): what was visited can be used up. */
export async function* scanChunks(
  fd: number,
  visitor: RowVisitor,
  { from = 0, to, signal, progress }: ScanOptions,
): AsyncGenerator<void> {
  const lines = new LineBuffer(from, { size: Math.max(4096, Math.min(CHUNK_BYTES, to - from)) });
  const scan = new RowScan();
  let shift = 0;
  const lineVisitor = {
    row: (start: number, end: number): void => visitor.row(lines.bytes, start, end, start + shift, scan),
    problem: (start: number, end: number, problem: RowProblem): void =>
      visitor.problem?.(lines.bytes, start, end, start + shift, problem, end - start),
  };
  const visit = (): void => {
    if (lines.oversized > 0) {
      visitor.problem?.(lines.bytes, 0, 0, lines.offset, "oversized", lines.oversized);
      return;
    }
    shift = lines.offset - lines.start;
    visitLine(lines.bytes, lines.start, lines.end, scan, lineVisitor);
  };
  let at = from;
  for (let chunk = 1; at < to; chunk++) {
    const space = lines.space();
    const count = readAt(fd, space.length > to - at ? space.subarray(0, to - at) : space, at);
    if (count === 0) break;
    at += count;
    lines.filled(count);
    while (lines.next()) visit();
    yield;
    if (chunk % CHUNKS_PER_TURN === 0) {
      progress?.(at - from, to - from);
      await pause();
    }
    signal?.throwIfAborted();
  }
  if (lines.finish()) visit();
  yield;
}
