import { once } from "node:events";
import type { Writable } from "node:stream";
import { OUTPUT_BYTES, WRITE_BATCH_BYTES } from "../rim/message-limits.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/**
 * Writes lines to a pipe in batches: while `OUTPUT_BYTES` wait for the reader, `write` waits. Batches are bytes, since
 * strings would be joined, measured and copied again for each write.
 */
export class LineWriter {
  readonly #stream: Writable;
  #batch: Batch = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  /** Full batches that wait for an earlier one. */
  #full: Batch[] = [];
  #empty: Batch[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #flushed: Promise<void> | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Writes a line, given without its end. Returns undefined, or a promise to await before the next line. */
  write(line: string): Promise<void> | undefined {
    const bytes = Buffer.byteLength(line);
    this.#reserve(bytes + 1);
    // For ASCII, latin1 copies the bytes: many times faster than encoding.
    this.#used += this.#batch.write(line, this.#used, bytes === line.length ? "latin1" : "utf8");
    this.#batch[this.#used++] = NEWLINE;
    if (this.#full.length > 0 || this.#used >= WRITE_BATCH_BYTES) this.#flush();
    else this.#scheduled ??= setImmediate(() => this.#flush());
    return this.#flushed;
  }

  /** Resolves when the stream has taken everything. */
  async end(): Promise<void> {
    this.#flush();
    while (this.#flushed !== undefined) await this.#flushed;
    // 'drain' is emitted only after a write that filled the stream; an empty write completes after all others.
    await new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#batch.length) return;
    this.#setAside();
    if (bytes > this.#batch.length) this.#batch = Buffer.allocUnsafeSlow(bytes);
  }

  /** Queues the batch and begins another. */
  #setAside(): void {
    if (this.#used > 0) this.#full.push(this.#batch.subarray(0, this.#used));
    this.#batch = this.#empty.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#used = 0;
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#used > 0 || this.#full.length > 0)
      this.#flushed ??= this.#send().finally(() => (this.#flushed = undefined));
  }

  async #send(): Promise<void> {
    while (this.#used > 0 || this.#full.length > 0) {
      if (this.#used > 0) this.#setAside();
      const batches = this.#full;
      this.#full = [];
      for (const batch of batches) {
        const hasRoom = this.#stream.write(batch, () => this.#reuse(batch));
        // Waiting whenever the pipe is full would suspend the process for every batch, for longer than the batch takes.
        if (!hasRoom && this.#stream.writableLength > OUTPUT_BYTES) await once(this.#stream, "drain");
      }
      // A fast reader drains the pipe within one turn of the event loop, so a long load would block stdin.
      await yieldToEventLoop();
    }
  }

  #reuse({ buffer }: Batch): void {
    if (buffer.byteLength === BUFFER_BYTES && this.#empty.length < SPARE_BUFFERS) this.#empty.push(Buffer.from(buffer));
  }
}

type Batch = Buffer<ArrayBuffer>;

const NEWLINE = 0x0a;
/** Size of a batch, with room for the line that exceeds `WRITE_BATCH_BYTES`. */
const BUFFER_BYTES = WRITE_BATCH_BYTES + 64 * 1024;
const SPARE_BUFFERS = 2;

/** Escapes U+2028 and U+2029, at which some readers, such as Node 24's `readline`, end a line although JSON allows them. */
export function escapeSeparators(json: string): string {
  // Many times faster for text without any.
  if (!json.includes("\u2028") && !json.includes("\u2029")) return json;
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
