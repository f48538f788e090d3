import { COMPACT_BOUNDARY, FORK_BRIEFING, NONE, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { isMessageKind, PROGRESS, USER } from "../rows/row-kinds.ts";
import { type JsonObject, membersOf, objectsIn } from "../rows/json-values.ts";
import type { RepairKind } from "./changes.ts";

export interface LinkOptions {
  /** Counts rows of sidechains as main chain: the file is a subagent's. */
  readonly allMain: boolean;
  /** Rows of the index whose uuid was lost with the end of their row, in file order. */
  readonly salvaged: readonly number[];
  /** Makes a uuid. */
  readonly freshId: () => string;
  /** Reads a row of the file again. */
  readonly load: (row: number) => JsonObject | undefined;
}

export interface LinkFault {
  readonly row: number;
  readonly kind: RepairKind;
  /** Whether the row only names one that got a new uuid as its parent. */
  readonly isChild?: boolean;
}

/**
 * Finds links between rows that are broken, and gives them the parents that readers take instead (tree/row-tree.ts): the
 * nearest earlier row of the main chain. Corrects the index as it goes, so that each step sees what the ones before it did.
 */
export class LinkPlan {
  /** New ids of rows, by their number in the index. */
  readonly uuids = new Map<number, string>();
  readonly parents = new Map<number, string | null>();
  readonly faults: LinkFault[] = [];
  readonly #index: RowIndex;
  readonly #options: LinkOptions;

  constructor(index: RowIndex, options: LinkOptions) {
    this.#index = index;
    this.#options = options;
    this.#nameSalvaged();
    this.#separateRepeated();
    this.#linkBroken();
    this.#breakCycles();
  }

  /** Gives salvaged rows the uuid that the next rows have as their parent, if no row has it. */
  #nameSalvaged(): void {
    const { salvaged } = this.#options;
    const { parent, uuid, uuids, count } = this.#index;
    if (salvaged.length === 0) return;
    const present = this.#index.uuidsOfRows();
    for (const [nth, row] of salvaged.entries()) {
      const end = salvaged[nth + 1] ?? count;
      for (let next = row + 1; next < end; next++) {
        const lost = parent[next] as number;
        if (lost === NONE || present[lost] !== 0) continue;
        present[lost] = 1;
        uuid[row] = lost;
        this.uuids.set(row, uuids.text(lost));
        break;
      }
    }
  }

  /**
   * Gives a row that has the uuid of a different, earlier one a new uuid. Rows after it that name the uuid mean it. Copies of
   * a row are left: Claude Code writes them when it compacts, and later versions of a message are the row that counts.
   */
  #separateRepeated(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const first = new Int32Array(uuids.count).fill(NONE);
    /** Number of the uuid that now stands for another one, or -1. */
    let meant: Int32Array | undefined;
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      const above = parent[row] as number;
      if (meant !== undefined && above !== NONE && above < meant.length && meant[above] !== NONE) {
        parent[row] = meant[above] as number;
        this.parents.set(row, uuids.text(meant[above] as number));
        this.faults.push({ row, kind: "repeated_uuid", isChild: true });
      }
      const earlier = first[id] as number;
      if (earlier === NONE) first[id] = row;
      else if (!this.#isCopy(earlier, row)) {
        const fresh = this.#options.freshId();
        uuid[row] = uuids.addText(fresh);
        this.uuids.set(row, fresh);
        this.faults.push({ row, kind: "repeated_uuid" });
        meant ??= new Int32Array(uuids.count).fill(NONE);
        meant[id] = uuid[row] as number;
      } else if (meant !== undefined) meant[id] = NONE;
    }
  }

  /** Whether a row is a copy of an earlier one, or a later version of it. */
  #isCopy(earlier: number, later: number): boolean {
    const { kind, message } = this.#index;
    const [a, b] = [kind[earlier] as number, kind[later] as number];
    if (!isMessageKind(a) || !isMessageKind(b)) return isMessageKind(a) === isMessageKind(b);
    if (a !== b) return false;
    const [one, other] = [this.#options.load(earlier), this.#options.load(later)].map(contentIn);
    if (JSON.stringify(one) === JSON.stringify(other)) return true;
    return message[earlier] !== NONE && message[earlier] === message[later] && isGrown(one, other);
  }

  #linkBroken(): void {
    const { count, uuid, parent } = this.#index;
    const present = this.#index.uuidsOfRows(new Uint8Array(this.#index.uuids.count));
    let lastMain = NONE;
    for (let row = 0; row < count; row++) {
      const above = parent[row] as number;
      const isOwn = above !== NONE && above === uuid[row];
      if (isOwn || (above !== NONE && present[above] === 0)) {
        this.#link(row, lastMain);
        this.faults.push({ row, kind: isOwn ? "own_parent" : "dangling_parent" });
      }
      if (this.#isMain(row)) lastMain = row;
    }
  }

  #link(row: number, lastMain: number): void {
    const { uuid, parent, uuids } = this.#index;
    const begins = this.#isFlagged(row, this.#sidechain | COMPACT_BOUNDARY);
    const to = begins || lastMain === NONE || uuid[lastMain] === uuid[row] ? NONE : (uuid[lastMain] as number);
    parent[row] = to;
    this.parents.set(row, to === NONE ? null : uuids.text(to));
  }

  /** Cuts each cycle at its first row in the file. Copies of rows may make one that readers resolve, and are left. */
  #breakCycles(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const rowOf = new Int32Array(uuids.count).fill(NONE);
    const isCopied = new Uint8Array(uuids.count);
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      if (rowOf[id] !== NONE) isCopied[id] = 1;
      rowOf[id] = row;
    }
    const above = (row: number): number => (parent[row] === NONE ? NONE : (rowOf[parent[row] as number] as number));
    /** 0: not visited; 1: leads to a root; 2: leads to a cycle; from 3 on the walk that is visiting it. */
    const state = new Int32Array(count);
    let walk = 3;
    const cycles: number[] = [];
    for (let row = 0; row < count; row++, walk++) {
      let at = row;
      for (; at !== NONE && state[at] === 0; at = above(at)) state[at] = walk;
      const closes = at !== NONE && state[at] === walk;
      if (closes) cycles.push(at);
      const leads = at === NONE || state[at] === 1 ? 1 : 2;
      for (let done = row; done !== NONE && state[done] === walk; done = above(done)) state[done] = leads;
    }
    if (cycles.length === 0) return;
    const before = this.#mainBefore((row) => state[row] === 1);
    for (const start of cycles) {
      let top = start;
      let copied = false;
      for (let at = start, first = true; first || at !== start; at = above(at), first = false) {
        top = Math.min(top, at);
        if (isCopied[uuid[at] as number] !== 0) copied = true;
      }
      if (copied) continue;
      this.#link(top, before[top] as number);
      this.faults.push({ row: top, kind: "cycle" });
    }
  }

  /** Returns for each row the nearest earlier one of the main chain that counts, or -1. */
  #mainBefore(counts: (row: number) => boolean): Int32Array {
    const before = new Int32Array(this.#index.count);
    let last = NONE;
    for (let row = 0; row < before.length; row++) {
      before[row] = last;
      if (this.#isMain(row) && counts(row)) last = row;
    }
    return before;
  }

  get #sidechain(): number {
    return this.#options.allMain ? 0 : SIDECHAIN;
  }

  #isMain(row: number): boolean {
    return !this.#isFlagged(row, this.#sidechain | FORK_BRIEFING) && this.#index.kind[row] !== PROGRESS;
  }

  #isFlagged(row: number, flags: number): boolean {
    return ((this.#index.flags[row] as number) & flags) !== 0;
  }
}

const contentIn = (row: JsonObject | undefined): unknown => membersOf(row?.["message"])["content"];

/** Whether the second content is what the first one, of the same answer, became: the same blocks, with longer texts. */
function isGrown(one: unknown, other: unknown): boolean {
  const [before, after] = [objectsIn(one), objectsIn(other)];
  return before.length === after.length && before.every((block, at) => isLonger(block, after[at] ?? {}));
}

const isLonger = (before: JsonObject, after: JsonObject): boolean =>
  before["type"] === after["type"] &&
  before["id"] === after["id"] &&
  ["text", "thinking"].every((key) => String(after[key]).startsWith(String(before[key])));

/**
 * Marks the rows after which the conversation goes on: a message of the user, or of another answer, is below them. What ends
 * in a tool call Claude Code ends itself.
 */
export function continuedRows(index: RowIndex): (row: number) => boolean {
  const { count, uuid, parent, kind, message } = index;
  const rowOf = new Int32Array(index.uuids.count).fill(NONE);
  for (let row = 0; row < count; row++) rowOf[uuid[row] as number] = row;
  const continued = new Uint8Array(count);
  const answers = new Uint8Array(index.messageIds.count);
  const visited = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    if (!isMessageKind(kind[row] as number)) continue;
    let at = row;
    // Rows that are no messages are passed once.
    do {
      const link = parent[at] as number;
      at = link === NONE ? NONE : (rowOf[link] as number);
      if (at === NONE || isMessageKind(kind[at] as number)) break;
      if (visited[at] !== 0) break;
      visited[at] = 1;
    } while (at !== row);
    if (at === NONE || !isMessageKind(kind[at] as number)) continue;
    const answer = message[at] as number;
    if (kind[row] !== USER && answer !== NONE && answer === message[row]) continue;
    continued[at] = 1;
    if (answer !== NONE) answers[answer] = 1;
  }
  return (row) => continued[row] !== 0 || (message[row] !== NONE && answers[message[row] as number] !== 0);
}
