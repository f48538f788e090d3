import { basename, dirname } from "node:path";
import { cleanStaleTemps, createTemp, discardTemp, publishNew, publishOver } from "../../store/disk/atomic-write.ts";
import { isThere, statLink, writeAll } from "../../store/disk/fs.ts";
import { errnoOf, TranscriptError } from "../../store/errors.ts";
import type { WriteBytes } from "./write-bundle.ts";

export interface OutputOptions {
  /** Replaces a file, or a link, that has the name. */
  readonly force?: boolean | undefined;
}

/** Throws `InvalidArgument` if a file cannot be written there because of what is there already. */
export function requireFree(path: string, { force = false }: OutputOptions = {}): void {
  if (force && statLink(path)?.isDirectory() === true) throw taken(path, "a directory");
  if (!force && isThere(path)) throw taken(path, "there already");
}

/** Writes a file, mode 0600, whole or not at all. Returns its bytes. Throws like `requireFree`, and errors of the file system and of `fill`. */
export async function writeOutput(
  path: string,
  fill: (write: WriteBytes) => Promise<void>,
  options: OutputOptions = {},
): Promise<number> {
  requireFree(path, options);
  cleanStaleTemps(dirname(path));
  const temp = createTemp(dirname(path), basename(path));
  let bytes = 0;
  try {
    await fill((chunk) => {
      writeAll(temp.fd, chunk);
      bytes += chunk.length;
    });
    if (options.force === true) publishOver(temp, path);
    else publishNew(temp, path);
    return bytes;
  } catch (error) {
    discardTemp(temp);
    throw errnoOf(error) === "EEXIST" ? taken(path, "there already") : error;
  }
}

const taken = (path: string, is: string): TranscriptError =>
  new TranscriptError("InvalidArgument", `${path} is ${is}`, {
    hint: is === "a directory" ? "Name a file." : "Give another name; --force (in a program: force) replaces a file.",
    data: { argument: "out", path },
  });
