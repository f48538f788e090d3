import { sep } from "node:path";
import { readNames, statFile } from "./disk.ts";
import { REMEMBERED_SESSIONS } from "../transcript/limits.ts";
import { isSessionId } from "./session-id.ts";
import { hasTrustyDirTimes } from "./platform.ts";

/** A file of a project dir that is named after a session id. */
export interface ListedFile {
  readonly sessionId: string;
  readonly path: string;
  /** Something of the session's name stands beside it. */
  readonly hasSidecars: boolean;
}

interface Remembered {
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly files: readonly ListedFile[];
}

const EXTENSION = ".jsonl";

/**
 * A directory's times change with every name that comes or goes, in steps of up to two seconds (FAT). One that changed
 * longer ago is not read again until it changes: one stat instead of a name and a path for each session.
 */
const SETTLED_MS = 3000;

const remembered = new Map<string, Remembered>();
let filesHeld = 0;

/**
 * The files that are named after a session id, in byte order. Throws the error of the disk when the directory cannot be
 * read.
 */
export function listProjectDir(path: string): readonly ListedFile[] {
  // Before the names are read: what comes meanwhile then shows in the next stat.
  const stats = hasTrustyDirTimes() ? statFile(path) : undefined;
  const known = remembered.get(path);
  if (
    stats !== undefined &&
    known !== undefined &&
    known.mtimeMs === stats.mtimeMs &&
    known.ctimeMs === stats.ctimeMs &&
    known.ino === stats.ino &&
    known.dev === stats.dev
  ) {
    return known.files;
  }
  const files = readFiles(path);
  if (known !== undefined) forget(path, known);
  if (stats !== undefined && Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) > SETTLED_MS) {
    const { dev, ino, mtimeMs, ctimeMs } = stats;
    keep(path, { dev, ino, mtimeMs, ctimeMs, files });
  }
  return files;
}

function readFiles(path: string): ListedFile[] {
  const names: string[] = [];
  const others = new Set<string>();
  for (const name of readNames(path)) {
    if (name.endsWith(EXTENSION)) names.push(name);
    else others.add(name);
  }
  const prefix = path + sep;
  const files: ListedFile[] = [];
  for (const name of names) {
    const sessionId = name.slice(0, -EXTENSION.length);
    // The path is as `transcriptPath` makes it, for a name that is known to be an id.
    if (isSessionId(sessionId)) files.push({ sessionId, path: prefix + name, hasSidecars: others.has(sessionId) });
  }
  return files;
}

function keep(path: string, entry: Remembered): void {
  remembered.set(path, entry);
  filesHeld += entry.files.length;
  for (const [oldest, other] of remembered) {
    if (filesHeld <= REMEMBERED_SESSIONS) return;
    forget(oldest, other);
  }
}

function forget(path: string, { files }: Remembered): void {
  remembered.delete(path);
  filesHeld -= files.length;
}
