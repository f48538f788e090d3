/**
 * Moves files, links and directories without losing anything, whoever else writes, and wherever the process is killed.
 *
 * Within a file system, a deletion is one rename per item: a row that another process appends moves along or comes too
 * late.
 *
 * To another file system, an item is first put aside: renamed in its own directory, so that no writer finds it by name.
 * It is then copied, and removed once it has stopped changing. The CLI opens, writes and closes in one go;
 * `timing.quietMs` pass between the rename and the last look, and rows from before the name is removed are appended to
 * the copy (`drain`). Only a writer that was suspended in between can lose a row, because nothing reports who has a
 * file open.
 *
 * A restoration must not replace what is now at the old path, as a rename would. So a file gets its old name as a
 * second name, and loses its name in the trash once the other one is known to exist.
 */
import { dirname, join } from "node:path";
import { isThere, readDir, readLink, removeDir, rename, statLink, unlink } from "./fs.ts";
import { drainFile } from "./drain-file.ts";
import { linkNew, syncDir } from "./atomic-write.ts";
import { errnoOf, isMissing, TranscriptError } from "../errors.ts";
import { tempName } from "./temp-file.ts";
import { copyLink, copyTree, isContained, removeTree, shareTree } from "./dir-tree.ts";

/** Maximum number of copies begun because the original changed during the last one. */
const COPY_TRIES = 3;

/** `aside`: it was put aside and copied, and `drain` must remove it. `left`: it differs from what the trash has. */
export type TakeOutcome = "moved" | "missing" | "aside" | "left";

/**
 * Moves what is at `from` into the trash, to `to`. `aside` is a name next to `from` that only this item has; whatever an
 * earlier run, killed before it finished, put there comes first.
 */
export function takeIntoTrash(from: string, to: string, aside: string): TakeOutcome {
  const wasAside = isThere(aside);
  if (wasAside) {
    copyAside(aside, to);
    requireDrained(drain(aside, to));
  }
  if (!isThere(from)) return wasAside || isThere(to) ? "moved" : "missing";
  if (!isThere(to)) {
    const outcome = tryRename(from, to);
    if (outcome !== "elsewhere") return outcome;
  } else if (!isContained(from, to) && !isContained(to, from)) {
    return "left";
  }
  if (tryRename(from, aside) === "missing") return "missing";
  try {
    copyAside(aside, to);
  } catch (error) {
    // The disk is full, or something cannot be copied. A file written under the old name since then is not replaced.
    putBackQuietly(aside, from);
    throw error;
  }
  return "aside";
}

function putBackQuietly(aside: string, from: string): void {
  try {
    putBack(aside, from, false);
  } catch (error) {
    // It stays aside, where a later run finds it.
    if (errnoOf(error) === undefined && !(error instanceof TranscriptError)) throw error;
  }
}

/** Moves like `takeIntoTrash`, but removes what would have to be copied: it will not be kept. */
export function takeForGood(from: string, to: string, aside: string): "moved" | "missing" | "removed" {
  const wasAside = isThere(aside);
  removeTree(aside);
  if (!isThere(from)) return wasAside ? "removed" : isThere(to) ? "moved" : "missing";
  // All of it will be removed, so what an earlier run moved can go first.
  removeTree(to);
  const outcome = tryRename(from, to);
  if (outcome !== "elsewhere") return outcome;
  if (tryRename(from, aside) === "missing") return "missing";
  removeTree(aside);
  return "removed";
}

function tryRename(from: string, to: string): "moved" | "missing" | "elsewhere" {
  try {
    rename(from, to);
    return "moved";
  } catch (error) {
    if (errnoOf(error) === "EXDEV") return "elsewhere";
    // A missing source is not an error; a missing target directory is.
    if (errnoOf(error) === "ENOENT" && !isThere(from)) return "missing";
    throw error;
  }
}

/** Copies what was put aside to its place in the trash, where it appears atomically. */
function copyAside(aside: string, to: string): void {
  if (isThere(to)) return;
  for (let tries = 1; ; tries++) {
    const temp = join(dirname(to), tempName("moved"));
    try {
      copyTree(aside, temp);
      rename(temp, to);
      return syncDir(dirname(to));
    } catch (error) {
      // Another process removed a file from the directory during the copy.
      if (!isMissing(error) || !isThere(aside) || tries === COPY_TRIES) throw error;
    } finally {
      removeTree(temp);
    }
  }
}

/** `missing`: nothing is at `from`. `taken`: something else is at `to`, and nothing was lost. */
export type PlaceOutcome = "placed" | "missing" | "taken";

/**
 * Moves what is at `from`, in the trash, to `to`, and replaces nothing. If `to` exists and begins with all of `from`, it
 * counts as put back: an earlier run did that, and the session has grown since. With `mayExtend`, also if `from` begins with
 * all of `to`: then `to` is the rest of a deletion.
 */
export function putBack(from: string, to: string, mayExtend: boolean): PlaceOutcome {
  let outcome = placeNearby(from, to);
  if (outcome === "elsewhere") outcome = placeCopy(from, to);
  if (outcome === "missing") return outcome;
  if (outcome === "taken" && !isContained(from, to) && !(mayExtend && isContained(to, from))) return "taken";
  return drain(from, to).length === 0 ? "placed" : "taken";
}

/** Gives an item a free name in the same file system: a file keeps its old name too, a directory is moved. */
function placeNearby(from: string, to: string): PlaceOutcome | "elsewhere" {
  const stat = statLink(from);
  if (stat === undefined) return "missing";
  // A rename would replace an empty directory; for links and files, the calls below fail.
  if (stat.isDirectory() && isThere(to)) return "taken";
  try {
    if (stat.isDirectory()) rename(from, to);
    else if (stat.isSymbolicLink()) copyLink(from, to);
    else linkNew(from, to);
    return "placed";
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "EXDEV") return "elsewhere";
    if (["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(errno)) return "taken";
    if (errno === "ENOENT" && !isThere(from)) return "missing";
    throw error;
  }
}

/** Does the same across file systems: a copy gets the name once it is complete and found equal. */
function placeCopy(from: string, to: string): PlaceOutcome {
  const dir = dirname(to);
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    const temp = join(dir, tempName("moved"));
    try {
      copyTree(from, temp);
      if (!isContained(from, temp)) continue;
      const outcome = placeNearby(temp, to);
      if (outcome === "elsewhere") throw new Error(`${temp} and ${to} are on different file systems`);
      syncDir(dir);
      return outcome;
    } finally {
      removeTree(temp);
    }
  }
  throw keepsChanging(from);
}

/**
 * Gives what is at `from` a second, free path in another directory, where all of it appears at once. It stays at `from` too,
 * until `drain` removes it there. Returns false if the path is taken.
 */
export function placeAlso(from: string, to: string): boolean {
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    const temp = join(dirname(to), tempName("moved"));
    try {
      shareTree(from, temp);
      // A copy may be of a file that was written to during it.
      if (!isContained(from, temp)) continue;
      return placeNearby(temp, to) === "placed";
    } catch (error) {
      // Another process removed a file from the directory in the meantime.
      if (!isMissing(error) || !isThere(from)) throw error;
    } finally {
      removeTree(temp);
    }
  }
  throw keepsChanging(from);
}

/**
 * Removes what is at `a`, each piece once all of it is known to be at `b`. What `b` lacks is added to it first: rows that
 * were appended late, files of a directory that was moved in part. Returns the paths, at and below `a`, that differ and
 * therefore stay.
 */
export function drain(a: string, b: string): string[] {
  const stat = statLink(a);
  const other = statLink(b);
  if (stat === undefined) return [];
  if (other === undefined) return [a];
  if (stat.isDirectory()) return other.isDirectory() ? drainDirectory(a, b) : [a];
  if (stat.isSymbolicLink() && !(other.isSymbolicLink() && readLink(a) === readLink(b))) return [a];
  if (stat.isSymbolicLink() || (stat.ino === other.ino && stat.dev === other.dev)) {
    unlink(a);
    return [];
  }
  return stat.isFile() && other.isFile() && drainFile(a, b) ? [] : [a];
}

function drainDirectory(a: string, b: string): string[] {
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    const left: string[] = [];
    for (const { name } of readDir(a)) {
      const [inA, inB] = [join(a, name), join(b, name)];
      if (!isThere(inB) && placeNearby(inA, inB) === "elsewhere") placeCopy(inA, inB);
      for (const path of drain(inA, inB)) left.push(path);
    }
    if (left.length > 0) return left;
    try {
      removeDir(a);
      return [];
    } catch (error) {
      // Something was added to it in the meantime.
      if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
  throw keepsChanging(a);
}

/** Throws if part of what was put aside is not in the trash and cannot go there. */
export function requireDrained(left: readonly string[]): void {
  const [path] = left;
  if (path === undefined) return;
  throw new TranscriptError("Io", `${path} differs from its copy in the trash`, {
    hint: "Find out which of the two is right, move the other one away, then try again.",
    data: { path },
  });
}

const keepsChanging = (path: string): TranscriptError =>
  new TranscriptError("Io", `${path} keeps changing while it is being copied to another file system`, {
    hint: "Exit the session that writes it, then try again.",
    data: { path },
  });
