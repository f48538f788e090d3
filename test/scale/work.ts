import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { onTestFinished } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const LARGEST_OUTPUT = 256 * 1024 * 1024;

/** The same code with nothing forgotten, and one collection of garbage before each operation: what is used is what was allocated. */
const FLAGS = [
  "--expose-gc",
  "--no-flush-bytecode",
  "--min-semi-space-size=256",
  "--max-semi-space-size=256",
  "--initial-old-space-size=4000",
];

type Counts = Readonly<Record<string, number>>;

interface Work {
  /** Bytes of the shape. */
  readonly bytes: number;
  readonly failure?: string;
  readonly code: Counts;
  readonly "built-ins": Counts;
  readonly disk: Counts;
  readonly memory: Counts;
}

/** What an operation took on a shape of n and of 2n. */
export interface Counted {
  readonly shape: string;
  readonly operation: string;
  readonly n: number;
  readonly counted: readonly [Work, Work];
}

/**
 * Windows and buffers are a sixty-fourth of what they are, and so are the lengths from which on something is done another way:
 * then a small shape is to them what a large one is otherwise.
 */
const smallSizes: Plugin = {
  name: "small-sizes",
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path: file }) => {
      const source = await fs.promises.readFile(file, "utf8");
      const contents = source
        .replaceAll(/\* 1024\b(?! \*)/g, "* 16")
        .replaceAll(/(_UNITS|_BYTES) = (\d{2,3})_000\b/g, (_, name, thousands) => `${name} = ${Number(thousands) * 16}`)
        .replace("PLAN_ENTRIES = 500", "PLAN_ENTRIES = 20");
      return { contents, loader: "ts" };
    });
  },
};

/** Counts the work of the operations of a module on all shapes, or on one, in so many processes. */
export async function countWork(module: string, { processes = 1, shape }: Options = {}): Promise<Counted[]> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-scale-"));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true }));
  // Packages stay outside, and are found from the project.
  const cache = path.join(root, "node_modules", ".cache", "claude-transcripts-scale");
  const outfile = path.join(cache, `${path.basename(module, ".ts")}-${process.pid}.mjs`);
  onTestFinished(() => fs.rmSync(outfile, { force: true }));
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(root, module)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    target: "node20",
    logLevel: "warning",
    plugins: [smallSizes],
  });
  const count = path.join(import.meta.dirname, "count.mjs");
  const runs = Array.from({ length: processes }, async (_, part) => {
    const args = [
      ...FLAGS,
      count,
      outfile,
      dir,
      String(part),
      String(processes),
      ...(shape === undefined ? [] : [shape]),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: LARGEST_OUTPUT });
    return stdout.trimEnd().split("\n");
  });
  return (await Promise.all(runs)).flat().map((line) => JSON.parse(line) as Counted);
}

interface Options {
  readonly processes?: number;
  readonly shape?: string;
}

/** Twice the bytes may cost this much more. */
const MOST = 2.3;
/** What one table or buffer more may take, in the units of each measure: it grows at some row, before it or after it. */
const ONE_BUFFER = 64 * 1024;
const ONE_PAGE_OF_HEAP = 256 * 1024;
const SOME_CALLS_PER_ITEM = 8;
/** A function that is so small a part of the whole would have to grow a hundredfold to matter. */
const SMALL_PART = 0.01;

/** What grew faster than the shape, of all that was counted: each measure as a whole, and each of its parts. */
export function tooMuch({ shape, operation, n, counted: [once, twice] }: Counted): string[] {
  const where = `${shape}: ${operation}`;
  const failed = [once, twice].flatMap(({ failure }) => (failure === undefined ? [] : [`${where}: ${failure}`]));
  const grown = (["code", "built-ins", "disk", "memory"] as const).flatMap((measure) => {
    const [before, after] = [once[measure], twice[measure]];
    const whole = sum(before);
    // Windows that grow read what they have read again, once in all.
    const least = measure === "disk" ? Math.max(whole, 2 * once.bytes) : whole;
    const found: string[] = [];
    const check = (what: string, base: number, now: number, spare: number): void => {
      if (now > MOST * base + spare) found.push(`${where}: ${measure}${what} ${base} → ${now}`);
    };
    check("", least, sum(after), measure === "code" ? 0 : measure === "memory" ? ONE_PAGE_OF_HEAP : ONE_BUFFER);
    if (measure === "code")
      // What began only at 2n, or was not counted at n, is judged as a part of the whole.
      for (const [name, base] of Object.entries(before))
        check(` of ${name}`, base, after[name] ?? 0, SMALL_PART * whole);
    if (measure === "memory") check(" of buffers", before["buffers"] ?? 0, after["buffers"] ?? 0, ONE_BUFFER);
    if (measure === "built-ins")
      for (const [name, now] of Object.entries(after)) {
        const spare = /^(?:Array|Map|Set)\b/.test(name) ? SOME_CALLS_PER_ITEM * n : ONE_BUFFER;
        check(` in ${name}`, before[name] ?? 0, now, spare);
      }
    return found;
  });
  return [...failed, ...grown];
}

const sum = (counts: Counts): number => Object.values(counts).reduce((total, count) => total + count, 0);
