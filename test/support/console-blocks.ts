import fs from "node:fs";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { binary } from "./binary.ts";

export interface Example {
  /** The line behind `$ `. */
  readonly command: string;
  /** What the document says that it prints, stdout and stderr together. */
  readonly output: string;
}

/** With a fence of four backticks where the output has one of three. */
const FENCE = /^(`{3,4})console\n([^]*?)^\1$/gm;

/** The commands of a document's `console` blocks, in their order, each with the lines below it. */
export function consoleExamples(document: string): Example[] {
  return [...document.matchAll(FENCE)].flatMap(([, , block = ""]) => examplesOf(block));
}

/** The document with other output below each of its commands, in their order. */
export function withOutputs(document: string, outputs: readonly string[]): string {
  let next = 0;
  return document.replace(FENCE, (_all, fence: string, block: string) => {
    const lines = examplesOf(block).map(({ command }) => `$ ${command}\n${outputs[next++] ?? ""}`);
    return `${fence}console\n${lines.join("")}${fence}`;
  });
}

function examplesOf(block: string): Example[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      return { command: text.slice(0, end), output: text.slice(end + 1) };
    });
}

/** A directory with the built program under its name, to stand first in `PATH`. */
export function programsIn(directory: string): string {
  const at = path.join(directory, "claude-transcripts");
  fs.writeFileSync(at, `#!/bin/sh\nexec "${process.execPath}" "${binary()}" "$@"\n`, { mode: 0o755 });
  return directory;
}

/** Types a command into a shell; gives what a person sees of it, whether it succeeds or not. */
export function type(command: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): string {
  return execFileSync("sh", ["-c", `{ ${command}\n} 2>&1 || true`], { cwd, env, encoding: "utf8" });
}
