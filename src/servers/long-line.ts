/** Maximum size of a value that is kept. A longer one is neither an id nor a method. */
const VALUE_BYTES = 1024;

const [QUOTE, BACKSLASH, COLON, COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\:,{}[]');
const SPACE = 0x20;

/** Finds `id` and `method`, anywhere in an object that is too long to hold. Scans it piece by piece. */
export class LongLine {
  id: string | number | undefined;
  method: string | undefined;
  length = 0;

  #depth = 0;
  #inString = false;
  #escapes = false;
  /** Name of the current member; undefined before its colon. */
  #key: unknown;
  /** Bytes so far of a name, or of a value that is neither an object nor a list. */
  readonly #value = Buffer.alloc(VALUE_BYTES);
  #valueLength = 0;

  scan(bytes: Uint8Array): void {
    this.length += bytes.length;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (this.#inString) {
        this.#inText(byte);
        // Most of a long line is text that is not kept.
        if (this.#inString && !this.#escapes && !this.#keeps()) at = lastOfText(bytes, at);
      } else if (byte === QUOTE) {
        this.#inString = true;
        this.#keep(byte);
      } else if (byte === OPEN || byte === OPEN_LIST) {
        this.#depth++;
        // An object or a list is neither an id nor a method.
        if (this.#depth > 1) this.#valueLength = VALUE_BYTES;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (--this.#depth === 0) this.#endMember();
      } else if (byte === COMMA && this.#depth === 1) this.#endMember();
      else if (byte === COLON && this.#depth === 1) {
        this.#key = this.#parsed();
        this.#valueLength = 0;
      } else if (byte > SPACE) this.#keep(byte);
    }
  }

  #inText(byte: number): void {
    if (this.#escapes) this.#escapes = false;
    else if (byte === BACKSLASH) this.#escapes = true;
    else if (byte === QUOTE) this.#inString = false;
    this.#keep(byte);
  }

  #keep(byte: number): void {
    if (this.#keeps()) this.#value[this.#valueLength++] = byte;
  }

  #keeps(): boolean {
    return this.#depth === 1 && this.#valueLength < VALUE_BYTES;
  }

  #endMember(): void {
    const value = this.#parsed();
    if (this.#key === "id") this.id = isId(value) ? value : undefined;
    else if (this.#key === "method") this.method = typeof value === "string" ? value : undefined;
    this.#key = undefined;
    this.#valueLength = 0;
  }

  /** Returns the kept value; undefined if it was too long. */
  #parsed(): unknown {
    try {
      return this.#valueLength < VALUE_BYTES
        ? JSON.parse(this.#value.toString("utf8", 0, this.#valueLength))
        : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Returns the last index from `at` on before a quotation mark, a backslash or the end. */
function lastOfText(bytes: Uint8Array, at: number): number {
  let next = at + 1;
  while (next < bytes.length && bytes[next] !== QUOTE && bytes[next] !== BACKSLASH) next++;
  return next - 1;
}

const isId = (value: unknown): value is string | number => typeof value === "string" || Number.isSafeInteger(value);
