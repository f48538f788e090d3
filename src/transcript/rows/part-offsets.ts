import type { RowScan } from "./json-scanner.ts";

/** Where the parts of a row stand that a replay needs: `[start, end]` of the values, `[0, 0]` of those that are not there. */
export const MESSAGE = 0;
export const RESULT = 2;
export const CWD = 4;
export const PARTS = 6;

/**
 * Where parts of the rows of a transcript stand, so that a row can be shown without reading the rest of it: 28 bytes a row,
 * and eight for each long text. Places are counted from the beginning of the row.
 */
export class PartsTable {
  #rows = 0;
  #parts: Uint32Array;
  /** Number of the first text behind those of the rows before, by row; one more than there are rows. */
  #from: Uint32Array;
  #texts: Uint32Array;
  #count = 0;

  /** `rows`: about how many there will be. */
  constructor(rows: number) {
    this.#parts = new Uint32Array(PARTS * rows);
    this.#from = new Uint32Array(rows + 1);
    this.#texts = new Uint32Array(2 * rows);
  }

  /** Adds the next row, which was scanned and begins at `start`: `places` are its parts, by the offsets in the buffer. */
  add(start: number, { textCount, texts }: RowScan, places: Int32Array): void {
    if ((this.#rows + 1) * PARTS > this.#parts.length) this.#parts = enlarged(this.#parts);
    for (let i = 0; i < PARTS; i++) {
      const place = places[i] as number;
      this.#parts[this.#rows * PARTS + i] = place === 0 ? 0 : place - start;
    }
    if (++this.#rows === this.#from.length) this.#from = enlarged(this.#from);
    for (let i = 0; i < textCount * 2; i++) {
      if (this.#count === this.#texts.length) this.#texts = enlarged(this.#texts);
      this.#texts[this.#count++] = (texts[i] as number) - start;
    }
    this.#from[this.#rows] = this.#count;
  }

  /** Adds a row of another table as the next. */
  addFrom(other: PartsTable, row: number): void {
    if ((this.#rows + 1) * PARTS > this.#parts.length) this.#parts = enlarged(this.#parts);
    for (let i = 0; i < PARTS; i++) this.#parts[this.#rows * PARTS + i] = other.at(row, i);
    if (++this.#rows === this.#from.length) this.#from = enlarged(this.#from);
    for (let text = other.firstText(row); text < other.firstText(row + 1); text++) {
      while (this.#count + 2 > this.#texts.length) this.#texts = enlarged(this.#texts);
      this.#texts[this.#count++] = other.textStart(text);
      this.#texts[this.#count++] = other.textEnd(text);
    }
    this.#from[this.#rows] = this.#count;
  }

  /** The last row is read as a whole. */
  forgetLast(): void {
    this.#parts.fill(0, (this.#rows - 1) * PARTS, this.#rows * PARTS);
  }

  /** Where a part of a row begins; what follows it in the table is where it ends. */
  at(row: number, part: number): number {
    return this.#parts[row * PARTS + part] as number;
  }

  /** Numbers of the first long text of a row, and of the one behind its last. */
  firstText(row: number): number {
    return (this.#from[row] as number) / 2;
  }

  /** Where a text stands, its quotes included. */
  textStart(text: number): number {
    return this.#texts[text * 2] as number;
  }

  textEnd(text: number): number {
    return this.#texts[text * 2 + 1] as number;
  }
}

/** Notes a part of the row that is being added; the last one, where there are two of one name. */
export function setPart(places: Int32Array, part: number, start: number, end: number): void {
  places[part] = start;
  places[part + 1] = end;
}

function enlarged(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
