/**
 * Builds dist/: the library and the program as bundles, because loading single files takes longer than the rest of the
 * start, and the library's types as tsc emits them. The library keeps its names and lines for stack traces.
 *
 *     node scripts/build.mjs                  fails if something is missing
 *     node scripts/build.mjs --if-possible    does nothing if the development dependencies are not installed
 *
 * The new dist/ is built next to the old one and replaces it when it is complete, so a server that starts during a build
 * finds one of them.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { claudePrices } from "./claude-prices.mjs";
import { joinChunks } from "./join-chunks.mjs";
import { lazySchemas } from "./lazy-schemas.mjs";
import { leanSecretlint } from "./lean-secretlint.mjs";
import { noticesOf, packagesIn } from "./notices.mjs";
import { requiredBuiltins } from "./required-builtins.mjs";
import { withoutAjv } from "./without-ajv.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Packages that are loaded from node_modules at run time: a user's install has them. */
const EXTERNAL = ["fast-glob", "libsql"];

/** Sources that each start of the program loads, its entry first: the commands with their options, and what they share. */
const ALWAYS = [
  "main",
  "serve/acp",
  "serve/mcp",
  "commands/list",
  "commands/search",
  "commands/show",
  "commands/stats",
].map((name) => `src/cli/${name}.ts`);
/** Sources that the starts load that are to be fast. */
const STARTS = {
  acp: ["src/acp/main.ts"],
  load: ["src/acp/replay/load.ts", "src/open/conversation-verbs.ts"],
  mcp: ["src/mcp/main.ts"],
  list: ["src/cli/list/list-run.ts"],
  search: ["src/cli/search/search-run.ts"],
  show: ["src/cli/show/show-run.ts"],
  stats: ["src/cli/stats/stats-run.ts"],
};

hideTestNodes();
if (process.argv.includes("--if-possible") && !isInstalled("esbuild", "rolldown", "typescript", "zod")) {
  console.error("build: left out, because the development dependencies are not installed");
} else {
  await build();
}

/**
 * Removes the commands `node` of the Node versions for tests: npm would put one of them before the machine's own on the
 * PATH of every script. The tests use their paths.
 */
function hideTestNodes() {
  for (const name of ["node", "node.cmd", "node.ps1"])
    rmSync(path.join(root, "node_modules", ".bin", name), { force: true });
}

async function build() {
  const next = path.join(root, ".cache", `dist-${process.pid}`);
  const chunks = `${next}-chunks`;
  mkdirSync(next, { recursive: true });
  try {
    emitTypes(next);
    const bundled = await bundle(next, chunks);
    const notices = `The bundles in dist contain code of these packages.\n\n${noticesOf(bundled)}`;
    writeFileSync(path.join(next, "THIRD-PARTY-NOTICES.txt"), notices);
    replaceDirectory(path.join(root, "dist"), next);
  } finally {
    for (const directory of [next, chunks]) rmSync(directory, { recursive: true, force: true });
  }
}

function emitTypes(outDir) {
  const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", outDir], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error(`tsc exited with ${status}`);
  removeUnusedTypes(outDir);
}

/** Removes the declarations of files of which the library's types need nothing: half of them, in bytes. */
function removeUnusedTypes(outDir) {
  const used = new Set();
  const pending = [path.join(outDir, "index.d.ts")];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (used.has(file)) continue;
    used.add(file);
    for (const [, name] of readFileSync(file, "utf8").matchAll(/(?:\bfrom|\bimport\(?)\s*"(\.[^"]+)\.ts"/g))
      pending.push(path.join(path.dirname(file), `${name}.d.ts`));
  }
  for (const name of readdirSync(outDir, { recursive: true })) {
    const file = path.join(outDir, name);
    if (file.endsWith(".d.ts") && !used.has(file)) rmSync(file);
  }
}

/** Returns the names of the packages that went into the bundles. */
async function bundle(outdir, chunks) {
  const esbuild = await import("esbuild");
  const options = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    external: EXTERNAL,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  };
  const minified = { ...options, minify: true };
  const builds = await Promise.all([
    // The library loads the prices when they are first needed.
    esbuild.build({
      ...options,
      entryPoints: { index: "src/index.ts" },
      splitting: true,
      chunkNames: "library/[name]-[hash]",
      plugins: [requiredBuiltins, leanSecretlint, claudePrices],
    }),
    // The threads that build the search index and scan transcripts, for the library and the program.
    esbuild.build({
      ...minified,
      entryPoints: {
        "catalog-worker": "src/catalog/refresh/worker.ts",
        "scan-worker": "src/catalog/scan/scan-worker.ts",
      },
    }),
    // Lazily imported parts stay separate files, so that `--version` does not load the protocol.
    esbuild.build({
      ...minified,
      outdir: chunks,
      entryPoints: { cli: ALWAYS[0] },
      splitting: true,
      chunkNames: "cli/[name]-[hash]",
      plugins: [requiredBuiltins, lazySchemas, leanSecretlint, withoutAjv, claudePrices],
    }),
  ]);
  await joinChunks({ built: builds.at(-1), outdir, external: EXTERNAL, always: ALWAYS, starts: STARTS });
  makeExecutable(path.join(outdir, "cli.js"));
  return [...new Set(builds.flatMap(({ metafile }) => packagesIn(metafile)))].sort();
}

function makeExecutable(file) {
  const code = readFileSync(file, "utf8");
  if (!code.startsWith("#!")) writeFileSync(file, `#!/usr/bin/env node\n${code}`);
  chmodSync(file, 0o755);
}

function replaceDirectory(target, next) {
  const old = `${next}-old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(next, target);
  rmSync(old, { recursive: true, force: true });
}

function isInstalled(...names) {
  return names.every((name) => existsSync(path.join(root, "node_modules", name, "package.json")));
}
