/**
 * Packs the built program as an MCP bundle, which Claude Desktop and other hosts install with a click.
 *
 *     node scripts/pack-mcpb.mjs [FILE.mcpb]      default: claude-transcripts-<version>.mcpb
 *
 * Hosts do not run npm, so the bundle has a copy of the program with all packages inlined. The official tool validates the
 * manifest and packs.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { noticesOf, packagesIn } from "./notices.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tool = fileURLToPath(new URL("cli/cli.js", import.meta.resolve("@anthropic-ai/mcpb/cli")));
const { name, version, license } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

const target = path.resolve(process.argv[2] ?? path.join(root, `${name}-${version}.mcpb`));
const folder = mkdtempSync(path.join(tmpdir(), "claude-transcripts-mcpb-"));
try {
  await fill(folder);
  mcpb("validate", path.join(folder, "manifest.json"));
  mcpb("pack", folder, target);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function fill(folder) {
  const names = await inlineProgram(path.join(folder, "dist"));
  const notices = readFileSync(path.join(root, "dist", "THIRD-PARTY-NOTICES.txt"), "utf8");
  writeFileSync(path.join(folder, "dist", "THIRD-PARTY-NOTICES.txt"), `${notices}\n${noticesOf(names)}`);
  // Tells Node that the program consists of ES modules.
  writeFileSync(path.join(folder, "package.json"), `${JSON.stringify({ name, version, license, type: "module" })}\n`);
  copyFileSync(path.join(root, "mcpb", "manifest.json"), path.join(folder, "manifest.json"));
  copyFileSync(path.join(root, "LICENSE"), path.join(folder, "LICENSE"));
}

/** Returns the names of the packages that were inlined. */
async function inlineProgram(outdir) {
  if (!existsSync(path.join(root, "dist", "cli.js"))) throw new Error("dist/ is missing; run `npm run build` first");
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      cli: "dist/cli.js",
      "catalog-worker": "dist/catalog-worker.js",
      "scan-worker": "dist/scan-worker.js",
    },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: "cli/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20.19",
    // Its binaries are larger than the bundle: a host with Node 22 or newer needs none.
    external: ["libsql"],
    // CommonJS packages load Node's modules with `require`, which ES modules lack.
    banner: { js: 'import{createRequire as makeRequire}from"node:module";const require=makeRequire(import.meta.url);' },
    // `"sideEffects": false` is only true of the library; parts of the program are loaded for their side effects.
    ignoreAnnotations: true,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
  });
  return packagesIn(metafile);
}

function mcpb(...args) {
  const { status } = spawnSync(process.execPath, [tool, ...args], { stdio: "inherit" });
  if (status !== 0) throw new Error(`mcpb ${args[0]} exited with ${status}`);
}
