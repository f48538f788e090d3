import { allSessionIds } from "./by-prefix.ts";

/** Fewer characters are not worth the risk that another session begins so tomorrow. */
const LEAST = 8;

/**
 * Gives for the id of a session its first characters, so many that no other session of these config dirs begins so, and
 * eight at least: what `resolveSession` takes. Names of files are looked at, once.
 */
export const shortIds = (configDirs: readonly string[] | undefined): ((sessionId: string) => string) =>
  shorten(allSessionIds(configDirs));

/** The same among these ids. */
export function shorten(ids: Iterable<string>): (id: string) => string {
  const inOrder = Array.from(ids, (id) => id.toLowerCase()).sort();
  return (sessionId) => {
    const id = sessionId.toLowerCase();
    const at = placeOf(id, inOrder);
    const neighbours = [inOrder[at - 1], inOrder[inOrder[at] === id ? at + 1 : at]];
    return sessionId.slice(0, Math.max(LEAST, ...neighbours.map((other) => common(id, other ?? "") + 1)));
  };
}

/** Where the id stands among those in order, or where it would. */
function placeOf(id: string, ids: readonly string[]): number {
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ids[middle] as string) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** How many characters two ids begin with together. */
function common(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}
