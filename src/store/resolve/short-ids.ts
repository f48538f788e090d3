import { allSessionIds } from "./by-prefix.ts";

/** Minimum length: a shorter prefix could become ambiguous as sessions are added. */
const MIN_LENGTH = 8;

/**
 * Returns a function that shortens a session id to the shortest prefix (at least `MIN_LENGTH`) that is unique in these
 * config dirs, as `resolveSession` takes it. Reads the names of files, once.
 */
export const shortIds = (configDirs: readonly string[] | undefined): ((sessionId: string) => string) =>
  shorten(allSessionIds(configDirs));

/** Returns the same function for the given ids. */
export function shorten(ids: Iterable<string>): (id: string) => string {
  const inOrder = Array.from(ids, (id) => id.toLowerCase()).sort();
  return (sessionId) => {
    const id = sessionId.toLowerCase();
    const at = lowerBound(id, inOrder);
    const neighbours = [inOrder[at - 1], inOrder[inOrder[at] === id ? at + 1 : at]];
    return sessionId.slice(0, Math.max(MIN_LENGTH, ...neighbours.map((other) => commonPrefix(id, other ?? "") + 1)));
  };
}

/** Returns the index of the id in sorted ids, or the index at which it would be inserted. */
function lowerBound(id: string, ids: readonly string[]): number {
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ids[middle] as string) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Returns the length of the common prefix of two ids. */
function commonPrefix(a: string, b: string): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}
