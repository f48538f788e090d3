/** Copies sessions, with what belongs to them, into a directory from which they can be read and restored. Only reads the store. */
import { join, resolve, sep } from "node:path";
import { type Stats, statLink, tryStatFile } from "../disk/fs.ts";
import { entriesOf, tryStat, Walker } from "../disk/walk.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { idIn, OLD_SUBAGENT, ownerOf } from "../layout/belongs.ts";
import { projectsPath } from "../layout/paths.ts";
import { namedThings } from "../projects/named-things.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import { tidyTrash } from "../trash/trash-entries.ts";
import type { Skipped } from "../types.ts";
import { updateCopy } from "./copy-file.ts";
import { makeSnapshotDir, requireSnapshotDir } from "./snapshot-dir.ts";

export interface SnapshotOptions {
  readonly configDir: string;
  /** The snapshot: a missing or empty directory, or an earlier snapshot of the config dir. */
  readonly to: string;
  /** Only sessions with these ids, in lower case. Default: all. */
  readonly sessionIds?: ReadonlySet<string> | undefined;
  /** Only says what would be copied. */
  readonly dryRun?: boolean | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SnapshotReport {
  /** Files that were copied or appended to, relative to the config dir, with the bytes written. */
  readonly copied: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Number of files that were copied before. */
  readonly unchanged: number;
  /** Earlier contents of files that were rewritten since, which the snapshot keeps. */
  readonly superseded: readonly string[];
  /** Links and files that could not be copied. */
  readonly skipped: readonly Skipped[];
}

interface SourceFile {
  readonly path: string;
  /** Relative to the config dir. */
  readonly name: string;
  readonly stats: Stats;
  /** The session it belongs to, by its name. */
  readonly owner: string | undefined;
}

/**
 * Brings a snapshot up to date. Files are only ever added and appended to: what was deleted in the store, by Claude Code after 30
 * days for instance, stays. One process at a time copies a session.
 *
 * Throws `InvalidArgumentError` if the directory cannot be a snapshot of this config dir, and `signal.reason` when aborted.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<SnapshotReport> {
  const { dryRun, progress, signal } = options;
  const [configDir, to] = [resolve(options.configDir), resolve(options.to)];
  requireSnapshotDir(to, configDir);
  const skipped: Skipped[] = [];
  const changed = new Map<string, SourceFile[]>();
  let unchanged = 0;
  let total = 0;
  for (const file of sourceFiles({ ...options, configDir }, skipped)) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    if (isCopied(file.stats, `${to}${sep}${file.name}`)) {
      unchanged++;
      continue;
    }
    const owner = file.owner ?? "";
    const files = changed.get(owner);
    if (files === undefined) changed.set(owner, [file]);
    else files.push(file);
    total += file.stats.size;
  }
  const copied: { path: string; bytes: number }[] = [];
  const superseded: string[] = [];
  let bytes = 0;
  if (dryRun !== true && changed.size > 0) makeSnapshotDir(to, configDir);
  for (const [owner, files] of changed) {
    const act = async (): Promise<void> => {
      for (const { path, name, stats } of files) {
        signal?.throwIfAborted();
        try {
          const there = statLink(join(to, name))?.size ?? 0;
          const done =
            dryRun === true
              ? { bytes: stats.size - (there < stats.size ? there : 0) }
              : updateCopy(path, join(to, name));
          copied.push({ path: name, bytes: done.bytes });
          bytes += done.bytes;
          if ("superseded" in done && done.superseded !== undefined) superseded.push(done.superseded);
        } catch (error) {
          if (error instanceof TranscriptError || errnoOf(error) === undefined) throw error;
          skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
        }
        progress?.(
          copied.reduce((sum, { bytes }) => sum + bytes, 0),
          total,
        );
        await yieldToEventLoop(signal);
      }
    };
    if (owner === "" || dryRun === true) await act();
    else await withSessionLock([to], owner, "snapshot", act);
  }
  // Killed runs may have left their locks.
  if (dryRun !== true) tidyTrash(to);
  return { copied, bytes, unchanged, superseded, skipped };
}

/** Whether the copy was made of a file as it is now: of the same size and time, to the microsecond. */
function isCopied({ size, mtimeMs }: Stats, copy: string): boolean {
  const there = statLink(copy);
  return there?.isFile() === true && there.size === size && Math.abs(there.mtimeMs - mtimeMs) < 0.002;
}

/** Returns the path of something below a directory, relative to it, with `/`. */
function below(dir: string, path: string): string {
  const name = path.slice(dir.length + 1);
  return sep === "/" ? name : name.split(sep).join("/");
}

/** Yields the files of the projects, and those elsewhere that are named after a session. */
function* sourceFiles({ configDir, sessionIds }: SnapshotOptions, skipped: Skipped[]): Generator<SourceFile> {
  const walker = new Walker(skipped);
  const isWanted = (owner: string | undefined): boolean =>
    sessionIds === undefined || (owner !== undefined && sessionIds.has(owner));
  const found = (path: string, name: string, stats: Stats, owner: string | undefined): SourceFile | undefined => {
    if (stats.isDirectory() || !isWanted(owner)) return undefined;
    if (stats.isFile()) return { path, name, stats, owner };
    skipped.push({ path, reason: stats.isSymbolicLink() ? NOT_FOLLOWED : "not a file" });
    return undefined;
  };
  function* all(path: string, name: string, owner: string | undefined): Generator<SourceFile> {
    const stats = tryStat(path, skipped);
    const file = stats && found(path, name, stats, owner);
    if (file !== undefined) yield file;
    if (stats?.isDirectory() !== true) return;
    for (const entry of walker.below(path)) {
      const inside = found(entry.path, `${name}/${below(path, entry.path)}`, entry.stats, owner);
      if (inside !== undefined) yield inside;
    }
  }
  // `projects` and project dirs may be links, as for all readers. Real directories come first: a link to one adds nothing.
  const projects = projectsPath(configDir);
  const links: string[] = [];
  for (const { name: key } of entriesOf(projects, skipped)) {
    const path = join(projects, key);
    const stats = tryStat(path, skipped);
    if (stats?.isSymbolicLink() === true && tryStatFile(path)?.isDirectory() === true) links.push(key);
    else if (stats?.isDirectory() !== true) yield* all(path, `projects/${key}`, undefined);
    else if (walker.enter(path)) {
      for (const { name } of entriesOf(path, skipped))
        yield* all(join(path, name), `projects/${key}/${name}`, ownerOfItem(name));
    }
  }
  for (const key of links) {
    const path = join(projects, key);
    if (!walker.enter(path)) continue;
    // It may lead anywhere, so only what a session has is taken.
    for (const { name } of entriesOf(path, skipped)) {
      const owner = ownerOfItem(name);
      if (owner !== undefined || OLD_SUBAGENT.test(name))
        yield* all(join(path, name), `projects/${key}/${name}`, owner);
    }
  }
  const onLink = (path: string, names: readonly string[]): void => {
    if (entriesOf(path, []).some(({ name }) => hasWanted([...names, name])))
      skipped.push({ path, reason: NOT_FOLLOWED });
  };
  const hasWanted = (names: readonly string[]): boolean => {
    const owner = ownerOf(names)?.toLowerCase();
    return owner !== undefined && isWanted(owner);
  };
  for (const { path, owner } of namedThings(configDir, skipped, onLink))
    yield* all(path, below(configDir, path), owner.toLowerCase());
}

const NOT_FOLLOWED = "a link, not followed";

/** Returns the session that an item of a project dir belongs to, by its name, in lower case. */
const ownerOfItem = (name: string): string | undefined =>
  OLD_SUBAGENT.test(name) ? undefined : idIn(name)?.toLowerCase();
