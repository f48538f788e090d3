import { MAIN_LINE, OffWalk, Rewinds } from "./off-line.ts";
import { COMPACT_BOUNDARY, PARENT_UNKNOWN, QUEUED_COMMAND, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { SYSTEM } from "../rows/row-kinds.ts";
import { pathDown, withInserted } from "./row-list.ts";
import type { LoadRow, Tree } from "./row-tree.ts";
import { asObject, type JsonObject } from "../rows/json-values.ts";

const NONE = -1;

/** A row of the whole conversation. */
export interface PlacedRow {
  /** The last copy, whose content counts. */
  readonly row: number;
  /** The first copy, whose place counts. */
  readonly at: number;
}

/** What of the main chain is not on the main line. */
export interface OffLine {
  /** What rewinds left behind: each branch leaves the main line, or another branch. In file order. */
  readonly branches: readonly (readonly PlacedRow[])[];
  /** What has no connection with the main line, although no rewind cut it off. In file order. */
  readonly unconnected: readonly (readonly PlacedRow[])[];
}

/** What a compaction kept. Uuids by their numbers. */
interface Kept {
  /** The row that they follow for the model, which is the summary. */
  readonly anchor: number;
  readonly uuids: readonly number[];
  /** Only the first and the last are named. */
  readonly isRange: boolean;
}

/**
 * The whole conversation, through compactions. The links alone do not give it: a compaction begins a new tree, its boundary
 * may name a row that is not the end of the conversation, and CLIs have appended copies of old rows.
 *
 * A row hangs on the copy of its parent that was written last before it. A boundary hangs on what was the end of the
 * conversation when it was written: the row that it names (`logicalParentUuid`) if that was first written after the
 * boundary before, and not copied since; else the last message before it. On that hangs, too, what followed the copy of a
 * row from before the compaction, unless the copy hangs below the summary. What followed a kept message followed the
 * summary of the compaction that kept it.
 *
 * Every pass here takes each row once, and a boundary's row is the only one that is loaded.
 */
export class History {
  readonly #tree: Tree;
  readonly #index: RowIndex;
  /** First copy of each uuid, by its number. */
  readonly #first: Int32Array;
  /** Row above each copy, or -1. */
  readonly #above: Int32Array;
  readonly #boundaries: number[] = [];
  /** By boundary. */
  readonly #kept = new Map<number, Kept>();

  /** `tree`: of all rows. */
  constructor(tree: Tree, load: LoadRow) {
    this.#tree = tree;
    this.#index = tree.index;
    this.#first = new Int32Array(this.#index.uuids.count).fill(NONE);
    this.#above = new Int32Array(this.#index.count).fill(NONE);
    this.#read(load);
  }

  /** Where the row was first written. */
  placeOf(row: number): number {
    return this.#first[this.#index.uuid[row] as number] as number;
  }

  /**
   * The end of the whole conversation. That is `leaf`, the end for the model, unless that is the copy of an old row which was
   * appended after a compaction: then it is the last message that was new.
   */
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

  /**
   * The same where that is a message that the last compaction of `chain` kept: what stands behind the boundary is said later,
   * if only its summary.
   */
  behindKept(end: number, chain: Int32Array): number {
    if (!this.#index.hasFlag(COMPACT_BOUNDARY)) return end;
    const boundary = chain.findLast((row) => this.#tree.isFlagged(row, COMPACT_BOUNDARY));
    if (boundary === undefined || this.placeOf(end) > this.placeOf(boundary) || !chain.includes(end)) return end;
    return chain.findLast((row) => this.placeOf(row) >= this.placeOf(boundary)) ?? end;
  }

  /**
   * The main line up to `end`, each row once, where it was said first. `chain`: the conversation as the model has it; each row
   * of it is on the line. What a compaction kept stands where it was said, unless a part of it was written only after the
   * boundary: then all of it stands where the model has it.
   */
  line(end: number, chain: Int32Array): Int32Array {
    const { uuid: uuidOf } = this.#index;
    const path = this.#pathTo(end);
    // Nearly always, and then nothing was written twice or moved.
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
      else {
        const list = further.get(before);
        if (list === undefined) further.set(before, [uuid]);
        else list.push(uuid);
      }
    }
    const uuids = placed.subarray(0, count);
    const all = further.size === 0 ? uuids : withInserted(uuids, further, further.get(NONE));
    return all.map((uuid) => this.#tree.rowOf[uuid] as number);
  }

  /**
   * Where on the line the part begins that the model has: at the last boundary that begins a tree; -1 where there is none.
   */
  borderOf(line: Int32Array): number {
    if (!this.#index.hasFlag(COMPACT_BOUNDARY)) return NONE;
    const begins = (row: number): boolean =>
      this.#tree.isFlagged(row, COMPACT_BOUNDARY) && this.#tree.parent(row) === NONE;
    return line.findLastIndex(begins);
  }

  /** What of the main chain is neither on the main line nor beside it; `taken` marks those rows. */
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
      this.placeOf(row) === row && this.#tree.isMain(row) && owners[this.#index.uuid[row] as number] === 0;
    const walk = new OffWalk(this.#index, this.#above, owners);
    const hasChild = this.#parentsOnMain();
    const cut = this.#cutOff();
    const branches: PlacedRow[][] = [];
    const unconnected: PlacedRow[][] = [];
    const take = (end: number): void => {
      if (!isOff(end)) return;
      const { rows, isConnected } = walk.take(end);
      const part = rows
        .filter((row) => this.#tree.isMain(row))
        .map((row) => this.#placed(this.#index.uuid[row] as number));
      const isSaid = part.some(
        ({ row }) =>
          this.#tree.isMessage(row) || this.#index.kind[row] === SYSTEM || this.#tree.isFlagged(row, QUEUED_COMMAND),
      );
      if (!isSaid) return;
      const [top] = part;
      const isCut = top !== undefined && cut[top.at] !== 0 && cut[end] !== 0;
      (isConnected || isCut ? branches : unconnected).push(part);
    };
    // Of a tree by itself its last end is its conversation, and what leaves that a branch. Of what hangs on the main line the
    // first branch has what several share.
    for (const row of off.toReversed()) if (hasChild[row] === 0 && isOff(row) && !walk.leadsToLine(row)) take(row);
    for (const row of off) if (hasChild[row] === 0) take(row);
    // What is left hangs in a circle.
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
    /** The row itself, or, of one that is progress or of a sidechain, the nearest above that is not; or -1. */
    const onMain = new Int32Array(index.count).fill(NONE);
    const forward: number[] = [];
    const rewinds = new Rewinds(index);
    let boundary = NONE;
    let lastMain = NONE;
    /** The end of the conversation as it was written so far. */
    let end = NONE;
    const { uuid: uuidOf, parent: parentOf } = index;
    // Most of this runs before it is compiled, when locals cost less than members.
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
        if (isKept) above = this.#anchorOf(boundary, latest, row);
        else if (boundary !== NONE && isFirst && above > boundary && isNew[above] === 0) above = end;
      } else if (parent !== NONE && parent !== uuid && tree.rowOf[parent] !== NONE) forward.push(row);
      else if (isBoundary) {
        const named = isFirst
          ? this.#named(load(row), { boundary, end, latest, rewoundTo: rewinds.leafBetween(boundary, row) })
          : NONE;
        above = isFirst ? (named === NONE ? end : named) : (aboveOf[first[uuid] as number] as number);
      } else if ((parent !== NONE || tree.isFlagged(row, PARENT_UNKNOWN)) && !tree.isFlagged(row, SIDECHAIN))
        above = lastMain;
      const firstRow = first[uuid] as number;
      if (!isFirst && !isBoundary && parent !== parentOf[firstRow]) above = aboveOf[firstRow] as number;
      aboveOf[row] = above;
      onMain[row] = isMain ? row : above === NONE ? NONE : (onMain[above] as number);
      latest[uuid] = row;
      isNew[row] = isFirst || (above !== NONE && above >= boundary && isNew[above] !== 0) ? 1 : 0;
      if (!isFirst || !isMain) continue;
      lastMain = row;
      // A notice that hangs elsewhere is not where the conversation goes on.
      if (isBoundary || tree.isMessage(row) || above === end) end = row;
      if (!isBoundary) continue;
      boundary = row;
      this.#boundaries.push(row);
      const kept = keptOf(load(row), index);
      if (kept === undefined) continue;
      this.#kept.set(row, kept);
      for (const one of kept.uuids) keptBy[one] = row;
    }
    for (const row of forward) this.#above[row] = this.#first[index.parent[row] as number] as number;
  }

  /** The row that a boundary names as the one before it, if that can be; or -1. */
  #named({ logicalParentUuid: name }: JsonObject, { boundary, end, latest, rewoundTo }: Before): number {
    const uuid = typeof name === "string" ? this.#index.uuids.find(name) : NONE;
    const row = uuid === NONE ? NONE : (this.#first[uuid] as number);
    if (row === NONE || !this.#tree.isMain(row)) return NONE;
    if (name === rewoundTo) return row;
    const copy = latest[uuid] as number;
    const isCopied = copy !== row && copy > end;
    return row > boundary && !isCopied ? row : NONE;
  }

  /** What the messages that a compaction kept follow: its summary, or, where there is none before `row`, its boundary. */
  #anchorOf(boundary: number, latest: Int32Array, row: number): number {
    const anchor = this.#kept.get(boundary)?.anchor ?? NONE;
    const at = anchor === NONE ? NONE : (latest[anchor] as number);
    return at > boundary && at < row ? at : boundary;
  }

  /** The rows from a root down to `row`. A circle is cut where it closes. */
  #pathTo(row: number): Int32Array {
    return pathDown(row, (at) => this.#above[at] as number, new Uint8Array(this.#index.count));
  }

  /**
   * What compactions on the path kept and was written on both sides of their boundaries, by the uuid that it stands after. Of
   * what several kept the last one decides.
   */
  #moved(path: Int32Array): { readonly uuids: Set<number>; readonly after: Map<number, readonly number[]> } {
    const uuids = new Set<number>();
    const after = new Map<number, readonly number[]>();
    // Most conversations have no compaction that kept anything.
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

  /** The rows from the first to the last that were kept; up to one that a later compaction kept. */
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

  /** Rows of the main chain that another row of it hangs on, progress and sidechains between them or not. */
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

  /** Rows that a rewind which was written down cut off: those behind its leaf that stand before it. */
  #cutOff(): Uint8Array {
    const { checkpoints, count, uuids } = this.#index;
    const cut = new Uint8Array(count);
    const ends = new Int32Array(count + 1);
    for (const { leaf, explicit, at } of checkpoints) {
      if (!explicit) continue;
      const uuid = leaf === null ? NONE : uuids.find(leaf);
      const from = uuid === NONE ? NONE : (this.#first[uuid] as number);
      if (leaf === null || from !== NONE) ends[from + 1] = Math.max(ends[from + 1] as number, at);
    }
    for (let row = 0, end = 0; row < count; row++) {
      end = Math.max(end, ends[row] as number);
      if (row < end) cut[row] = 1;
    }
    return cut;
  }

  #placed(uuid: number): PlacedRow {
    return { row: this.#tree.rowOf[uuid] as number, at: this.#first[uuid] as number };
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What stands before a boundary. */
interface Before {
  /** The boundary before. */
  readonly boundary: number;
  /** The last message. */
  readonly end: number;
  /** The last copy of each uuid, by its number. */
  readonly latest: Int32Array;
  /** Where the last rewind since then went to that was written down. */
  readonly rewoundTo: string | null | undefined;
}

const byPlace = (a: readonly PlacedRow[], b: readonly PlacedRow[]): number => (a[0]?.at ?? 0) - (b[0]?.at ?? 0);

function keptOf({ compactMetadata }: JsonObject, { uuids }: RowIndex): Kept | undefined {
  const metadata = asObject(compactMetadata);
  const messages = asObject(metadata?.["preservedMessages"]);
  const segment = asObject(metadata?.["preservedSegment"]);
  const named = messages?.["uuids"] ?? [segment?.["headUuid"], segment?.["tailUuid"]];
  const numbers = (Array.isArray(named) ? named : []).map((uuid: unknown) =>
    typeof uuid === "string" ? uuids.find(uuid) : NONE,
  );
  const known = numbers.filter((number) => number !== NONE);
  const anchor = (messages ?? segment)?.["anchorUuid"];
  if (known.length === 0) return undefined;
  return {
    anchor: typeof anchor === "string" ? uuids.find(anchor) : NONE,
    uuids: messages === undefined ? numbers : known,
    isRange: messages === undefined,
  };
}
