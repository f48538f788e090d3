import { COMPACT_BOUNDARY, NONE, type RowIndex } from "../rows/row-index.ts";

/** Returns the first row with each uuid, by the number of the uuid, or -1. */
export function firstRows({ count, uuid, uuids }: RowIndex): Int32Array {
  const rows = new Int32Array(uuids.count).fill(NONE);
  for (let row = count - 1; row >= 0; row--) rows[uuid[row] as number] = row;
  return rows;
}

/** Returns the last row with each uuid, by the number of the uuid, or -1. */
export function lastRows({ count, uuid, uuids }: RowIndex): Int32Array {
  const rows = new Int32Array(uuids.count).fill(NONE);
  for (let row = 0; row < count; row++) rows[uuid[row] as number] = row;
  return rows;
}

/** Trees of uuids that grow together: answers which root a uuid has, in almost constant time. */
export class Forest {
  readonly #above: Int32Array;

  /** `linkOf`: number of the parent's uuid by that of a uuid, or -1. A link that closes a cycle is left out. */
  constructor(size: number, linkOf: (uuid: number) => number) {
    this.#above = new Int32Array(size).fill(NONE);
    for (let uuid = 0; uuid < size; uuid++) this.link(uuid, linkOf(uuid));
  }

  /** Links a root with its parent. */
  link(uuid: number, parent: number): void {
    if (parent !== NONE && this.rootOf(parent) !== uuid) this.#above[uuid] = parent;
  }

  rootOf(uuid: number): number {
    const above = this.#above;
    let root = uuid;
    while (above[root] !== NONE) root = above[root] as number;
    for (let at = uuid; at !== root;) {
      const next = above[at] as number;
      above[at] = root;
      at = next;
    }
    return root;
  }
}

/** Uuids in the order of their rows. */
class Places {
  readonly #uuids: number[] = [];
  /** Place from which a search goes on, or -1. */
  readonly #before: number[] = [];
  #lastRow = NONE;

  /** Adds a uuid whose place in the conversation is that of `row`, if it is not before the end, or goes on from there. */
  push(uuid: number, row: number, parent: number): void {
    if (row < this.#lastRow && (parent === NONE || parent !== this.#uuids.at(-1))) return;
    this.#lastRow = Math.max(row, this.#lastRow);
    this.#before.push(this.#uuids.length - 1);
    this.#uuids.push(uuid);
  }

  /** Returns the last uuid that is not below `root` in any of the forests, or -1. */
  lastOutside(root: number, forests: readonly Forest[]): number {
    const end = this.#uuids.length - 1;
    const last = this.#uuids[end] as number;
    let at = end;
    while (at >= 0) {
      const uuid = this.#uuids[at] as number;
      if (uuid !== root && forests.every((forest) => forest.rootOf(uuid) !== root)) return uuid;
      const before = this.#before[at] as number;
      // What has the same roots as the end now always has: it is passed once.
      if (this.#before[end] === at && forests.every((forest) => forest.rootOf(uuid) === forest.rootOf(last)))
        this.#before[end] = before;
      at = before;
    }
    return NONE;
  }
}

/**
 * The end of the conversation as a file is read, row by row: rows that are new, and copies that a compaction writes below its
 * boundary. Other copies of rows are not where it goes on.
 */
export class MainChain {
  /** The last boundary, or -1. */
  boundary = NONE;
  readonly #index: RowIndex;
  readonly #isMain: (row: number) => boolean;
  /** Last row with a uuid so far, and the first one; or -1. */
  readonly #latest: Int32Array;
  readonly #first: Int32Array;
  readonly #isNew: Uint8Array;
  /** Last row with each uuid. Where nothing is compacted, the first one if all its copies have the same parent. */
  readonly #settledAt: Int32Array;
  readonly #all = new Places();
  /** Those that are where they are, also for readers to whom the last copy counts. */
  readonly #settled = new Places();

  constructor(index: RowIndex, isMain: (row: number) => boolean) {
    this.#index = index;
    this.#isMain = isMain;
    this.#latest = new Int32Array(index.uuids.count).fill(NONE);
    this.#first = new Int32Array(index.uuids.count).fill(NONE);
    this.#isNew = new Uint8Array(index.count);
    this.#settledAt = lastRows(index);
    if (index.hasFlag(COMPACT_BOUNDARY)) return;
    const first = firstRows(index);
    for (let row = 0; row < index.count; row++) {
      const id = index.uuid[row] as number;
      if (index.parent[row] !== index.parent[first[id] as number]) first[id] = this.#settledAt[id] as number;
    }
    this.#settledAt.set(first);
  }

  pass(row: number): void {
    const { uuid, parent, flags } = this.#index;
    const id = uuid[row] as number;
    const isFirst = this.#first[id] === NONE;
    const isCopied = !isFirst && Math.max(this.#first[id] as number, this.#latest[id] as number) < this.boundary;
    const link = parent[row] as number;
    const above = isCopied && link !== NONE ? (this.#latest[link] as number) : NONE;
    const isNew = isFirst || (above !== NONE && above >= this.boundary && this.#isNew[above] !== 0);
    if (isNew) this.#isNew[row] = 1;
    if (isFirst) this.#first[id] = row;
    this.#latest[id] = row;
    if (!this.#isMain(row)) return;
    if (isFirst && ((flags[row] as number) & COMPACT_BOUNDARY) !== 0) this.boundary = row;
    if (isNew) this.#all.push(id, row, link);
    if ((this.#settledAt[id] as number) <= row) this.#settled.push(id, isNew ? row : (this.#first[id] as number), link);
  }

  /**
   * Returns the uuid from which a row of the uuid `root` may go on, or -1: the last that is not below it in any of the forests.
   * `isSettled`: only uuids count that are where they are, also for readers to whom the last copy counts.
   */
  lastOutside(root: number, forests: readonly Forest[], isSettled: boolean): number {
    return (isSettled ? this.#settled : this.#all).lastOutside(root, forests);
  }
}
