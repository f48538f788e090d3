import { OPEN_BRACE, RowScan, scanObject } from "../rows/json-scanner.ts";
import { isOfConversation, readKind } from "../rows/row-kinds.ts";
import { visitLine } from "../rows/row.ts";
import { BAD_UTF8, mendedStrings, stringFaults } from "./string-faults.ts";
import { uuidIn } from "./row-members.ts";
import { type Salvage, salvage } from "./salvage.ts";

/** Line of a transcript, as the reader of the file has it: a range of `bytes`, without its newline. */
export interface SourceLine {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Offset in the file of `start`. */
  readonly offset: number;
  /** Length in bytes of a line that was too long to be read, whose range is empty; else 0. */
  readonly oversized: number;
  readonly terminated: boolean;
  /** Whether NULs before `start` were skipped. */
  readonly nulBefore: boolean;
}

/** Part of a line. Ranges are of the line's `bytes`, except where another buffer is given. */
export interface PartVisitor {
  /** A row, and the faults of its strings (string-faults.ts), which are mended in `bytes`. */
  row(bytes: Buffer, scan: RowScan, source: { start: number; end: number }, faults: number): void;
  /** The beginning of a row that was cut, as far as it can be used. */
  salvaged(found: Salvage, start: number, end: number): void;
  /** Bytes that are no row. `isCut`: they begin one. */
  remains(start: number, end: number, isCut: boolean): void;
  /** Bytes that say nothing: NULs, other control characters, a byte order mark, commas and white space between rows. */
  debris(start: number, end: number): void;
  /** Bytes that are too many to be read or rewritten, and stay. */
  kept(start: number, end: number): void;
}

/** Longest remains that are rewritten as a row, which takes several times their memory. */
const REMAINS_BYTES = 16 * 1024 * 1024;

/** Splits lines into rows and what is between them, always in the same way: a repair reads the file twice. */
export class LineParts {
  readonly #scan = new RowScan();
  readonly #mendedScan = new RowScan();
  readonly #innerScan = new RowScan();
  readonly #isUtf8: (bytes: Uint8Array) => boolean;

  constructor(isUtf8: (bytes: Uint8Array) => boolean) {
    this.#isUtf8 = isUtf8;
  }

  /** Visits the parts of a line in order. Returns whether the line may stay byte for byte: it is one sound row, or blank. */
  visit(line: SourceLine, visitor: PartVisitor): boolean {
    const { bytes, start, end } = line;
    if (line.oversized > 0) {
      visitor.kept(start, end);
      return true;
    }
    let isSound = !line.nulBefore;
    let last = start;
    const between = (to: number): void => {
      if (isBlank(bytes, last, to)) return;
      isSound = false;
      visitor.debris(last, to);
    };
    let isFirst = true;
    visitLine(bytes, start, end, this.#scan, {
      row: (from, to, scan) => {
        if (!isFirst) isSound = false;
        between(from);
        if (!this.#row(bytes, from, to, scan, visitor)) isSound = false;
        isFirst = false;
        last = to;
      },
      problem: (from, to, problem) => {
        if (!isFirst) isSound = false;
        between(from);
        if (problem === "oversized") visitor.kept(from, to);
        else if (!this.#unread(bytes, from, to, problem === "cut", visitor)) isSound = false;
        isFirst = false;
        last = to;
      },
    });
    between(end);
    return isSound;
  }

  /** Returns whether the row is sound. */
  #row(bytes: Buffer, start: number, end: number, scan: RowScan, visitor: PartVisitor): boolean {
    const utf8 = this.#isUtf8(bytes.subarray(start, end)) ? 0 : BAD_UTF8;
    const faults = stringFaults(bytes, start, end) | utf8;
    if (faults === 0) {
      visitor.row(bytes, scan, { start, end }, 0);
      return true;
    }
    const mended = Buffer.from(mendedStrings(bytes.toString("utf8", start, end), faults));
    if (!scanObject(mended, 0, mended.length, this.#mendedScan)) throw new Error("a mended row is not a row");
    visitor.row(mended, this.#mendedScan, { start, end }, faults);
    return false;
  }

  /** Returns the place of the first whole row of the conversation among other bytes, which `#innerScan` has then; or -1. */
  #rowIn(bytes: Buffer, start: number, end: number): number {
    const scan = this.#innerScan;
    for (let at = nextObject(bytes, start, end); at >= 0; at = nextObject(bytes, Math.max(scan.end, at + 1), end)) {
      const isWhole = scanObject(bytes, at, end, scan) && isOfConversation(readKind(bytes, scan));
      if (isWhole && uuidIn(bytes, scan) !== undefined) return at;
    }
    return -1;
  }

  /** Returns whether the bytes stay where they are. */
  #unread(bytes: Buffer, start: number, end: number, isCut: boolean, visitor: PartVisitor): boolean {
    const from = skipDebris(bytes, start, end);
    if (from > start) visitor.debris(start, from);
    if (from === end) return false;
    let to = end;
    // Spaces may be somebody's.
    while (to > from && (bytes[to - 1] as number) < 0x20) to--;
    const rest = (): void => {
      if (!isBlank(bytes, to, end)) visitor.debris(to, end);
    };
    if (to - from > REMAINS_BYTES) {
      visitor.kept(from, to);
      rest();
      return from === start && to === end;
    }
    const row = isCut ? -1 : this.#rowIn(bytes, from, to);
    if (row >= 0) {
      const after = this.#innerScan.end;
      if (row > from) this.#unread(bytes, from, row, false, visitor);
      this.#row(bytes, row, after, this.#innerScan, visitor);
      this.#unread(bytes, after, end, false, visitor);
      return false;
    }
    const isRow = isCut && bytes[from] === OPEN_BRACE;
    const found = isRow ? salvage(bytes, from, to) : undefined;
    if (found !== undefined) visitor.salvaged(found, from, to);
    if (found?.isAll !== true) visitor.remains(from, to, isRow);
    rest();
    return false;
  }
}

/** Returns the place of the next `{"`, or -1. */
function nextObject(bytes: Buffer, from: number, end: number): number {
  const at = bytes.subarray(from, end).indexOf('{"');
  return at < 0 ? -1 : from + at;
}

/** Whether a range has only the white space that JSON allows around a row. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return false;
  }
  return true;
}

const COMMA = 0x2c;

function skipDebris(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte <= 0x20 || byte === COMMA) continue;
    if (byte !== 0xef || bytes[i + 1] !== 0xbb || bytes[i + 2] !== 0xbf || i + 3 > end) return i;
    i += 2;
  }
  return i;
}
