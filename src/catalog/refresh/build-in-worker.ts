import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { statFile } from "../../store/disk/fs.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import type { Built } from "./build.ts";

export interface WorkerInput {
  readonly path: string;
  readonly configDir: string;
}

export type FromWorker =
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "built"; readonly built: Built };

/** A build in another thread. */
export interface Building {
  /** Rejects if it failed; undefined if it was stopped. */
  readonly built: Promise<Built | undefined>;
  /** Is told the bytes done and in all. */
  readonly listeners: Set<(done: number, total: number) => void>;
  /** Stops it after the current transaction's work is thrown away. */
  stop(): void;
  /** Keeps the process alive until each caller has called `letGo`. */
  hold(): void;
  letGo(): void;
}

/**
 * Returns the path of a thread's code in the package, next to this or one directory above. Undefined where the sources run as
 * they are.
 */
export function threadCode(name: "catalog-worker" | "scan-worker"): string | undefined {
  const places = [`./${name}.js`, `../${name}.js`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => statFile(place) !== undefined);
}

/** Starts a build in a thread of its own; undefined if that is impossible: the index is in memory, or the code is missing. */
export function buildInWorker({ path, configDir }: OpenCatalog): Building | undefined {
  const file = path === ":memory:" ? undefined : threadCode("catalog-worker");
  if (file === undefined) return undefined;
  // Without the flags of the process: some of them, such as --input-type, no worker starts with.
  const worker = new Worker(file, { execArgv: [], workerData: { path, configDir } satisfies WorkerInput });
  const listeners: Building["listeners"] = new Set();
  let holders = 0;
  const built = new Promise<Built | undefined>((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.type === "built") resolve(message.built);
      else for (const listener of listeners) listener(message.done, message.total);
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve(undefined));
  });
  // A failure is told to those who wait for it.
  built.catch(() => {});
  return {
    built,
    listeners,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is no window
    stop: () => worker.postMessage("stop"),
    hold() {
      holders++;
      worker.ref();
    },
    letGo() {
      if (--holders === 0) worker.unref();
    },
  };
}
