import { NONE, type RowIndex } from "../rows/row-index.ts";

/** Returns a function that finds the leaf of the last recorded rewind between two rows. Calls must be in file order. */
export function rewindFinder({ checkpoints }: RowIndex): (from: number, to: number) => string | null | undefined {
  let last: (typeof checkpoints)[number] | undefined;
  let next = 0;
  return (from, to) => {
    while ((checkpoints[next]?.at ?? Infinity) <= to) last = checkpoints[next++];
    return last?.explicit === true && last.at > from ? last.leaf : undefined;
  };
}

/** Owner of the rows on the main line. */
export const MAIN_LINE = 1;
const TO_LINE = 1;
const ELSEWHERE = 2;
const PENDING = 3;

/**
 * Takes the rows off the main line part by part, each row once. `owners`: owner of each uuid, which is nothing yet (0),
 * `MAIN_LINE`, or the number of a part; is updated.
 */
export function offWalk(index: RowIndex, above: Int32Array, owners: Int32Array): OffWalk {
  const leads = new Uint8Array(index.count);
  let parts = MAIN_LINE;
  const owner = (row: number): number => owners[index.uuid[row] as number] as number;
  return {
    leadsToLine(row) {
      const path: number[] = [];
      let at = row;
      while (at !== NONE && leads[at] === 0 && owner(at) !== MAIN_LINE) {
        leads[at] = PENDING;
        path.push(at);
        at = above[at] as number;
      }
      const isLine = at !== NONE && (leads[at] === TO_LINE || owner(at) === MAIN_LINE);
      for (const each of path) leads[each] = isLine ? TO_LINE : ELSEWHERE;
      return isLine;
    },
    take(end) {
      const part = ++parts;
      const rows: number[] = [];
      let at = end;
      for (; at !== NONE && owner(at) === 0; at = above[at] as number) {
        owners[index.uuid[at] as number] = part;
        rows.push(at);
      }
      return { rows: rows.reverse(), isConnected: at !== NONE && owner(at) !== part };
    },
  };
}

interface OffWalk {
  /** Whether the row descends from the main line. */
  leadsToLine(row: number): boolean;
  /** Takes `end` and its ancestors up to one with an owner. `isConnected`: there is such an ancestor. */
  take(end: number): { readonly rows: number[]; readonly isConnected: boolean };
}
