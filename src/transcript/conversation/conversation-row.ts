import { enlarged } from "../rows/json-scanner.ts";

/** One row of a conversation. */
export interface ConversationRow {
  /** Number in the index. From `index.count` on: a prompt that is only in a `queue-operation`, by the number of that. */
  readonly row: number;
  /** Position in the file: the number of its first copy. */
  readonly at: number;
  /** Is before a compaction that did not keep it, so the model no longer has it. */
  readonly compacted: boolean;
  /** 0 for the current branch; abandoned ones are numbered from 1 in file order. */
  readonly branch: number;
  /** Why it is not part of the exchange; absent if it is. */
  readonly apart?: Apart | undefined;
}

/**
 * `unconnected`: no link connects it with the conversation, although no rewind cut it off; its position is that in the file.
 * `undelivered`: a queued prompt that the model was never given.
 */
export type Apart = "unconnected" | "undelivered";

const APART: readonly (Apart | undefined)[] = [undefined, "unconnected", "undelivered"];
const APART_BITS = 3;
const COMPACTED = 4;
const FEW = 64;

/** Rows of a conversation as columns of numbers: 13 bytes a row; objects would take 64. */
export class ConversationRows {
  /** Whether any row is of a branch that a rewind abandoned. */
  hasBranches = false;
  #length = 0;
  #rows = new Int32Array(0);
  #places = new Int32Array(0);
  #branches = new Int32Array(0);
  #marks = new Uint8Array(0);

  /** `capacity`: the expected number of rows. */
  constructor(capacity = FEW) {
    this.#resize(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push({ row, at, compacted, branch, apart }: ConversationRow): void {
    this.add(row, at, compacted, branch, apart);
  }

  /** Like `push`, without an object for a row. */
  add(row: number, at: number, compacted = false, branch = 0, apart?: Apart): void {
    if (this.#length === this.#rows.length) this.#resize(Math.max(FEW, this.#length * 2));
    const i = this.#length++;
    this.#rows[i] = row;
    this.#places[i] = at;
    this.#branches[i] = branch;
    if (branch > 0) this.hasBranches = true;
    this.#marks[i] = APART.indexOf(apart) | (compacted ? COMPACTED : 0);
  }

  /** Returns the row at a place; undefined outside. */
  get(i: number): ConversationRow | undefined {
    if (!(i >= 0 && i < this.#length)) return undefined;
    return {
      row: this.row(i),
      at: this.at(i),
      compacted: this.compacted(i),
      branch: this.branch(i),
      apart: this.apart(i),
    };
  }

  row(i: number): number {
    return this.#rows[i] as number;
  }

  at(i: number): number {
    return this.#places[i] as number;
  }

  branch(i: number): number {
    return this.#branches[i] as number;
  }

  compacted(i: number): boolean {
    return ((this.#marks[i] as number) & COMPACTED) !== 0;
  }

  apart(i: number): Apart | undefined {
    return APART[(this.#marks[i] as number) & APART_BITS];
  }

  /** Returns the rows for which `keeps` is true; this object itself if that is all of them. */
  filter(keeps: (row: number, i: number) => boolean): ConversationRows {
    const kept = new ConversationRows(this.#length);
    for (let i = 0; i < this.#length; i++) {
      if (keeps(this.row(i), i)) kept.add(this.row(i), this.at(i), this.compacted(i), this.branch(i), this.apart(i));
    }
    return kept.#length === this.#length ? this : kept;
  }

  /** Like `Array.prototype.slice`. */
  slice(from: number, to = this.#length): ConversationRow[] {
    const [first, end] = [from, to].map((at) => {
      const place = Math.trunc(at) || 0;
      return place < 0 ? Math.max(0, this.#length + place) : Math.min(place, this.#length);
    }) as [number, number];
    return Array.from({ length: Math.max(0, end - first) }, (_, i) => this.get(first + i) as ConversationRow);
  }

  *[Symbol.iterator](): Generator<ConversationRow> {
    for (let i = 0; i < this.#length; i++) yield this.get(i) as ConversationRow;
  }

  #resize(size: number): void {
    this.#rows = enlarged(this.#rows, size);
    this.#places = enlarged(this.#places, size);
    this.#branches = enlarged(this.#branches, size);
    this.#marks = enlarged(this.#marks, size);
  }
}
