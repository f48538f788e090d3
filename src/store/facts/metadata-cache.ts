import { CACHED_SESSIONS, CACHED_UNITS } from "../../transcript/rows/limits.ts";
import type { EarlierTitles, SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { type FileIdentity, isSameFile, SETTLED_MS } from "../disk/file-identity.ts";
import type { Candidate } from "./candidate.ts";

/** Cached facts of one transcript. */
export interface CachedFacts {
  /** Time of the last activity, epoch ms. */
  readonly activity?: number;
  /** Facts from the windows and from the whole file, each with the stamp of the sidecars at that time. */
  readonly windows?: StampedFacts;
  readonly full?: StampedFacts;
}

interface StampedFacts {
  readonly stamp: string;
  readonly facts: SessionFacts;
  /** Titles, tag and annotation that the windows have. */
  readonly titles?: EarlierTitles;
}

interface Entry {
  readonly file: FileIdentity;
  readonly facts: CachedFacts;
  readonly units: number;
  /** Number of the last list that used it. */
  list: number;
}

const entries = new Map<string, Entry>();
let cachedUnits = 0;
/** Number of the current list. */
let list = 0;

export function beginList(): void {
  list++;
}

/** Returns the number of the current list. */
export const currentList = (): number => list;

/** Read but not cached yet: caching 10,000 entries at once would slow the list. */
let pending: Candidate[] = [];

/** Caches, from the next list on, the `activity` of a file that was read after `began`, epoch ms. */
export function cacheLater(candidate: Candidate, began: number): void {
  if (began - candidate.ctimeMs >= SETTLED_MS && pending.length < CACHED_SESSIONS) pending.push(candidate);
}

/** Moves pending entries into the cache. */
export function cachePending(): void {
  const seen = pending;
  pending = [];
  for (const candidate of seen) addEntry(candidate, { activity: candidate.activity });
}

/** Returns the cached facts of a transcript, if the file has not changed since. */
export function cachedFacts(candidate: Candidate): CachedFacts | undefined {
  const entry = entries.get(candidate.path);
  if (entry === undefined || !isSameFile(entry.file, candidate)) return undefined;
  if (entry.list !== list) {
    entry.list = list;
    // Moved to the end: entries that this list has not used are evicted first. Only a full cache is worth the time.
    if (entries.size >= CACHED_SESSIONS) {
      entries.delete(candidate.path);
      entries.set(candidate.path, entry);
    }
  }
  return entry.facts;
}

/**
 * Caches facts of a transcript, unless it changed just now and could change again unnoticed. The oldest entry is
 * evicted first, but never one of the same list: a list longer than the cache would never find anything in it.
 */
export function cacheFacts(candidate: Candidate, facts: CachedFacts): void {
  if (Date.now() - candidate.ctimeMs >= SETTLED_MS) addEntry(candidate, facts);
}

function addEntry(candidate: Candidate, facts: CachedFacts): void {
  const { path } = candidate;
  const known = entries.get(path);
  const merged =
    known !== undefined && isSameFile(known.file, candidate) ? Object.assign({}, known.facts, facts) : facts;
  if (known !== undefined) forget(path);
  const units = unitsOf(merged.windows) + unitsOf(merged.full);
  if (!makeRoomFor(units)) return;
  entries.set(path, { file: candidate, facts: merged, units, list });
  cachedUnits += units;
}

function makeRoomFor(units: number): boolean {
  for (const [path, oldest] of entries) {
    if (entries.size < CACHED_SESSIONS && cachedUnits + units <= CACHED_UNITS) return true;
    if (oldest.list === list) return false;
    forget(path);
  }
  return units <= CACHED_UNITS;
}

function forget(path: string): void {
  cachedUnits -= entries.get(path)?.units ?? 0;
  entries.delete(path);
}

function unitsOf(stamped: StampedFacts | undefined): number {
  if (stamped === undefined) return 0;
  let units = 0;
  for (const value of Object.values(stamped.facts) as unknown[]) {
    if (typeof value === "string") units += value.length;
    else if (Array.isArray(value)) for (const text of value as readonly string[]) units += text.length;
  }
  return units;
}
