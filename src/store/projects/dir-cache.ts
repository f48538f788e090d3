import { isSameFile } from "../disk/file-identity.ts";
import { readNames, statFile, type Stats } from "../disk/fs.ts";
import { CACHED_SESSIONS } from "../../transcript/rows/limits.ts";
import { sessionIdOfFile } from "../layout/session-id.ts";
import { hasReliableDirTimes } from "../disk/platform.ts";

/** The names in a project dir. */
export interface Listing {
  /** Session ids in the names of transcripts, in byte order. */
  readonly sessionIds: readonly string[];
  /** All other names. */
  readonly others: ReadonlySet<string>;
}

interface CachedListing {
  readonly stats: Stats;
  readonly listing: Listing;
}

/**
 * Minimum age of a directory's last change before its names are cached. Its times change with every added or removed name,
 * in steps of up to two seconds (FAT). A cached directory costs one stat instead of reading a name for each session.
 */
const SETTLED_MS = 3000;

const cache = new Map<string, CachedListing>();
let cachedNames = 0;

/** Returns the names in a project dir. Throws the file-system error if it cannot be read. */
export function listProjectDir(path: string): Listing {
  // Before the names are read, so that the next stat shows names added since.
  const stats = hasReliableDirTimes() ? statFile(path) : undefined;
  const cached = cache.get(path);
  if (cached !== undefined && stats !== undefined && isSameFile(stats, cached.stats)) return cached.listing;
  const listing = readListing(path);
  if (cached !== undefined) removeFromCache(path, cached);
  if (stats !== undefined && Date.now() - Math.max(stats.mtimeMs, stats.ctimeMs) > SETTLED_MS) {
    addToCache(path, { stats, listing });
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

function addToCache(path: string, entry: CachedListing): void {
  cache.set(path, entry);
  cachedNames += sizeOf(entry);
  for (const [oldest, other] of cache) {
    if (cachedNames <= CACHED_SESSIONS) return;
    removeFromCache(oldest, other);
  }
}

function removeFromCache(path: string, entry: CachedListing): void {
  cache.delete(path);
  cachedNames -= sizeOf(entry);
}

const sizeOf = ({ listing }: CachedListing): number => listing.sessionIds.length + listing.others.size;
