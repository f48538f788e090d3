import type { Rewind } from "./rewind.ts";
import { COMPACT_BOUNDARY, NONE, PRESERVES, SIDECHAIN } from "../rows/row-index.ts";
import { type LoadRow, preservedBy, type Tree } from "./row-tree.ts";

export interface Leaf {
  /** The last user or assistant row of the conversation. */
  readonly row: number;
  /** The row without children that it was reached from; -1 if it was chosen in another way. */
  readonly terminal: number;
}

/**
 * Returns the end of the conversation (official-helpers.md §5.4), if there is one: from the last row in the file that has no
 * child on the main chain, upwards to the nearest user or assistant row. File order decides, never timestamps. A rewind in
 * force moves the end to its leaf; later rows count only if they continue from there.
 */
export function findLeaf(tree: Tree, rewind: Rewind | undefined, load: LoadRow): Leaf | undefined {
  if (rewind?.leaf === null) return undefined;
  const anchor = rewind === undefined ? NONE : tree.rowWith(rewind.leaf);
  if (rewind !== undefined && anchor !== NONE && isReachable(tree, anchor, load)) {
    const goesOn = !rewind.pending && rewind.last !== NONE && tree.pathTo(rewind.last).includes(anchor);
    const end = messageAbove(tree, goesOn ? rewind.last : anchor);
    if (end !== NONE) return { row: end, terminal: NONE };
  }
  return lastMainLeaf(tree) ?? anyLeaf(tree);
}

/** Whether the CLI still has a row: before a compaction that kept messages, it only has those. */
function isReachable(tree: Tree, row: number, load: LoadRow): boolean {
  if (tree.isFlagged(row, SIDECHAIN)) return false;
  const boundary = tree.rows.findLast((at) => tree.isFlagged(at, COMPACT_BOUNDARY));
  if (boundary === undefined || row >= boundary || !tree.isFlagged(boundary, PRESERVES)) return true;
  const { messages, segment } = preservedBy(load(boundary));
  const uuids = messages?.["uuids"];
  if (Array.isArray(uuids)) return uuids.includes(tree.index.uuids.text(tree.index.uuid[row] as number));
  const head = tree.rowWith(segment?.["headUuid"]);
  return head !== NONE && row >= head && row <= tree.rowWith(segment?.["tailUuid"]);
}

/** Returns the row itself if it is a message, else the nearest ancestor that is; or -1. Marks other rows in `dead`. */
export function messageAbove(tree: Tree, from: number, dead = new Uint8Array(tree.index.count)): number {
  for (let row = from; row !== NONE && dead[row] === 0; row = tree.parent(row)) {
    if (tree.isMessage(row)) return row;
    dead[row] = 1;
  }
  return NONE;
}

function lastMainLeaf(tree: Tree): Leaf | undefined {
  const { index } = tree;
  const hasMainChild = parentsOf(tree, (row) => tree.isMain(row));
  const dead = new Uint8Array(index.count);
  for (let terminal = index.count - 1; terminal >= 0; terminal--) {
    const uuid = index.uuid[terminal] as number;
    if (tree.rowOf[uuid] !== terminal || hasMainChild[uuid] !== 0 || !tree.isMain(terminal)) continue;
    const row = messageAbove(tree, terminal, dead);
    if (row !== NONE) return { row, terminal };
  }
  return undefined;
}

/** Marks the uuids that are the parent of a row that counts. */
function parentsOf(tree: Tree, counts: (row: number) => boolean): Uint8Array {
  const { link } = tree;
  const isParent = new Uint8Array(tree.index.uuids.count);
  for (const row of tree.rows) {
    const above = link[row] as number;
    if (above !== NONE && counts(row)) isParent[above] = 1;
  }
  return isParent;
}

/** Returns the last in the file of the messages nearest above a row without children; plain ones take precedence. */
function anyLeaf(tree: Tree): Leaf | undefined {
  const { index } = tree;
  const hasChild = parentsOf(tree, () => true);
  let best = NONE;
  let bestPlain = NONE;
  const dead = new Uint8Array(index.count);
  for (const terminal of tree.rows) {
    if (hasChild[index.uuid[terminal] as number] !== 0) continue;
    const row = messageAbove(tree, terminal, dead);
    best = Math.max(best, row);
    if (row !== NONE && tree.isPlain(row)) bestPlain = Math.max(bestPlain, row);
  }
  const row = bestPlain === NONE ? best : bestPlain;
  return row === NONE ? undefined : { row, terminal: NONE };
}
