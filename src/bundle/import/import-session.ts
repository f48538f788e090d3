import { dirname } from "node:path";
import { deletedFrom, readRetention } from "../../store/retention/retention.ts";
import { nodeCrypto } from "../../store/disk/builtins.ts";
import { close } from "../../store/disk/fs.ts";
import { SessionInUseError, TranscriptError } from "../../store/errors.ts";
import { requireNotInUse } from "../../store/live/session-in-use.ts";
import { cutShort, deletionPlaces } from "../../store/trash/trash-entries.ts";
import { withSessionLock } from "../../store/trash/session-lock.ts";
import type { Skipped, TranscriptCopy } from "../../store/types.ts";
import { type SourceSession, transcriptPathIn } from "../source/source.ts";
import type { Staging } from "../source/staging.ts";
import { measureContent } from "./compare-content.ts";
import { contentOf } from "./content.ts";
import type { Destination } from "./destination.ts";
import { type PlacedFile, placeSession } from "./place-session.ts";
import { ImportConflict, type PlanOptions, planSession, type SessionPlan } from "./plan-session.ts";
import type { RowChanges } from "./row-changes.ts";
import type { TargetIdentity } from "./target-paths.ts";

/** A session that is here now. */
export interface ImportedSession {
  /** Its id here. */
  readonly sessionId: string;
  /** Its id on the other machine, if it got a new one. */
  readonly formerId?: string;
  readonly configDir: string;
  readonly projectKey: string;
  /** Its directory here. */
  readonly cwd: string | undefined;
  /** `imported`: it is new; `updated`: it had not all of it; `already`: nothing was done. */
  readonly outcome: "imported" | "updated" | "already";
  /** Files written, relative to the config dir. */
  readonly files: readonly PlacedFile[];
  /** Sum of `files`. */
  readonly bytes: number;
  /** Number of files that were here, perhaps with more at their end. */
  readonly already: number;
  /** What was left out, and why; paths as on the other machine. */
  readonly skipped: readonly Skipped[];
  /** What else there is to know, in sentences. */
  readonly notes: readonly string[];
  /** Time from which Claude Code deletes it when it starts, epoch ms, since files keep their times; undefined if never. */
  readonly deletedFrom: number | undefined;
}

export interface ImportSessionOptions {
  readonly update: boolean;
  readonly newId: boolean;
  readonly dryRun: boolean;
  readonly staging: Staging;
  /** Receives the directories that have, or get, files of the session. */
  readonly touched: Set<string>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Imports one session, whole or not at all. Throws `ImportConflict`, `SessionInUseError`, `SessionBusyError`, `Io` if a file is not what
 * the manifest says or a disk made something else of it, and file-system errors.
 */
export async function importSession(
  session: SourceSession,
  configDir: string,
  destination: Destination,
  options: ImportSessionOptions,
): Promise<ImportedSession> {
  const identity: TargetIdentity = { configDir, projectKey: destination.project.key, sessionId: session.sessionId };
  try {
    return await importAs(session, identity, destination, options);
  } catch (error) {
    if (!options.newId || !(error instanceof ImportConflict)) throw error;
    return importAs(
      session,
      { ...identity, sessionId: await newIdOf(session, identity, options.signal) },
      destination,
      options,
    );
  }
}

async function importAs(
  session: SourceSession,
  to: TargetIdentity,
  { cwd, mapCwd }: Destination,
  { update, dryRun, staging, touched, signal }: ImportSessionOptions,
): Promise<ImportedSession> {
  const isRenamed = to.sessionId !== session.sessionId;
  const newIds = isRenamed ? new Map([[session.sessionId.toLowerCase(), to.sessionId]]) : undefined;
  const changes: RowChanges | undefined = mapCwd === undefined && !isRenamed ? undefined : { mapCwd, newIds };
  const planOptions: PlanOptions = { changes, update, reads: dryRun, signal };
  const resultOf = (plan: SessionPlan, files: readonly PlacedFile[], unread: number): ImportedSession => {
    const done = plan.files.filter(({ action }) => action !== "already");
    const isNew = plan.files.some(({ role, action }) => role === "transcript" && action === "place");
    return {
      sessionId: to.sessionId,
      ...(isRenamed && { formerId: session.sessionId }),
      configDir: to.configDir,
      projectKey: to.projectKey,
      cwd,
      outcome: done.length === 0 ? "already" : isNew ? "imported" : "updated",
      files,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      already: plan.files.length - done.length,
      skipped: plan.skipped,
      notes: [...session.notes, ...notesOn(to, plan, { unread, dryRun })],
      deletedFrom: done.length === 0 ? undefined : deletionTime(to, plan),
    };
  };
  const first = await planSession(session, to, planOptions);
  for (const { to: path } of first.files) touched.add(dirname(path));
  const missing = first.files.filter(({ action }) => action !== "already");
  if (missing.length > 0) requireFree(to, first.copies);
  if (missing.length > 0 && session.isInUse)
    throw inUse(session.sessionId, "a process has it open where it comes from");
  const planned = missing.map(({ path, bytes }) => ({ path, bytes }));
  if (dryRun || missing.length === 0) return resultOf(first, planned, first.unread);
  return withSessionLock([to.configDir], to.sessionId, "import", async () => {
    const plan = await planSession(session, to, planOptions);
    requireFree(to, plan.copies);
    const { files, unread } = await placeSession(session, plan.files, staging, planOptions);
    return resultOf(plan, files, unread);
  });
}

/** Throws if a running CLI has the session open here, or its deletion was interrupted. */
function requireFree({ configDir, sessionId }: TargetIdentity, copies: readonly TranscriptCopy[]): void {
  try {
    requireNotInUse(sessionId, [{ configDir, mtimesMs: copies.map(({ mtimeMs }) => mtimeMs) }]);
  } catch (error) {
    throw error instanceof SessionInUseError ? inUse(sessionId, error.message.replace(/^.*? in use: /, "")) : error;
  }
  if (cutShort(configDir, sessionId) === undefined) return;
  throw new TranscriptError("Io", `Session ${sessionId} cannot be imported: its deletion was interrupted`, {
    hint: "Delete it again to finish that, or restore it, then try again.",
    data: { sessionId },
  });
}

const inUse = (sessionId: string, why: string): TranscriptError =>
  new TranscriptError("SessionInUse", `Session ${sessionId} is in use: ${why}`, {
    hint: "Exit the session first, then import it again.",
    data: { sessionId },
  });

/** Returns a new id for a session, always the same for the same bytes: a second import finds the first one. */
async function newIdOf(session: SourceSession, to: TargetIdentity, signal: AbortSignal | undefined): Promise<string> {
  const path = transcriptPathIn(session);
  const transcript = session.files([]).find((file) => file.path === path);
  let sha256 = transcript?.sha256 ?? "";
  if (transcript !== undefined && transcript.sha256 === undefined) {
    const fd = transcript.open();
    try {
      ({ sha256 } = (await measureContent(contentOf(fd, transcript.bytes), signal)).facts);
    } finally {
      close(fd);
    }
  }
  const hash = nodeCrypto()
    .createHash("sha256")
    .update([session.sessionId, sha256, to.projectKey].join("\n"))
    .digest("hex");
  // A UUID of version 8, whose bits are of one's own making.
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return parts.join("-");
}

function notesOn(
  { configDir, sessionId }: TargetIdentity,
  { files }: SessionPlan,
  { unread, dryRun }: { readonly unread: number; readonly dryRun: boolean },
): string[] {
  const notes: string[] = [];
  if (unread > 0)
    notes.push(
      unread === 1
        ? `1 place that is no row ${dryRun ? "would be" : "was"} copied as it is`
        : `${unread} places that are no rows ${dryRun ? "would be" : "were"} copied as they are`,
    );
  const transcript = files.find(({ role }) => role === "transcript");
  if (transcript === undefined || transcript.action === "already") return notes;
  if (deletionPlaces(configDir, sessionId).length > 0)
    notes.push(
      "a deleted session with this id is in the trash; restoring it overwrites nothing, and fails if different files of this one are in the way",
    );
  return notes;
}

function deletionTime({ configDir }: TargetIdentity, { files }: SessionPlan): number | undefined {
  const transcript = files.find(({ role }) => role === "transcript");
  return transcript && deletedFrom(readRetention(configDir), { mtimeMs: transcript.file.mtimeMs, entrypoints: [] });
}
