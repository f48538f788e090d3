import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";

const root = path.resolve(import.meta.dirname, "../..");
const made = new Map<string, string>();

/**
 * A module of the sources as one file that plain `node` runs, for tests in which other processes take part. Packages
 * stay outside, and are found from the project.
 */
export function bundle(entry: string): string {
  const known = made.get(entry);
  if (known !== undefined) return known;
  const dir = path.join(root, "node_modules", ".cache", "claude-transcripts-test");
  const { outputFiles } = buildSync({
    entryPoints: [path.join(root, entry)],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    packages: "external",
    target: "node20",
  });
  const text = outputFiles[0]?.text ?? "";
  const file = path.join(
    dir,
    `${path.basename(entry, ".ts")}-${createHash("sha1").update(text).digest("hex").slice(0, 10)}.mjs`,
  );
  // Test files run at once and may bundle the same module: whoever is last replaces it by the same.
  fs.mkdirSync(dir, { recursive: true });
  const temp = path.join(dir, `${process.pid}-${os.hostname()}-${made.size}.tmp`);
  fs.writeFileSync(temp, text);
  fs.renameSync(temp, file);
  made.set(entry, file);
  return file;
}
