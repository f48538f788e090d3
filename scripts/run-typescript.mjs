import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a TypeScript file of this repository, named from its top, as a program with the arguments: the oldest supported
 * Node runs JavaScript only. The exit code of this process becomes that of the program.
 */
export function runTypeScript(file, args) {
  // Below node_modules, so that the packages it imports are found.
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
