import { LongLine } from "./long-line.ts";

export type { LongLine } from "./long-line.ts";

/** Of one message. A longer line is answered with an error and passed over. */
export const LINE_BYTES = 16 * 1024 * 1024;
/** What is held for the line that is being read: grows with it, and goes back to this. */
const ROOM_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/** What becomes of the lines. */
interface Receiver {
  /** Never empty, nor blank. */
  line(text: string): void;
  tooLong(line: LongLine): void;
}

/** Takes bytes apart into lines of one message each, in time that grows with them: none is looked at or copied anew for each piece that arrives. */
export class MessageLines {
  readonly #receiver: Receiver;
  #room: Buffer = Buffer.allocUnsafe(ROOM_BYTES);
  #length = 0;
  #long: LongLine | undefined;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  read(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#add(chunk.subarray(from, end));
      this.endLine();
      from = end + 1;
    }
    this.#add(chunk.subarray(from));
  }

  /** Ends the line that is being read, as the end of the stream does. */
  endLine(): void {
    const long = this.#long;
    const line = long === undefined ? this.#room.toString("utf8", 0, this.#length) : "";
    this.forget();
    if (long !== undefined) this.#receiver.tooLong(long);
    else if (line.trim() !== "") this.#receiver.line(line);
  }

  /** Drops the line that is being read. */
  forget(): void {
    this.#long = undefined;
    this.#length = 0;
    if (this.#room.length > ROOM_BYTES) this.#room = Buffer.allocUnsafe(ROOM_BYTES);
  }

  #add(bytes: Buffer): void {
    if (this.#long !== undefined) return this.#long.scan(bytes);
    const length = this.#length + bytes.length;
    if (length > LINE_BYTES) {
      this.#long = new LongLine();
      this.#long.scan(this.#room.subarray(0, this.#length));
      this.#long.scan(bytes);
      return;
    }
    if (length > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(2 * this.#room.length, LINE_BYTES)));
      this.#room.copy(larger, 0, 0, this.#length);
      this.#room = larger;
    }
    bytes.copy(this.#room, this.#length);
    this.#length = length;
  }
}
