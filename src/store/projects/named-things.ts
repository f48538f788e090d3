import { join } from "node:path";
import { holdsNamedThings, ownerOf } from "../layout/belongs.ts";
import { entriesOf } from "../disk/walk.ts";
import type { Skipped } from "../types.ts";

/** A thing in a config dir, outside its project dirs, that is named after a session. */
export interface NamedThing {
  readonly path: string;
  readonly owner: string;
}

/**
 * All things of that kind, at the depths that `ownerOf` knows. Each directory is read once and none below those, so it
 * costs a look at the names there are. No link is followed. What cannot be read goes into `skipped`.
 */
export function namedThings(configDir: string, skipped: Skipped[]): Generator<NamedThing> {
  return thingsIn(configDir, [], skipped, {
    isWanted: () => true,
    onLink: () => {},
  });
}

/**
 * Those of one session. What a link leads to that stands in place of a directory is not inside the config dir: the link
 * goes into `skipped` when something of the session is there.
 */
export function thingsOf(sessionId: string, configDir: string, skipped: Skipped[]): string[] {
  const isWanted = (owner: string): boolean => owner === sessionId;
  const onLink = (path: string, names: readonly string[]): void => {
    const found = entriesOf(path, []).some(({ name }) => ownerOf([...names, name]) === sessionId);
    if (found) skipped.push({ path, reason: "a link, not followed" });
  };
  return [...thingsIn(configDir, [], skipped, { isWanted, onLink })].map(({ path }) => path);
}

interface Search {
  readonly isWanted: (owner: string) => boolean;
  /** Called with each link that may stand in place of a directory of named things. */
  readonly onLink: (path: string, names: readonly string[]) => void;
}

function* thingsIn(dir: string, dirs: readonly string[], skipped: Skipped[], search: Search): Generator<NamedThing> {
  for (const entry of entriesOf(dir, skipped)) {
    const names = [...dirs, entry.name];
    const owner = ownerOf(names);
    if (owner !== undefined) {
      if (search.isWanted(owner)) yield { path: join(dir, entry.name), owner };
    } else if (entry.isDirectory() && holdsNamedThings(names)) {
      yield* thingsIn(join(dir, entry.name), names, skipped, search);
    } else if (entry.isSymbolicLink() && holdsNamedThings(names)) {
      search.onLink(join(dir, entry.name), names);
    }
  }
}
