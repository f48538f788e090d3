import { CHUNK_BYTES, LOOK_AHEAD_BYTES, ROW_BYTES } from "../../transcript/rows/limits.ts";
import { LineBuffer, NEWLINE } from "../../transcript/rows/line-splitter.ts";
import { readAt } from "./fs.ts";

const BLANK = 0x20;
const NOTHING = Buffer.alloc(0);

/** A buffer for long rows, used for one after another: a few new ones would fill memory before a garbage collection. */
export class ReusableBuffer {
  static #shared: WeakRef<ReusableBuffer> | undefined;

  /** Returns the buffer that all files share: a row is consumed before the next one is read. It can be collected. */
  static shared(): ReusableBuffer {
    let buffer = ReusableBuffer.#shared?.deref();
    if (buffer === undefined) ReusableBuffer.#shared = new WeakRef((buffer = new ReusableBuffer()));
    return buffer;
  }

  #bytes: Buffer = NOTHING;

  /** Returns `length` bytes, valid until the next call. */
  take(length: number): Buffer {
    // Untouched pages take no memory.
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    return this.#bytes.subarray(0, length);
  }
}

export interface FileLinesOptions {
  /** Offset in the file at which a line begins. Default 0. */
  readonly from?: number;
  /** Where reading ends: the size when the file was opened, so that rows appended later are not seen. */
  readonly to: number;
  /** For long lines. */
  readonly buffer?: ReusableBuffer;
  /** Length above which a line is not read, bytes. At least `LOOK_AHEAD_BYTES`. Default `ROW_BYTES`. */
  readonly rowBytes?: number;
}

/**
 * The lines of an open file. `step()` reads on, and `next()` moves to the next line, if any. A line is a range of `bytes`,
 * valid until the next call of either.
 *
 * A line longer than `LOOK_AHEAD_BYTES` is measured before it is read, so it takes no more memory than its length. Lines
 * longer than `rowBytes` are skipped, and so is white space (NULs included) at the beginning of a long line: a sparse file
 * of any length takes no memory.
 */
export class FileLines {
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  /** Where the line begins in the file, after any white space that was skipped. */
  offset = 0;
  /** Length in bytes of a line that is too long to be read, whose range is empty; else 0. */
  oversized = 0;
  /** False for a last line without a newline. */
  terminated = true;
  /** Whether the white space that was skipped had NULs in it. */
  nulBefore = false;
  /** How far the file has been read. */
  at: number;
  readonly #fd: number;
  readonly #from: number;
  readonly #to: number;
  readonly #buffer: ReusableBuffer;
  readonly #rowBytes: number;
  readonly #lines: LineBuffer;
  #measured: LongLine | undefined;
  #state: "reads" | "ends" | "ended" = "reads";

  constructor(fd: number, { from = 0, to, buffer = ReusableBuffer.shared(), rowBytes = ROW_BYTES }: FileLinesOptions) {
    this.#fd = fd;
    this.#rowBytes = rowBytes;
    this.#from = from;
    this.#to = to;
    this.at = from;
    this.#buffer = buffer;
    const size = Math.max(4096, Math.min(CHUNK_BYTES, to - from));
    this.#lines = new LineBuffer(from, { size, grown: Math.min(LOOK_AHEAD_BYTES + CHUNK_BYTES, to - from) });
  }

  /** Reads a chunk. Returns false when nothing is left to read and `next` has returned every line. */
  step(): boolean {
    if (this.#measured !== undefined) this.#measure(this.#measured);
    else if (this.#lines.pending > LOOK_AHEAD_BYTES) {
      this.#measured = new LongLine(this.#lines.pendingFrom);
      this.#measured.pass(this.#lines.pendingBytes);
    } else if (this.#state === "reads") this.#read();
    else return false;
    return true;
  }

  next(): boolean {
    if (this.#measured !== undefined) return this.#takeLong(this.#measured);
    const lines = this.#lines;
    const found = lines.next();
    if (!found && (this.#state !== "ends" || lines.pending > LOOK_AHEAD_BYTES)) return false;
    if (!found) this.#state = "ended";
    this.terminated = found;
    if (!found && !lines.finish()) return false;
    this.bytes = lines.bytes;
    this.start = lines.start;
    this.end = lines.end;
    this.offset = lines.offset;
    this.oversized = lines.oversized;
    this.nulBefore = false;
    return true;
  }

  /** Bytes read so far, and bytes in all. */
  get progress(): readonly [done: number, total: number] {
    return [this.at - this.#from, this.#to - this.#from];
  }

  #read(): void {
    const space = this.#lines.space();
    const left = this.#to - this.at;
    const count = left <= 0 ? 0 : readAt(this.#fd, space.length > left ? space.subarray(0, left) : space, this.at);
    this.at += count;
    this.#lines.filled(count);
    if (count === 0 || this.at >= this.#to) this.#state = "ends";
  }

  /** Looks for the end of the line, and for its first byte that is not white space. */
  #measure(line: LongLine): void {
    if (line.isDone) return;
    // Reuses this buffer: the beginning of the line, which was in it, is read again later.
    const chunk = this.#lines.bytes.subarray(0, LOOK_AHEAD_BYTES);
    const left = Math.min(chunk.length, this.#to - line.at);
    const have = left <= 0 ? 0 : readAt(this.#fd, chunk.subarray(0, left), line.at);
    const bytes = chunk.subarray(0, have);
    const newline = bytes.indexOf(NEWLINE);
    const end = newline < 0 ? have : newline;
    line.pass(bytes.subarray(0, end));
    line.isTerminated = newline >= 0;
    line.isDone = newline >= 0 || line.at >= this.#to || have === 0;
    this.at = Math.max(this.at, line.at);
  }

  #takeLong(line: LongLine): boolean {
    if (!line.isDone) return false;
    this.#measured = undefined;
    const end = line.at;
    this.at = line.isTerminated ? end + 1 : end;
    this.#lines.restart(this.at);
    this.#state = this.at >= this.#to || !line.isTerminated ? "ended" : "reads";
    const start = line.content < 0 ? end : line.content;
    const length = end - start;
    this.terminated = line.isTerminated;
    this.nulBefore = line.hasNul;
    this.offset = start;
    this.oversized = length > this.#rowBytes ? length : 0;
    this.bytes = this.oversized > 0 ? NOTHING : this.#buffer.take(length);
    this.start = 0;
    this.end = this.oversized > 0 ? 0 : readAt(this.#fd, this.bytes, start);
    return true;
  }
}

/** The state of measuring a long line. Offsets are in the file. */
class LongLine {
  /** Measured up to here. */
  at: number;
  /** Its first byte that is not white space, or -1. */
  content = -1;
  hasNul = false;
  isDone = false;
  isTerminated = false;

  constructor(at: number) {
    this.at = at;
  }

  /** Takes the bytes that follow. */
  pass(bytes: Buffer): void {
    if (this.content < 0) {
      const content = firstContent(bytes, bytes.length);
      if (content < bytes.length) this.content = this.at + content;
      this.hasNul ||= bytes.subarray(0, content).includes(0);
    }
    this.at += bytes.length;
  }
}

/** Returns the index of the first byte before `end` that is not white space, else `end`. */
function firstContent(bytes: Buffer, end: number): number {
  if (end === 0 || (bytes[0] as number) > BLANK) return 0;
  // A hole in a file is all NULs: comparing takes a hundredth of the time.
  let i = bytes.subarray(0, end).equals(zeros(end)) ? end : 0;
  while (i < end && (bytes[i] as number) <= BLANK) i++;
  return i;
}

let holes: Buffer | undefined;
const zeros = (length: number): Buffer => (holes ??= Buffer.alloc(LOOK_AHEAD_BYTES + CHUNK_BYTES)).subarray(0, length);
