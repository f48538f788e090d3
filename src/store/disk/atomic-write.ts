/**
 * Durable, atomic changes: one append of whole rows, a replaced file, a new file. A kill or a full disk may cut any of
 * them short at any call, and another process may do the same at the same moment.
 */
import { basename, dirname } from "node:path";
import {
  close,
  createNew,
  isThere,
  link,
  openAppend,
  readBytes,
  rename,
  statFile,
  statLink,
  statOpen,
  syncFile,
  unlink,
  useAndClose,
  writeAll,
  writeOnce,
} from "./fs.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { syncDir } from "./sync-dir.ts";
import { createTemp, discardTemp } from "./temp-file.ts";
import type { TempFile } from "./temp-file.ts";

export { syncDir } from "./sync-dir.ts";
export { cleanStaleTemps, createTemp, discardTemp } from "./temp-file.ts";
export type { TempFile } from "./temp-file.ts";

/**
 * Appends rows to an existing transcript. They are a single `write` at the end of the file, so rows of concurrent processes
 * stay whole. If the last row has no final newline, one is written first, so that rows are never glued
 * (official-helpers.md §7). Follows links and creates nothing. File-system errors pass through. If the disk took only part
 * of the rows, all are written again after that part, or the failure is reported (`Io`).
 *
 * Returns false if the file was removed or replaced while it was open here, which loses the rows. A file that was only
 * moved has them. That includes one a deletion is copying to another file system: it looks again after taking the name away.
 */
export const appendRows = (path: string, rows: readonly object[]): boolean =>
  appendLines(path, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")));

/** `appendRows` for the lines of rows, each with its newline. */
export function appendLines(path: string, line: Buffer): boolean {
  return useAndClose(openAppend(path), (fd) => {
    const bytes = endsInNewline(fd) ? line : onNewLine(line);
    const written = writeOnce(fd, bytes);
    if (written < bytes.length) appendAgain(fd, path, line, written);
    syncFile(fd);
    // Some file systems report no link count even for a file that has a name.
    return statOpen(fd).nlink > 0 || statFile(path)?.nlink === 0;
  });
}

function endsInNewline(fd: number): boolean {
  const { size } = statOpen(fd);
  return size === 0 || readBytes(fd, 1, size - 1)[0] === NEWLINE;
}

const onNewLine = (line: Buffer): Buffer => Buffer.concat([Buffer.of(NEWLINE), line]);

/** Writes rows again of which a full disk took a part. That stays: another process may have appended after it. */
function appendAgain(fd: number, path: string, line: Buffer, written: number): void {
  const bytes = onNewLine(line);
  let again = 0;
  let cause: unknown;
  try {
    again = writeOnce(fd, bytes);
  } catch (error) {
    cause = error;
  }
  if (again === bytes.length) return;
  throw new TranscriptError("Io", `Only part of the row could be written to ${path}: ${written} bytes, then ${again}`, {
    hint: "Make room on the disk and try again. All earlier rows are intact, and readers skip the partial one.",
    data: { path, written, wanted: line.length },
    cause,
  });
}

/** Replaces a file atomically, mode 0600. A link is replaced itself, not its target. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  writeTemp(path, bytes, (temp) => publishOver(temp, path));
}

/** Creates a file, mode 0600, whole or not at all; `EEXIST` if there is one. */
export function createFile(path: string, bytes: Uint8Array): void {
  writeTemp(path, bytes, (temp) => publishNew(temp, path));
}

/** Writes a temporary file for `publish`, and removes it if that fails. */
function writeTemp(path: string, bytes: Uint8Array, publish: (temp: TempFile) => void): void {
  const temp = createTemp(dirname(path), basename(path));
  try {
    writeAll(temp.fd, bytes);
    publish(temp);
  } catch (error) {
    discardTemp(temp);
    throw error;
  }
}

/**
 * Gives a finished temporary file its name atomically. Throws `EEXIST` if the name is taken; the caller then still owns
 * the temporary file. The file and its name are on the disk when this returns; a kill halfway leaves the file both names.
 */
export function publishNew(temp: TempFile, finalPath: string): void {
  finishTemp(temp);
  linkNew(temp.path, finalPath);
  if (isThere(temp.path)) unlink(temp.path);
  syncDir(dirname(finalPath));
}

/** Gives a finished temporary file its name atomically, whatever has it. Both are on the disk when this returns. */
export function publishOver(temp: TempFile, finalPath: string): void {
  finishTemp(temp);
  rename(temp.path, finalPath);
  syncDir(dirname(finalPath));
}

function finishTemp(temp: TempFile): void {
  syncFile(temp.fd);
  close(temp.fd);
  temp.fd = -1;
}

/** Errors of `link` if the file cannot have a second name, or not this one. */
const NO_SECOND_NAME = new Set(["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/**
 * Gives a file (not a directory or a link) a free name in the same file system. Throws `EEXIST` if it is taken, `EXDEV`
 * for another file system. The old name remains if the file system has hard links.
 */
export function linkNew(from: string, to: string): void {
  try {
    link(from, to);
  } catch (error) {
    if (!NO_SECOND_NAME.has(errnoOf(error) ?? "")) throw error;
    linkByReservation(from, to);
  }
}

/** Works without hard links: an empty file, to every reader "not here", reserves the name and is then replaced. */
function linkByReservation(from: string, to: string): void {
  const fd = createNew(to);
  try {
    rename(from, to);
  } catch (error) {
    const [ours, there] = [statOpen(fd), statLink(to)];
    if (there?.ino === ours.ino && there.dev === ours.dev && there.size === 0) unlink(to);
    throw error;
  } finally {
    close(fd);
  }
}
