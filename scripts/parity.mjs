/**
 * Holds our functions to the official ones on many generated stores: test/parity/main.ts as a program of its own, since
 * the oldest supported Node does not run TypeScript. Arguments are handed on.
 *
 *     npm run parity -- --mode plain --count 2000
 *     npm run parity -- --mode all --count 100
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
// Below node_modules, so that the packages it imports are found.
const outfile = path.join(root, "node_modules", ".cache", "claude-transcripts", `parity-${process.pid}.mjs`);

buildSync({
  entryPoints: [path.join(root, "test", "parity", "main.ts")],
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
