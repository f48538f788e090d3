/** Numbers of rows in an order. A typed array if they may be as many as a transcript has: 4 bytes each, and never copied to grow. */
export type RowList = Readonly<ArrayLike<number>> & Iterable<number>;

/** The rows with others inserted after some of them; `first` come before all. */
export function withInserted(
  rows: Int32Array,
  after: ReadonlyMap<number, readonly number[]>,
  first: readonly number[] = [],
): Int32Array {
  let more = first.length;
  for (const list of after.values()) more += list.length;
  const all = new Int32Array(rows.length + more);
  all.set(first);
  let count = first.length;
  for (const row of rows) {
    all[count++] = row;
    const list = after.get(row);
    if (list === undefined) continue;
    all.set(list, count);
    count += list.length;
  }
  return all.subarray(0, count);
}

/** The rows from a root down to `from`. A circle is cut where it closes; `seen` marks the rows, and cuts as well. */
export function pathDown(from: number, above: (row: number) => number, seen: Uint8Array): Int32Array {
  let length = 0;
  for (let at = from; at >= 0 && seen[at] === 0; at = above(at)) {
    seen[at] = 1;
    length++;
  }
  const path = new Int32Array(length);
  for (let at = from, i = length - 1; i >= 0; at = above(at), i--) path[i] = at;
  return path;
}
