import fs from "node:fs";
import path from "node:path";
import { tempConfigDir } from "../../support/config-dir.ts";
import { isRoot, NOBODY } from "./programs.ts";

export interface Setting {
  readonly configDir: string;
  /** The user's cache directory, and the one for temporary files. */
  readonly cache: string;
  readonly temp: string;
  /** Directory of our databases in `cache`. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Path of the only database. */
  readonly database: () => string;
  /** Names of all files, with what is in them, but for those of our databases. */
  readonly others: () => string[];
}

/** A config dir, and directories for caches, that go when the test has ended. */
export function setUp(parent?: string): Setting {
  const base = tempConfigDir(parent);
  const [configDir, cache, temp] = ["config", "cache", "temp"].map((name) => {
    const dir = path.join(base, name);
    fs.mkdirSync(dir);
    return dir;
  }) as [string, string, string];
  fs.writeFileSync(path.join(configDir, "history.jsonl"), "{}\n");
  const directory = path.join(cache, "claude-transcripts");
  return {
    configDir,
    cache,
    temp,
    directory,
    env: { XDG_CACHE_HOME: cache, TMPDIR: temp },
    database() {
      const [name, ...more] = databases(directory);
      if (name === undefined || more.length > 0) throw new Error(`not one database: ${name} ${more.join(" ")}`);
      return path.join(directory, name);
    },
    others: () =>
      fs
        .readdirSync(base, { recursive: true, encoding: "utf8" })
        .filter((name) => !/claude-transcripts[^/]*(?:\/[0-9a-f]{16}-\d+-[0-9a-z]+\.db(?:-wal|-shm)?)?$/.test(name))
        .map((name) => path.join(base, name))
        .map((file) => (fs.lstatSync(file).isFile() ? `${file}: ${fs.readFileSync(file, "latin1")}` : file))
        .sort(),
  };
}

export const databases = (directory: string): string[] =>
  fs.readdirSync(directory).filter((name) => name.endsWith(".db"));

/** Gives directories to the user that `unprivileged` programs run as. */
export function giveToNobody({ configDir, cache, temp }: Setting): void {
  if (!isRoot) return;
  fs.chmodSync(path.dirname(configDir), 0o755);
  for (const dir of [cache, temp]) {
    for (const name of ["", ...fs.readdirSync(dir, { recursive: true, encoding: "utf8" })])
      fs.lchownSync(path.join(dir, name), NOBODY, NOBODY);
  }
}
