import { basename, join } from "node:path";
import { type BigIntStats, type Dirent, readDir, statExact, type Stats, statLink, statLinkExact } from "./fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import type { Skipped } from "../types.ts";

/** An entry below a directory. The stats of a link are its own. */
export interface WalkedEntry {
  readonly dir: string;
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

/** Directories that a walk left out after reaching its limit of entries. */
export interface NotWalked {
  /** Maximum number of entries. */
  readonly limit: number;
  /** Number of directories left out, not counting those below them. */
  readonly directories: number;
  /** The first `NAMED_DIRECTORIES` of them. */
  readonly paths: readonly string[];
}

const NAMED_DIRECTORIES = 20;

/**
 * Walks below directories. Follows no link and enters no directory twice, whatever its names. Memory: the names in one
 * directory, the pending directories, and a short text for each one entered; the system's longest path bounds the depth.
 */
export class Walker {
  readonly #limit: number;
  readonly #skipped: Skipped[];
  readonly #entered = new Set<string>();
  readonly #left: string[] = [];
  #leftOut = 0;
  #met = 0;

  /** `limit`: maximum number of entries in all walks together; a directory once begun is finished. */
  constructor(skipped: Skipped[], limit = Infinity) {
    this.#skipped = skipped;
    this.#limit = limit;
  }

  /** Reports whether the directory is entered for the first time. Only here is a link in its place followed. */
  enter(dir: string): boolean {
    return this.#enter(dir, statExact);
  }

  /** Yields everything below a directory: its entries, sorted by name, then the entries of each subdirectory. */
  *below(root: string): Generator<WalkedEntry> {
    const waiting = [root];
    for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
      if (this.#met >= this.#limit) {
        this.#leftOut++;
        if (this.#left.length < NAMED_DIRECTORIES) this.#left.push(dir);
        continue;
      }
      if (!this.#enter(dir, statLinkExact)) continue;
      const inside: string[] = [];
      for (const { name } of entriesOf(dir, this.#skipped)) {
        this.#met++;
        const path = join(dir, name);
        const stats = tryStat(path, this.#skipped);
        if (stats === undefined) continue;
        if (stats.isDirectory()) inside.push(path);
        yield { dir, name, path, stats };
      }
      while (inside.length > 0) waiting.push(inside.pop() as string);
    }
  }

  get notWalked(): NotWalked | undefined {
    if (this.#leftOut === 0) return undefined;
    return { limit: this.#limit, directories: this.#leftOut, paths: this.#left };
  }

  #enter(dir: string, stat: typeof statExact): boolean {
    let stats: BigIntStats | undefined;
    try {
      stats = stat(dir);
    } catch (error) {
      this.#skipped.push({ path: dir, reason: errnoOf(error) ?? "unreadable" });
    }
    if (!stats?.isDirectory()) return false;
    // Some file systems of Windows have no inode numbers; then the path must do.
    const id = stats.ino === 0n ? dir : `${stats.dev}:${stats.ino}`;
    if (this.#entered.has(id)) return false;
    this.#entered.add(id);
    return true;
  }
}

/** Returns the entries of a directory, none if it is missing. If it cannot be read, that goes into `skipped`. */
export function entriesOf(dir: string, skipped: Skipped[]): Dirent[] {
  try {
    return readDir(dir);
  } catch (error) {
    if (!isMissing(error)) skipped.push({ path: dir, reason: errnoOf(error) ?? "unreadable" });
    return [];
  }
}

/**
 * Stat of the link itself; undefined if it is gone. If it cannot be read, that goes into `skipped`, and so does a name from a
 * directory that is not UTF-8: Node replaces its bytes, and nothing has the name that results.
 */
export function tryStat(path: string, skipped: Skipped[]): Stats | undefined {
  try {
    const stats = statLink(path);
    if (stats === undefined && basename(path).includes("\uFFFD"))
      skipped.push({ path, reason: "its name is not UTF-8" });
    return stats;
  } catch (error) {
    skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
}

/** Returns the size in bytes of a file, or of all files below a directory. */
export function bytesBelow(path: string, skipped: Skipped[]): number {
  const stats = tryStat(path, skipped);
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  let bytes = 0;
  for (const { stats } of new Walker(skipped).below(path)) if (!stats.isDirectory()) bytes += stats.size;
  return bytes;
}
