import { parseRow, type RowProblem } from "../../transcript/rows/row.ts";
import { close, statOpen } from "../disk/fs.ts";
import { openCopy, requireSession } from "../projects/find-copies.ts";
import { type RowVisitor, scanChunks } from "./scan-file.ts";
import type { SessionOptions } from "../types.ts";
import type { JsonObject } from "../../transcript/rows/json-values.ts";

/** One row of a transcript, or a stretch of bytes that cannot be read as a row. */
export interface TranscriptEntry {
  /** Offset in the file, bytes. */
  readonly offset: number;
  readonly byteLength: number;
  /** The row as stored, without its newline; empty for a row longer than 256 MiB. */
  readonly bytes: Buffer;
  /** The parsed row, of any type; undefined if it is not a row. */
  readonly value: JsonObject | undefined;
  /** The reason why it is not a row: `cut`, `not_json`, `oversized`. */
  readonly problem: RowProblem | undefined;
}

export interface ReadEntriesOptions extends SessionOptions {
  /** Byte to start at: the `offset` of an entry. Default 0. */
  readonly from?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields every row of a session's transcript in file order: all types, including unknown ones, sidechains, abandoned
 * branches and damaged rows. Rows glued on one line come one by one. Streams: memory is a chunk of 1 MiB or the longest row.
 * Does not see rows appended while reading. Throws `InvalidSessionId`, `SessionNotFound`, file-system errors, and
 * `signal.reason` when aborted.
 */
export async function* readEntries(
  sessionId: string,
  options: ReadEntriesOptions = {},
): AsyncGenerator<TranscriptEntry> {
  const copy = requireSession(sessionId, options);
  const { from = 0, signal } = options;
  const fd = openCopy(copy);
  try {
    let found: TranscriptEntry[] = [];
    const visitor: RowVisitor = {
      row(bytes, start, end, offset) {
        const copy = Buffer.from(bytes.subarray(start, end));
        const value = parseRow(copy, 0, copy.length);
        found.push({ offset, byteLength: end - start, bytes: copy, value, problem: undefined });
      },
      problem(bytes, start, end, offset, problem, length) {
        const copy = Buffer.from(bytes.subarray(start, end));
        found.push({ offset, byteLength: length, bytes: copy, value: undefined, problem });
      },
    };
    for await (const _chunk of scanChunks(fd, visitor, { from, to: statOpen(fd).size, signal })) {
      const entries = found;
      found = [];
      yield* entries;
    }
  } finally {
    close(fd);
  }
}
