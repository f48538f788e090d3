import { join } from "node:path";
import { holdsNamedThings, ownerOf } from "../layout/belongs.ts";
import { entriesOf } from "../disk/walk.ts";
import type { Skipped } from "../types.ts";

/** An item in a config dir, outside its project dirs, that is named after a session. */
export interface NamedThing {
  readonly path: string;
  readonly owner: string;
}

/** Called with each link that may be in place of a directory of such items. `names`: its path below the config dir. */
type OnLink = (path: string, names: readonly string[]) => void;

/** Yields all such items, at the depths that `ownerOf` knows. Follows no link. `skipped`: unreadable directories. */
export function namedThings(configDir: string, skipped: Skipped[], onLink: OnLink = () => {}): Generator<NamedThing> {
  return thingsIn(configDir, [], skipped, onLink);
}

/** Returns the items of one session. `skipped`: links in place of directories, not followed, that have some. */
export function thingsOf(sessionId: string, configDir: string, skipped: Skipped[]): string[] {
  const onLink: OnLink = (path, names) => {
    const found = entriesOf(path, []).some(({ name }) => ownerOf([...names, name]) === sessionId);
    if (found) skipped.push({ path, reason: "a link, not followed" });
  };
  const things = [...thingsIn(configDir, [], skipped, onLink)];
  return things.filter(({ owner }) => owner === sessionId).map(({ path }) => path);
}

function* thingsIn(dir: string, dirs: readonly string[], skipped: Skipped[], onLink: OnLink): Generator<NamedThing> {
  for (const entry of entriesOf(dir, skipped)) {
    const names = [...dirs, entry.name];
    const owner = ownerOf(names);
    if (owner !== undefined) yield { path: join(dir, entry.name), owner };
    else if (entry.isDirectory() && holdsNamedThings(names)) {
      yield* thingsIn(join(dir, entry.name), names, skipped, onLink);
    } else if (entry.isSymbolicLink() && holdsNamedThings(names)) {
      onLink(join(dir, entry.name), names);
    }
  }
}
