/** A JSON value longer than this is no id and no method's name. */
const VALUE_BYTES = 1024;

const [QUOTE, BACKSLASH, COLON, COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\:,{}[]');
const SPACE = 0x20;

/**
 * What a line says that is too long to be held: the members `id` and `method` of its object, wherever they stand. It is given
 * piece by piece, and nothing of it is kept but these.
 */
export class LongLine {
  id: string | number | undefined;
  method: string | undefined;
  length = 0;

  #depth = 0;
  #inString = false;
  #escapes = false;
  /** The name of the member that is being read; undefined before its colon. */
  #key: unknown;
  /** The bytes of the name, or of the value that is no object and no list, so far. */
  readonly #value = Buffer.alloc(VALUE_BYTES);
  #units = 0;

  scan(bytes: Uint8Array): void {
    this.length += bytes.length;
    for (const byte of bytes) {
      if (this.#inString) this.#inText(byte);
      else if (byte === QUOTE) {
        this.#inString = true;
        this.#keep(byte);
      } else if (byte === OPEN || byte === OPEN_LIST) {
        this.#depth++;
        // A value of this kind is neither.
        if (this.#depth > 1) this.#units = VALUE_BYTES;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (--this.#depth === 0) this.#endMember();
      } else if (byte === COMMA && this.#depth === 1) this.#endMember();
      else if (byte === COLON && this.#depth === 1) {
        this.#key = this.#taken();
        this.#units = 0;
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
    if (this.#depth === 1 && this.#units < VALUE_BYTES) this.#value[this.#units++] = byte;
  }

  #endMember(): void {
    const value = this.#taken();
    if (this.#key === "id") this.id = isId(value) ? value : undefined;
    else if (this.#key === "method") this.method = typeof value === "string" ? value : undefined;
    this.#key = undefined;
    this.#units = 0;
  }

  /** What was kept; undefined where that is not all of it. */
  #taken(): unknown {
    try {
      return this.#units < VALUE_BYTES ? JSON.parse(this.#value.toString("utf8", 0, this.#units)) : undefined;
    } catch {
      return undefined;
    }
  }
}

const isId = (value: unknown): value is string | number => typeof value === "string" || Number.isSafeInteger(value);
