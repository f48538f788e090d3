import { type RowIndex, NONE } from "../rows/row-index.ts";
import { isMessageKind } from "../rows/row-kinds.ts";
import { lastRows } from "./main-chain.ts";

export interface OrphanOptions {
  /** Rows of the index of which all results have lost their call, in file order. */
  readonly orphans: readonly number[];
  /** Rows of the index with results. */
  readonly results: ReadonlySet<number>;
  /** Whether the conversation can continue from a row. */
  readonly isMain: (row: number) => boolean;
}

/**
 * Finds a place for results that are text from now on. Of parallel calls only one has its result on the chain; readers find the
 * others by their call, but not a text. Each is put behind the results of its API message, or before the message if it is the
 * end, which stays the end. Returns new parents of rows, of both by the number of the uuid; of rows on the chain there is none.
 */
export function placeOrphans(index: RowIndex, { orphans, results, isMain }: OrphanOptions): Map<number, number> {
  const moved = new Map<number, number>();
  if (orphans.length === 0) return moved;
  const { count, uuid, parent, message } = index;
  const rowOf = lastRows(index);
  /** The last row in the file to which a row leads, and the child through which; or -1. */
  const reach = Int32Array.from({ length: count }, (_, row) => (isMain(row) ? row : NONE));
  const next = new Int32Array(count).fill(NONE);
  for (let row = count - 1; row >= 0; row--) {
    const link = parent[row] as number;
    const above = link === NONE ? NONE : (rowOf[link] as number);
    if (rowOf[uuid[row] as number] !== row || above === NONE || (reach[row] as number) <= (reach[above] as number))
      continue;
    reach[above] = reach[row] as number;
    next[above] = row;
  }
  /** First row of each API message from which the conversation continues furthest. */
  const heads = new Int32Array(index.messageIds.count).fill(NONE);
  for (let row = 0; row < count; row++) {
    const answer = message[row] as number;
    if (answer === NONE || rowOf[uuid[row] as number] !== row) continue;
    const head = heads[answer] as number;
    if (head === NONE || (reach[row] as number) > (reach[head] as number)) heads[answer] = row;
  }
  for (const row of orphans) {
    const link = parent[row] as number;
    const above = link === NONE ? NONE : (rowOf[link] as number);
    const answer = above === NONE ? NONE : (message[above] as number);
    if (answer === NONE || !isMain(row) || rowOf[uuid[row] as number] !== row) continue;
    let last = heads[answer] as number;
    let isPlaced = last === row;
    for (let at = last; at !== NONE && !isPlaced; at = next[at] as number) {
      const isOfAnswer = message[at] === answer || results.has(at);
      if (isOfAnswer) last = at;
      else if (isMessageKind(index.kind[at] as number)) break;
      isPlaced = at === row;
    }
    if (isPlaced) continue;
    const [id, follower] = [uuid[row] as number, next[last] as number];
    if (follower !== NONE) {
      moved.set(id, uuid[last] as number).set(uuid[follower] as number, id);
      next[last] = row;
      next[row] = follower;
    } else {
      const head = heads[answer] as number;
      const headId = uuid[head] as number;
      moved.set(id, moved.get(headId) ?? (parent[head] as number)).set(headId, id);
    }
  }
  return moved;
}
