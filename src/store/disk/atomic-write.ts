/**
 * Changes that last, and that are whole or not there: one append of whole rows, a replaced file, a new file. Any of them
 * may be cut short by a kill or a full disk at any call, and another process may do the same at the same moment.
 */
import { basename, dirname } from "node:path";
import {
  close,
  createNew,
  link,
  openAppend,
  readAt,
  rename,
  statFile,
  statLink,
  statOpen,
  syncFile,
  unlink,
  writeAll,
  writeOnce,
} from "./fs.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { syncDir } from "./sync-dir.ts";
import { createTemp, discardTemp } from "./temp-file.ts";
import type { TempFile } from "./temp-file.ts";

export { syncDir } from "./sync-dir.ts";
export { cleanStaleTemps, createTemp, discardTemp } from "./temp-file.ts";
export type { TempFile } from "./temp-file.ts";

const NEWLINE = 0x0a;

/**
 * Appends one row to a transcript that exists. The row is one `write` at the end of the file, so rows of processes that
 * append at the same time stay whole; where the last row has no final newline, one is put before ours, so that rows are
 * never glued (official-helpers.md §7). Links are followed; nothing is created. Errors of the disk pass as they are; a row that
 * the disk took only a part of is written once more, whole, after that part, or reported (`Io`).
 *
 * False when the file was removed or replaced while it was open here, and the row went with it. One that was only moved has
 * the row, also when a deletion is copying it to another file system: that looks once more after it has taken its name.
 */
export function appendRow(path: string, row: object): boolean {
  const line = Buffer.from(`${JSON.stringify(row)}\n`);
  const fd = openAppend(path);
  try {
    const bytes = endsInNewline(fd) ? line : onNewLine(line);
    const written = writeOnce(fd, bytes);
    if (written < bytes.length) appendAgain(fd, path, line, written);
    syncFile(fd);
    if (statOpen(fd).nlink > 0) return true;
    // Some file systems count no names, also those of a file that has one.
    return statFile(path)?.nlink === 0;
  } finally {
    close(fd);
  }
}

function endsInNewline(fd: number): boolean {
  const { size } = statOpen(fd);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  return readAt(fd, last, size - 1) === 1 && last[0] === NEWLINE;
}

const onNewLine = (line: Buffer): Buffer => Buffer.concat([Buffer.of(NEWLINE), line]);

/**
 * A disk that filled up took a piece of the row. Taking the piece away could take a row away that another process put
 * behind it, so it stays, a line of its own that readers pass over.
 */
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

/** Replaces a file, or what stands in its place (a link itself, not what it leads to), mode 0600, whole or not at all. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const temp = createTemp(dirname(path), basename(path));
  try {
    writeAll(temp.fd, bytes);
    finishTemp(temp);
    rename(temp.path, path);
  } catch (error) {
    discardTemp(temp);
    throw error;
  }
  syncDir(dirname(path));
}

/**
 * Gives a finished temporary file its name, all at once and only where nothing has that name (`EEXIST` otherwise; the
 * caller then still owns the temporary file). It and its name are on the disk when this returns.
 */
export function publishNew(temp: TempFile, finalPath: string): void {
  finishTemp(temp);
  placeNew(temp.path, finalPath);
  syncDir(dirname(finalPath));
}

function finishTemp(temp: TempFile): void {
  syncFile(temp.fd);
  close(temp.fd);
  temp.fd = -1;
}

/** What `link` says where a file can have one name only, or not this further one. */
const NO_SECOND_NAME = new Set(["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/**
 * Moves a temporary file to a name in the same file system that is not taken; `EEXIST` when it is. A kill in between leaves
 * both names on the one file.
 */
function placeNew(from: string, to: string): void {
  nameNew(from, to);
  if (statLink(from) !== undefined) unlink(from);
}

/**
 * Gives a file (no directory, no link) a name in the same file system that is not taken; `EEXIST` when it is, `EXDEV` when
 * it is another file system. It keeps its old name as well, where a file can have two.
 */
export function nameNew(from: string, to: string): void {
  try {
    link(from, to);
  } catch (error) {
    if (!NO_SECOND_NAME.has(errnoOf(error) ?? "")) throw error;
    nameByReservation(from, to);
  }
}

/**
 * Without hard links: an empty file takes the name (an empty transcript means "not here" to every reader, official or
 * ours), and the whole one replaces it.
 */
function nameByReservation(from: string, to: string): void {
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
