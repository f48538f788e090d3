import { findLeaf, messageAbove } from "../tree/leaf.ts";
import { insertParallel } from "../tree/parallel-tool-results.ts";
import { hasResult } from "../tree/tool-blocks.ts";
import { COMPACT_BOUNDARY, NONE, type RowIndex } from "../rows/row-index.ts";
import { ASSISTANT, USER } from "../rows/row-kinds.ts";
import { type LoadRow, Tree } from "../tree/row-tree.ts";

/** Maximum number of trees made of one cut; each is a pass over the rows. Real transcripts need one or two. */
const MAX_TREES = 32;

/**
 * Returns the cut without rows that would make its conversation end elsewhere. Removes one end after the other, the last in
 * the file first, with the rows that depend only on it. After `MAX_TREES` removes all rows that the conversation does not
 * depend on. `links`: `link` of the tree of all rows.
 */
export function removeOtherEnds(
  index: RowIndex,
  links: Int32Array,
  slice: Uint8Array,
  preserved: (boundary: number) => ReadonlySet<unknown>,
  load: LoadRow,
): Uint8Array {
  const last = slice.lastIndexOf(1);
  if (last < 0) return slice;
  const cut = new Cut(index, links, slice, last, load);
  if (cut.removal.start === NONE) return slice;
  cut.removeBoundaries(preserved);
  for (let tree = 0; tree < MAX_TREES; tree++) if (cut.removeEnds()) return cut.keep;
  cut.removeAll();
  return cut.keep;
}

class Cut {
  readonly keep: Uint8Array;
  readonly #index: RowIndex;
  readonly #links: Int32Array;
  readonly #load: LoadRow;
  /** The rows of the conversation that the cut should have. */
  readonly #wanted: ReadonlySet<number>;
  /** Places of the rows on its path. */
  readonly #placeOf = new Map<number, number>();
  /** Place of the last row that cannot be inserted into a conversation from outside its path. */
  readonly #lastOnPath: number;
  readonly removal: ReturnType<typeof removalFrom>;

  constructor(index: RowIndex, links: Int32Array, slice: Uint8Array, last: number, load: LoadRow) {
    this.#index = index;
    this.#links = links;
    this.#load = load;
    this.keep = slice.slice();
    const tree = this.#tree();
    // The conversation that would be read if one more row followed.
    const end = messageAbove(tree, last);
    const leaf = end === NONE ? (findLeaf(tree, undefined, load)?.row ?? NONE) : end;
    const { path, chain } = this.#conversationTo(tree, leaf);
    this.#wanted = new Set(chain);
    // If the tree has a cycle or was relinked, the path to an earlier row need not be a prefix of this one.
    const isStraight = !tree.isRelinked && path[0] !== undefined && tree.parent(path[0]) === NONE;
    if (isStraight) path.forEach((row, place) => this.#placeOf.set(row, place));
    this.#lastOnPath = path.findLastIndex((row) => !this.#canBeInserted(row));
    const asWritten = new Tree(index, { keep: slice, allMain: true, links });
    const live = new Uint8Array(index.count);
    for (const row of [last, ...chain]) asWritten.pathTo(row, live);
    this.removal = removalFrom(asWritten, this.keep, live, chain[0]);
  }

  /** Removes boundaries that would only hide the conversation: they keep no row that it depends on. */
  removeBoundaries(preserved: (boundary: number) => ReadonlySet<unknown>): void {
    const { flags, count } = this.#index;
    for (let row = 0; row < count; row++) {
      if (this.keep[row] === 0 || ((flags[row] as number) & COMPACT_BOUNDARY) === 0) continue;
      if (!this.removal.canGo(row)) continue;
      if (![...preserved(row)].some(this.removal.isLive)) this.removal.remove(row);
    }
  }

  /** Removes ends. Returns true if the conversation ends where it should or nothing more can go; false if a new tree is needed. */
  removeEnds(): boolean {
    const { keep } = this;
    const index = this.#index;
    const tree = this.#tree();
    const { link } = tree;
    const children = new Uint32Array(index.uuids.count);
    for (const row of tree.rows) {
      const above = link[row] as number;
      if (above !== NONE && tree.isMain(row)) children[above] = (children[above] as number) + 1;
    }
    const dead = new Uint8Array(index.count);
    let changed = false;
    for (let end = index.count - 1; end >= 0; end--) {
      const uuid = index.uuid[end] as number;
      if (keep[end] === 0 || tree.rowOf[uuid] !== end || children[uuid] !== 0 || !tree.isMain(end)) continue;
      const leaf = this.#messageAbove(tree, end, dead);
      if (leaf === NONE) continue;
      // Whether this is the wanted conversation is expensive to find out.
      if (this.#wanted.has(leaf) && (this.#placeOf.get(leaf) ?? Infinity) >= this.#lastOnPath) {
        // Rows next to the chain must be searched in a tree of the rest.
        if (changed) return false;
        const { chain } = this.#conversationTo(tree, leaf);
        if (chain.length === this.#wanted.size && chain.every((row) => this.#wanted.has(row))) return true;
      }
      if (!this.removal.canGo(end)) return true;
      changed = true;
      if (!this.#updateChildren(tree, children, this.removal.remove(end), end)) return false;
    }
    return true;
  }

  removeAll(): void {
    for (let row = 0; row < this.#index.count; row++) if (this.removal.canGo(row)) this.keep[row] = 0;
  }

  /** Updates the child counts. Returns false if the removal changes more of the tree, or leaves a childless row after `end`. */
  #updateChildren(tree: Tree, children: Uint32Array, removed: readonly number[], end: number): boolean {
    const { link } = tree;
    const childless: number[] = [];
    for (const row of removed) {
      const uuid = this.#index.uuid[row] as number;
      if (tree.isTied(row) || this.removal.isRepeated(uuid)) return false;
      const above = link[row] as number;
      if (above === NONE || !tree.isMain(row)) continue;
      const left = (children[above] as number) - 1;
      children[above] = left;
      if (left === 0 && tree.rowOf[above] !== NONE) childless.push(tree.rowOf[above] as number);
    }
    return childless.every((row) => row < end || this.keep[row] === 0 || !tree.isMain(row));
  }

  #messageAbove(tree: Tree, end: number, dead: Uint8Array): number {
    for (let row = end; row !== NONE && this.keep[row] !== 0 && dead[row] === 0; row = tree.parent(row)) {
      if (tree.isMessage(row)) return row;
      dead[row] = 1;
    }
    return NONE;
  }

  /** Whether a row can be inserted into a conversation whose path does not include it: calls and results of parallel tools. */
  #canBeInserted(row: number): boolean {
    const { kind, message } = this.#index;
    if (kind[row] === ASSISTANT) return message[row] !== NONE;
    return kind[row] === USER && hasResult(this.#load(row));
  }

  #conversationTo(tree: Tree, leaf: number): { path: Int32Array; chain: Int32Array } {
    const onChain = new Uint8Array(this.#index.count);
    const path = tree.pathTo(leaf, onChain);
    return { path, chain: insertParallel(tree, path, onChain, this.#load) };
  }

  #tree(): Tree {
    const tree = new Tree(this.#index, { keep: this.keep, allMain: true, links: this.#links });
    tree.relinkCompactions(this.#load);
    return tree;
  }
}

/** Removes a row, its ancestors up to one that must stay, and later rows that descend from those. Visits each row once. */
function removalFrom(tree: Tree, keep: Uint8Array, live: Uint8Array, firstWanted: number | undefined) {
  const { index, link } = tree;
  const { uuid: uuidOf, uuids } = index;
  /** First row of each uuid in the cut, by number of the uuid, or -1. */
  const first = new Int32Array(uuids.count).fill(NONE);
  const isLiveUuid = new Uint8Array(uuids.count);
  /** Number of rows in the file with a uuid: 0, 1, or 2 for more. */
  const copies = new Uint8Array(uuids.count);
  /** Children of a uuid, and rows with it, the last in the file first; rows that were visited are taken off. */
  const below = new RowLists(uuids.count, index.count);
  const same = new RowLists(uuids.count, index.count);
  for (let row = 0; row < index.count; row++) {
    const uuid = uuidOf[row] as number;
    copies[uuid] = Math.min(2, (copies[uuid] as number) + 1);
    if (keep[row] === 0) continue;
    if (first[uuid] === NONE) first[uuid] = row;
    if (live[row] !== 0) isLiveUuid[uuid] = 1;
    const above = link[row] as number;
    if (above !== NONE) below.add(above, row);
    same.add(uuid, row);
  }
  /** First row of the wanted conversation, or -1. Rows before it stay. */
  const start = firstWanted === undefined ? NONE : (first[uuidOf[firstWanted] as number] as number);
  /** Whether the row may be removed: the conversation does not depend on it or on a copy of it. */
  const canGo = (row: number): boolean => {
    const uuid = uuidOf[row] as number;
    const place = first[uuid] as number;
    return isLiveUuid[uuid] === 0 && place !== NONE && place >= start;
  };
  /** Removes an end. Returns the removed rows. */
  const remove = (end: number): number[] => {
    const removed: number[] = [];
    /** Removed uuids as pairs: number, and the row after which rows that depend on it go. */
    const open: number[] = [];
    for (let row = end; row !== NONE && canGo(row) && keep[row] !== 0; row = tree.parent(row)) {
      keep[row] = 0;
      removed.push(row);
      open.push(uuidOf[row] as number, NONE);
    }
    while (open.length > 0) {
      const after = open.pop() as number;
      const id = open.pop() as number;
      for (const lists of [below, same]) {
        for (let row = lists.takeAfter(id, after); row !== NONE; row = lists.takeAfter(id, after)) {
          if (keep[row] !== 0) removed.push(row);
          keep[row] = 0;
          open.push(uuidOf[row] as number, row);
        }
      }
    }
    return removed;
  };
  return {
    start,
    canGo,
    remove,
    isLive: (uuid: unknown): boolean => isLiveUuid[uuids.find(uuid)] === 1,
    isRepeated: (uuid: number): boolean => (copies[uuid] as number) > 1,
  };
}

/** A list of rows for each uuid, the last row first. */
class RowLists {
  readonly #head: Int32Array;
  readonly #next: Int32Array;

  constructor(uuids: number, rows: number) {
    this.#head = new Int32Array(uuids).fill(NONE);
    this.#next = new Int32Array(rows);
  }

  /** Adds a row; calls must be in file order. */
  add(uuid: number, row: number): void {
    this.#next[row] = this.#head[uuid] as number;
    this.#head[uuid] = row;
  }

  /** Takes the first row off a list if it comes after another in the file; else returns -1. */
  takeAfter(uuid: number, after: number): number {
    const row = this.#head[uuid] as number;
    if (row <= after) return NONE;
    this.#head[uuid] = this.#next[row] as number;
    return row;
  }
}
