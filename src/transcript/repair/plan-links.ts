import { COMPACT_BOUNDARY, FORK_BRIEFING, NONE, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { isMessageKind, PROGRESS, USER } from "../rows/row-kinds.ts";
import { type JsonObject, membersOf, objectsIn } from "../rows/json-values.ts";
import type { RepairKind } from "./changes.ts";
import { firstRows, Forest, lastRows, MainChain } from "./main-chain.ts";
import { placeOrphans } from "./orphan-places.ts";

export interface LinkOptions {
  /** Counts rows of sidechains as main chain: the file is a subagent's. */
  readonly allMain: boolean;
  /** Rows of the index whose uuid was lost with the end of their row, in file order. */
  readonly salvaged: readonly number[];
  /** Numbers of the uuids of rows that are not in the index. */
  readonly others: Iterable<number>;
  /** Rows of the index of which all results have lost their call, in file order. */
  readonly orphans: readonly number[];
  /** Rows of the index with results. */
  readonly results: ReadonlySet<number>;
  /** Makes a uuid. */
  readonly freshId: () => string;
  /** Reads a row of the file again. */
  readonly load: (row: number) => JsonObject | undefined;
}

export interface LinkFault {
  readonly row: number;
  readonly kind: RepairKind;
  /** Whether the row only names as its parent one that got a new uuid or another place. */
  readonly isChild?: boolean;
}

/**
 * Finds links between rows that are broken, and gives them the parent that readers take instead (tree/history.ts): the nearest
 * earlier row of the main chain, but no old row that was written again, and no row below. Corrects the index as it goes, so that each step sees what the ones before it did.
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
    this.#moveOrphans();
    this.#breakCycles();
  }

  /** Gives salvaged rows the uuid that the next rows have as their parent, if no row has it. */
  #nameSalvaged(): void {
    const { salvaged } = this.#options;
    const { parent, uuid, uuids, count } = this.#index;
    if (salvaged.length === 0) return;
    const present = this.#presentUuids();
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

  /**
   * Links rows whose parent is not in the file, or the row itself. A copy takes the parent of the first one, if that
   * was sound and no compaction is between them.
   */
  #linkBroken(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const present = this.#presentUuids();
    const isBroken = (row: number): boolean =>
      parent[row] !== NONE && (parent[row] === uuid[row] || present[parent[row] as number] === 0);
    let hasBroken = false;
    for (let row = 0; row < count && !hasBroken; row++) hasBroken = isBroken(row);
    if (!hasBroken) return;
    const first = firstRows(this.#index);
    const last = lastRows(this.#index);
    const chain = new MainChain(this.#index, (row) => this.#isMain(row));
    // Readers take the links of first or of last copies: neither may lead from a row to itself.
    const forests = [first, last].map((rowOf) => new Forest(uuids.count, (id) => linkOf(rowOf[id] as number)));
    function linkOf(row: number): number {
      return row === NONE || isBroken(row) ? NONE : (parent[row] as number);
    }
    for (let row = 0; row < count; row++) {
      if (isBroken(row)) {
        const id = uuid[row] as number;
        const isOwn = parent[row] === id;
        const origin = first[id] as number;
        const isCopy = origin < row && origin >= chain.boundary && !this.parents.has(origin);
        const known = isCopy ? (parent[origin] as number) : NONE;
        const isBelow = known === id || forests.some((forest) => known !== NONE && forest.rootOf(known) === id);
        const to = isCopy && !isBelow ? known : chain.lastOutside(id, forests, last[id] === row);
        this.#link(row, to);
        this.faults.push({ row, kind: isOwn ? "own_parent" : "dangling_parent" });
        for (const [at, rowOf] of [first, last].entries())
          if (rowOf[id] === row) forests[at]?.link(id, parent[row] as number);
      }
      chain.pass(row);
    }
  }

  /** Puts results that are text from now on where readers show them. Copies of a row stay copies. */
  #moveOrphans(): void {
    const { count, uuid, parent } = this.#index;
    const moved = placeOrphans(this.#index, { ...this.#options, isMain: (row) => this.#isMain(row) });
    if (moved.size === 0) return;
    const orphans = new Set(this.#options.orphans);
    for (let row = 0; row < count; row++) {
      const to = moved.get(uuid[row] as number);
      if (to === undefined || to === parent[row]) continue;
      this.#link(row, to);
      if (!orphans.has(row)) this.faults.push({ row, kind: "orphan_result", isChild: true });
    }
  }

  /** Returns a mask of the uuids that rows of any type have. */
  #presentUuids(): Uint8Array {
    const present = this.#index.uuidsOfRows();
    for (const id of this.#options.others) present[id] = 1;
    return present;
  }

  /** Gives a row the parent with the number `to`; rows that begin a tree get none. */
  #link(row: number, to: number): void {
    const above = this.#isFlagged(row, this.#sidechain | COMPACT_BOUNDARY) ? NONE : to;
    this.#index.parent[row] = above;
    this.parents.set(row, above === NONE ? null : this.#index.uuids.text(above));
  }

  /** Cuts each cycle at its first row in the file. Copies with other parents may make one that readers resolve: it is left. */
  #breakCycles(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const rowOf = new Int32Array(uuids.count).fill(NONE);
    const isMoved = new Uint8Array(uuids.count);
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      if (rowOf[id] !== NONE && parent[row] !== parent[rowOf[id] as number]) isMoved[id] = 1;
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
    const tops = new Set<number>();
    const first = firstRows(this.#index);
    for (const start of cycles) {
      let top = NONE;
      let isResolved = false;
      for (let at = start, isFirst = true; isFirst || at !== start; at = above(at), isFirst = false) {
        const id = uuid[at] as number;
        if (top === NONE || (first[id] as number) < (first[top] as number)) top = id;
        if (isMoved[id] !== 0) isResolved = true;
      }
      if (!isResolved) tops.add(top);
    }
    const chain = new MainChain(
      this.#index,
      (row) => this.#isMain(row) && state[rowOf[uuid[row] as number] as number] === 1,
    );
    const links = new Map<number, number>();
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      if (tops.has(id)) {
        const to = links.get(id) ?? chain.lastOutside(id, [], false);
        links.set(id, to);
        this.#link(row, to);
        this.faults.push({ row, kind: "cycle" });
      }
      chain.pass(row);
    }
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
