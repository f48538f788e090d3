import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/** Runs npm without its notices; returns stdout. */
export function npm(args: readonly string[], cwd = root): string {
  const windows = process.platform === "win32";
  return execFileSync(windows ? "npm.cmd" : "npm", [...args], {
    cwd,
    encoding: "utf8",
    shell: windows,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, npm_config_update_notifier: "false" },
  });
}

/**
 * Puts the package into `directory` as `npm install --omit=dev` of its tarball would, without asking a registry: what
 * `npm pack` takes along, and the dependencies that the lock file does not mark as for development. Returns the path of
 * the installed package.
 */
export function installInto(directory: string): string {
  const modules = path.join(directory, "node_modules");
  fs.mkdirSync(modules, { recursive: true });
  const [packed] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", directory])) as [
    { filename: string },
  ];
  execFileSync("tar", ["-xzf", packed.filename], { cwd: directory });
  const installed = path.join(modules, "claude-transcripts");
  fs.renameSync(path.join(directory, "package"), installed);
  for (const name of productionPackages()) {
    fs.cpSync(path.join(root, name), path.join(directory, name), { recursive: true });
  }
  return installed;
}

function productionPackages(): string[] {
  const lock = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean; peer?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([name, { dev, devOptional, peer }]) => name.startsWith("node_modules/") && !dev && !devOptional && !peer)
    .map(([name]) => name);
}
