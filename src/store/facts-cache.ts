import { REMEMBERED_SESSIONS, REMEMBERED_UNITS } from "../transcript/limits.ts";
import type { SessionFacts } from "../transcript/session-facts.ts";
import { type Candidate, type FileIdentity, sameIdentity } from "./candidates.ts";

/** What this process has found out about one transcript. */
export interface Memory {
  /** When something was last said, epoch ms. */
  readonly activity?: number;
  /** Facts from the windows, and from the whole file, each with the stamp of the sidecars they were read with. */
  readonly windows?: StampedFacts;
  readonly full?: StampedFacts;
}

export interface StampedFacts {
  readonly stamp: string;
  readonly facts: SessionFacts;
}

interface Entry {
  readonly identity: FileIdentity;
  readonly memory: Memory;
  readonly units: number;
}

const entries = new Map<string, Entry>();
let unitsHeld = 0;

/** What is remembered of the transcript, if it is the file it was then, to the nanosecond. */
export function recall({ path, identity }: Candidate): Memory | undefined {
  const entry = entries.get(path);
  return entry !== undefined && sameIdentity(entry.identity, identity) ? entry.memory : undefined;
}

/**
 * A file system may give two changes one time. What changed just now is therefore not remembered: it could change again
 * without a sign.
 */
const SETTLED_NS = 100_000_000n;

/** Adds to what is remembered of the transcript. Number and text are bounded: what was learnt first is forgotten first. */
export function remember(candidate: Candidate, learnt: Memory): void {
  const { path, identity } = candidate;
  if (BigInt(Date.now()) * 1_000_000n - identity.ctimeNs < SETTLED_NS) return;
  const memory = { ...recall(candidate), ...learnt };
  forget(path);
  const units = unitsOf(memory.windows) + unitsOf(memory.full);
  entries.set(path, { identity, memory, units });
  unitsHeld += units;
  for (const oldest of entries.keys()) {
    if (entries.size <= REMEMBERED_SESSIONS && unitsHeld <= REMEMBERED_UNITS) break;
    forget(oldest);
  }
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
