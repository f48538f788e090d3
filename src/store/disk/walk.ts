import { join } from "node:path";
import { type BigIntStats, type Dirent, readDir, statExact, type Stats, statLink, statLinkExact } from "./fs.ts";
import { errnoOf, isMissing } from "../errors.ts";
import type { Skipped } from "../types.ts";

/** Something below a directory. The stats are those of a link itself. */
export interface WalkedEntry {
  readonly dir: string;
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

/** Directories that a walk left out because it had met as many entries as it may. */
export interface NotWalked {
  /** The bound, in entries. */
  readonly limit: number;
  /** How many directories were left out, without those below them. */
  readonly directories: number;
  /** The first `NAMED_DIRECTORIES` of them. */
  readonly paths: readonly string[];
}

const NAMED_DIRECTORIES = 20;

/**
 * Walks below directories. No link is followed and no directory is entered twice, by whatever names it has. Memory is the
 * names of one directory, the directories that wait, and a short text for each that was entered; the depth is bounded by
 * the longest path that the system takes.
 */
export class Walker {
  readonly #limit: number;
  readonly #skipped: Skipped[];
  readonly #entered = new Set<string>();
  readonly #left: string[] = [];
  #leftOut = 0;
  #met = 0;

  /** `limit`: how many entries are looked at, in all walks together; a directory that was begun is finished. */
  constructor(skipped: Skipped[], limit = Infinity) {
    this.#skipped = skipped;
    this.#limit = limit;
  }

  /** Whether the directory is entered for the first time. A link in its place is followed here, and only here. */
  enter(dir: string): boolean {
    return this.#enter(() => statExact(dir), dir);
  }

  /** Everything below a directory: what is in it, by name, then what is in the directories in it. */
  *below(root: string): Generator<WalkedEntry> {
    const waiting = [root];
    for (let dir = waiting.pop(); dir !== undefined; dir = waiting.pop()) {
      if (this.#met >= this.#limit) {
        this.#leave(dir);
        continue;
      }
      const path = dir;
      if (!this.#enter(() => statLinkExact(path), dir)) continue;
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

  #leave(dir: string): void {
    this.#leftOut++;
    if (this.#left.length < NAMED_DIRECTORIES) this.#left.push(dir);
  }

  #enter(stat: () => BigIntStats | undefined, dir: string): boolean {
    let stats: BigIntStats | undefined;
    try {
      stats = stat();
    } catch (error) {
      this.#skipped.push({ path: dir, reason: errnoOf(error) ?? "unreadable" });
    }
    if (!stats?.isDirectory()) return false;
    // Some file systems of Windows number nothing; the path is then the best name there is.
    const id = stats.ino === 0n ? dir : `${stats.dev}:${stats.ino}`;
    if (this.#entered.has(id)) return false;
    this.#entered.add(id);
    return true;
  }
}

/** What is in a directory; nothing where there is none, or where it cannot be read, which goes into `skipped`. */
export function entriesOf(dir: string, skipped: Skipped[]): Dirent[] {
  try {
    return readDir(dir);
  } catch (error) {
    if (!isMissing(error)) skipped.push({ path: dir, reason: errnoOf(error) ?? "unreadable" });
    return [];
  }
}

/** Stat of the link itself; undefined for what is gone, or cannot be looked at, which goes into `skipped`. */
export function tryStat(path: string, skipped: Skipped[]): Stats | undefined {
  try {
    return statLink(path);
  } catch (error) {
    skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
}

/** Bytes of a file, or of all files below a directory. */
export function bytesBelow(path: string, skipped: Skipped[]): number {
  const stats = tryStat(path, skipped);
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  let bytes = 0;
  for (const { stats } of new Walker(skipped).below(path)) if (!stats.isDirectory()) bytes += stats.size;
  return bytes;
}
