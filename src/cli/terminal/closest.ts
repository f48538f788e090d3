/**
 * The word that was meant: the only one that begins so, or the one that is a letter or two away; undefined where there is
 * none. Two letters that changed places count as one.
 */
export function closest(given: string, words: readonly string[]): string | undefined {
  const beginning = given.length < 2 ? [] : words.filter((word) => word.startsWith(given));
  if (beginning.length === 1) return beginning[0];
  const most = Math.min(2, Math.floor(given.length / 2));
  const [nearest] = words
    .map((word) => ({ word, distance: distance(given, word) }))
    .filter((it) => it.distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return nearest?.word;
}

/** Letters put in, taken out or replaced, and neighbours that changed places. */
function distance(a: string, b: string): number {
  // A longer word is none of ours, whatever is in it.
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
