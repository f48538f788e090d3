import { InvalidArgumentError, isGone, SessionInUseError, TranscriptError } from "../../store/errors.ts";
import { normalizeTag } from "../../store/annotate/normalize-tag.ts";
import { fullFacts } from "../../store/facts/metadata.ts";
import { candidateOf } from "../../store/facts/stat-transcripts.ts";
import { findCopies } from "../../store/projects/find-copies.ts";
import type { ListedSession, Skipped } from "../../store/types.ts";
import { deleteSession, type DeleteResult } from "../../store/trash/delete-session.ts";
import { planDeletion } from "../../store/trash/plan-delete.ts";
import { checkedFilter, isFilter } from "./checked-filter.ts";
import { selectSessions } from "./select-sessions.ts";
import { reasonsToLeave, requireAsSelected } from "./selected-copy.ts";
import type { SelectionOptions } from "./session-filter.ts";

/** Sessions with this tag stay, in any case of its letters. */
export const KEEP_TAG = "keep";

export interface CleanupOptions extends SelectionOptions {
  /** Only sessions that were last active longer ago than this many days of 24 hours. */
  readonly maxAgeDays?: number | undefined;
  /** Only says what would be deleted. */
  readonly dryRun?: boolean | undefined;
  /** Also deletes sessions that are in use, tagged `keep`, or have a title that somebody gave. */
  readonly includeInUse?: boolean | undefined;
  readonly includeTagged?: boolean | undefined;
  readonly includeTitled?: boolean | undefined;
}

/** A session that is deleted, or would be, with everything that belongs to it. */
export interface CleanedSession extends Pick<DeleteResult, "trashIds" | "items" | "bytes" | "skipped"> {
  readonly session: ListedSession;
}

/** A session that the filter selects and that stays. `reason`: the end of a sentence, `it is tagged keep`. */
export interface KeptSession {
  readonly session: ListedSession;
  readonly reason: string;
}

export interface CleanupReport {
  readonly dryRun: boolean;
  readonly deleted: readonly CleanedSession[];
  readonly kept: readonly KeptSession[];
  /** Sessions that another process deleted after they were selected. */
  readonly gone: readonly ListedSession[];
  /** Bytes of everything that was deleted. */
  readonly bytes: number;
  /** Sentences about what could not be decided. */
  readonly notes: readonly string[];
  /** Directories and files that could not be read. */
  readonly skipped: readonly Skipped[];
}

/** What a clean-up would do, before it is done. */
export type CleanupPlan = Omit<CleanupReport, "dryRun">;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Moves the sessions that a filter selects into the trash, see `cleanupSessions` in library.ts. */
export async function cleanupSessions(options: CleanupOptions): Promise<CleanupReport> {
  const dryRun = options.dryRun === true;
  const plan = await planCleanup(options);
  if (dryRun) return { dryRun, ...plan };
  const deleted: CleanedSession[] = [];
  const kept: KeptSession[] = [...plan.kept];
  const gone: ListedSession[] = [...plan.gone];
  for (const { session } of plan.deleted) {
    options.signal?.throwIfAborted();
    try {
      const result = await clean(session, options);
      if (result === undefined) {
        gone.push(session);
        continue;
      }
      const { trashIds, items, bytes, skipped } = result;
      deleted.push({ session, trashIds, items, bytes, skipped });
    } catch (error) {
      kept.push({ session, reason: reasonOf(error) });
    }
  }
  return { ...plan, dryRun, deleted, kept, gone, bytes: bytesOf(deleted) };
}

/** Returns what would be deleted, and what the filter selects but stays. Changes nothing. */
export async function planCleanup(options: CleanupOptions): Promise<CleanupPlan> {
  const selection = checkedFilter({ ...options, until: untilOf(options) });
  if (!isFilter(selection))
    throw new InvalidArgumentError("filter", "a condition is missing: it says which sessions go");
  const { sessions, notes, skipped } = await selectSessions(selection);
  const deleted: CleanedSession[] = [];
  const kept: KeptSession[] = [];
  const gone: ListedSession[] = [];
  const reasonToLeave = reasonsToLeave(selection);
  for (const session of sessions) {
    options.signal?.throwIfAborted();
    try {
      const reason = reasonToLeave(session) ?? (await reasonToKeep(session, options));
      if (reason !== undefined) {
        kept.push({ session, reason });
        continue;
      }
      const { configDirs, includeInUse: force } = options;
      const { items, bytes, skipped: left } = await planDeletion(session.sessionId, { configDirs, force });
      deleted.push({ session, trashIds: [], items, bytes, skipped: left });
    } catch (error) {
      options.signal?.throwIfAborted();
      // Between the look for copies and the reading of one, another process may have deleted it.
      if (isGone(error) || findCopies(session.sessionId, options).length === 0) gone.push(session);
      else kept.push({ session, reason: reasonOf(error) });
    }
  }
  return { deleted, kept, gone, bytes: bytesOf(deleted), notes, skipped };
}

/**
 * Moves one session of a plan into the trash. Returns undefined if another process has deleted it. Throws like `deleteSession`
 * and `requireAsSelected`.
 */
export async function clean(
  session: ListedSession,
  { configDirs, includeInUse: force }: Pick<CleanupOptions, "configDirs" | "includeInUse">,
): Promise<DeleteResult | undefined> {
  requireAsSelected(session, { configDirs });
  try {
    return await deleteSession(session.sessionId, { configDirs, force });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function untilOf({ until, maxAgeDays }: CleanupOptions): number | undefined {
  const age: unknown = maxAgeDays ?? undefined;
  if (age === undefined) return until;
  if (typeof age !== "number" || !(age >= 0 && age < Infinity))
    throw new InvalidArgumentError("maxAgeDays", `maxAgeDays must be a number of days, got ${JSON.stringify(age)}`);
  return Math.min(until ?? Infinity, Date.now() - age * DAY_MS);
}

/** Returns why a session stays. Reads each copy of the transcript, all of it: a tag or a title may be anywhere. */
async function reasonToKeep(
  session: ListedSession,
  { configDirs, includeTagged, includeTitled, signal }: CleanupOptions,
): Promise<string | undefined> {
  if (includeTagged === true && includeTitled === true) return undefined;
  for (const copy of findCopies(session.sessionId, { configDirs })) {
    const candidate = candidateOf(copy);
    const facts = candidate && (await fullFacts(candidate, signal));
    if (includeTagged !== true && facts?.tags.some((tag) => normalizeTag(tag).toLowerCase() === KEEP_TAG) === true)
      return `it is tagged ${KEEP_TAG}`;
    if (includeTitled !== true && facts?.isTitled === true) return "somebody gave it a title";
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof SessionInUseError) return "it is in use";
  if (error instanceof TranscriptError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

const bytesOf = (deleted: readonly CleanedSession[]): number => deleted.reduce((sum, { bytes }) => sum + bytes, 0);
