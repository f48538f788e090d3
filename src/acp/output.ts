import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Writable } from "node:stream";
import { OUTPUT_BYTES, WRITE_BATCH_UNITS } from "./limits.ts";

/**
 * Writes lines to a pipe as fast as its reader takes them, and no faster: while `OUTPUT_BYTES` wait for the reader, `write`
 * waits. Lines that come together go out in one write.
 */
export class LineOutput {
  readonly #stream: Writable;
  #batch = "";
  #scheduled: NodeJS.Immediate | undefined;
  #flushed: Promise<void> | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Takes a line, without its end; resolves when there is room for the next. */
  async write(line: string): Promise<void> {
    this.#batch += line;
    this.#batch += "\n";
    if (this.#batch.length >= WRITE_BATCH_UNITS) this.#flush();
    else this.#scheduled ??= setImmediate(() => this.#flush());
    await this.#flushed;
  }

  /** Resolves when the stream has taken everything. */
  async end(): Promise<void> {
    this.#flush();
    while (this.#flushed !== undefined) await this.#flushed;
    // 'drain' comes only after a write that found the stream full; an empty write is done when all before it are.
    await new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
  }

  #flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#batch !== "") this.#flushed ??= this.#send().finally(() => (this.#flushed = undefined));
  }

  async #send(): Promise<void> {
    while (this.#batch !== "") {
      const batch = this.#batch;
      this.#batch = "";
      // Waiting whenever the pipe is full would put the process to sleep for every batch: on a busy machine each time is
      // longer than the batch took.
      if (!this.#stream.write(batch) && this.#stream.writableLength > OUTPUT_BYTES) await once(this.#stream, "drain");
      // A pipe that is read quickly drains without a turn of the event loop, and a long load would keep stdin waiting.
      await nextTurn();
    }
  }
}
