import type { Service } from "./service.ts";
import type { StoreWatch } from "../store/watch.ts";
import type { ResourceWatch, Tables } from "./tables.ts";
import { parseUri } from "./uri.ts";

type News = Parameters<NonNullable<Tables["resources"]["watch"]>>[1];

/** A resource is told of no more often than this; the list neither. What happens meanwhile is told once, at the end. */
const UPDATED_EVERY_MS = 1000;
const LIST_EVERY_MS = 5000;
/** Changes come in bursts: a row is appended in several steps, and several rows at once. */
const SETTLE_MS = 50;

/** What a subscription follows: a file, or the transcripts of a project. */
type Target = { readonly file: string } | { readonly key: string };

/** Tells of changes of the resources that were subscribed to, and of sessions that come and go. */
export function watchResources({ store }: Service, news: News): ResourceWatch {
  const subscribed = new Map<string, Target>();
  const updated = new Pacer(UPDATED_EVERY_MS);
  const listed = new Pacer(LIST_EVERY_MS);
  const tell = (fits: (target: Target) => boolean): void => {
    for (const [uri, target] of subscribed) if (fits(target)) updated.due(uri, () => news.updated(uri));
  };
  let closed = false;
  let told = false;
  const watching = store
    .watch({
      changed: (path) => tell((target) => "file" in target && target.file === path),
      project(key, others) {
        tell((target) => "key" in target && target.key === key);
        if (others) listed.due("", () => news.listChanged());
      },
      failed(error) {
        // Once for thousands of directories: that some cannot be watched is all there is to know.
        if (!told) console.error("Not all changes of sessions will be told:", error);
        told = true;
      },
    })
    .then(
      (watch): StoreWatch | undefined => {
        if (closed) watch.close();
        return watch;
      },
      (error: unknown) => {
        console.error("Changes of sessions will not be told:", error);
        return undefined;
      },
    );
  const isFollowed = (file: string): boolean =>
    [...subscribed.values()].some((target) => "file" in target && target.file === file);
  return {
    async subscribe(uri) {
      const target = await targetOf(uri, { store });
      if (target === undefined) return false;
      subscribed.set(uri, target);
      const watch = await watching;
      if ("file" in target) watch?.add(target.file);
      return true;
    },
    unsubscribe(uri) {
      const target = subscribed.get(uri);
      subscribed.delete(uri);
      updated.forget(uri);
      if (target === undefined || !("file" in target) || isFollowed(target.file)) return;
      void watching.then((watch) => watch?.remove(target.file));
    },
    close() {
      closed = true;
      updated.close();
      listed.close();
      void watching.then((watch) => watch?.close());
    },
  };
}

/** What the URI's resource is made of; undefined where there is no such resource. */
async function targetOf(uri: string, { store }: Pick<Service, "store">): Promise<Target | undefined> {
  const place = parseUri(uri);
  if (place === undefined) return undefined;
  if (place.kind === "project") {
    const { projects } = await store.projects(new AbortController().signal);
    return projects.some(({ key }) => key === place.key) ? { key: place.key } : undefined;
  }
  const copy = await store.find(place.session).catch(() => undefined);
  if (copy === undefined) return undefined;
  const file = place.kind === "subagent" ? await store.subagentFile(copy, place.agentId) : copy.path;
  return file === undefined ? undefined : { file };
}

/** Does what is due, but for each key no more often than every so many milliseconds. */
class Pacer {
  readonly #every: number;
  readonly #last = new Map<string, number>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(every: number) {
    this.#every = every;
  }

  due(key: string, act: () => void): void {
    if (this.#waiting.has(key)) return;
    const next = (this.#last.get(key) ?? -Infinity) + this.#every;
    const timer = setTimeout(
      () => {
        this.#waiting.delete(key);
        this.#last.set(key, performance.now());
        act();
      },
      Math.max(SETTLE_MS, next - performance.now()),
    );
    timer.unref();
    this.#waiting.set(key, timer);
  }

  forget(key: string): void {
    clearTimeout(this.#waiting.get(key));
    this.#waiting.delete(key);
    this.#last.delete(key);
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
