import { spawn } from "node:child_process";
import path from "node:path";
import { bundle } from "../support/bundle.ts";

/** What is called: a function of the library, with arguments that JSON can hold. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface Run {
  readonly killed: boolean;
  /** The file-system calls that were made; empty when it was killed. */
  readonly calls: readonly string[];
  /** Duration of the call; absent when it was killed. */
  readonly ms?: number;
  readonly value?: unknown;
  readonly error?: string;
}

const here = import.meta.dirname;

/** Calls the library in a process of its own, which is killed at `killAt` (`before:3`, `after:3`, `after-ms:1.5`; `count`: not at all). */
export function run({ name, args }: Call, killAt: string): Promise<Run> {
  const library = bundle("test/kill/library.ts");
  const argv = [
    "--import",
    path.join(here, "preload.mjs"),
    path.join(here, "child.mjs"),
    library,
    name,
    JSON.stringify(args),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      env: { ...process.env, KILL_AT: killAt },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve({ killed: true, calls: [] });
      else if (code === 0) resolve({ killed: false, ...(JSON.parse(text) as { calls: string[] }) });
      else reject(new Error(`${name} ended with ${code ?? signal}: ${text}`));
    });
  });
}
