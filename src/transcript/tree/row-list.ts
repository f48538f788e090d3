/** Row numbers in some order. Use a typed array for lists as long as a transcript: 4 bytes each, allocated once. */
export type RowList = Readonly<ArrayLike<number>> & Iterable<number>;

/** Returns the rows with others inserted after some of them, and `first` before all. */
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

/** Returns the rows from a root down to `from`. A cycle, or a row marked in `seen`, ends it; `seen` is updated. */
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

/** Adds a value to the list of a key. */
export function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
