import { type Readable, Transform, type TransformCallback } from "node:stream";
import split from "split2";
import { LongLine } from "./long-line.ts";

export type { LongLine } from "./long-line.ts";

/** Maximum size of one message, in bytes. A longer line is answered with an error and passed over. */
export const LINE_BYTES = 16 * 1024 * 1024;
/** Initial size of the buffer for a line that arrives in pieces, and its size after each line. */
const BUFFER_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/** Reads lines of one message each, some blank, until the input ends or fails. Takes linear time, whatever the chunks. */
export function messageLines(input: Readable, tooLong: (line: LongLine) => void): Readable {
  const whole = new WholeLines(tooLong);
  input.once("error", () => whole.end());
  return input.pipe(whole).pipe(split());
}

/** Passes on whole lines only: split2 would search an incomplete line again for each chunk of it. */
class WholeLines extends Transform {
  readonly #tooLong: (line: LongLine) => void;
  #buffer: Buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #length = 0;
  #long: LongLine | undefined;

  constructor(tooLong: (line: LongLine) => void) {
    super();
    this.#tooLong = tooLong;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    // A large chunk may contain a line that is too long.
    for (let at = 0; at < chunk.length; at += BUFFER_BYTES) this.#read(chunk.subarray(at, at + BUFFER_BYTES));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#endLine();
    done();
  }

  #read(chunk: Buffer): void {
    let rest = chunk;
    if (this.#length > 0 || this.#long !== undefined) {
      const end = chunk.indexOf(NEWLINE);
      if (end < 0) return this.#add(chunk);
      this.#add(chunk.subarray(0, end));
      this.#endLine("\n");
      rest = chunk.subarray(end + 1);
    }
    const end = rest.lastIndexOf(NEWLINE) + 1;
    if (end > 0) this.push(rest.subarray(0, end));
    if (end < rest.length) this.#add(rest.subarray(end));
  }

  #endLine(terminator = ""): void {
    if (this.#long !== undefined) this.#tooLong(this.#long);
    else if (this.#length > 0) {
      const length = this.#length + this.#buffer.write(terminator, this.#length);
      this.push(this.#buffer.subarray(0, length));
    }
    this.#reset(undefined);
  }

  /** Begins with another buffer: what was pushed still belongs to the reader. */
  #reset(long: LongLine | undefined): void {
    this.#long = long;
    this.#length = 0;
    this.#buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  }

  #add(bytes: Buffer): void {
    if (this.#long !== undefined) return this.#long.scan(bytes);
    const length = this.#length + bytes.length;
    if (length > LINE_BYTES) {
      const long = new LongLine();
      long.scan(this.#buffer.subarray(0, this.#length));
      long.scan(bytes);
      return this.#reset(long);
    }
    // One byte is for the line end.
    if (length >= this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#buffer.length, LINE_BYTES)) + 1);
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length = length;
  }
}
