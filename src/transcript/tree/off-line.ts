import { NONE, type RowIndex } from "../rows/row-index.ts";

/** Lookup of recorded rewinds; calls must be in file order. */
export class Rewinds {
  readonly #index: RowIndex;
  #next = 0;
  #last: { readonly at: number; readonly leaf: string | null | undefined } | undefined;

  constructor(index: RowIndex) {
    this.#index = index;
  }

  /** Returns the leaf of the last rewind between two rows; undefined if there was none. */
  leafBetween(from: number, to: number): string | null | undefined {
    const { checkpoints } = this.#index;
    for (; (checkpoints[this.#next]?.at ?? Infinity) <= to; this.#next++) {
      const { at, explicit, leaf } = checkpoints[this.#next] as (typeof checkpoints)[number];
      this.#last = { at, leaf: explicit ? leaf : undefined };
    }
    return this.#last === undefined || this.#last.at <= from ? undefined : this.#last.leaf;
  }
}

/** Owner of the rows on the main line. */
export const MAIN_LINE = 1;
const TO_LINE = 1;
const ELSEWHERE = 2;
const PENDING = 3;

/** Takes the rows off the main line part by part, each row once. */
export class OffWalk {
  readonly #index: RowIndex;
  readonly #above: Int32Array;
  /** Owner of each uuid: nothing yet (0), `MAIN_LINE`, or the number of a part. */
  readonly #owners: Int32Array;
  readonly #leads: Uint8Array;
  #parts = MAIN_LINE;

  constructor(index: RowIndex, above: Int32Array, owners: Int32Array) {
    this.#index = index;
    this.#above = above;
    this.#owners = owners;
    this.#leads = new Uint8Array(index.count);
  }

  /** Whether the row descends from the main line. */
  leadsToLine(row: number): boolean {
    const path: number[] = [];
    let at = row;
    while (at !== NONE && this.#leads[at] === 0 && this.#owner(at) !== MAIN_LINE) {
      this.#leads[at] = PENDING;
      path.push(at);
      at = this.#above[at] as number;
    }
    const isLine = at !== NONE && (this.#leads[at] === TO_LINE || this.#owner(at) === MAIN_LINE);
    for (const each of path) this.#leads[each] = isLine ? TO_LINE : ELSEWHERE;
    return isLine;
  }

  /** Takes `end` and its ancestors up to one with an owner. `isConnected`: there is such an ancestor. */
  take(end: number): { readonly rows: number[]; readonly isConnected: boolean } {
    const part = ++this.#parts;
    const rows: number[] = [];
    let at = end;
    for (; at !== NONE && this.#owner(at) === 0; at = this.#above[at] as number) {
      this.#owners[this.#index.uuid[at] as number] = part;
      rows.push(at);
    }
    return { rows: rows.reverse(), isConnected: at !== NONE && this.#owner(at) !== part };
  }

  #owner(row: number): number {
    return this.#owners[this.#index.uuid[row] as number] as number;
  }
}
