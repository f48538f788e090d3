import { spawnSync } from "node:child_process";
import { binary } from "./binary.ts";

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The Node binary; default: this process's own. */
  readonly node?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

/** Runs the built program, without a terminal, to its end. Nothing of the caller's settings is taken over. */
export function runCli(args: readonly string[], { node = process.execPath, cwd, env, input }: RunOptions = {}): Ran {
  const { status, stdout, stderr } = spawnSync(node, [binary(), ...args], {
    cwd,
    encoding: "utf8",
    input: input ?? "",
    env: { ...cleanEnv(), ...env },
    maxBuffer: 256 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** Runs a shell command line in a terminal of so many columns, where the machine has `script`. What it shows comes back. */
export function inTerminal(
  command: string,
  { columns, env, input = "" }: { readonly columns: number; readonly input?: string } & Pick<RunOptions, "env">,
): { readonly status: number | null; readonly shown: string } {
  const { status, stdout } = spawnSync("script", ["-qec", `stty cols ${columns} -echo; ${command}`, "/dev/null"], {
    encoding: "utf8",
    input,
    env: { ...cleanEnv(), TERM: "xterm-256color", ...env },
  });
  return { status, shown: stdout.replaceAll("\r\n", "\n") };
}

export const hasTerminals =
  spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") ?? false;

function cleanEnv(): Record<string, string | undefined> {
  const { CLAUDE_CONFIG_DIR: _dir, NO_COLOR: _color, COLUMNS: _columns, PAGER: _pager, ...env } = process.env;
  return env;
}
