import { REMEMBERED_SESSIONS, REMEMBERED_UNITS } from "../../transcript/rows/limits.ts";
import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { type FileIdentity, isSameFile, SETTLED_MS } from "../disk/file-identity.ts";
import type { Candidate } from "./candidate.ts";

/** What this process has found out about one transcript. */
export interface Memory {
  /** When something was last said, epoch ms. */
  readonly activity?: number;
  /** Facts from the windows, and from the whole file, each with the stamp of the sidecars they were read with. */
  readonly windows?: StampedFacts;
  readonly full?: StampedFacts;
}

interface StampedFacts {
  readonly stamp: string;
  readonly facts: SessionFacts;
}

interface Entry {
  readonly file: FileIdentity;
  readonly memory: Memory;
  readonly units: number;
  /** The last list that met it. */
  list: number;
}

const entries = new Map<string, Entry>();
let unitsHeld = 0;
/** Counts the lists that have begun. */
let list = 0;

export function beginList(): void {
  list++;
}

/** Looked into by a list, and not filed yet: to file ten thousand takes longer than the list may take for them. */
let unfiled: Candidate[] = [];

/** Remembers, from the next list on, the `activity` of a file that a list has looked into since `began`, epoch ms. */
export function rememberLater(candidate: Candidate, began: number): void {
  if (began - candidate.ctimeMs >= SETTLED_MS && unfiled.length < REMEMBERED_SESSIONS) unfiled.push(candidate);
}

/** Files what was looked into before. */
export function fileWhatWasSeen(): void {
  const seen = unfiled;
  unfiled = [];
  for (const candidate of seen) file(candidate, { activity: candidate.activity });
}

/** What is remembered of the transcript, if it is still the file it was then. */
export function recall(candidate: Candidate): Memory | undefined {
  const entry = entries.get(candidate.path);
  if (entry === undefined || !isSameFile(entry.file, candidate)) return undefined;
  if (entry.list !== list) {
    entry.list = list;
    // Moved behind what this list has not met, which goes first. Only a full cache is worth the time.
    if (entries.size >= REMEMBERED_SESSIONS) {
      entries.delete(candidate.path);
      entries.set(candidate.path, entry);
    }
  }
  return entry.memory;
}

/**
 * Adds to what is remembered of the transcript, unless it changed just now and could change again without a sign. Number and
 * text are bounded: what was learnt first is forgotten first, but never for a transcript of the same list. A list of more
 * than there is room for would otherwise find nothing the next time.
 */
export function remember(candidate: Candidate, learnt: Memory): void {
  if (Date.now() - candidate.ctimeMs >= SETTLED_MS) file(candidate, learnt);
}

function file(candidate: Candidate, learnt: Memory): void {
  const { path } = candidate;
  const known = entries.get(path);
  const memory =
    known !== undefined && isSameFile(known.file, candidate) ? Object.assign({}, known.memory, learnt) : learnt;
  if (known !== undefined) forget(path);
  const units = unitsOf(memory.windows) + unitsOf(memory.full);
  if (!hasRoomFor(units)) return;
  entries.set(path, { file: candidate, memory, units, list });
  unitsHeld += units;
}

function hasRoomFor(units: number): boolean {
  for (const [path, oldest] of entries) {
    if (entries.size < REMEMBERED_SESSIONS && unitsHeld + units <= REMEMBERED_UNITS) return true;
    if (oldest.list === list) return false;
    forget(path);
  }
  return units <= REMEMBERED_UNITS;
}

function forget(path: string): void {
  unitsHeld -= entries.get(path)?.units ?? 0;
  entries.delete(path);
}

function unitsOf(stamped: StampedFacts | undefined): number {
  if (stamped === undefined) return 0;
  let units = 0;
  for (const value of Object.values(stamped.facts)) if (typeof value === "string") units += value.length;
  return units;
}
