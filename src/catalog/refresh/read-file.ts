import { nodeCrypto } from "../../store/disk/builtins.ts";
import { close, openReadNoFollow, readBytes, statOpen } from "../../store/disk/fs.ts";
import type { RowScan } from "../../transcript/rows/json-scanner.ts";
import { scanChunks } from "../../store/read/scan-file.ts";
import { CUT_STRING_BYTES } from "../../store/read/line-cutter.ts";
import { Extractor, type ExtractState } from "../extract/extractor.ts";
import { FileKind } from "../schema/schema.ts";
import type { StoreFile } from "./store-files.ts";
import { storedTexts } from "./stored-texts.ts";
import { type CatalogWriter, isTranscript, type OpenFile, type Place } from "./writer.ts";

/** What a file is read with. */
export interface Reading {
  readonly writer: CatalogWriter;
  readonly signal?: AbortSignal | undefined;
  /** Whether a subagent of the session has a file of its own. */
  readonly hasFile: (agentId: string) => boolean;
  /** Called with the bytes read since the last call. */
  readonly passed: (bytes: number) => void;
  /** Whether the transaction has lasted long enough. */
  readonly isDue: () => boolean;
  /** Ends the transaction and begins another. */
  readonly next: () => Promise<void>;
}

/** Work that was done, for reports and tests. */
export interface ReadCounts {
  bytes: number;
  rows: number;
}

/** Bytes before the offset that must be the same for a file to be read on. */
const FINGERPRINT_BYTES = 4096;

/**
 * Reads what was appended to a file since the catalog read it, or all of it if it was rewritten. Inside a transaction. What
 * another process has read meanwhile is not read again. Throws file-system errors, and `signal.reason` when aborted.
 */
export async function readFile(file: StoreFile, session: number, reading: Reading): Promise<ReadCounts> {
  const counts = { bytes: 0, rows: 0 };
  const fd = openReadNoFollow(file.path);
  try {
    const stats = statOpen(fd);
    const now = { size: stats.size, mtime: String(stats.mtimeMs), ino: String(stats.ino) };
    const { writer } = reading;
    let known = writer.find(file.path);
    if (known !== undefined && known.size === now.size && known.mtime === now.mtime && known.ino === now.ino)
      return counts;
    const goesOn = known !== undefined && isTranscript(file) && canGoOn(fd, known, now);
    if (known !== undefined && !goesOn) {
      writer.clear(known);
      known = writer.find(file.path);
    }
    known ??= writer.add(file, session);
    const state = known.state === "" ? undefined : (JSON.parse(known.state) as ExtractState);
    const extractor = new Extractor(KINDS[file.kind], state);
    const progress = new Progress(fd, known, now, extractor);
    if (isTranscript(file)) await readRows(progress, reading, counts, file.path);
    else readOutput(progress, reading, counts, file.path);
    if (!progress.isLost) progress.save(reading.writer, now.size, reading.hasFile);
    return counts;
  } finally {
    close(fd);
  }
}

const KINDS = { [FileKind.main]: "session", [FileKind.subagent]: "agent", [FileKind.spilled]: "output" } as const;

/** Reports whether the file only grew since. */
const canGoOn = (fd: number, known: OpenFile, now: Pick<Place, "size" | "ino">): boolean =>
  known.offset > 0 &&
  known.ino === now.ino &&
  known.size < now.size &&
  known.offset <= now.size &&
  fingerprint(fd, known.offset) === known.fingerprint;

function fingerprint(fd: number, offset: number): string {
  const length = Math.min(FINGERPRINT_BYTES, offset);
  const hash = nodeCrypto().createHash("sha1");
  return hash.update(readBytes(fd, length, offset - length)).digest("base64url");
}

/** How far a file was read. */
class Progress {
  /** Offset at which the next reading begins. */
  at: number;
  /** Whether another process reads the file. */
  isLost = false;
  readonly fd: number;
  readonly extractor: Extractor;
  readonly to: number;
  #known: OpenFile;
  readonly #now: Pick<Place, "size" | "mtime" | "ino">;

  constructor(fd: number, known: OpenFile, now: Pick<Place, "size" | "mtime" | "ino">, extractor: Extractor) {
    this.fd = fd;
    this.#known = known;
    this.#now = now;
    this.extractor = extractor;
    this.at = known.offset;
    this.to = now.size;
  }

  /** Notes that only the beginnings of the texts of a row were read. */
  cut(writer: CatalogWriter, offset: number, bytes: number): void {
    writer.cut(this.#known, offset, bytes);
  }

  /** Writes what need not be in memory until the file was read: the counts of a file are written once. */
  writeSegments(writer: CatalogWriter, hasFile: Reading["hasFile"]): void {
    writer.writeSegments(this.#known, this.extractor.takeSegments(), hasFile);
  }

  /** Writes everything up to `at`. `size`: of the file, or negative if its end was not reached. */
  save(writer: CatalogWriter, size: number, hasFile: Reading["hasFile"]): void {
    writer.write(this.#known, this.extractor.end(), hasFile);
    const { mtime, ino } = this.#now;
    const place = { size, mtime, ino, offset: this.at, fingerprint: fingerprint(this.fd, this.at) };
    writer.save(this.#known, { ...place, state: this.extractor.state });
  }

  /** Ends the transaction and begins another; notices if another process has read the file in between. */
  async nextTransaction(path: string, { writer, hasFile, next }: Reading): Promise<void> {
    this.save(writer, -1, hasFile);
    await next();
    const known = writer.find(path);
    if (known === undefined || known.offset !== this.at || known.size >= 0) this.isLost = true;
    else this.#known = known;
  }
}

async function readRows(progress: Progress, reading: Reading, counts: ReadCounts, path: string): Promise<void> {
  const { extractor, to } = progress;
  const row = (end: number): void => {
    counts.rows++;
    progress.at = Math.max(progress.at, end);
  };
  const visitor = {
    line(bytes: Buffer, start: number, end: number, offset: number): boolean {
      if (!extractor.line(bytes, start, end, offset)) return false;
      row(offset + end - start);
      return true;
    },
    row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan, length: number): void {
      extractor.row(bytes, start, end, offset, scan, length);
      row(offset + length);
    },
    cut: (offset: number, length: number): void => progress.cut(reading.writer, offset, length),
    problem(_bytes: Buffer, _start: number, _end: number, offset: number, _problem: unknown, length: number): void {
      // The last line may not be finished: it waits for the next reading.
      if (offset + length < to) progress.at = Math.max(progress.at, offset + length);
    },
  };
  const from = progress.at;
  let passed = from;
  for await (const _chunk of scanChunks(progress.fd, visitor, { from, to, cutsLines: true, signal: reading.signal })) {
    progress.writeSegments(reading.writer, reading.hasFile);
    reading.passed(progress.at - passed);
    passed = progress.at;
    if (!reading.isDue()) continue;
    await progress.nextTransaction(path, reading);
    if (progress.isLost) break;
  }
  counts.bytes += progress.at - from;
}

/** Says that the ends of long texts in a row are not found. `length`: of the row, bytes. */
export const cutReason = (length: number): string =>
  `in a row of ${Math.round(length / 1e6)} MB, only the first ${Math.round(CUT_STRING_BYTES / 1e6)} MB of each text are searched`;

/** Reads a stored output, which is written once. */
function readOutput(progress: Progress, reading: Reading, counts: ReadCounts, path: string): void {
  const { extractor, to } = progress;
  for (const { text, off, len } of storedTexts(path, to)) extractor.output(text, off, len);
  progress.at = to;
  counts.bytes += to;
  reading.passed(to);
}
