/**
 * Gives the files of a session their places: all of them, or none. Each is written whole beside the store first and read again; then
 * each gets its name by a link or a rename, the transcript last, so that a reader never sees half a session. After a kill there may be
 * files next to a transcript that is not there yet: the next import finds the same bytes, and goes on.
 */
import { dirname } from "node:path";
import { appendToFile } from "../../store/disk/drain-file.ts";
import { compareSteps, copySteps } from "../../store/disk/dir-tree.ts";
import { createTemp, discardTemp, linkNew, syncDir } from "../../store/disk/atomic-write.ts";
import {
  close,
  isThere,
  makeDir,
  openAppend,
  openReadNoFollow,
  removeDir,
  rename,
  statLink,
  statOpen,
  statOpenExact,
  syncFile,
  unlink,
  useAndClose,
} from "../../store/disk/fs.ts";
import { errnoOf, ignoreDiskErrors, inContext, SessionBusyError } from "../../store/errors.ts";
import { copyNew } from "../../store/snapshot/copy-file.ts";
import { inTurns, timing } from "../../store/timing.ts";
import type { SourceSession } from "../source/source.ts";
import type { Staging } from "../source/staging.ts";
import { requireHash, writeContent } from "./compare-content.ts";
import { type PlannedFile, type PlanOptions, withContent } from "./plan-session.ts";

/** A file that was written. */
export interface PlacedFile {
  /** Relative to the config dir. */
  readonly path: string;
  readonly bytes: number;
}

interface Staged {
  readonly plan: PlannedFile;
  readonly at: string;
  readonly bytes: number;
}

/** Writes what a plan says is missing. The caller holds the session's lock. Returns the files, and the number of unread places in rows. */
export async function placeSession(
  session: SourceSession,
  plans: readonly PlannedFile[],
  staging: Staging,
  { changes, signal }: Pick<PlanOptions, "changes" | "signal">,
): Promise<{ readonly files: readonly PlacedFile[]; readonly unread: number }> {
  const staged: Staged[] = [];
  let unread = 0;
  for (const plan of plans) {
    if (plan.action === "already") continue;
    const { file, role } = plan;
    const isChanged = changes !== undefined && role !== "other";
    if (file.unpackedAt !== undefined && file.sha256 !== undefined && !isChanged) {
      useAndClose(openAppend(file.unpackedAt), syncFile);
      await requireHash(file.unpackedAt, file.sha256, signal);
      staged.push({ plan, at: file.unpackedAt, bytes: file.bytes });
      continue;
    }
    const at = staging.next();
    const { bytes, facts } = await withContent(plan, session, changes, (content) =>
      writeContent(content, at, { size: file.bytes, mtimeMs: file.mtimeMs }, signal),
    ).catch((error: unknown) => {
      throw errnoOf(error) === undefined ? error : inContext(error, `${plan.to} could not be written: `);
    });
    unread += facts.unread;
    staged.push({ plan, at, bytes });
  }
  await publishAll(session.sessionId, staged, signal);
  return { files: staged.map(({ plan: { path }, bytes }) => ({ path, bytes })), unread };
}

async function publishAll(
  sessionId: string,
  staged: readonly Staged[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const undo: (() => void)[] = [];
  /** Directories whose names change. */
  const renamed = new Set<string>();
  const replaced: Replaced[] = [];
  try {
    for (const one of staged) {
      signal?.throwIfAborted();
      makeDirs(dirname(one.plan.to), undo, renamed);
      renamed.add(dirname(one.plan.to));
      if (one.plan.action === "extend") replaced.push(await replaceBeginning(sessionId, one));
      else undo.push(await publishNewFile(sessionId, one));
    }
  } catch (error) {
    // Longer files stay: they have all that was there.
    for (const act of undo.reverse()) ignoreDiskErrors(act);
    throw error;
  } finally {
    await keepLateRows(replaced);
  }
  for (const dir of renamed) syncDir(dir);
}

/** Makes a directory, and notes how to remove those that were not there, and in which directories. */
function makeDirs(dir: string, undo: (() => void)[], renamed: Set<string>): void {
  const missing: string[] = [];
  for (let path = dir; !isThere(path); path = dirname(path)) missing.unshift(path);
  if (missing.length === 0) return;
  makeDir(dir);
  for (const path of missing) {
    renamed.add(dirname(path));
    undo.push(() => removeDir(path));
  }
}

/** Gives a new file its name. Returns how to take it away again. */
async function publishNewFile(sessionId: string, { plan: { to }, at }: Staged): Promise<() => void> {
  try {
    linkNew(at, to);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST") throw changed(sessionId, to);
    if (errno !== "EXDEV") throw error;
    // A project dir may be a link to another file system.
    await withOpen(at, (fd) => copyNew(fd, statOpenExact(fd), to)).catch((reason: unknown) => {
      throw errnoOf(reason) === "EEXIST" ? changed(sessionId, to) : reason;
    });
  }
  const ours = statLink(to);
  return () => {
    const there = statLink(to);
    if (there?.ino === ours?.ino && there?.dev === ours?.dev && there?.size === ours?.size) unlink(to);
  };
}

/** A file that was replaced, still open. */
interface Replaced {
  readonly fd: number;
  readonly size: number;
  readonly to: string;
}

/** Replaces a file by one that begins with it. */
async function replaceBeginning(sessionId: string, { plan: { to, role }, at }: Staged): Promise<Replaced> {
  const fd = openReadNoFollow(to);
  try {
    const { size } = statOpen(fd);
    const isBeginning = await withOpen(at, async (other) => (await inTurns(compareSteps(fd, other)))?.isWhole === true);
    if ((!isBeginning && role !== "place") || statOpen(fd).size !== size) throw changed(sessionId, to);
    await renameOver(at, to);
    return { fd, size, to };
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function renameOver(at: string, to: string): Promise<void> {
  try {
    rename(at, to);
  } catch (error) {
    if (errnoOf(error) !== "EXDEV") throw error;
    const temp = createTemp(dirname(to), "import");
    try {
      await withOpen(at, (fd) => inTurns(copySteps(fd, 0, temp.fd)));
      rename(temp.path, to);
      close(temp.fd);
      temp.fd = -1;
    } catch (reason) {
      discardTemp(temp);
      throw reason;
    }
  }
}

/** Appends rows that a process wrote to a replaced file which it had open: it opens, writes and closes in one go. */
async function keepLateRows(replaced: readonly Replaced[]): Promise<void> {
  if (replaced.length === 0) return;
  await new Promise((resolve) => setTimeout(resolve, timing.quietMs));
  for (const { fd, size, to } of replaced) {
    if (statOpen(fd).size > size) appendToFile(fd, size, to);
    close(fd);
  }
}

async function withOpen<T>(path: string, use: (fd: number) => Promise<T>): Promise<T> {
  const fd = openReadNoFollow(path);
  try {
    return await use(fd);
  } finally {
    close(fd);
  }
}

const changed = (sessionId: string, path: string): SessionBusyError =>
  new SessionBusyError(sessionId, `${path} has changed since it was looked at`, "Try again.");
