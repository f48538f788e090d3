import type { ForkFacts } from "../../transcript/fork/carried-over.ts";
import { MESSAGE } from "../../transcript/rows/part-offsets.ts";
import { RowIndex } from "../../transcript/rows/row-index.ts";
import { LONG_ROW } from "../../transcript/rows/long-row.ts";
import { isForkFact, typeOfKind } from "../../transcript/rows/row-kinds.ts";
import { parseRow } from "../../transcript/rows/row.ts";
import { fromVoiceCall } from "../../transcript/rows/voice-call.ts";
import { nodeCrypto } from "../disk/builtins.ts";
import { close, openRead, statOpen, type Stats } from "../disk/fs.ts";
import { ReusableBuffer } from "../disk/file-lines.ts";
import { LazyRow } from "./lazy-row.ts";
import { RowReader, WINDOW } from "./row-reader.ts";
import { type RowVisitor, scanChunks, type ScanProgress } from "./scan-file.ts";
import { type Unread, UnreadCount } from "./unread.ts";
import type { JsonObject } from "../../transcript/rows/json-values.ts";

/** Assumed bytes per row, for the initial size of the index: enlarging it is cheaper than allocating too much. */
const ROW_BYTES = 2048;
const MANY_ROWS = 64 * 1024;

/** An open transcript with its index. `close` it. */
export class TranscriptFile {
  readonly index: RowIndex;
  /** Size in bytes when it was opened; rows appended later are not seen. */
  readonly size: number;
  /** The parts of the file that were skipped. */
  readonly unread: Unread;
  /** Stats of the file when it was opened. */
  readonly stat: Stats;
  readonly #fd: number;
  readonly #buffer: ReusableBuffer;
  readonly #reader: RowReader;
  #queueReader: RowReader | undefined;
  /** The long row that was loaded last: it is often loaded again, and its value may take many times its bytes. */
  #long: { readonly row: number; readonly value: JsonObject } | undefined;

  private constructor(
    fd: number,
    stat: Stats,
    index: RowIndex,
    unread: Unread,
    buffer: ReusableBuffer,
    reader?: RowReader,
  ) {
    this.#fd = fd;
    this.stat = stat;
    this.size = stat.size;
    this.index = index;
    this.unread = unread;
    this.#buffer = buffer;
    this.#reader = reader ?? new RowReader(fd, stat.size, buffer);
  }

  /** Opens and indexes the transcript at `path`. Throws file-system errors, and `signal.reason` when aborted. */
  static async open(path: string, signal?: AbortSignal): Promise<TranscriptFile> {
    return TranscriptFile.read(openRead(path), signal);
  }

  /** Like `open`, but undefined if the file cannot be read. Throws only `signal.reason`. */
  static async tryOpen(path: string, signal?: AbortSignal): Promise<TranscriptFile | undefined> {
    try {
      return await TranscriptFile.open(path, signal);
    } catch {
      signal?.throwIfAborted();
      return undefined;
    }
  }

  /** Like `open`, for an open file, which it closes on failure. `facts` collects what a fork carries over. */
  static async read(
    fd: number,
    signal?: AbortSignal,
    facts?: ForkFacts,
    progress?: ScanProgress,
  ): Promise<TranscriptFile> {
    try {
      const stat = statOpen(fd);
      const buffer = ReusableBuffer.shared();
      const unread = new UnreadCount(stat.size);
      const index = new RowIndex(
        nodeCrypto().randomInt(2 ** 32),
        Math.min(Math.max(Math.ceil(stat.size / ROW_BYTES), 64), MANY_ROWS),
      );
      const visitor: RowVisitor = {
        row(bytes, start, end, offset, scan) {
          const row = index.count;
          const kind = index.add(bytes, start, end, offset, scan);
          if (facts === undefined) return;
          if (index.count > row) facts.pass(index.flags[row] as number);
          if (isForkFact(kind)) facts.add(parseRow(bytes, start, end) ?? {}, offset, end - start);
        },
        problem: (_bytes, _start, _end, offset, problem, length) => unread.add(problem, offset + length),
      };
      for await (const _chunk of scanChunks(fd, visitor, { to: stat.size, buffer, signal, progress }));
      return new TranscriptFile(fd, stat, index, unread.facts, buffer);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  close(): void {
    close(this.#fd);
  }

  /** Returns a view of some rows, as if the file had no others. Do not close it, nor use it after this is closed. */
  only(rows: Int32Array): TranscriptFile {
    return new TranscriptFile(this.#fd, this.stat, this.index.only(rows), this.unread, this.#buffer, this.#reader);
  }

  /** Visits every row once more, in file order, up to the size at opening. */
  chunks(visitor: RowVisitor, signal?: AbortSignal, progress?: ScanProgress): AsyncGenerator<void> {
    return scanChunks(this.#fd, visitor, { to: this.size, buffer: this.#buffer, signal, progress });
  }

  /** Returns a row of the index as stored, without its newline. Valid until the next row is read. */
  bytes(row: number): Uint8Array {
    const [offset, length] = this.#rangeOf(row);
    const [bytes, start] = this.#reader.read(offset, length);
    return bytes.subarray(start, start + length);
  }

  /** Returns a user or assistant row of the index that parses only the requested parts; undefined if that is not possible. */
  lazyRow(row: number): LazyRow | undefined {
    const length = this.index.length[row] as number;
    // Longer rows are rare, and a second copy of them would take too much memory.
    if (length > WINDOW || this.index.parts.at(row, MESSAGE) === 0) return undefined;
    const [bytes, start] = this.#reader.read(this.index.offset[row] as number, length);
    return LazyRow.read(bytes, start, this.index.parts, row);
  }

  /** Returns the value of a row that is not in the index. */
  valueAt(offset: number, length: number): JsonObject | undefined {
    return valueOf(this.#reader, offset, length);
  }

  /** Returns the value of a queue row. Usable while `chunks` visits another row. */
  readonly loadQueued = (row: number): JsonObject => {
    this.#queueReader ??= new RowReader(this.#fd, this.size, new ReusableBuffer());
    return valueOf(this.#queueReader, ...this.#rangeOf(row)) ?? {};
  };

  /** Returns the value of a row, a voice-call row as the message it stands for. */
  readonly load = (row: number): JsonObject => {
    if (this.#long?.row === row) return this.#long.value;
    this.#long = undefined;
    const [offset, length] = this.#rangeOf(row);
    const value = valueOf(this.#reader, offset, length);
    if (row >= this.index.count) return value ?? {};
    // The file was truncated since: the row keeps its place, so that its neighbours are found.
    if (value === undefined)
      return {
        type: typeOfKind(this.index.kind[row] as number),
        uuid: this.index.uuids.text(this.index.uuid[row] as number),
      };
    const shown = fromVoiceCall(value);
    if (length > LONG_ROW) this.#long = { row, value: shown };
    return shown;
  };

  /** Releases the cached long row. */
  forget(): void {
    this.#long = undefined;
  }

  /** Returns the byte range of a row. Queue rows are numbered from `index.count` on. */
  #rangeOf(row: number): [offset: number, length: number] {
    const { count, queue } = this.index;
    const [table, i] = row < count ? [this.index, row] : [queue, row - count];
    return [table.offset[i] as number, table.length[i] as number];
  }
}

function valueOf(reader: RowReader, offset: number, length: number): ReturnType<typeof parseRow> {
  const [bytes, start] = reader.read(offset, length);
  // Long rows are read into their own buffer.
  return parseRow(bytes, start, start + length, true);
}
