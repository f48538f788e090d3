import { BACKSLASH, endOfString, enlarged, QUOTE } from "../../transcript/rows/json-scanner.ts";

/** Maximum length of a string in a line that is cut, bytes. */
export const CUT_STRING_BYTES = 4 * 1024 * 1024;
/** Maximum length of a line that is read whole, and of what is left of a longer one, bytes. */
export const CUT_LINE_BYTES = 16 * 1024 * 1024;

/** Longest escape: a surrogate pair. */
const ESCAPE_BYTES = 12;

/**
 * Copies a line that is too long to be held, piece by piece, and leaves out the end of each long string: what is left is a
 * row if the line is one, in `CUT_LINE_BYTES`.
 */
export class LineCutter {
  #kept: Uint8Array = new Uint8Array(64 * 1024);
  #length = 0;
  /** Where the content of the open string begins in `#kept`, or -1. */
  #string = -1;
  #isCut = false;
  #isEscaped = false;
  readonly #stringBytes: number;
  readonly #lineBytes: number;

  constructor(stringBytes = CUT_STRING_BYTES, lineBytes = CUT_LINE_BYTES) {
    this.#stringBytes = stringBytes;
    this.#lineBytes = lineBytes;
  }

  /** What is left of the line; undefined if that is too long as well. */
  get line(): Buffer | undefined {
    return this.#length > this.#lineBytes ? undefined : Buffer.from(this.#kept.buffer, 0, this.#length);
  }

  /** Adds the bytes that follow. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#length <= this.#lineBytes;)
      at = this.#string < 0 ? this.#outside(bytes, at) : this.#inside(bytes, at);
  }

  /** Copies up to the beginning of the next string. Returns where to go on. */
  #outside(bytes: Buffer, at: number): number {
    const quote = bytes.indexOf(QUOTE, at);
    const end = quote < 0 ? bytes.length : quote + 1;
    this.#keep(bytes, at, end);
    if (quote >= 0) this.#string = this.#length;
    return end;
  }

  /** Copies up to the end of the string, as far as it may be kept. Returns where to go on. */
  #inside(bytes: Buffer, at: number): number {
    // The first byte may belong to an escape of the bytes before.
    const from = this.#isEscaped ? at + 1 : at;
    const rest = bytes.subarray(from);
    const close = endOfString(rest, 0, rest.length);
    this.#isEscaped = close < 0 && endsInEscape(rest);
    const end = close < 0 ? bytes.length : from + close;
    const to = close < 0 ? end : end - 1;
    if (!this.#isCut) {
      const most = this.#string + this.#stringBytes - this.#length;
      this.#isCut = to - at > most;
      this.#keep(bytes, at, Math.min(to, at + most));
    }
    if (close < 0) return end;
    if (this.#isCut) this.#trim();
    this.#keep(bytes, to, end);
    this.#string = -1;
    this.#isCut = false;
    return end;
  }

  /** Removes a character or an escape that was cut in two. */
  #trim(): void {
    const bytes = this.#kept;
    for (let i = this.#length - 1; i >= Math.max(this.#string, this.#length - ESCAPE_BYTES); i--) {
      if (bytes[i] !== BACKSLASH) continue;
      while (i > this.#string && bytes[i - 1] === BACKSLASH) i--;
      this.#length = i;
    }
    while (this.#length > this.#string && ((bytes[this.#length - 1] as number) & 0xc0) === 0x80) this.#length--;
    if (this.#length > this.#string && (bytes[this.#length - 1] as number) >= 0xc0) this.#length--;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#kept.length) this.#kept = enlarged(this.#kept, 2 ** Math.ceil(Math.log2(length)));
    this.#kept.set(bytes.subarray(from, to), this.#length);
    this.#length = length;
  }
}

/** Whether the last byte is a backslash that escapes what follows. */
function endsInEscape(bytes: Buffer): boolean {
  let slash = bytes.length - 1;
  while (bytes[slash] === BACKSLASH) slash--;
  return (bytes.length - slash) % 2 === 0;
}
