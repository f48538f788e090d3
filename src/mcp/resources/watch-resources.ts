import type { StoreWatch } from "../../store/live/watch.ts";
import type { Service } from "../core/service.ts";
import type { ResourceWatch, Tables } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";
import { parseUri } from "../core/uri.ts";
import { Pacer } from "./watch-pacer.ts";

type News = Parameters<NonNullable<Tables["resources"]["watch"]>>[1];

/** A resource is told of no more often than this; the list neither. */
const UPDATED_EVERY_MS = 1000;
const LIST_EVERY_MS = 5000;
/** Subscriptions of one client: each may take a watch of the system, which has so many. */
const MOST = 1000;

/** Tells of changes of the resources that were subscribed to, and of sessions that come and go. */
export function watchResources({ store }: Service, news: News): ResourceWatch {
  /** The files and directories that each URI is made of. */
  const subscribed = new Map<string, readonly string[]>();
  const updated = new Pacer(UPDATED_EVERY_MS);
  const listed = new Pacer(LIST_EVERY_MS);
  let closed = false;
  const watching = store
    .watch({
      changed(path) {
        for (const [uri, paths] of subscribed) {
          if (paths.includes(path)) updated.due(uri, () => news.updated(uri));
        }
      },
      listed: () => listed.due("", () => news.listChanged()),
      failed: (error) => console.error("Not all changes of sessions will be told:", error),
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
  return {
    async subscribe(uri) {
      const paths = await pathsOf(uri, { store });
      if (paths.length === 0) return false;
      if (subscribed.size >= MOST && !subscribed.has(uri)) {
        throw new ToolFailure(
          `${MOST} resources are subscribed to, and no more can be: unsubscribe from others first.`,
        );
      }
      subscribed.set(uri, paths);
      const watch = await watching;
      const add = parseUri(uri)?.kind === "project" ? watch?.addDirectory : watch?.addFile;
      for (const path of paths) add?.(path);
      return true;
    },
    unsubscribe(uri) {
      const paths = subscribed.get(uri) ?? [];
      subscribed.delete(uri);
      updated.forget(uri);
      const followed = new Set([...subscribed.values()].flat());
      const free = paths.filter((path) => !followed.has(path));
      void watching.then((watch) => free.forEach((path) => watch?.remove(path)));
    },
    close() {
      closed = true;
      updated.close();
      listed.close();
      void watching.then((watch) => watch?.close());
    },
  };
}

/** What the URI's resource is made of; nothing where there is no such resource. */
async function pathsOf(uri: string, { store }: Pick<Service, "store">): Promise<readonly string[]> {
  const place = parseUri(uri);
  if (place === undefined) return [];
  if (place.kind === "project") return store.projectDirs(place.key);
  const copy = await store.find(place.session).catch(() => undefined);
  if (copy === undefined) return [];
  if (place.kind !== "subagent") return [copy.path];
  const file = await store.subagentFile(copy.sessionId, place.agentId);
  return file === undefined ? [] : [file];
}
