import { sep } from "node:path";
import { readNames, statFile } from "./disk.ts";
import { REMEMBERED_SESSIONS } from "../transcript/limits.ts";
import { isSessionId } from "./session-id.ts";
import { hasTrustyDirTimes } from "./platform.ts";

/** What stands in a project dir. */
export interface Listing {
  /** The files that are named after a session id, in byte order. */
  readonly transcripts: readonly ListedFile[];
  /** Names of everything else. */
  readonly others: ReadonlySet<string>;
}

export interface ListedFile {
  readonly sessionId: string;
  readonly path: string;
}

interface Remembered {
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly listing: Listing;
}

const EXTENSION = ".jsonl";

/**
 * A directory's times change with every name that comes or goes, in steps of up to two seconds (FAT). One that changed
 * longer ago is not read again until it changes: one stat instead of a name and a path for each session.
 */
const SETTLED_MS = 3000;

const remembered = new Map<string, Remembered>();
let files = 0;

/** Throws the error of the disk when the directory cannot be read. */
export function listProjectDir(path: string): Listing {
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
    return known.listing;
  }
  const listing = readListing(path);
  if (known !== undefined) forget(path, known);
  if (stats !== undefined && Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) > SETTLED_MS) {
    const { dev, ino, mtimeMs, ctimeMs } = stats;
    keep(path, { dev, ino, mtimeMs, ctimeMs, listing });
  }
  return listing;
}

function readListing(path: string): Listing {
  const transcripts: ListedFile[] = [];
  const others = new Set<string>();
  for (const name of readNames(path)) {
    const sessionId = name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : undefined;
    if (sessionId === undefined) others.add(name);
    // As `transcriptPath` makes it, for a name that is known to be an id.
    else if (isSessionId(sessionId)) transcripts.push({ sessionId, path: path + sep + name });
  }
  return { transcripts, others };
}

function keep(path: string, entry: Remembered): void {
  remembered.set(path, entry);
  files += entry.listing.transcripts.length;
  for (const [oldest, other] of remembered) {
    if (files <= REMEMBERED_SESSIONS) return;
    forget(oldest, other);
  }
}

function forget(path: string, { listing }: Remembered): void {
  remembered.delete(path);
  files -= listing.transcripts.length;
}
