/**
 * Moves of files, links and directories that never replace anything. Within a file system each is one rename or one
 * link; to another one it is a copy that gets its name when it is whole and found equal, before the original goes.
 */
import { basename, dirname, join } from "node:path";
import { rename, statLink, unlink } from "./disk.ts";
import type { Stats } from "./disk.ts";
import { errnoOf, TranscriptError } from "./errors.ts";
import { placeNew, syncDir } from "./durable.ts";
import { tempName } from "./temp.ts";
import { copyLink, copyTree, isContained, removeTree } from "./tree.ts";

/**
 * `missing`: nothing stands at `from`. `taken`: something stands at `to`, and nothing was done. `elsewhere`: `to` is in
 * another file system, and nothing was done.
 */
export type MoveOutcome = "moved" | "missing" | "taken" | "elsewhere";

/** Copies that may be begun again because the original grew meanwhile. */
const COPY_TRIES = 3;

/**
 * Moves what stands at `from` to `to`, in another file system too. A link is moved as a link. After a kill, `from` or
 * `to` or both are there, each whole; where it is both, one holds all that the other does.
 */
export function moveNew(from: string, to: string): MoveOutcome {
  const outcome = moveNearby(from, to);
  return outcome === "elsewhere" ? moveElsewhere(from, to) : outcome;
}

/** As `moveNew`, but leaves things alone that would have to be copied. */
export function moveNearby(from: string, to: string): MoveOutcome {
  const stat = statLink(from);
  if (stat === undefined) return "missing";
  // A rename would replace an empty directory; links and files find out themselves.
  if (stat.isDirectory() && statLink(to) !== undefined) return "taken";
  try {
    moveWithin(from, to, stat);
    return "moved";
  } catch (error) {
    const outcome = OUTCOMES[errnoOf(error) ?? ""];
    if (outcome === undefined) throw error;
    // Gone meanwhile is one thing, a directory to move to that is not there another.
    if (outcome === "missing" && statLink(from) !== undefined) throw error;
    return outcome;
  }
}

const OUTCOMES: Readonly<Record<string, MoveOutcome>> = {
  ENOENT: "missing",
  EEXIST: "taken",
  ENOTEMPTY: "taken",
  ENOTDIR: "taken",
  EXDEV: "elsewhere",
};

function moveWithin(from: string, to: string, stat: Stats): void {
  if (stat.isDirectory()) {
    rename(from, to);
  } else if (stat.isSymbolicLink()) {
    copyLink(from, to);
    unlink(from);
  } else {
    placeNew(from, to);
  }
}

function moveElsewhere(from: string, to: string): MoveOutcome {
  const dir = dirname(to);
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    // Not the name that the temporary file of a new transcript has: of that, more is cleaned away than itself.
    const temp = join(dir, tempName(`moved-${basename(to)}`));
    try {
      copyTree(from, temp);
      // Also unequal when it grew while it was copied: then once more.
      if (!isContained(from, temp)) continue;
      const outcome = moveNearby(temp, to);
      if (outcome !== "moved") return outcome;
      syncDir(dir);
      removeTree(from);
      return "moved";
    } finally {
      removeTree(temp);
    }
  }
  throw new TranscriptError("Io", `${from} keeps changing while it is copied to another file system`, {
    hint: "Leave the session that writes it, then try again.",
    data: { path: from },
  });
}
