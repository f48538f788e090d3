/** The copies of a session in a store, for predicates. */
import { type Call, concerned, dirOf, sessionOf } from "./calls.ts";
import { keyOf } from "./key.ts";
import { bytesOf, type Entry, projectOf, type Store, type Transcript, transcriptsOf } from "./model.ts";

/** Transcripts of the session that the call is about. */
export function ofSession(store: Store, call: Call): Transcript[] {
  const paths = concerned(store, call);
  return transcriptsOf(store).filter((one) => paths.has(one.path));
}

/** What stands under the session's name in the project dirs, by their names; one that is a link has its name too. */
export function copies(store: Store, id: unknown): Entry[] {
  return store.entries
    .filter(
      (entry) =>
        !entry.path.includes("/subagents/") &&
        entry.path.endsWith(`/${String(id)}.jsonl`) &&
        entry.path.split("/").length === 3,
    )
    .filter((entry) => entry.kind === "dir" || entry.kind === "link" || contentOf(entry).length > 0)
    .sort((a, b) => Buffer.compare(Buffer.from(projectOf(a.path)), Buffer.from(projectOf(b.path))));
}

export const contentOf = (entry: Entry): Buffer =>
  entry.kind === "transcript" ? bytesOf(entry) : entry.kind === "file" ? entry.bytes : Buffer.alloc(0);
export const reals = (entries: readonly Entry[]): Transcript[] =>
  entries.filter((entry) => entry.kind === "transcript");

/** Copies in project dirs that the directory may lead to; all without one. */
export function inReach(store: Store, call: Call): Entry[] {
  const all = copies(store, sessionOf(call));
  if (dirOf(call) === undefined) return all;
  const keys = new Set(store.dirs.map((dir) => keyOf(dir).slice(0, 200)));
  return all.filter((entry) => keys.has(projectOf(entry.path).slice(0, 200)));
}

export const newestOf = (entries: readonly Transcript[]): Transcript | undefined =>
  entries.reduce<Transcript | undefined>(
    (newest, one) => (newest === undefined || one.mtime > newest.mtime ? one : newest),
    undefined,
  );

/** The copy that a call which acts on one acts on: the newest, of several the first. */
export const actedOn = (store: Store, call: Call): Transcript | undefined =>
  newestOf(reals(inReach(store, call))) ?? ofSession(store, call)[0];

export const without = (store: Store, gone: ReadonlySet<Entry>): Store => ({
  ...store,
  entries: store.entries.filter((entry) => !gone.has(entry)),
});

/** The store with those entries whose path is still free. */
export function withFurther(store: Store, more: readonly Entry[]): Store {
  const byPath = new Map(more.map((entry) => [entry.path, entry]));
  for (const entry of store.entries) byPath.delete(entry.path);
  return { ...store, entries: [...store.entries, ...byPath.values()] };
}
