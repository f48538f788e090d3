import { spawn } from "node:child_process";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { bundle } from "../support/bundle.ts";
import type { Call } from "./run.ts";

/** What a call came to: what it gave, or the error that a caller gets. */
export type Outcome =
  | { readonly value: unknown; readonly code?: undefined }
  | { readonly code: string; readonly message: string };

/** Somebody who calls the library, and can be held before one of its file-system calls. */
export interface Holdable {
  /** Begins a call. Gives true when it is held before its `holdAt`th file-system call, false when it ended before. */
  begin(call: Call, holdAt: number): Promise<boolean>;
  /** Lets it go on to the end, and gives what it came to, and how many file-system calls it made. */
  end(): Promise<{ readonly outcome: Outcome; readonly calls: number }>;
  close(): Promise<void>;
}

const here = import.meta.dirname;
/** Others are not waited for longer than this: they are held, and do not go on. */
const WAITS = { lockMs: 15, quietMs: 0 };

interface Ended {
  readonly outcome: Outcome;
  readonly calls: number;
}

/** A thread, which begins its next call at once. */
export async function holdableThread(): Promise<Holdable> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(path.join(here, "hold-thread.mjs"), {
    workerData: { library: bundle("test/kill/library.ts"), gate, waits: WAITS },
  });
  let listener = (_message: { held?: boolean; ready?: boolean } & Partial<Ended>): void => {};
  worker.on("message", (message) => listener(message));
  worker.on("error", (error) => {
    throw error;
  });
  await new Promise<void>((resolve) => {
    listener = () => resolve();
  });
  let ended = Promise.resolve<Ended>({ outcome: { value: undefined }, calls: 0 });
  return {
    begin(call, holdAt) {
      Atomics.store(gate, 0, 0);
      let onEnd = (_ended: Ended): void => {};
      ended = new Promise((resolve) => {
        onEnd = resolve;
      });
      return new Promise((resolve) => {
        listener = ({ held, outcome, calls = 0 }) => {
          if (outcome !== undefined) onEnd({ outcome, calls });
          resolve(held === true);
        };
        worker.postMessage({ ...call, holdAt }, []);
      });
    },
    end() {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      return ended;
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** A process, stopped by a signal. */
export function holdableProcess(): Holdable {
  let pid = 0;
  let ended = Promise.resolve<Ended>({ outcome: { value: undefined }, calls: 0 });
  return {
    begin({ name, args }, holdAt) {
      const argv = ["--import", path.join(here, "preload.mjs"), path.join(here, "child.mjs")];
      const child = spawn(
        process.execPath,
        [...argv, bundle("test/kill/library.ts"), name, JSON.stringify(args), JSON.stringify(WAITS)],
        { env: { ...process.env, KILL_AT: `stop:${holdAt}` }, stdio: ["ignore", "pipe", "inherit", "pipe"] },
      );
      pid = child.pid ?? 0;
      let text = "";
      child.stdout?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      ended = new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
          if (code !== 0) return reject(new Error(`${name} ended with ${code}: ${text}`));
          const { value, error, calls } = JSON.parse(text) as { value?: unknown; error?: string; calls: string[] };
          const [, code_ = "", message = ""] = /^([^:]*): (.*)$/s.exec(error ?? "") ?? [];
          resolve({ outcome: error === undefined ? { value } : { code: code_, message }, calls: calls.length });
        });
      });
      return new Promise((resolve) => {
        child.stdio[3]?.on("data", () => resolve(true));
        void ended.then(() => resolve(false));
      });
    },
    end() {
      // Sent again until it has ended: a process that says it will stop may not have stopped yet.
      const again = setInterval(() => goOn(pid), 2);
      return ended.finally(() => clearInterval(again));
    },
    async close() {},
  };
}

function goOn(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It has ended.
  }
}
