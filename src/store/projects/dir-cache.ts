import { readNames, statFile } from "../disk/fs.ts";
import { REMEMBERED_SESSIONS } from "../../transcript/rows/limits.ts";
import { sessionIdOfFile } from "../layout/session-id.ts";
import { hasReliableDirTimes } from "../disk/platform.ts";

/** What is in a project dir. */
export interface Listing {
  /** The ids of the files that are named after a session, in byte order. */
  readonly sessionIds: readonly string[];
  /** All other names. */
  readonly others: ReadonlySet<string>;
}

interface Remembered {
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly listing: Listing;
}

/**
 * A directory's times change with every name that comes or goes, in steps of up to two seconds (FAT). One that changed
 * longer ago is not read again until it changes: one stat instead of a name for each session.
 */
const SETTLED_MS = 3000;

const remembered = new Map<string, Remembered>();
let namesHeld = 0;

/** The names in a project dir. Throws the error of the disk when it cannot be read. */
export function listProjectDir(path: string): Listing {
  // Before the names are read: what comes meanwhile then shows in the next stat.
  const stats = hasReliableDirTimes() ? statFile(path) : undefined;
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
  const sessionIds: string[] = [];
  const others = new Set<string>();
  for (const name of readNames(path)) {
    const id = sessionIdOfFile(name);
    if (id === undefined) others.add(name);
    else sessionIds.push(id);
  }
  return { sessionIds, others };
}

function keep(path: string, entry: Remembered): void {
  remembered.set(path, entry);
  namesHeld += sizeOf(entry);
  for (const [oldest, other] of remembered) {
    if (namesHeld <= REMEMBERED_SESSIONS) return;
    forget(oldest, other);
  }
}

function forget(path: string, entry: Remembered): void {
  remembered.delete(path);
  namesHeld -= sizeOf(entry);
}

const sizeOf = ({ listing }: Remembered): number => listing.sessionIds.length + listing.others.size;
