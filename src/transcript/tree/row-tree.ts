import { COMPACT_BOUNDARY, FORK_BRIEFING, META, PARENT_UNKNOWN, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { NONE } from "../rows/interned-ids.ts";
import { isMessageKind, PROGRESS } from "../rows/row-kinds.ts";
import { Relinks } from "./relinks.ts";
import { pathDown } from "./row-list.ts";
import { asObject, type JsonObject, membersOf } from "../rows/json-values.ts";

/** Reads the value of a row again. Rows are only loaded if the index does not say enough. */
export type LoadRow = (row: number) => JsonObject;

export interface TreeOptions {
  /** First row of the tree; earlier ones are ignored. */
  readonly from?: number;
  /** Mask of the rows of the tree; absent: all. */
  readonly keep?: Uint8Array;
  /** Counts rows of sidechains as main chain: the file is a subagent's. */
  readonly allMain?: boolean;
  /**
   * `link` of the tree of all rows, for a tree of some of them: rows with an unknown parent have the same parent as there,
   * and rows below a sidechain that is left out have its nearest ancestor that is not.
   */
  readonly links?: Int32Array;
}

/** Returns the members of a compact boundary that name the messages that it kept. */
export function preservedBy(boundary: JsonObject): Record<"messages" | "segment", JsonObject | undefined> {
  const { preservedMessages, preservedSegment } = membersOf(boundary["compactMetadata"]);
  return { messages: asObject(preservedMessages), segment: asObject(preservedSegment) };
}

/**
 * Parents of the rows. Links are numbers of uuids, because a relink may name a uuid without a row. Rows with the same uuid are
 * one row: the last one, at its own position (official-helpers.md §5.2). If a row's parent is not in the file, the row itself,
 * or not a uuid, the nearest earlier row of the main chain is its parent instead.
 */
export class Tree {
  readonly index: RowIndex;
  /** The rows, one for each uuid, in the order in which the uuids first occur. */
  readonly rows: Int32Array;
  /** Number of the parent's uuid, or -1, by row, before compactions are relinked. */
  readonly written: Int32Array;
  /** Last row with a uuid, or -1, by the number of the uuid. */
  readonly rowOf: Int32Array;
  /** The flag of rows that are not on the main chain: `SIDECHAIN`, or none if all rows are. */
  readonly #sidechain: number;
  /** Absent until a compaction is relinked. */
  #relinks: Relinks | undefined;
  /** Boundaries that relinked something, as pairs: row, `mark` of the relinks before it. */
  readonly #boundaries: number[] = [];
  /** Mask of the rows that the result of relinking depends on. */
  #tied: Uint8Array | undefined;
  /** Cache of the current links; undefined if they have changed. */
  #link: Int32Array | undefined;

  constructor(index: RowIndex, { from = 0, keep, allMain = false, links }: TreeOptions = {}) {
    this.index = index;
    this.#sidechain = allMain ? 0 : SIDECHAIN;
    const uuids = index.uuids.count;
    const rowOf = new Int32Array(uuids).fill(NONE);
    const order = new Int32Array(index.count);
    let distinct = 0;
    for (let row = from; row < index.count; row++) {
      if (keep !== undefined && keep[row] === 0) continue;
      const uuid = index.uuid[row] as number;
      if (rowOf[uuid] === NONE) order[distinct++] = uuid;
      rowOf[uuid] = row;
    }
    this.rowOf = rowOf;
    this.rows = order.subarray(0, distinct).map((uuid) => rowOf[uuid] as number);
    this.written = links === undefined ? this.#links(from) : this.#passOverSidechains(links.slice());
    this.#link = this.written;
  }

  /** Number of the parent's uuid, or -1, by row. The array is outdated after `undoRelinks`. */
  get link(): Int32Array {
    if (this.#link !== undefined) return this.#link;
    this.#link = this.written.slice();
    if (this.#relinks !== undefined) for (const row of this.rows) this.#link[row] = this.#relinks.linkOf(row);
    return this.#link;
  }

  /** Returns the parent row, or -1. */
  parent(row: number): number {
    const link = this.#link === undefined && this.#relinks !== undefined ? this.#relinks.linkOf(row) : this.link[row];
    return link === NONE ? NONE : (this.rowOf[link as number] as number);
  }

  /** Returns the last row with a uuid, or -1. */
  rowWith(uuid: unknown): number {
    const number = this.index.uuids.find(uuid);
    return number === NONE ? NONE : (this.rowOf[number] as number);
  }

  /** Whether the conversation can continue from the row: not a sidechain, briefing of a fork, or progress. */
  isMain(row: number): boolean {
    return !this.isFlagged(row, this.#sidechain | FORK_BRIEFING) && this.index.kind[row] !== PROGRESS;
  }

  /** Whether the row is of a sidechain, in a file that is not a subagent's. */
  isAside(row: number): boolean {
    return this.isFlagged(row, this.#sidechain);
  }

  isMessage(row: number): boolean {
    return isMessageKind(this.index.kind[row] as number);
  }

  isFlagged(row: number, flags: number): boolean {
    return ((this.index.flags[row] as number) & flags) !== 0;
  }

  /** Whether the row is neither of a sidechain nor meta. */
  isPlain(row: number): boolean {
    return !this.isFlagged(row, this.#sidechain | META);
  }

  /** Returns the rows from a root down to `row` (`pathDown`). */
  pathTo(row: number, seen = new Uint8Array(this.index.count)): Int32Array {
    return pathDown(row, (at) => this.parent(at), seen);
  }

  /** Moves messages that compactions kept to after the summaries, whose children follow them (official-helpers.md §5.3). */
  relinkCompactions(load: LoadRow): void {
    if (!this.index.hasFlag(COMPACT_BOUNDARY)) return;
    for (const row of this.rows) {
      if (!this.isFlagged(row, COMPACT_BOUNDARY)) continue;
      const { messages, segment } = preservedBy(load(row));
      if (messages === undefined && segment === undefined) continue;
      this.#relinks ??= new Relinks(this.rows, this.written, this.index.uuids.count);
      this.#boundaries.push(row, this.#relinks.mark);
      this.#tie(row);
      if (messages !== undefined) this.#relinkMessages(this.#relinks, messages);
      else if (segment !== undefined) this.#relinkSegment(this.#relinks, segment);
    }
    if (this.#relinks !== undefined) this.#link = undefined;
  }

  get isRelinked(): boolean {
    return this.#relinks !== undefined;
  }

  /** Whether parents of other rows depend on the row: a boundary that relinked rows, or a message that it kept. */
  isTied(row: number): boolean {
    return this.#tied !== undefined && this.#tied[row] !== 0;
  }

  /** Reverts the relinks of the boundary `row` and of all later ones. */
  undoRelinks(row: number): void {
    while (this.#boundaries.length > 0 && (this.#boundaries.at(-2) as number) >= row) {
      this.#relinks?.undoTo(this.#boundaries.pop() as number);
      this.#boundaries.pop();
      this.#link = undefined;
    }
  }

  #relinkMessages(relinks: Relinks, { anchorUuid, uuids }: JsonObject): void {
    if (!Array.isArray(uuids) || uuids.length === 0) return;
    const kept = uuids.map((uuid) => this.rowWith(uuid));
    if (kept.includes(NONE)) return;
    const anchor = this.index.uuids.find(anchorUuid);
    let link = anchor;
    for (const row of kept) {
      this.#tie(row);
      relinks.setLink(row, link);
      link = this.index.uuid[row] as number;
    }
    if (anchor !== NONE) relinks.moveChildren(anchor, link, kept[0] as number);
  }

  #relinkSegment(relinks: Relinks, { headUuid, anchorUuid, tailUuid }: JsonObject): void {
    const anchor = this.index.uuids.find(anchorUuid);
    const head = this.rowWith(headUuid);
    if (head !== NONE) {
      this.#tie(head);
      relinks.setLink(head, anchor);
    }
    if (anchor !== NONE) relinks.moveChildren(anchor, this.index.uuids.find(tailUuid), head);
  }

  #tie(row: number): void {
    this.#tied ??= new Uint8Array(this.index.count);
    this.#tied[row] = 1;
  }

  #links(from: number): Int32Array {
    const { index } = this;
    const link = index.parent.slice(0, index.count);
    // A parent that is left out on purpose ends the chain. A link is only broken if its parent is not in the file.
    const elsewhere = index.uuidsOfRows(index.elsewhere?.slice());
    let lastMain = NONE;
    for (let row = from; row < index.count; row++) {
      if (this.rowOf[index.uuid[row] as number] !== row) continue;
      const parent = link[row] as number;
      const isBroken =
        parent === NONE ? this.isFlagged(row, PARENT_UNKNOWN) : elsewhere[parent] === 0 || parent === index.uuid[row];
      // A boundary begins a new tree, even if it names a parent that is not in the file.
      const isRepaired = isBroken && lastMain !== NONE && !this.isFlagged(row, this.#sidechain | COMPACT_BOUNDARY);
      if (isRepaired) link[row] = index.uuid[lastMain] as number;
      if (this.isMain(row)) lastMain = row;
    }
    return link;
  }

  #passOverSidechains(link: Int32Array): Int32Array {
    const { index } = this;
    /** Links of the rows of sidechains that are left out, by the number of their uuid. */
    const above = new Map<number, number>();
    for (let row = 0; row < index.count; row++) {
      const uuid = index.uuid[row] as number;
      if (this.isFlagged(row, SIDECHAIN) && this.rowOf[uuid] === NONE) above.set(uuid, link[row] as number);
    }
    if (above.size === 0) return link;
    for (const row of this.rows) {
      const passed = new Set<number>();
      let at = link[row] as number;
      for (let next = above.get(at); next !== undefined && !passed.has(at); next = above.get(at)) {
        passed.add(at);
        at = next;
      }
      // Compresses the path: each row of a sidechain is passed once, whatever the number of rows below it.
      for (const uuid of passed) above.set(uuid, at);
      link[row] = at;
    }
    return link;
  }
}
