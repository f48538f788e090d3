import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The CLI comes as the platform package of the official SDK, a development dependency. */
const CLAUDE = here("../../node_modules/@anthropic-ai/claude-agent-sdk-linux-x64/claude");

/** The platform whose CLI is tried. There a missing CLI is an error: what it would have shown has not been shown. */
export const isCliExpected = process.platform === "linux" && process.arch === "x64";

export function requireCli(): void {
  if (!fs.existsSync(CLAUDE)) throw new Error(`The Claude Code CLI is missing: ${CLAUDE}. Run npm ci.`);
}

interface Step {
  readonly thinking?: string;
  readonly text?: string;
  readonly tools?: readonly (readonly [name: string, input: object])[];
  readonly slowMs?: number;
}

/** Answers to a prompt that holds the words `when`; a prompt without a rule gets one short answer. */
export interface Rule {
  readonly when: string;
  readonly steps: readonly Step[];
}

export interface CliRun {
  readonly cwd: string;
  readonly args: readonly string[];
  /** What the CLI reads from stdin. */
  readonly input?: string;
  /** Beside what every run is given. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Block {
  readonly type: string;
  readonly text?: string;
  readonly [key: string]: unknown;
}

export interface ModelRequest {
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Bodies of the requests that reached the model, in order. */
  readonly requests: readonly ModelRequest[];
}

/**
 * Runs the real CLI, one command after the other, in a network namespace that has loopback only, with the scripted model
 * behind it. A run that does not end with 0 is an error that shows what the CLI said.
 */
export async function runCli(
  config: string,
  runs: readonly CliRun[],
  rules: readonly Rule[] = [],
): Promise<CliResult[]> {
  const isRoot = process.getuid?.() === 0;
  const args = [...(isRoot ? [] : ["--map-root-user"]), "--net", process.execPath, here("inside.mjs")];
  const child = spawn("unshare", args, { stdio: "pipe" });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [code, stdout, stderr] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
    new Promise<void>((resolve) => child.stdin.end(JSON.stringify({ claude: CLAUDE, config, rules, runs }), resolve)),
  ]);
  if (code !== 0) throw new Error(`The isolated run failed (${code}): ${stderr}`);
  const results = JSON.parse(stdout) as CliResult[];
  for (const [index, result] of results.entries()) {
    if (result.code !== 0) {
      throw new Error(`claude ${runs[index]?.args.join(" ")} → ${result.code}: ${result.stderr}${result.stdout}`);
    }
  }
  return results;
}

/** Runs one prompt; gives what the model received first. */
export async function ask(config: string, cwd: string, prompt: string, ...args: string[]): Promise<ModelRequest> {
  const [result] = await runCli(config, [prompted(cwd, prompt, ...args)]);
  const request = result?.requests[0];
  if (request === undefined) throw new Error(`No request reached the model: ${result?.stdout}${result?.stderr}`);
  return request;
}

export function prompted(cwd: string, prompt: string, ...args: string[]): CliRun {
  return { cwd, args: ["-p", prompt, "--dangerously-skip-permissions", ...args] };
}

/** A new directory under the system's, its links resolved: project keys are made of real paths. */
export function newDir(name: string): string {
  return fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), `${name}-`));
}

function here(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
