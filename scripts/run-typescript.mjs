import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a TypeScript file of this repository, named from its root, as a program: the oldest supported Node only runs
 * JavaScript. Sets the exit code of this process to that of the program.
 */
export function runTypeScript(file, args) {
  // Below node_modules, so that its imports of packages resolve.
  const name = `${path.basename(file, ".ts")}-${process.pid}.mjs`;
  const outfile = path.join(root, "node_modules", ".cache", "claude-transcripts", name);
  buildSync({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    target: "node20",
  });
  const { status } = spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" });
  rmSync(outfile);
  process.exitCode = status ?? 1;
}
