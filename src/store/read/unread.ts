import type { RowProblem } from "../../transcript/rows/row.ts";

/** Counts of the parts of a transcript that cannot be read as rows and are skipped. */
export interface Unread {
  /** Rows longer than 256 MiB, or with so many parts that they would take many times their bytes in memory. */
  readonly tooLong: number;
  /** Incomplete rows: their writer was killed. */
  readonly cutShort: number;
  /** Stretches of bytes that are not rows. */
  readonly notRows: number;
  /** Whether the last row is incomplete: its writer was killed, or is still writing. */
  readonly unfinished: boolean;
}

/** Counts while a transcript of `size` bytes is read. */
export class UnreadCount implements Unread {
  tooLong = 0;
  cutShort = 0;
  notRows = 0;
  unfinished = false;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Counts a problem that ends at byte `end`. */
  add(problem: RowProblem, end: number): void {
    if (problem === "oversized") this.tooLong++;
    else if (problem === "not_json") this.notRows++;
    else if (end === this.#size) this.unfinished = true;
    else this.cutShort++;
  }

  /** The counts, as a plain object. */
  get facts(): Unread {
    const { tooLong, cutShort, notRows, unfinished } = this;
    return { tooLong, cutShort, notRows, unfinished };
  }
}

/** Reports whether everything could be read. */
export const isAllRead = ({ tooLong, cutShort, notRows, unfinished }: Unread): boolean =>
  tooLong + cutShort + notRows === 0 && !unfinished;
