import { basename, dirname } from "node:path";
import { cleanStaleTemps, createTemp, discardTemp, publishNew, publishOver } from "../../store/disk/atomic-write.ts";
import { isThere, statFile, statLink, writeAll } from "../../store/disk/fs.ts";
import { attempt, errnoOf, TranscriptError } from "../../store/errors.ts";
import { whileUnfinished } from "./unfinished.ts";
import type { WriteBytes } from "./write-bundle.ts";

export interface OutputOptions {
  /** Replaces a file, or a link to one, that has the name. */
  readonly force?: boolean | undefined;
}

/** Throws `InvalidArgument` if a file cannot be written there because of what is there already. */
export function requireFree(path: string, { force = false }: OutputOptions = {}): void {
  if (!force && isThere(path)) throw taken(path, "there already");
  const stats = force ? statLink(path) : undefined;
  if (stats === undefined) return;
  // A link that leads nowhere is replaced too.
  const target = stats.isSymbolicLink() ? attempt(() => statFile(path)) : stats;
  if (target?.isDirectory() === true) throw taken(path, "a directory");
  if (target?.isFile() === false) throw taken(path, "no regular file");
}

/**
 * Writes a file, mode 0600, whole or not at all. Returns its bytes. Throws like `requireFree`, `Io` if it cannot be written, and
 * errors of `fill`.
 */
export async function writeOutput(
  path: string,
  fill: (write: WriteBytes) => Promise<void>,
  options: OutputOptions = {},
): Promise<number> {
  requireFree(path, options);
  cleanStaleTemps(dirname(path));
  const temp = writing(path, () => createTemp(dirname(path), basename(path)));
  return whileUnfinished(temp.path, async () => {
    let bytes = 0;
    try {
      await fill((chunk) => {
        writing(path, () => writeAll(temp.fd, chunk));
        bytes += chunk.length;
      });
      writing(path, () => (options.force === true ? publishOver(temp, path) : publishNew(temp, path)));
      return bytes;
    } catch (error) {
      discardTemp(temp);
      throw error;
    }
  });
}

/** Runs `act`, which writes what is to be at `path`, and says so in errors of the file system. */
export function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === "EEXIST") throw taken(path, "there already");
    // Node's message names the temporary file, which nobody knows.
    const [, why = errno] = /^[A-Z0-9]+: ([^,]+)/.exec((error as Error).message) ?? [];
    throw new TranscriptError("Io", `${path} cannot be written: ${why} (${errno})`, {
      hint: WHAT_TO_DO[errno] ?? "Write to another place.",
      data: { path, errno },
      cause: error,
    });
  }
}

const NO_ROOM = "Make room on the disk, or write to another one.";
const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EFBIG: "Write to another disk: this one takes no file of that size.",
  ENOENT: "Make the directory first.",
  ENOTDIR: "Name a file in a directory.",
};

const taken = (path: string, is: string): TranscriptError =>
  new TranscriptError("InvalidArgument", `${path} is ${is}`, {
    hint:
      is === "there already"
        ? "Give another name; --force (in a program: force) replaces a file."
        : "Name a file; --stdout (in a program: write) is for everything else.",
    data: { argument: "out", path },
  });
