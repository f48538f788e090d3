/** Copies sessions, with what belongs to them, into a directory from which they can be read and restored. Only reads the store. */
import { basename, dirname, join, resolve, sep } from "node:path";
import { cleanStaleTemps } from "../disk/atomic-write.ts";
import { type Stats, statLink, tryStatFile } from "../disk/fs.ts";
import { temporaryState } from "../disk/temp-file.ts";
import { entriesOf, tryStat, Walker } from "../disk/walk.ts";
import { attempt, errnoOf, SessionBusyError, TranscriptError } from "../errors.ts";
import { idIn, OLD_SUBAGENT, ownerOf } from "../layout/belongs.ts";
import { jobNames, jobsPath, projectsPath } from "../layout/paths.ts";
import { isSessionId } from "../layout/session-id.ts";
import { sessionOfJob } from "../projects/jobs.ts";
import { namedThings } from "../projects/named-things.ts";
import { firstSessionId } from "../projects/sidecars.ts";
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
  /** Links, and what is not a file. */
  readonly skipped: readonly Skipped[];
  /** Files that could not be copied, and directories that could not be read: the snapshot is not complete. */
  readonly failed: readonly Skipped[];
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
 * What fails is named, and the rest is copied. Throws `InvalidArgumentError` if the directory cannot be a snapshot of this config dir, and `signal.reason` when aborted.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<SnapshotReport> {
  const { dryRun, progress, signal } = options;
  const [configDir, to] = [resolve(options.configDir), resolve(options.to)];
  requireSnapshotDir(to, configDir);
  const skipped: Skipped[] = [];
  const failed: Skipped[] = [];
  const changed = new Map<string, SourceFile[]>();
  const isLinked = linkFinder(to);
  let unchanged = 0;
  let total = 0;
  for (const file of sourceFiles({ ...options, configDir }, skipped, failed)) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    if (isCopied(file, to, isLinked)) {
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
  const cleaned = new Set<string>();
  if (dryRun !== true && changed.size > 0) makeSnapshotDir(to, configDir);
  const copy = async ({ path, name, stats }: SourceFile): Promise<void> => {
    const target = join(to, name);
    if (dryRun === true) {
      const there = statLink(target)?.size ?? 0;
      copied.push({ path: name, bytes: stats.size - (there < stats.size ? there : 0) });
      return;
    }
    if (!cleaned.has(dirname(target))) {
      cleaned.add(dirname(target));
      // Killed runs may have left some. A link leads to what is not ours.
      if (!isLinked(name)) cleanStaleTemps(dirname(target));
    }
    const done = await updateCopy(path, to, name, signal);
    superseded.push(...done.superseded);
    if (done.isUnchanged) unchanged++;
    else copied.push({ path: name, bytes: done.bytes });
    bytes += done.bytes;
  };
  for (const [owner, files] of changed) {
    const act = async (): Promise<void> => {
      for (const file of files) {
        signal?.throwIfAborted();
        try {
          await copy(file);
        } catch (error) {
          if (signal?.aborted === true || !isFailure(error)) throw error;
          failed.push({ path: file.path, reason: reasonOf(error) });
        }
        progress?.(bytes, total);
        await yieldToEventLoop(signal);
      }
    };
    if (dryRun === true) await act();
    else {
      try {
        await withSessionLock([to], owner === "" ? NO_SESSION : owner, "snapshot", act);
      } catch (error) {
        if (!(error instanceof SessionBusyError)) throw error;
        for (const { path } of files) failed.push({ path, reason: error.message });
      }
    }
  }
  // Killed runs may have left their locks.
  if (dryRun !== true) tidyTrash(to);
  return { copied, bytes: copied.reduce((sum, file) => sum + file.bytes, 0), unchanged, superseded, skipped, failed };
}

/** In the lock of what belongs to no session. */
const NO_SESSION = "00000000-0000-0000-0000-000000000000";

const isFailure = (error: unknown): boolean =>
  errnoOf(error) !== undefined || (error instanceof TranscriptError && error.code === "Io");

const reasonOf = (error: unknown): string => errnoOf(error) ?? (error instanceof Error ? error.message : String(error));

/** Returns a function that says whether a link is above a name in a snapshot. Looks once at each directory. */
function linkFinder(snapshot: string): (name: string) => boolean {
  const known = new Map([["", false]]);
  const isLinked = (name: string): boolean => {
    const dir = name.slice(0, Math.max(name.lastIndexOf("/"), 0));
    let found = known.get(dir);
    if (found === undefined) {
      found = isLinked(dir) || attempt(() => statLink(`${snapshot}${sep}${dir}`))?.isSymbolicLink() === true;
      known.set(dir, found);
    }
    return found;
  };
  return isLinked;
}

/** Whether the copy was made of a file as it is now: of the same size and time, to the microsecond. */
function isCopied({ name, stats }: SourceFile, to: string, isLinked: (name: string) => boolean): boolean {
  if (isLinked(name)) return false;
  // What cannot be looked at cannot be written either, which is said then.
  const there = attempt(() => statLink(`${to}${sep}${name}`));
  return there?.isFile() === true && there.size === stats.size && Math.abs(there.mtimeMs - stats.mtimeMs) < 0.002;
}

/** Returns the path of something below a directory, relative to it, with `/`. */
function below(dir: string, path: string): string {
  const name = path.slice(dir.length + 1);
  return sep === "/" ? name : name.split(sep).join("/");
}

/** Yields the files of the projects, and those elsewhere that are named after a session. */
function* sourceFiles(
  { configDir, sessionIds }: SnapshotOptions,
  skipped: Skipped[],
  failed: Skipped[],
): Generator<SourceFile> {
  const walker = new Walker(failed);
  const isWanted = (owner: string | undefined): boolean =>
    sessionIds === undefined || (owner !== undefined && sessionIds.has(owner));
  const found = (path: string, name: string, stats: Stats, owner: string | undefined): SourceFile | undefined => {
    // A process of ours is still writing it.
    if (stats.isDirectory() || !isWanted(owner)) return undefined;
    if (path.endsWith(".tmp") && temporaryState(dirname(path), basename(path)) !== undefined) return undefined;
    if (stats.isFile()) return { path, name, stats, owner };
    skipped.push({ path, reason: stats.isSymbolicLink() ? NOT_FOLLOWED : "not a file" });
    return undefined;
  };
  function* all(path: string, name: string, owner: string | undefined, isDirectory = false): Generator<SourceFile> {
    const stats = isDirectory ? undefined : tryStat(path, failed);
    const file = stats && found(path, name, stats, owner);
    if (file !== undefined) yield file;
    if (!isDirectory && stats?.isDirectory() !== true) return;
    for (const entry of walker.below(path)) {
      const inside = found(entry.path, `${name}/${below(path, entry.path)}`, entry.stats, owner);
      if (inside !== undefined) yield inside;
    }
  }
  // `projects` and project dirs may be links, as for all readers. Real directories come first: a link to one adds nothing.
  const projects = projectsPath(configDir);
  const links: string[] = [];
  for (const { name: key } of entriesOf(projects, failed)) {
    const path = join(projects, key);
    const stats = tryStat(path, failed);
    if (stats === undefined) continue;
    if (stats.isSymbolicLink() && tryStatFile(path)?.isDirectory() === true) links.push(key);
    else if (!stats.isDirectory()) yield* all(path, `projects/${key}`, undefined);
    else if (walker.enter(path)) {
      for (const entry of entriesOf(path, failed)) {
        const { name } = entry;
        const item = `${path}${sep}${name}`;
        yield* all(item, `projects/${key}/${name}`, ownerOfItem(item, name), entry.isDirectory());
      }
    }
  }
  for (const key of links) {
    const path = join(projects, key);
    if (!walker.enter(path)) continue;
    // It may lead anywhere, so only what a session has is taken.
    for (const { name } of entriesOf(path, failed)) {
      const owner = ownerOfItem(join(path, name), name);
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
  for (const { path, owner } of namedThings(configDir, failed, onLink))
    yield* all(path, below(configDir, path), owner.toLowerCase());
  const jobs = jobsPath(configDir);
  if (tryStat(jobs, failed)?.isDirectory() !== true) return;
  for (const { name } of entriesOf(jobs, failed)) {
    const owner = sessionOfJob(join(jobs, name))?.toLowerCase();
    if (owner !== undefined && jobNames(owner)[1] === name.toLowerCase())
      yield* all(join(jobs, name), `jobs/${name}`, owner);
  }
}

const NOT_FOLLOWED = "a link, not followed";

/** Returns the session that an item of a project dir belongs to, in lower case. Rows are read only of subagents of older CLIs. */
function ownerOfItem(path: string, name: string): string | undefined {
  const id = OLD_SUBAGENT.test(name) ? firstSessionId(path) : idIn(name);
  return isSessionId(id) ? id.toLowerCase() : undefined;
}
