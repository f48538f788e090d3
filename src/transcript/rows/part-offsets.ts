import { enlarged, type RowScan } from "./json-scanner.ts";

/** Indexes of the parts of a row that a replay needs: `[start, end]` of each value, `[0, 0]` if it is missing. */
export const MESSAGE = 0;
export const RESULT = 2;
export const CWD = 4;
export const PARTS = 6;

/** Offsets of parts of rows, from the row's beginning, to show a row without reading all of it: 28 bytes, 8 a long text. */
export class PartsTable {
  #rows = 0;
  #parts: Uint32Array;
  /** End of the texts of the rows before, by row, as an index into `#texts`; one more than there are rows. */
  #textsFrom: Uint32Array;
  #texts: Uint32Array;
  #count = 0;

  /** `rows`: expected number of rows. */
  constructor(rows: number) {
    this.#parts = new Uint32Array(PARTS * rows);
    this.#textsFrom = new Uint32Array(rows + 1);
    this.#texts = new Uint32Array(2 * rows);
  }

  /** Adds a scanned row that begins at `start`. `parts` and the scan have offsets into the buffer. */
  add(start: number, { textCount, texts }: RowScan, parts: Int32Array): void {
    if ((this.#rows + 1) * PARTS > this.#parts.length) this.#parts = enlarged(this.#parts);
    for (let i = 0; i < PARTS; i++) {
      const offset = parts[i] as number;
      this.#parts[this.#rows * PARTS + i] = offset === 0 ? 0 : offset - start;
    }
    this.#addTexts(texts, 0, textCount * 2, start);
  }

  /** Adds a row of another table. */
  addFrom(other: PartsTable, row: number): void {
    if ((this.#rows + 1) * PARTS > this.#parts.length) this.#parts = enlarged(this.#parts);
    for (let i = 0; i < PARTS; i++) this.#parts[this.#rows * PARTS + i] = other.at(row, i);
    this.#addTexts(other.#texts, other.#textsFrom[row] as number, other.#textsFrom[row + 1] as number, 0);
  }

  #addTexts(texts: Int32Array | Uint32Array, from: number, to: number, start: number): void {
    if (++this.#rows === this.#textsFrom.length) this.#textsFrom = enlarged(this.#textsFrom);
    for (let i = from; i < to; i++) {
      if (this.#count === this.#texts.length) this.#texts = enlarged(this.#texts);
      this.#texts[this.#count++] = (texts[i] as number) - start;
    }
    this.#textsFrom[this.#rows] = this.#count;
  }

  /** Clears the parts of the last row, which is then read as a whole. */
  clearLast(): void {
    this.#parts.fill(0, (this.#rows - 1) * PARTS, this.#rows * PARTS);
  }

  /** Returns the start of a part; `part + 1` is its end. */
  at(row: number, part: number): number {
    return this.#parts[row * PARTS + part] as number;
  }

  /** Returns the number of the first long text of a row; that of the next row ends its texts. */
  firstText(row: number): number {
    return (this.#textsFrom[row] as number) / 2;
  }

  /** Returns the start of a text, its quotes included. */
  textStart(text: number): number {
    return this.#texts[text * 2] as number;
  }

  textEnd(text: number): number {
    return this.#texts[text * 2 + 1] as number;
  }
}

/** Sets a part of the row that is being added. */
export function setPart(parts: Int32Array, part: number, start: number, end: number): void {
  parts[part] = start;
  parts[part + 1] = end;
}
