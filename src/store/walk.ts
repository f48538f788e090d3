import { join } from "node:path";
import { type Dirent, readDir, type Stats, statLink } from "./disk.ts";
import { errnoOf, isMissing } from "./errors.ts";
import type { Skipped } from "./types.ts";

/** A file, or what is neither file nor directory. */
export interface WalkedFile {
  readonly dir: string;
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

/** Everything below a directory but directories, by name; links are not followed. What cannot be read goes into `skipped`. */
export function* filesBelow(dir: string, skipped: Skipped[]): Generator<WalkedFile> {
  for (const entry of entriesOf(dir, skipped)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      yield* filesBelow(path, skipped);
      continue;
    }
    const stats = tryStat(path, skipped);
    if (stats !== undefined) yield { dir, name: entry.name, path, stats };
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
function tryStat(path: string, skipped: Skipped[]): Stats | undefined {
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
  for (const file of filesBelow(path, skipped)) bytes += file.stats.size;
  return bytes;
}
