/**
 * Moves of files, links and directories that lose nothing, whoever else writes meanwhile, and wherever they are killed.
 *
 * Within a file system a deletion is one rename for each thing. No name is removed, and a row that somebody appends goes
 * along or comes too late.
 *
 * To another file system a thing is first put aside, by a rename in its own directory that no writer by name can follow,
 * then copied, and removed when it has stood still. What is left of the window: somebody opened the file before it was put
 * aside, and writes after the last look at it. The CLI opens, writes and closes in one go; `timing.quietMs` lie between the
 * rename and the last look, and what came before the name went is appended to the copy (`drain`). Nothing can be asked
 * whether it has the file open, so no wait is long enough for a writer that was stopped in between.
 *
 * A restoration may not replace what has come to stand in the old place, and a rename would. So a file gets its old name as
 * a second one, and loses that in the trash when the other one has been seen to be there.
 */
import { dirname, join } from "node:path";
import { readDir, readLink, removeDir, rename, statLink, unlink } from "./fs.ts";
import { drainFile } from "./drain-file.ts";
import { nameNew, syncDir } from "./atomic-write.ts";
import { errnoOf, isMissing, TranscriptError } from "../errors.ts";
import { tempName } from "./temp-file.ts";
import { copyLink, copyTree, isContained, removeTree } from "./dir-tree.ts";

/** Copies that may be begun again because the original changed meanwhile. */
const COPY_TRIES = 3;

/**
 * `missing`: nothing stands there. `aside`: it was put aside and copied, and is to be removed by `drain`. `left`: what
 * stands there and what is in the trash are two different things.
 */
export type Taking = "moved" | "missing" | "aside" | "left";

/**
 * Takes what stands at `from` into the trash, to `to`; `aside` is a name beside `from` that only this thing has. What an
 * earlier run put there comes first: it was killed before it had finished.
 */
export function takeIntoTrash(from: string, to: string, aside: string): Taking {
  const wasAside = statLink(aside) !== undefined;
  if (wasAside) {
    copyAside(aside, to);
    requireDrained(drain(aside, to));
  }
  if (statLink(from) === undefined) return wasAside || statLink(to) !== undefined ? "moved" : "missing";
  if (statLink(to) === undefined) {
    const outcome = tryRename(from, to);
    if (outcome !== "elsewhere") return outcome;
  } else if (!isContained(from, to) && !isContained(to, from)) {
    return "left";
  }
  if (tryRename(from, aside) === "missing") return "missing";
  try {
    copyAside(aside, to);
  } catch (error) {
    // A full disk, or something that cannot be copied. What was written by name meanwhile is not replaced.
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

/** As `takeIntoTrash` for what will not be kept: what would have to be copied is removed. */
export function takeForGood(from: string, to: string, aside: string): "moved" | "missing" | "removed" {
  const wasAside = statLink(aside) !== undefined;
  removeTree(aside);
  if (statLink(from) === undefined) return wasAside ? "removed" : statLink(to) === undefined ? "missing" : "moved";
  // All of it is as good as gone, so what an earlier run moved makes way.
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
    // Gone meanwhile is one thing, a directory to move to that is not there another.
    if (errnoOf(error) === "ENOENT" && statLink(from) === undefined) return "missing";
    throw error;
  }
}

/** Copies what was put aside to its place in the trash, where it appears whole. */
function copyAside(aside: string, to: string): void {
  if (statLink(to) !== undefined) return;
  for (let tries = 1; ; tries++) {
    const temp = join(dirname(to), tempName("moved"));
    try {
      copyTree(aside, temp);
      rename(temp, to);
      return syncDir(dirname(to));
    } catch (error) {
      // Somebody removed a file of a directory while that was copied.
      if (!isMissing(error) || statLink(aside) === undefined || tries === COPY_TRIES) throw error;
    } finally {
      removeTree(temp);
    }
  }
}

/**
 * `missing`: nothing stands at `from`. `taken`: something else stands at `to`, and nothing was lost.
 */
export type Placing = "placed" | "missing" | "taken";

/**
 * Puts what stands at `from`, in the trash, to `to`, where nothing is replaced. What stands there already counts as put
 * back when it begins with all that `from` has: an earlier run did that, and the session has grown since. With `mayExtend`
 * also when `from` begins with all that it has: then it is what was left of a deletion.
 */
export function putBack(from: string, to: string, mayExtend: boolean): Placing {
  let outcome = placeNearby(from, to);
  if (outcome === "elsewhere") outcome = placeCopy(from, to);
  if (outcome === "missing") return outcome;
  if (outcome === "taken" && !isContained(from, to) && !(mayExtend && isContained(to, from))) return "taken";
  return drain(from, to).length === 0 ? "placed" : "taken";
}

/** Gives a thing a further name, or a directory its only one, in the same file system, where nothing has that name. */
function placeNearby(from: string, to: string): Placing | "elsewhere" {
  const stat = statLink(from);
  if (stat === undefined) return "missing";
  // A rename would replace an empty directory; links and files find out themselves.
  if (stat.isDirectory() && statLink(to) !== undefined) return "taken";
  try {
    if (stat.isDirectory()) rename(from, to);
    else if (stat.isSymbolicLink()) copyLink(from, to);
    else nameNew(from, to);
    return "placed";
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "EXDEV") return "elsewhere";
    if (["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(errno)) return "taken";
    if (errno === "ENOENT" && statLink(from) === undefined) return "missing";
    throw error;
  }
}

/** The same in another file system: a copy gets the name when it is whole and found equal. */
function placeCopy(from: string, to: string): Placing {
  const dir = dirname(to);
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    const temp = join(dir, tempName("moved"));
    try {
      copyTree(from, temp);
      if (!isContained(from, temp)) continue;
      const outcome = placeNearby(temp, to);
      if (outcome === "elsewhere") throw new Error(`${temp} and ${to} are in two file systems`);
      syncDir(dir);
      return outcome;
    } finally {
      removeTree(temp);
    }
  }
  throw keepsChanging(from);
}

/**
 * Removes what stands at `a`, each piece when it has been seen that all of it stands at `b`. What `a` has and `b` lacks is
 * put there first: rows that were appended late, files of a directory that was moved in part. Gives the paths, at `a` and
 * below it, of what differs and therefore stays.
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
      if (statLink(inB) === undefined && placeNearby(inA, inB) === "elsewhere") placeCopy(inA, inB);
      for (const path of drain(inA, inB)) left.push(path);
    }
    if (left.length > 0) return left;
    try {
      removeDir(a);
      return [];
    } catch (error) {
      // Something has come into it meanwhile.
      if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(error) ?? "")) throw error;
    }
  }
  throw keepsChanging(a);
}

/** Throws when something of what was put aside is neither in the trash nor can go there. */
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
