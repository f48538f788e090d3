/**
 * Compares our functions with the official ones on real config dirs, which are only read; says which deviation explains
 * each difference.
 *
 *     node scripts/parity-corpus.mjs CONFIG_DIR...
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outfile = path.join(root, "node_modules", ".cache", "claude-transcripts", `corpus-${process.pid}.mjs`);

buildSync({
  entryPoints: [path.join(root, "test", "parity", "corpus.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  target: "node20",
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" });
rmSync(outfile);
process.exitCode = status ?? 1;
