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
 * Installs the package into `directory` from its packed tarball, as a user does, without asking a registry: its
 * dependencies are given as tarballs too, packed from those that the lock file does not mark as for development. Returns
 * the path of the installed package.
 */
export function installInto(directory: string): string {
  const tarballs = path.join(directory, "tarballs");
  fs.mkdirSync(tarballs, { recursive: true });
  const folders = [root, ...productionPackages().map((name) => path.join(root, name))];
  const options = ["--json", "--ignore-scripts", "--pack-destination", tarballs];
  const packed = JSON.parse(npm(["pack", ...options, ...folders])) as { filename: string }[];
  if (!fs.existsSync(path.join(directory, "package.json")))
    fs.writeFileSync(path.join(directory, "package.json"), "{}");
  const files = packed.map(({ filename }) => path.join(tarballs, filename));
  npm(
    ["install", "--offline", "--no-audit", "--no-fund", "--cache", path.join(directory, "cache"), ...files],
    directory,
  );
  return path.join(directory, "node_modules", "claude-transcripts");
}

/** The packages that a user's install brings, as paths below the root: those that the lock file does not mark as for development. */
export function productionPackages(): string[] {
  const lock = JSON.parse(fs.readFileSync(path.join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; peer?: boolean; link?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(
      ([name, { dev, devOptional, peer, link }]) =>
        name.startsWith("node_modules/") && !dev && !devOptional && !peer && !link,
    )
    .map(([name]) => name);
}
