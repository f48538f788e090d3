import { printableLines } from "../terminal/terminal.ts";

/** So much of a text is looked at, or put together, at a time. */
const BLOCK_UNITS = 64 * 1024;

/**
 * The lines of a text, without what a terminal would obey, some at a time: of a text of many megabytes its lines take more
 * memory than it does.
 */
export function* printableBlocks(text: string): Generator<string[]> {
  for (let from = 0; from <= text.length;) {
    const end = text.length - from <= BLOCK_UNITS ? -1 : text.indexOf("\n", from + BLOCK_UNITS);
    const block = text.slice(from, end < 0 ? text.length : end);
    // The rest of a line end.
    yield printableLines(end >= 0 && block.endsWith("\r") ? block.slice(0, -1) : block).split("\n");
    if (end < 0) return;
    from = end + 1;
  }
}

/** Pieces of a text, put together as long as they are short. */
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

/** Lines, put together to texts that are given some at a time. A long line is given by itself, so that it is not copied. */
export class LineText {
  #lines: string[] = [];
  #units = 0;

  add(line: string): void {
    this.#lines.push(line);
    this.#units += line.length + 1;
  }

  /** Whether there is enough to be taken. */
  get isFull(): boolean {
    return this.#units >= BLOCK_UNITS;
  }

  /** Gives what was added, each line with its end. */
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

/** The lines of a text, each made into what it stands for when it is asked for: all of them take many times the text. */
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

  /** The first lines, and the last ones, of more lines than so many. */
  first(count: number): TextLines<T> {
    let end = -1;
    for (let i = 0; i < count; i++) end = this.#text.indexOf("\n", end + 1);
    return new TextLines(this.#text.slice(0, end), this.#make);
  }

  last(count: number): TextLines<T> {
    let start = this.#text.length;
    for (let i = 0; i < count; i++) start = this.#text.lastIndexOf("\n", start - 1);
    return new TextLines(this.#text.slice(start + 1), this.#make);
  }
}

export type Lines<T> = readonly T[] | TextLines<T>;

export const hasLines = (lines: Lines<unknown>): boolean => lines instanceof TextLines || lines.length > 0;
