/** Copies sessions, with what belongs to them, into a directory from which they can be read and restored. Only reads the store. */
import { dirname, join, resolve, sep } from "node:path";
import { cleanStaleTemps } from "../disk/atomic-write.ts";
import { isThere, statLink } from "../disk/fs.ts";
import { attempt, errnoOf, isMissing, SessionBusyError, TranscriptError } from "../errors.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import { tidyTrash } from "../trash/trash-entries.ts";
import type { Skipped } from "../types.ts";
import { updateCopy } from "./copy-file.ts";
import { DeletionWatch } from "./deletion-watch.ts";
import { isCopyOf } from "./is-kept.ts";
import { makeSnapshotDir, requireSnapshotDir } from "./snapshot-dir.ts";
import { type SourceFile, sourceFiles } from "./source-files.ts";

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
  /** Links, what is not a file, and what was deleted meanwhile. */
  readonly skipped: readonly Skipped[];
  /** Files that could not be copied, and directories that could not be read: the snapshot is not complete. */
  readonly failed: readonly Skipped[];
}

/**
 * Brings a snapshot up to date. Files are only ever added and appended to: what was deleted in the store, by Claude Code after 30
 * days for instance, stays. One process at a time copies a session.
 *
 * What fails is named, and the rest is copied. The store is not locked: what was deleted or moved before it could be copied is
 * looked for again, or named. Throws `InvalidArgumentError` if the directory cannot be a snapshot of this config dir, and
 * `signal.reason` when aborted.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<SnapshotReport> {
  const { dryRun, signal } = options;
  const [configDir, to] = [resolve(options.configDir), resolve(options.to)];
  requireSnapshotDir(to, configDir);
  const run = new SnapshotRun({ ...options, configDir, to });
  const changed = await run.changedFiles();
  signal?.throwIfAborted();
  if (dryRun !== true && changed.size > 0) makeSnapshotDir(to, configDir);
  for (const [owner, files] of changed) {
    if (dryRun === true) await run.copyAll(owner, files);
    else {
      try {
        await withSessionLock([to], owner ?? NO_SESSION, "snapshot", () => run.copyAll(owner, files));
      } catch (error) {
        if (!(error instanceof SessionBusyError)) throw error;
        for (const { path } of files) run.failed.push({ path, reason: error.message });
      }
    }
    signal?.throwIfAborted();
  }
  // Killed runs may have left their locks.
  if (dryRun !== true) tidyTrash(to);
  const { copied, unchanged, superseded, skipped, failed } = run;
  return { copied, bytes: copied.reduce((sum, file) => sum + file.bytes, 0), unchanged, superseded, skipped, failed };
}

/** In the lock of what belongs to no session. */
const NO_SESSION = "00000000-0000-0000-0000-000000000000";

/** How often a session is looked for that is moved to another project again and again. */
const TRIES = 3;

/** One run, and what it has done. */
class SnapshotRun implements Omit<SnapshotReport, "bytes"> {
  readonly copied: { path: string; bytes: number }[] = [];
  readonly superseded: string[] = [];
  readonly skipped: Skipped[] = [];
  readonly failed: Skipped[] = [];
  unchanged = 0;
  readonly #options: SnapshotOptions;
  readonly #isLinked: (name: string) => boolean;
  readonly #deletions: DeletionWatch;
  /** Directories of the snapshot without what killed runs left there. */
  readonly #cleaned = new Set<string>();
  #bytes = 0;
  #total = 0;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#isLinked = linkFinder(options.to);
    this.#deletions = new DeletionWatch(options.configDir);
  }

  /** Returns the files to copy by the session that they belong to, without sessions that are in the middle of a deletion. */
  async changedFiles(): Promise<ReadonlyMap<string | undefined, readonly SourceFile[]>> {
    const changed = new Map<string | undefined, SourceFile[]>();
    this.#deletions.look();
    for (const file of sourceFiles(this.#options, this.skipped, this.failed)) {
      if (isTurnOver()) await yieldToEventLoop(this.#options.signal);
      this.#deletions.saw(file);
      if (this.#isCopied(file)) {
        this.unchanged++;
        continue;
      }
      const files = changed.get(file.owner);
      if (files === undefined) changed.set(file.owner, [file]);
      else files.push(file);
      this.#total += file.stats.size;
    }
    this.#deletions.look();
    for (const { owner, ...skip } of this.#deletions.inTheMiddle()) {
      changed.delete(owner);
      this.skipped.push(skip);
    }
    return changed;
  }

  /** Copies files of one session. If some have gone, all that it has now; it names what has been deleted. */
  async copyAll(owner: string | undefined, files: readonly SourceFile[]): Promise<void> {
    let gone = await this.#copyEach(files);
    for (let tries = 1; tries < TRIES && owner !== undefined; tries++) {
      if (!this.#deletions.hasMore(owner, gone.length)) break;
      const again = { ...this.#options, sessionIds: new Set([owner]) };
      this.#deletions.forget(owner);
      const found: SourceFile[] = [];
      for (const file of sourceFiles(again, [], this.failed)) {
        this.#deletions.saw(file);
        if (!this.#isCopied(file)) found.push(file);
      }
      gone = await this.#copyEach(found);
    }
    const isSession = gone.length > 0 && owner !== undefined && !this.#deletions.isThere(owner);
    const reason = isSession ? `session ${owner} was deleted meanwhile` : "it was deleted meanwhile";
    for (const { path } of gone) this.skipped.push({ path, reason });
  }

  /** Returns the files that are gone. */
  async #copyEach(files: readonly SourceFile[]): Promise<SourceFile[]> {
    const { progress, signal } = this.#options;
    const gone: SourceFile[] = [];
    for (const file of files) {
      signal?.throwIfAborted();
      try {
        await this.#copy(file);
      } catch (error) {
        if (signal?.aborted === true || !isFailure(error)) throw error;
        if (isMissing(error) && !isThere(file.path)) gone.push(file);
        else this.failed.push({ path: file.path, reason: reasonOf(error) });
      }
      progress?.(this.#bytes, this.#total);
      await yieldToEventLoop(signal);
    }
    return gone;
  }

  async #copy({ path, name, stats }: SourceFile): Promise<void> {
    const { to, dryRun, signal } = this.#options;
    const target = join(to, name);
    if (dryRun === true) {
      const there = statLink(target)?.size ?? 0;
      this.copied.push({ path: name, bytes: stats.size - (there < stats.size ? there : 0) });
      return;
    }
    if (!this.#cleaned.has(dirname(target))) {
      this.#cleaned.add(dirname(target));
      // Killed runs may have left some. A link leads to what is not ours.
      if (!this.#isLinked(name)) cleanStaleTemps(dirname(target));
    }
    const { bytes, isUnchanged, superseded } = await updateCopy(path, to, name, signal);
    this.superseded.push(...superseded);
    if (isUnchanged) this.unchanged++;
    else this.copied.push({ path: name, bytes });
    this.#bytes += bytes;
  }

  #isCopied({ name, stats }: SourceFile): boolean {
    // What cannot be looked at cannot be written either, which is said then.
    return !this.#isLinked(name) && isCopyOf(stats, `${this.#options.to}${sep}${name}`);
  }
}

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
