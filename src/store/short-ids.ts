import { allSessionIds } from "./find-by-prefix.ts";

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
  const alike = new Map<string, string[]>();
  for (const id of ids) {
    const start = id.slice(0, LEAST).toLowerCase();
    const others = alike.get(start);
    if (others === undefined) alike.set(start, [id]);
    else others.push(id);
  }
  for (const ids of alike.values())
    if (ids.length > 1) ids.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return (sessionId) => {
    const others = alike.get(sessionId.slice(0, LEAST).toLowerCase()) ?? [];
    const at = placeOf(sessionId, others);
    const neighbours = [others[at - 1], others[others[at] === sessionId ? at + 1 : at]];
    return sessionId.slice(0, Math.max(LEAST, ...neighbours.map((other) => common(sessionId, other ?? "") + 1)));
  };
}

/** Where the id stands among those in order, or where it would. */
function placeOf(id: string, ids: readonly string[]): number {
  const wanted = id.toLowerCase();
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ids[middle] as string).toLowerCase() < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** How many characters two ids begin with together, whatever the case. */
function common(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  let count = 0;
  while (count < left.length && left[count] === right[count]) count++;
  return count;
}
