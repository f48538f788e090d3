import { CHUNK_BYTES, LOOK_AHEAD_BYTES, ROW_BYTES } from "../../transcript/rows/limits.ts";
import { LineBuffer } from "../../transcript/rows/line-splitter.ts";
import { readAt } from "./fs.ts";

const NEWLINE = 0x0a;
const BLANK = 0x20;
const NOTHING = Buffer.alloc(0);

/** A buffer for long rows, to be used for one after the other: a few of them would fill memory before it is tidied up. */
export class Room {
  static #spare: WeakRef<Room> | undefined;

  /**
   * The one that all files use: what is in it is used up before another row of whatever file is read. It is let go when
   * nobody reads, and memory is short.
   */
  static spare(): Room {
    let room = Room.#spare?.deref();
    if (room === undefined) Room.#spare = new WeakRef((room = new Room()));
    return room;
  }

  #bytes: Buffer = NOTHING;

  /** So many bytes, until the next call. */
  take(length: number): Buffer {
    // What is not written to takes no memory.
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    return this.#bytes.subarray(0, length);
  }
}

export interface FileLinesOptions {
  /** Where a line begins. Default 0. */
  readonly from?: number;
  /** Where the reading ends: the size of the file when it was opened, so that one that grows meanwhile is read as it was. */
  readonly to: number;
  /** For long lines. */
  readonly room?: Room;
}

/**
 * The lines of an open file: `step()` reads on, and `next()` moves to a line as long as there is one. A line is a range of
 * `bytes`, valid until the next call of either.
 *
 * A line longer than `LOOK_AHEAD_BYTES` is measured before it is read, which then takes no more memory than it is long. One
 * that is longer than `ROW_BYTES` is passed over, and so is white space (NULs included) at the beginning of a long line: a
 * sparse file takes no memory, however long it is.
 */
export class FileLines {
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  /** Where the line begins in the file; its white space, where that was passed over, stands before. */
  offset = 0;
  /** Length in bytes of a line that is too long to be read, else 0. The range is then empty. */
  oversized = 0;
  /** False of a last line without a newline. */
  terminated = true;
  /** NULs stood in the white space that was passed over. */
  nulBefore = false;
  /** How far the file has been read. */
  at: number;
  readonly #fd: number;
  readonly #from: number;
  readonly #to: number;
  readonly #room: Room;
  readonly #lines: LineBuffer;
  #measured: Measure | undefined;
  #state: "reads" | "ends" | "ended" = "reads";

  constructor(fd: number, { from = 0, to, room = Room.spare() }: FileLinesOptions) {
    this.#fd = fd;
    this.#from = from;
    this.#to = to;
    this.at = from;
    this.#room = room;
    const size = Math.max(4096, Math.min(CHUNK_BYTES, to - from));
    this.#lines = new LineBuffer(from, { size, grown: Math.min(LOOK_AHEAD_BYTES + CHUNK_BYTES, to - from) });
  }

  /** Reads a chunk. False when there is nothing more to read, and `next` has given every line. */
  step(): boolean {
    if (this.#measured !== undefined) this.#measure(this.#measured);
    else if (this.#lines.pending > LOOK_AHEAD_BYTES) this.#measured = new Measure(this.#lines.pendingFrom);
    else if (this.#state === "reads") this.#read();
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

  /** How far a reader has come, and how far there is to go, bytes. */
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

  /** Looks for the end of the line, and for the first byte in it that is no white space. */
  #measure(line: Measure): void {
    if (line.isDone) return;
    // The beginning of the line that is held is read again with the rest of it.
    const chunk = this.#lines.bytes.subarray(0, LOOK_AHEAD_BYTES);
    const left = Math.min(chunk.length, this.#to - line.at);
    const have = left <= 0 ? 0 : readAt(this.#fd, chunk.subarray(0, left), line.at);
    const bytes = chunk.subarray(0, have);
    const newline = bytes.indexOf(NEWLINE);
    const end = newline < 0 ? have : newline;
    if (line.ink < 0) {
      const ink = firstInk(bytes, end);
      if (ink < end) line.ink = line.at + ink;
      line.hasNul ||= bytes.subarray(0, ink).includes(0);
    }
    line.at += end;
    line.isTerminated = newline >= 0;
    line.isDone = newline >= 0 || line.at >= this.#to || have === 0;
    this.at = Math.max(this.at, line.at);
  }

  #takeLong(line: Measure): boolean {
    if (!line.isDone) return false;
    this.#measured = undefined;
    const end = line.at;
    this.at = line.isTerminated ? end + 1 : end;
    this.#lines.restart(this.at);
    this.#state = this.at >= this.#to || !line.isTerminated ? "ended" : "reads";
    const start = line.ink < 0 ? end : line.ink;
    const length = end - start;
    this.terminated = line.isTerminated;
    this.nulBefore = line.hasNul;
    this.offset = start;
    this.oversized = length > ROW_BYTES ? length : 0;
    this.bytes = this.oversized > 0 ? NOTHING : this.#room.take(length);
    this.start = 0;
    this.end = this.oversized > 0 ? 0 : readAt(this.#fd, this.bytes, start);
    return true;
  }
}

/** What is known of a long line. */
class Measure {
  /** How far it has been looked at. */
  at: number;
  /** Its first byte that is no white space, or -1. */
  ink = -1;
  hasNul = false;
  isDone = false;
  isTerminated = false;

  constructor(at: number) {
    this.at = at;
  }
}

/** Where something stands in the bytes before `end` that is no white space; `end` where nothing does. */
function firstInk(bytes: Buffer, end: number): number {
  if (end === 0 || (bytes[0] as number) > BLANK) return 0;
  // A hole in a file is all NULs: to compare takes a hundredth of the time.
  let i = bytes.subarray(0, end).equals(zeros(end)) ? end : 0;
  while (i < end && (bytes[i] as number) <= BLANK) i++;
  return i;
}

let holes: Buffer | undefined;
const zeros = (length: number): Buffer => (holes ??= Buffer.alloc(LOOK_AHEAD_BYTES)).subarray(0, length);
