import { printableLines } from "../terminal/terminal.ts";

/** Size of the blocks in which text is split or buffered. */
const BLOCK_UNITS = 64 * 1024;

/** Yields the sanitised lines of a text in blocks: all lines of a text of many megabytes take more memory than the text. */
export function* printableBlocks(text: string): Generator<string[]> {
  for (let from = 0; from <= text.length;) {
    const end = text.length - from <= BLOCK_UNITS ? -1 : text.indexOf("\n", from + BLOCK_UNITS);
    const block = text.slice(from, end < 0 ? text.length : end);
    // The first half of CRLF.
    yield printableLines(end >= 0 && block.endsWith("\r") ? block.slice(0, -1) : block).split("\n");
    if (end < 0) return;
    from = end + 1;
  }
}

/** Joins short pieces of a text. */
export function* inBatches(pieces: Iterable<string>): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    if (text !== "" && text.length + piece.length > BLOCK_UNITS) {
      yield text;
      text = "";
    }
    if (piece.length > BLOCK_UNITS) yield piece;
    else text += piece;
  }
  if (text !== "") yield text;
}

/** Buffer that joins lines. A long line is yielded by itself, so that it is not copied. */
export class LineText {
  #lines: string[] = [];
  #units = 0;

  add(line: string): void {
    this.#lines.push(line);
    this.#units += line.length + 1;
  }

  /** Whether to call `take`. */
  get isFull(): boolean {
    return this.#units >= BLOCK_UNITS;
  }

  /** Empties the buffer; yields its lines with their ends. */
  *take(): Generator<string> {
    const lines = this.#lines;
    this.#lines = [];
    this.#units = 0;
    let from = 0;
    for (let at = 0; at <= lines.length; at++) {
      const line = lines[at];
      if (line !== undefined && line.length <= BLOCK_UNITS) continue;
      if (at > from) yield `${(from === 0 && at === lines.length ? lines : lines.slice(from, at)).join("\n")}\n`;
      if (line !== undefined) yield* [line, "\n"];
      from = at + 1;
    }
  }
}

/** Lines of a text, converted on demand: all of them together would take many times the memory of the text. */
export class TextLines<T> {
  readonly #text: string;
  readonly #make: (line: string) => T;

  constructor(text: string, make: (line: string) => T) {
    this.#text = text;
    this.#make = make;
  }

  get length(): number {
    let length = 1;
    for (let at = this.#text.indexOf("\n"); at >= 0; at = this.#text.indexOf("\n", at + 1)) length++;
    return length;
  }

  *[Symbol.iterator](): Generator<T> {
    let from = 0;
    for (let end = this.#text.indexOf("\n"); end >= 0; end = this.#text.indexOf("\n", from)) {
      yield this.#make(this.#text.slice(from, end));
      from = end + 1;
    }
    yield this.#make(this.#text.slice(from));
  }

  /** Returns the first lines. There must be more than `count`. */
  first(count: number): TextLines<T> {
    let end = -1;
    for (let i = 0; i < count; i++) end = this.#text.indexOf("\n", end + 1);
    return new TextLines(this.#text.slice(0, end), this.#make);
  }

  /** Returns the last lines. There must be more than `count`. */
  last(count: number): TextLines<T> {
    let start = this.#text.length;
    for (let i = 0; i < count; i++) start = this.#text.lastIndexOf("\n", start - 1);
    return new TextLines(this.#text.slice(start + 1), this.#make);
  }
}

export type Lines<T> = readonly T[] | TextLines<T>;

export const hasLines = (lines: Lines<unknown>): boolean => lines instanceof TextLines || lines.length > 0;
