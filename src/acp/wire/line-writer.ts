import { once } from "node:events";
import type { Writable } from "node:stream";
import { OUTPUT_BYTES, WRITE_BATCH_BYTES } from "../rim/message-limits.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/**
 * Writes lines to a pipe as fast as its reader takes them, and no faster: while `OUTPUT_BYTES` wait for the reader, `write`
 * waits. Lines that come together go out in one write.
 *
 * They are put together as bytes. Strings would be copied into one, measured and copied again for each write.
 */
export class LineOutput {
  readonly #stream: Writable;
  #batch: Batch = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  /** Batches that were full while one before them was on its way. */
  #full: Batch[] = [];
  /** What the stream has taken, to be filled again. */
  #empty: Batch[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #flushed: Promise<void> | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Takes a line, without its end; returns what resolves when there is room for the next, or undefined when there is. */
  write(line: string): Promise<void> | undefined {
    const bytes = Buffer.byteLength(line);
    this.#reserve(bytes + 1);
    // To copy is many times faster than to encode.
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
    // 'drain' comes only after a write that found the stream full; an empty write is done when all before it are.
    await new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#batch.length) return;
    this.#setAside();
    if (bytes > this.#batch.length) this.#batch = Buffer.allocUnsafeSlow(bytes);
  }

  /** Goes on with an empty batch. */
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
        // Waiting whenever the pipe is full would put the process to sleep for every batch: on a busy machine each time
        // is longer than the batch took.
        if (!hasRoom && this.#stream.writableLength > OUTPUT_BYTES) await once(this.#stream, "drain");
      }
      // A pipe that is read quickly drains without a turn of the event loop, and a long load would keep stdin waiting.
      await yieldToEventLoop();
    }
  }

  #reuse({ buffer }: Batch): void {
    if (buffer.byteLength === BUFFER_BYTES && this.#empty.length < SPARE_BUFFERS) this.#empty.push(Buffer.from(buffer));
  }
}

type Batch = Buffer<ArrayBuffer>;

const NEWLINE = 0x0a;
/** A line that ends a batch has room in it. */
const BUFFER_BYTES = WRITE_BATCH_BYTES + 64 * 1024;
const SPARE_BUFFERS = 2;

/**
 * U+2028 and U+2029 in JSON, escaped: it allows them, but some line readers, Node 24's `readline` among them, would end
 * the line there. Looked for one by one first: text in which there are none, as nearly all of it, is passed over many
 * times faster so.
 */
export function escapeSeparators(json: string): string {
  if (!json.includes("\u2028") && !json.includes("\u2029")) return json;
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
