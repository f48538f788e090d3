import { COMPACT_BOUNDARY, FORK_BRIEFING, NONE, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { PROGRESS } from "../rows/row-kinds.ts";

/** A rewind that is in force. */
export interface Rewind {
  /** Uuid of the end of the conversation; `null`: it is empty again. */
  readonly leaf: string | null;
  /** Byte offset of the row that says so. */
  readonly offset: number;
  /** No conversation row has come since. */
  readonly pending: boolean;
  /** The last conversation row, which may continue from the leaf; or -1. */
  readonly last: number;
}

/**
 * Returns the rewind in force after row `lastRow`, or at the end of the file, as CLI 2.1.329 reads them (measured, see
 * test/real-cli). A `last-prompt` row with `explicit: true` moves the end of the conversation to its `leafUuid`, or empties
 * it if that is `null`. A later checkpoint keeps it if it has the same leaf, and revokes it otherwise. A compaction revokes
 * it too, and so does any later row if the conversation was emptied.
 */
export function rewindInForce(index: RowIndex, lastRow = index.count): Rewind | undefined {
  let leaf: string | null | undefined;
  let offset = 0;
  let pending = false;
  let last = NONE;
  let row = 0;
  const readTo = (end: number): void => {
    for (; row < end; row++) {
      if (!counts(index, row)) continue;
      last = row;
      pending = false;
      if (leaf === null || isBoundary(index, row)) leaf = undefined;
    }
  };
  for (const checkpoint of index.checkpoints) {
    if (checkpoint.at > lastRow) break;
    readTo(checkpoint.at);
    if (checkpoint.explicit) {
      ({ leaf, offset } = checkpoint);
      pending = true;
    } else if (checkpoint.leaf !== leaf) leaf = undefined;
  }
  readTo(Math.min(lastRow + 1, index.count));
  return leaf === undefined ? undefined : { leaf, offset, pending, last };
}

/** A rewind that is recorded in a file. */
export type WrittenRewind = Pick<Rewind, "leaf" | "offset">;

/**
 * Returns the rewinds for a fork with the rows of `keep`, in file order, without one that only a checkpoint revoked: forks have
 * no checkpoints. `isThere`: whether the fork has a leaf.
 */
export function rewindsOfFork(
  index: RowIndex,
  keep: Uint8Array,
  lastRow: number,
  isThere: (leaf: string) => boolean,
): WrittenRewind[] {
  if (!index.checkpoints.some(({ explicit }) => explicit)) return [];
  const lastOf = (is: (index: RowIndex, row: number) => boolean): number =>
    keep.findLastIndex((kept, row) => kept !== 0 && counts(index, row) && is(index, row));
  const ends = { row: lastOf(() => true), boundary: lastOf(isBoundary) };
  const inForce = rewindInForce(index, lastRow);
  const rewinds: WrittenRewind[] = [];
  for (const { at, explicit, leaf, offset } of index.checkpoints.toReversed()) {
    if (!explicit || at > lastRow || (leaf !== null && !isThere(leaf))) continue;
    const isEnded = rewinds.length > 0 || (leaf === null ? ends.row : ends.boundary) >= at;
    if (isEnded || offset === inForce?.offset) rewinds.push({ leaf, offset });
  }
  return rewinds.reverse();
}

const counts = ({ flags, kind }: RowIndex, row: number): boolean =>
  ((flags[row] as number) & (SIDECHAIN | FORK_BRIEFING)) === 0 && kind[row] !== PROGRESS;
const isBoundary = ({ flags }: RowIndex, row: number): boolean => ((flags[row] as number) & COMPACT_BOUNDARY) !== 0;
