import type { RewindAnchor } from "./row-index.ts";
import type { Tree } from "./tree.ts";

export interface Leaf {
  /** The last user or assistant row of the conversation. */
  readonly row: number;
  /** The row without children that it was reached from; -1 when it was chosen by other means. */
  readonly terminal: number;
}

const NONE = -1;

/**
 * Where the conversation ends (sdk-spec §5.4): at the user or assistant row nearest above the row that has no child on the
 * main chain and stands last in the file. File order decides, timestamps never.
 *
 * A rewind that was written down (`anchors`) moves the end: only what came after it can carry the conversation on, and
 * when nothing did, it ends where the anchor says. Undefined: there is no conversation.
 */
export function findLeaf(tree: Tree, anchors: readonly RewindAnchor[] = []): Leaf | undefined {
  const anchor = anchors.findLast(({ leaf }) => leaf === null || rowWith(tree, leaf) !== NONE);
  if (anchor === undefined) return lastMainLeaf(tree, 0) ?? anyLeaf(tree);
  const later = lastMainLeaf(tree, anchor.at);
  if (later !== undefined) return later;
  return anchor.leaf === null ? undefined : { row: rowWith(tree, anchor.leaf), terminal: NONE };
}

function rowWith(tree: Tree, uuid: string): number {
  const number = tree.index.uuidNumber(uuid);
  return number === NONE ? NONE : (tree.rowOf[number] as number);
}

function lastMainLeaf(tree: Tree, from: number): Leaf | undefined {
  const { index } = tree;
  const hasMainChild = new Uint8Array(index.uuids.length);
  for (const row of tree.rows) {
    const link = tree.link[row] as number;
    if (link !== NONE && tree.isMain(row)) hasMainChild[link] = 1;
  }
  const dead = new Uint8Array(index.count);
  for (let terminal = index.count - 1; terminal >= from; terminal--) {
    const uuid = index.uuid[terminal] as number;
    if (tree.rowOf[uuid] !== terminal || hasMainChild[uuid] !== 0 || !tree.isMain(terminal)) continue;
    for (let row = terminal; row !== NONE && dead[row] === 0; row = tree.parent(row)) {
      if (tree.isMessage(row)) return { row, terminal };
      dead[row] = 1;
    }
  }
  return undefined;
}

/** Of all rows without children the message nearest above, the last of them in the file; plain ones go first. */
function anyLeaf(tree: Tree): Leaf | undefined {
  const { index } = tree;
  const hasChild = new Uint8Array(index.uuids.length);
  for (const row of tree.rows) {
    const link = tree.link[row] as number;
    if (link !== NONE) hasChild[link] = 1;
  }
  let best = NONE;
  let bestPlain = NONE;
  const dead = new Uint8Array(index.count);
  for (const terminal of tree.rows) {
    if (hasChild[index.uuid[terminal] as number] !== 0) continue;
    for (let row = terminal; row !== NONE && dead[row] === 0; row = tree.parent(row)) {
      if (tree.isMessage(row)) {
        best = Math.max(best, row);
        if (tree.isPlain(row)) bestPlain = Math.max(bestPlain, row);
        break;
      }
      dead[row] = 1;
    }
  }
  const row = bestPlain === NONE ? best : bestPlain;
  return row === NONE ? undefined : { row, terminal: NONE };
}
