import type { StoreWatch } from "../../store/live/watch.ts";
import type { Service } from "../core/service.ts";
import type { ResourceEvents, ResourceWatch } from "../core/server-definition.ts";
import { ToolFailure } from "../core/tool.ts";
import { parseUri } from "../core/uri.ts";
import { Pacer } from "./watch-pacer.ts";

/** Minimum time between notifications of one resource, and of the list. */
const UPDATED_EVERY_MS = 1000;
const LIST_EVERY_MS = 5000;
/** Maximum subscriptions of a client: each may need a file watch, and the system has a limited number. */
const MAX_SUBSCRIPTIONS = 1000;

/** Reports changes to subscribed resources, and sessions that are added or removed. */
export function watchResources({ store }: Service, events: ResourceEvents): ResourceWatch {
  /** Files and directories of each URI. */
  const subscribed = new Map<string, readonly string[]>();
  const updated = new Pacer(UPDATED_EVERY_MS);
  const listed = new Pacer(LIST_EVERY_MS);
  let closed = false;
  const watching = store
    .watch({
      changed(path) {
        for (const [uri, paths] of subscribed) {
          if (paths.includes(path)) updated.due(uri, () => events.updated(uri));
        }
      },
      listed: () => listed.due("", () => events.listChanged()),
      failed: (error) => console.error("Some changes to sessions will not be reported:", error),
    })
    .then(
      (watch): StoreWatch | undefined => {
        if (closed) watch.close();
        return watch;
      },
      (error: unknown) => {
        console.error("Changes to sessions will not be reported:", error);
        return undefined;
      },
    );
  return {
    async subscribe(uri) {
      const paths = await pathsOf(uri, { store });
      if (paths.length === 0) return false;
      if (subscribed.size >= MAX_SUBSCRIPTIONS && !subscribed.has(uri)) {
        throw new ToolFailure(
          `The limit of ${MAX_SUBSCRIPTIONS} subscriptions is reached. Unsubscribe from others first.`,
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
      updated.cancel(uri);
      const stillUsed = new Set([...subscribed.values()].flat());
      const unused = paths.filter((path) => !stillUsed.has(path));
      void watching.then((watch) => unused.forEach((path) => watch?.remove(path)));
    },
    close() {
      closed = true;
      updated.close();
      listed.close();
      void watching.then((watch) => watch?.close());
    },
  };
}

/** Returns the files or directories of a resource; none if there is no such resource. */
async function pathsOf(uri: string, { store }: Pick<Service, "store">): Promise<readonly string[]> {
  const parsed = parseUri(uri);
  if (parsed === undefined) return [];
  if (parsed.kind === "project") return store.projectDirs(parsed.key);
  const copy = await store.find(parsed.session).catch(() => undefined);
  if (copy === undefined) return [];
  if (parsed.kind !== "subagent") return [copy.path];
  const file = await store.subagentFile(copy.sessionId, parsed.agentId);
  return file === undefined ? [] : [file];
}
