import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";
import { nodes } from "../../support/nodes.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** A Node and the engine that it is told to use: all pairs that can be on a machine. */
export interface Runtime {
  readonly name: string;
  readonly node: string;
  readonly engine: "node:sqlite" | "libsql";
}

const hasSqlite = (version: string): boolean => !version.startsWith("v20.");

export const RUNTIMES: readonly Runtime[] = nodes().flatMap(({ version, path: node }) =>
  (["node:sqlite", "libsql"] as const)
    .filter((engine) => engine === "libsql" || hasSqlite(version))
    .map((engine) => ({ name: `${engine} on Node ${version}`, node, engine })),
);

/** Runtimes that differ in their engine, to have on one file. */
export const BOTH: readonly Runtime[] = [
  RUNTIMES.find(({ engine }) => engine === "libsql"),
  RUNTIMES.findLast(({ engine }) => engine === "node:sqlite"),
].filter((runtime) => runtime !== undefined);

/** Bundles the program of these tests, which Node 20 could not run as TypeScript. Returns its path. */
export function buildProgram(): string {
  // Below node_modules, so that libsql is found.
  const dir = path.join(root, "node_modules", ".cache", "claude-transcripts");
  fs.mkdirSync(dir, { recursive: true });
  const outfile = path.join(fs.mkdtempSync(path.join(dir, "catalog-")), "program.mjs");
  buildSync({
    absWorkingDir: root,
    entryPoints: ["test/catalog/support/program.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    target: "node20",
  });
  fs.chmodSync(path.dirname(outfile), 0o755);
  return outfile;
}

/** What the program prints of an index that it has opened. */
export interface Report {
  readonly engine: string;
  readonly path: string;
  readonly journal: string;
  readonly warnings: readonly string[];
  readonly integrity: string;
  readonly names: readonly string[];
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Runs as a user without rights, if this one is root. */
  readonly unprivileged?: boolean;
}

/** A user id that owns nothing. */
export const NOBODY = 65_534;
export const isRoot = process.getuid?.() === 0;

const optionsFor = ({ engine }: Runtime, { env, unprivileged = false }: RunOptions): object => ({
  env: { ...process.env, CLAUDE_TRANSCRIPTS_ENGINE: engine, ...env },
  ...(unprivileged && isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
});

/** Runs the program to its end. Throws if it fails or if anything is on its stderr. */
export function run(program: string, runtime: Runtime, args: readonly string[], options: RunOptions = {}): unknown {
  const settings = { ...optionsFor(runtime, options), encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(runtime.node, [program, ...args], settings);
  if (status !== 0 || stderr !== "") throw new Error(`${runtime.name}: ${status}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout);
}

export interface Running {
  readonly child: ChildProcess;
  /** Its last line; throws as `run`. */
  readonly result: Promise<unknown>;
}

export function start(program: string, runtime: Runtime, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(runtime.node, [program, ...args], { stdio: "pipe", ...optionsFor(runtime, options) });
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (data) => (stdout += String(data)));
  child.stderr?.on("data", (data) => (stderr += String(data)));
  const result = new Promise((resolve, reject) => {
    child.once("close", (status, signal) => {
      if (signal === "SIGKILL") resolve(undefined);
      else if (status === 0 && stderr === "") resolve(JSON.parse(stdout));
      else reject(new Error(`${runtime.name}: ${status}\n${stdout}\n${stderr}`));
    });
  });
  return { child, result };
}
