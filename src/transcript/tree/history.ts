import { MAIN_LINE, offWalk, rewindFinder } from "./off-line.ts";
import {
  COMPACT_BOUNDARY,
  COMPACT_SUMMARY,
  NONE,
  PARENT_UNKNOWN,
  QUEUED_COMMAND,
  type RowIndex,
} from "../rows/row-index.ts";
import { SYSTEM } from "../rows/row-kinds.ts";
import { pathDown, push, withInserted } from "./row-list.ts";
import { type LoadRow, preservedBy, type Tree } from "./row-tree.ts";
import type { JsonObject } from "../rows/json-values.ts";

/** A row of the whole conversation. A uuid may have several copies in the file. */
export interface PlacedRow {
  /** The last copy, which has the content. */
  readonly row: number;
  /** The first copy, which has the position. */
  readonly at: number;
}

/** Rows of the main chain that are not on the main line. */
export interface OffLine {
  /** Branches that rewinds abandoned, in file order. Each leaves the main line or another branch. */
  readonly branches: readonly (readonly PlacedRow[])[];
  /** Parts without a connection to the main line that no rewind cut off, in file order. */
  readonly unconnected: readonly (readonly PlacedRow[])[];
}

/** Messages that a compaction kept, by the numbers of their uuids. */
interface Kept {
  /** The row that they follow for the model: the summary. */
  readonly anchor: number;
  readonly uuids: readonly number[];
  /** `uuids` has only the first and the last of them. */
  readonly isRange: boolean;
}

/**
 * The whole conversation, through compactions. The links alone do not give it: a boundary begins a new tree and may name a row
 * that is not the end of the conversation, and CLIs have appended copies of old rows.
 *
 * A row follows the latest copy of its parent that was written before it. A boundary follows the end of the conversation
 * at the time it was written: the row that it names (`logicalParentUuid`) if that was first written after the previous
 * boundary and not copied since; else the last message before it. The same end is the parent of rows that follow a copy of
 * a row from before the compaction, unless the copy is below the summary. Rows that follow a kept message follow the
 * summary of the compaction that kept it. Each pass visits each row once, and only rows of boundaries are loaded.
 */
export class History {
  readonly #tree: Tree;
  readonly #index: RowIndex;
  /** First copy of each uuid, by its number; or -1. */
  readonly #first: Int32Array;
  /** Parent row of each copy, or -1. */
  readonly #above: Int32Array;
  readonly #boundaries: number[] = [];
  /** Kept messages by the row of the boundary. */
  readonly #kept = new Map<number, Kept>();

  /** `tree`: the tree of all rows. */
  constructor(tree: Tree, load: LoadRow) {
    this.#tree = tree;
    this.#index = tree.index;
    this.#first = new Int32Array(this.#index.uuids.count).fill(NONE);
    this.#above = new Int32Array(this.#index.count).fill(NONE);
    this.#read(load);
  }

  /** Returns the first copy of a row. */
  placeOf(row: number): number {
    return this.#first[this.#index.uuid[row] as number] as number;
  }

  /** Returns the end of the whole conversation: the last new message if `leaf` is a copy appended after a compaction. */
  endFor(leaf: number): number {
    const place = this.placeOf(leaf);
    if (!this.#boundaries.some((row) => row > place && row < leaf)) return leaf;
    const hasChild = this.#parentsOnMain();
    const passed = new Uint8Array(this.#index.count);
    for (let row = this.#index.count - 1; row >= 0; row--) {
      if (this.placeOf(row) !== row || hasChild[row] !== 0 || !this.#tree.isMain(row)) continue;
      for (let at = row; at !== NONE && passed[at] === 0; at = this.#above[at] as number) {
        if (this.#tree.isMessage(at)) return at;
        passed[at] = 1;
      }
    }
    return leaf;
  }

  /** Returns the end of the conversation, which is after its last message `end` if the last compaction kept that. */
  endAfterKept(end: number, chain: Int32Array): number {
    if (!this.#index.hasFlag(COMPACT_BOUNDARY)) return end;
    const boundary = chain.findLast((row) => this.#tree.isFlagged(row, COMPACT_BOUNDARY));
    if (boundary === undefined || this.placeOf(end) > this.placeOf(boundary) || !chain.includes(end)) return end;
    return chain.findLast((row) => this.placeOf(row) >= this.placeOf(boundary)) ?? end;
  }

  /**
   * Returns the main line up to `end`, each row once, at its first position, with each row of `chain`, which the model has. If
   * some messages that a compaction kept were only written after the boundary, all are where the model has them.
   */
  line(end: number, chain: Int32Array): Int32Array {
    const { uuid: uuidOf } = this.#index;
    const path = pathDown(end, (at) => this.#above[at] as number, new Uint8Array(this.#index.count));
    // The usual case: nothing was written twice or moved.
    if (this.#kept.size === 0 && isSame(path, chain)) return chain;
    const moved = this.#moved(path);
    const isPlaced = new Uint8Array(this.#index.uuids.count);
    const placed = new Int32Array(this.#index.uuids.count);
    let count = 0;
    const put = (uuid: number): void => {
      if (isPlaced[uuid] !== 0 || this.#tree.rowOf[uuid] === NONE) return;
      isPlaced[uuid] = 1;
      placed[count++] = uuid;
    };
    for (const row of path) {
      const uuid = uuidOf[row] as number;
      if (!moved.uuids.has(uuid)) put(uuid);
      for (const kept of moved.after.get(uuid) ?? []) put(kept);
    }
    const further = new Map<number, number[]>();
    let before = NONE;
    for (const row of chain) {
      const uuid = uuidOf[row] as number;
      if (isPlaced[uuid] !== 0) before = uuid;
      else push(further, before, uuid);
    }
    const uuids = placed.subarray(0, count);
    const all = further.size === 0 ? uuids : withInserted(uuids, further, further.get(NONE));
    return all.map((uuid) => this.#tree.rowOf[uuid] as number);
  }

  /** Returns the place on the line of the last boundary that begins a tree, or -1. The model has the part from there on. */
  borderOf(line: Int32Array): number {
    if (!this.#index.hasFlag(COMPACT_BOUNDARY)) return NONE;
    const begins = (row: number): boolean =>
      this.#tree.isFlagged(row, COMPACT_BOUNDARY) && this.#tree.parent(row) === NONE;
    return line.findLastIndex(begins);
  }

  /** Returns the rows of the main chain that are neither on the main line nor next to it; `taken` marks those that are. */
  offLine(taken: Uint8Array): OffLine {
    const { count, uuid: uuidOf } = this.#index;
    const { rowOf } = this.#tree;
    const off: number[] = [];
    for (let row = 0; row < count; row++) {
      const last = rowOf[uuidOf[row] as number] as number;
      if ((last === NONE || taken[last] === 0) && this.placeOf(row) === row && this.#tree.isMain(row)) off.push(row);
    }
    if (off.length === 0) return { branches: [], unconnected: [] };
    const owners = new Int32Array(this.#index.uuids.count);
    for (const row of this.#tree.rows) if (taken[row] !== 0) owners[uuidOf[row] as number] = MAIN_LINE;
    const isOff = (row: number): boolean =>
      this.placeOf(row) === row && this.#tree.isMain(row) && owners[uuidOf[row] as number] === 0;
    const walk = offWalk(this.#index, this.#above, owners);
    const hasChild = this.#parentsOnMain();
    const cut = this.#cutOff();
    const branches: PlacedRow[][] = [];
    const unconnected: PlacedRow[][] = [];
    const take = (end: number): void => {
      if (!isOff(end)) return;
      const { rows, isConnected } = walk.take(end);
      const part = rows
        .filter((row) => this.#tree.isMain(row))
        .map((at) => ({ row: rowOf[uuidOf[at] as number] as number, at: this.placeOf(at) }));
      const isSaid = part.some(
        ({ row }) =>
          this.#tree.isMessage(row) || this.#index.kind[row] === SYSTEM || this.#tree.isFlagged(row, QUEUED_COMMAND),
      );
      if (!isSaid) return;
      const [top] = part;
      const isCut = top !== undefined && cut[top.at] !== 0 && cut[end] !== 0;
      (isConnected || isCut ? branches : unconnected).push(part);
    };
    // In a separate tree the last end is the conversation, and rows that leave it are branches. Of branches that leave the
    // main line together, the first has the rows that they share.
    for (const row of off.toReversed()) if (hasChild[row] === 0 && isOff(row) && !walk.leadsToLine(row)) take(row);
    for (const row of off) if (hasChild[row] === 0) take(row);
    // The rest is in cycles.
    for (const row of off) take(row);
    return { branches: branches.sort(byPlace), unconnected: unconnected.sort(byPlace) };
  }

  #read(load: LoadRow): void {
    const index = this.#index;
    const tree = this.#tree;
    const latest = new Int32Array(index.uuids.count).fill(NONE);
    const keptBy = new Int32Array(index.uuids.count).fill(NONE);
    /** Rows that are new since the last boundary, and copies below those. */
    const isNew = new Uint8Array(index.count);
    /** The row itself if it is on the main chain, else its nearest ancestor that is; or -1. */
    const onMain = new Int32Array(index.count).fill(NONE);
    const forward: number[] = [];
    const rewindBetween = rewindFinder(index);
    let boundary = NONE;
    /** The last row of the summary below the boundary, or -1. */
    let summary = NONE;
    let lastMain = NONE;
    /** The end of the conversation so far. */
    let end = NONE;
    const { uuid: uuidOf, parent: parentOf } = index;
    // Locals: most of this runs before it is compiled, when members cost more.
    const [first, aboveOf] = [this.#first, this.#above];
    for (let row = 0; row < index.count; row++) {
      const uuid = uuidOf[row] as number;
      const parent = parentOf[row] as number;
      const isMain = tree.isMain(row);
      const isFirst = first[uuid] === NONE;
      const isBoundary = isMain && tree.isFlagged(row, COMPACT_BOUNDARY);
      if (isFirst) first[uuid] = row;
      let above = parent === NONE || parent === uuid ? NONE : (latest[parent] as number);
      if (above !== NONE) {
        const said = onMain[above] as number;
        const isKept = above < boundary && said !== NONE && keptBy[uuidOf[said] as number] === boundary;
        if (isKept) above = this.#anchorOf(boundary, latest, row, summary);
        else if (boundary !== NONE && isFirst && above > boundary && isNew[above] === 0) above = end;
      } else if (parent !== NONE && parent !== uuid && tree.rowOf[parent] !== NONE) forward.push(row);
      else if (isBoundary) {
        const named = isFirst
          ? this.#named(load(row), { boundary, end, latest, rewoundTo: rewindBetween(boundary, row) })
          : NONE;
        above = isFirst ? (named === NONE ? end : named) : (aboveOf[first[uuid] as number] as number);
      } else if ((parent !== NONE || tree.isFlagged(row, PARENT_UNKNOWN)) && !tree.isAside(row)) above = lastMain;
      const firstRow = first[uuid] as number;
      if (!isFirst && !isBoundary && parent !== parentOf[firstRow]) above = aboveOf[firstRow] as number;
      aboveOf[row] = above;
      onMain[row] = isMain ? row : above === NONE ? NONE : (onMain[above] as number);
      latest[uuid] = row;
      isNew[row] = isFirst || (above !== NONE && above >= boundary && isNew[above] !== 0) ? 1 : 0;
      if (!isFirst || !isMain) continue;
      lastMain = row;
      // The conversation does not continue from a notice elsewhere in the tree.
      if (isBoundary || tree.isMessage(row) || above === end) end = row;
      const isBelow = above !== NONE && (above === boundary || above === summary);
      if (isBelow && tree.isFlagged(row, COMPACT_SUMMARY)) summary = row;
      if (!isBoundary) continue;
      boundary = row;
      summary = NONE;
      this.#boundaries.push(row);
      const kept = keptOf(load(row), index);
      if (kept === undefined) continue;
      this.#kept.set(row, kept);
      for (const one of kept.uuids) keptBy[one] = row;
    }
    for (const row of forward) this.#above[row] = this.#first[index.parent[row] as number] as number;
  }

  /** Returns the row that a boundary names as the one before it, if it can be; else -1. */
  #named({ logicalParentUuid: name }: JsonObject, { boundary, end, latest, rewoundTo }: Before): number {
    const uuid = this.#index.uuids.find(name);
    const row = uuid === NONE ? NONE : (this.#first[uuid] as number);
    if (row === NONE || !this.#tree.isMain(row)) return NONE;
    if (name === rewoundTo) return row;
    const copy = latest[uuid] as number;
    const isCopied = copy !== row && copy > end;
    return row > boundary && !isCopied ? row : NONE;
  }

  /** Returns the row that kept messages follow: what the boundary names if it is before `row`, else the summary. */
  #anchorOf(boundary: number, latest: Int32Array, row: number, summary: number): number {
    const anchor = this.#kept.get(boundary)?.anchor ?? NONE;
    const at = anchor === NONE ? NONE : (latest[anchor] as number);
    return at >= boundary && at < row ? at : Math.max(boundary, summary);
  }

  /** Returns kept messages on both sides of their boundary, by the uuid that they come after. The last boundary decides. */
  #moved(path: Int32Array): { readonly uuids: Set<number>; readonly after: Map<number, readonly number[]> } {
    const uuids = new Set<number>();
    const after = new Map<number, readonly number[]>();
    if (this.#kept.size === 0) return { uuids, after };
    const onPath = new Uint8Array(this.#index.uuids.count);
    for (const row of path) onPath[this.#index.uuid[row] as number] = 1;
    for (let i = path.length - 1; i >= 0; i--) {
      const boundary = path[i] as number;
      const kept = this.#kept.get(boundary);
      if (kept === undefined || !kept.uuids.some((uuid) => (this.#first[uuid] as number) > boundary)) continue;
      const all = (kept.isRange ? this.#rangeOf(kept, boundary, uuids) : kept.uuids).filter((uuid) => !uuids.has(uuid));
      for (const uuid of all) uuids.add(uuid);
      const isThere = kept.anchor !== NONE && onPath[kept.anchor] !== 0 && !uuids.has(kept.anchor);
      after.set(isThere ? kept.anchor : (this.#index.uuid[boundary] as number), all);
    }
    return { uuids, after };
  }

  /** Returns the rows from the first kept one to the last, or only those after one that a later compaction kept. */
  #rangeOf({ anchor, uuids }: Kept, boundary: number, later: ReadonlySet<number>): number[] {
    const [head = NONE, tail = NONE] = uuids;
    const range: number[] = [];
    const seen = new Set<number>();
    let at = tail === NONE ? NONE : (this.#first[tail] as number);
    while (at !== NONE) {
      const uuid = this.#index.uuid[at] as number;
      if (later.has(uuid) || seen.has(uuid)) break;
      seen.add(uuid);
      if (at !== boundary && uuid !== anchor) range.push(uuid);
      if (uuid === head) break;
      at = this.#above[at] as number;
    }
    return range.reverse();
  }

  /** Marks the rows of the main chain that have a child there, or one with only progress and sidechains between. */
  #parentsOnMain(): Uint8Array {
    const parents = new Uint8Array(this.#index.count);
    const passed = new Uint8Array(this.#index.count);
    for (let row = 0; row < this.#index.count; row++) {
      if (this.placeOf(row) !== row || !this.#tree.isMain(row)) continue;
      let above = this.#above[row] as number;
      while (above !== NONE && !this.#tree.isMain(above) && passed[above] === 0) {
        passed[above] = 1;
        above = this.#above[above] as number;
      }
      if (above !== NONE) parents[this.placeOf(above)] = 1;
    }
    return parents;
  }

  /** Marks the rows that a recorded rewind cut off: those between its leaf and the rewind, in file order. */
  #cutOff(): Uint8Array {
    const { checkpoints, count, uuids } = this.#index;
    const cut = new Uint8Array(count);
    const ends = new Int32Array(count + 1);
    for (const { leaf, explicit, at } of checkpoints) {
      if (!explicit) continue;
      const uuid = uuids.find(leaf);
      const from = uuid === NONE ? NONE : (this.#first[uuid] as number);
      if (leaf === null || from !== NONE) ends[from + 1] = Math.max(ends[from + 1] as number, at);
    }
    for (let row = 0, end = 0; row < count; row++) {
      end = Math.max(end, ends[row] as number);
      if (row < end) cut[row] = 1;
    }
    return cut;
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** State of the reading before a boundary. `rewoundTo`: leaf of the last recorded rewind since the previous one. */
type Before = Readonly<{ boundary: number; end: number; latest: Int32Array; rewoundTo: string | null | undefined }>;

const byPlace = (a: readonly PlacedRow[], b: readonly PlacedRow[]): number => (a[0]?.at ?? 0) - (b[0]?.at ?? 0);

function keptOf(boundary: JsonObject, { uuids }: RowIndex): Kept | undefined {
  const { messages, segment } = preservedBy(boundary);
  const named = messages?.["uuids"] ?? [segment?.["headUuid"], segment?.["tailUuid"]];
  const numbers = (Array.isArray(named) ? named : []).map((uuid: unknown) => uuids.find(uuid));
  const known = numbers.filter((number) => number !== NONE);
  if (known.length === 0) return undefined;
  return {
    anchor: uuids.find((messages ?? segment)?.["anchorUuid"]),
    uuids: messages === undefined ? numbers : known,
    isRange: messages === undefined,
  };
}
