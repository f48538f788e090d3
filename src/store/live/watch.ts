import { join } from "node:path";
import type { FSWatcher } from "chokidar";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { readNames, statFile, tryStatFile } from "../disk/fs.ts";
import { attempt } from "../errors.ts";
import { possibleProjectDirs } from "../projects/project-dirs.ts";
import { sessionIdOfFile } from "../layout/session-id.ts";
import type { StoreOptions } from "../types.ts";

export interface StoreNews {
  /** A watched file, or a transcript in a watched directory, was written, created or removed. */
  changed(path: string): void;
  /** Transcripts were added to the store or removed from it. */
  listed(): void;
  /** Some changes will not be reported. */
  failed(error: unknown): void;
}

export interface StoreWatch {
  readonly addFile: (path: string) => void;
  /** Watches all transcripts in a project dir. */
  readonly addDirectory: (path: string) => void;
  remove(path: string): void;
  close(): void;
}

/** Polling intervals: for the names in all project dirs, and for the files in watched directories. */
const NAMES_MS = 5000;
const FILES_MS = 1000;

/**
 * Watches a store without keeping the process alive. Added files are watched by the system; directories are polled, as
 * chokidar would stat every file whenever an active session appends a row.
 */
export function watchSessions(news: StoreNews, options?: StoreOptions | null): StoreWatch {
  const added = new Set<string>();
  let watcher: Promise<FSWatcher> | undefined;
  const open = async (): Promise<FSWatcher> => {
    // Loaded late: most clients never watch a file.
    const { watch } = await import("chokidar");
    const opened = watch([], {
      persistent: false,
      ignoreInitial: true,
      followSymlinks: false,
      depth: 0,
      ignored: (path) => !added.has(path),
    });
    for (const event of ["add", "change", "unlink"] as const) {
      opened.on(event, (path) => {
        if (added.has(path)) news.changed(path);
      });
    }
    return opened.on("error", (error) => news.failed(error));
  };
  const withWatcher = (act: (watcher: FSWatcher) => unknown): void => {
    watcher?.then(act).catch((error: unknown) => news.failed(error));
  };

  const names = new Names(options);
  names.look();
  const forNames = setInterval(() => {
    if (names.look()) news.listed();
  }, NAMES_MS);
  const directories = new Map<string, string>();
  const forFiles = setInterval(() => {
    for (const [dir, before] of directories) {
      const now = stateOf(dir);
      directories.set(dir, now);
      if (now !== before) news.changed(dir);
    }
  }, FILES_MS);
  for (const timer of [forNames, forFiles]) timer.unref();
  return {
    addFile(path) {
      added.add(path);
      watcher ??= open();
      withWatcher((opened) => added.has(path) && opened.add(path));
    },
    addDirectory: (path) => void directories.set(path, stateOf(path)),
    remove(path) {
      directories.delete(path);
      if (added.delete(path)) withWatcher((opened) => opened.unwatch(path));
    },
    close() {
      for (const timer of [forNames, forFiles]) clearInterval(timer);
      withWatcher((opened) => opened.close());
    },
  };
}

/** Returns a fingerprint that changes with every transcript of a project dir. */
function stateOf(dir: string): string {
  let [count, bytes, latest] = [0, 0, 0];
  try {
    for (const name of readNames(dir).filter(isTranscript)) {
      const stats = statFile(join(dir, name));
      count++;
      bytes += stats?.size ?? 0;
      latest = Math.max(latest, stats?.mtimeMs ?? 0);
    }
  } catch {
    // An unreadable directory counts as empty.
  }
  return `${count} ${bytes} ${latest}`;
}

/** The names of all transcripts at the last look. */
class Names {
  readonly #options: StoreOptions | null | undefined;
  #known = new Map<string, { readonly mtimeMs: number; readonly names: string }>();

  constructor(options: StoreOptions | null | undefined) {
    this.#options = options;
  }

  /** Reports whether the names have changed since the last call. Skips directories whose mtime is the same. */
  look(): boolean {
    const before = this.#known;
    this.#known = new Map();
    for (const configDir of resolveConfigDirs(this.#options)) {
      for (const { path } of possibleProjectDirs(configDir) ?? []) {
        const mtimeMs = tryStatFile(path)?.mtimeMs;
        if (mtimeMs === undefined) continue;
        const known = before.get(path);
        const isKnown = known?.mtimeMs === mtimeMs;
        const names = isKnown ? known.names : attempt(() => readNames(path).filter(isTranscript).join());
        // An unreadable directory has no transcripts, here as in a list.
        if (names !== undefined) this.#known.set(path, { mtimeMs, names });
      }
    }
    const all = (names: ReadonlyMap<string, { readonly names: string }>): string =>
      [...names].map(([path, one]) => `${path}\u0000${one.names}`).join("\u0000");
    return all(before) !== all(this.#known);
  }
}

const isTranscript = (name: string): boolean => sessionIdOfFile(name) !== undefined;
