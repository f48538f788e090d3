import type { RowProblem } from "../../transcript/rows/row.ts";

/** What of a transcript is no row that can be read, and is passed over. */
export interface Unread {
  /** Rows that are longer than 256 MiB, or of so many parts that they would take many times their bytes in memory. */
  readonly tooLong: number;
  /** Rows that end before they are complete: their writer was killed. */
  readonly cutShort: number;
  /** Stretches of bytes that are no rows. */
  readonly notRows: number;
  /** The last row is cut short: its writer was killed, or is still writing it. */
  readonly unfinished: boolean;
}

/** Counts it while a transcript of `size` bytes is read. */
export class UnreadCount implements Unread {
  tooLong = 0;
  cutShort = 0;
  notRows = 0;
  unfinished = false;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Takes a problem that stands before byte `end`. */
  add(problem: RowProblem, end: number): void {
    if (problem === "oversized") this.tooLong++;
    else if (problem === "not_json") this.notRows++;
    else if (end === this.#size) this.unfinished = true;
    else this.cutShort++;
  }

  /** What was counted, by itself. */
  get facts(): Unread {
    const { tooLong, cutShort, notRows, unfinished } = this;
    return { tooLong, cutShort, notRows, unfinished };
  }
}

/** Whether everything could be read. */
export const isAllRead = ({ tooLong, cutShort, notRows, unfinished }: Unread): boolean =>
  tooLong + cutShort + notRows === 0 && !unfinished;
