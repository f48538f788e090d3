import type { Store } from "./acp-store.ts";

/** The store on the disk, loaded when something is first asked of it: `initialize` is answered before. */
export function openStore(configDirs?: readonly string[]): Store {
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> =>
    (opened ??= import("./store-on-disk.ts").then(({ storeOnDisk }) => storeOnDisk(configDirs)));
  return {
    page: async (options) => (await store()).page(options),
    placeOf: async (cwd, dir, options) => (await store()).placeOf(cwd, dir, options),
    has: async (sessionId) => (await store()).has(sessionId),
    open: async (sessionId, options) => (await store()).open(sessionId, options),
    subagents: async (sessionId, options) => (await store()).subagents(sessionId, options),
    fork: async (sessionId, options) => (await store()).fork(sessionId, options),
    archive: async (sessionId, archived) => (await store()).archive(sessionId, archived),
    rename: async (sessionId, title) => (await store()).rename(sessionId, title),
    use: async (sessionId) => (await store()).use(sessionId),
    resumable: async (sessionId) => (await store()).resumable(sessionId),
    live: async (sessions) => (await store()).live(sessions),
    remove: async (sessionId) => (await store()).remove(sessionId),
  };
}
