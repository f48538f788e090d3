import { COMPACT_BOUNDARY, FORK_BRIEFING, PROGRESS, type RowIndex, SIDECHAIN } from "./row-index.ts";

/** A rewind that is in force. */
export interface Rewind {
  /** Where the conversation ends; `null`: it is empty again. */
  readonly leaf: string | null;
  /** Where the row that says so stands in the file. */
  readonly offset: number;
  /** No conversation row has come since. */
  readonly pending: boolean;
  /** The last conversation row, which may carry on from the leaf; -1 when there is none. */
  readonly last: number;
}

/**
 * The rewind in force behind row `lastRow`, or behind the whole file, as CLI 2.1.329 reads them (measured, see test/real-cli): a `last-prompt`
 * row with `explicit: true` moves the end of the conversation to its `leafUuid`, or, with `null`, empties it. A later
 * checkpoint on the same leaf keeps it, one on another leaf takes it back; so does a compaction, and, where the conversation
 * was emptied, any row that follows.
 */
export function rewindInForce(index: RowIndex, lastRow = index.count): Rewind | undefined {
  let leaf: string | null | undefined;
  let offset = 0;
  let pending = false;
  let last = -1;
  let row = 0;
  const readTo = (end: number): void => {
    for (; row < end; row++) {
      const flags = index.flags[row] as number;
      if ((flags & (SIDECHAIN | FORK_BRIEFING)) !== 0 || index.kind[row] === PROGRESS) continue;
      last = row;
      pending = false;
      if (leaf === null || (flags & COMPACT_BOUNDARY) !== 0) leaf = undefined;
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
