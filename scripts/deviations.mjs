/** Writes docs/deviations.md from test/parity/deviations.ts; a test checks that it is current. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outfile = path.join(root, "node_modules", ".cache", "claude-transcripts", `deviations-${process.pid}.mjs`);

buildSync({
  entryPoints: [path.join(root, "test", "parity", "write-page.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  target: "node20",
});
const { status } = spawnSync(process.execPath, [outfile, path.join(root, "docs", "deviations.md")], {
  stdio: "inherit",
});
rmSync(outfile);
process.exitCode = status ?? 1;
