import { basename, dirname, join } from "node:path";
import { resolveConfigDirs } from "./config-dir.ts";
import { projectsPath } from "./paths.ts";
import { isSessionId } from "./session-id.ts";
import type { StoreOptions } from "./types.ts";

export interface StoreNews {
  /** A transcript was written to, or a file that was added. */
  changed(path: string): void;
  /** In a project dir a transcript changed; `others`: there is one more, or one less. */
  project(key: string, others: boolean): void;
  /** Some changes will not be told of. */
  failed(error: unknown): void;
}

export interface StoreWatch {
  /** Also tells of this file, wherever it stands. */
  add(path: string): void;
  remove(path: string): void;
  close(): void;
}

/**
 * Watches the project dirs, one watch for each: the files in them are too many. Nothing is read, and the process may end
 * while it lasts. Where the system tells of a directory's names only (macOS), changes of the content are told for files
 * that were added alone.
 */
export async function watchSessions(news: StoreNews, options?: StoreOptions | null): Promise<StoreWatch> {
  const { watch } = await import("chokidar");
  const roots = resolveConfigDirs(options).map(projectsPath);
  const added = new Set<string>();
  const isRoot = new Set(roots);
  const isProject = (path: string): boolean => isRoot.has(dirname(path));
  const watcher = watch(roots, {
    persistent: false,
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    depth: 1,
    ignored: (path, stats) => {
      if (added.has(path) || isRoot.has(path) || stats === undefined) return false;
      return !(stats.isDirectory() && isProject(path));
    },
  });
  const others = (path: string): void => {
    if (isProject(path)) news.project(basename(path), true);
  };
  watcher.on("addDir", others);
  watcher.on("unlinkDir", others);
  for (const event of ["add", "change", "unlink"] as const) {
    watcher.on(event, (path) => {
      if (added.has(path)) news.changed(path);
    });
  }
  watcher.on("raw", (event: string, name: unknown, details: unknown) => {
    const dir = watchedPath(details);
    if (dir === undefined || !isProject(dir)) return;
    // Not every system says which name it was.
    const file = typeof name === "string" ? basename(name) : undefined;
    if (file !== undefined && !isTranscript(file)) return;
    if (file !== undefined) news.changed(join(dir, file));
    news.project(basename(dir), event === "rename" || file === undefined);
  });
  watcher.on("error", (error) => news.failed(error));
  return {
    add(path) {
      added.add(path);
      watcher.add(path);
    },
    remove(path) {
      added.delete(path);
      watcher.unwatch(path);
    },
    close: () => void watcher.close(),
  };
}

const isTranscript = (name: string): boolean => name.endsWith(".jsonl") && isSessionId(name.slice(0, -".jsonl".length));

function watchedPath(details: unknown): string | undefined {
  if (typeof details !== "object" || details === null || !("watchedPath" in details)) return undefined;
  return typeof details.watchedPath === "string" ? details.watchedPath : undefined;
}
