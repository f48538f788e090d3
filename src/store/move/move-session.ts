/**
 * Moves one session to another project dir: its transcript, and everything next to it that is named after it.
 *
 * All of it gets a second place first, the transcript last. Then it is removed from its old place, the transcript last again,
 * and a row with the new directory ends the move. So after a kill at any point the session is whole in one of the two places,
 * and as long as the row is missing the next run finds it under its old directory and goes on. Nothing is ever replaced, and
 * the lock of the trash keeps other changes away (session-lock.ts).
 */
import { basename, dirname, join } from "node:path";
import { appendRows, cleanStaleTemps, syncDir } from "../disk/atomic-write.ts";
import { conflictIn, isContained, utimesSeconds } from "../disk/dir-tree.ts";
import { makeDir, removeDir, setTimes, statExact, statFile, statLink } from "../disk/fs.ts";
import { drain, placeAlso } from "../disk/move.ts";
import { deletedConcurrently, ignoreDiskErrors, SessionBusyError, TranscriptError } from "../errors.ts";
import { transcriptPath } from "../layout/paths.ts";
import { requireNotInUse } from "../live/session-in-use.ts";
import { newestCopy } from "../projects/find-copies.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { type Belonging, belongingsIn } from "../projects/sidecars.ts";
import { yieldToEventLoop } from "../timing.ts";
import { withSessionLock } from "../trash/session-lock.ts";
import { cutShort } from "../trash/trash-entries.ts";
import { bytesOf } from "../trash/trash-manifest.ts";
import type { Skipped, TranscriptCopy } from "../types.ts";
import { moveRow } from "./move-row.ts";
import type { PlannedMove } from "./plan-moves.ts";

/** A file or directory that was moved; paths are relative to the config dir, with `/` between names. */
export interface MovedItem extends Belonging {
  readonly to: string;
}

export interface SessionMove {
  readonly sessionId: string;
  readonly configDir: string;
  /** The session's directory before and after. */
  readonly from: string;
  readonly to: string;
  /** Empty if the files were in the right project dir already, so that the session only got its new directory. */
  readonly items: readonly MovedItem[];
  readonly bytes: number;
  /** What stayed in the old project dir, and why. */
  readonly skipped: readonly Skipped[];
}

/** Returns what `moveSession` would move now. Only reads; throws like it. */
export async function checkMove(move: PlannedMove, force: boolean): Promise<SessionMove> {
  requireTarget(move);
  if (!force) requireFree(move);
  return resultOf(move, await itemsToMove(move), []);
}

/**
 * Moves a session. Without `force`, throws `SessionInUseError` if it is in use. Throws `SessionExists` if the new place has
 * another file of that name, `SessionBusyError` if another process is changing the session, and file-system errors
 * unchanged: a second call then continues.
 */
export async function moveSession(move: PlannedMove, force: boolean): Promise<SessionMove> {
  requireTarget(move);
  if (!force) requireFree(move);
  return withSessionLock([move.configDir], move.sessionId, "move", async () => {
    const newest = newestCopy(copiesOf(move));
    if (newest === undefined) throw deletedConcurrently(move.sessionId);
    const cwd = sessionCwd(newest.path);
    // Another process was faster.
    if (cwd === move.to && newest.project.path === move.target.path) return resultOf(move, [], []);
    requireTarget(move);
    if (!force) requireFree(move);
    const items = await itemsToMove(move);
    if (cwd !== move.from) throw changed(move);
    if (items.length > 0) makeDir(move.target.path);
    await placeAll(move, items);
    const skipped = await removeOld(move, items);
    endMove(move);
    for (const { path } of [...move.sources, move.target]) cleanStaleTemps(path);
    // One that has nothing more in it would be a project without a directory for ever. A link is not ours, and stays.
    for (const { path } of move.sources) ignoreDiskErrors(() => removeDir(path));
    return resultOf(move, items, skipped);
  });
}

const resultOf = (
  { sessionId, configDir, from, to }: PlannedMove,
  items: readonly Found[],
  skipped: readonly Skipped[],
): SessionMove => {
  const moved = items.map(({ path, to, kind, bytes }) => ({ path, to, kind, bytes }));
  return { sessionId, configDir, from, to, items: moved, bytes: bytesOf(moved), skipped };
};

function requireFree(move: PlannedMove): void {
  const { sessionId, configDir } = move;
  requireNotInUse(sessionId, [{ configDir, mtimesMs: copiesOf(move).map(({ mtimeMs }) => mtimeMs) }]);
}

/** Returns the transcripts of the session in its old project dirs and in the new one. */
function copiesOf({ sessionId, sources, target }: PlannedMove): TranscriptCopy[] {
  return [...sources, target].flatMap((project) => {
    const path = transcriptPath(project, sessionId);
    const stats = statLink(path);
    if (!stats?.isFile() || stats.size === 0) return [];
    return [{ sessionId, project, path, size: stats.size, mtimeMs: stats.mtimeMs }];
  });
}

/** An item with both absolute paths. */
interface Found extends MovedItem {
  readonly at: string;
  readonly newAt: string;
}

/** Returns the items in the order in which they go: transcripts last. Throws if one of them cannot. */
async function itemsToMove(move: PlannedMove): Promise<Found[]> {
  const { sessionId, configDir, sources, target } = move;
  if (cutShort(configDir, sessionId) !== undefined)
    throw refusal(move, "its deletion was interrupted", FINISH_DELETION);
  const items: Found[] = [];
  for (const source of sources) {
    const { items: found, skipped } = await belongingsIn(source, sessionId);
    for (const { path, reason } of skipped) throw refusal(move, `${path} is ${reason}`, MOVE_AWAY, { path });
    for (const item of found) {
      const name = basename(item.path);
      const to = `projects/${target.key}/${name}`;
      items.push({ ...item, to, at: join(source.path, name), newAt: join(target.path, name) });
    }
  }
  items.sort((a, b) => Number(isTranscript(a)) - Number(isTranscript(b)));
  for (const item of items) requireFreePlace(move, item, items);
  return items;
}

const isTranscript = ({ kind }: Belonging): boolean => kind === "transcript" || kind === "stub";
const FINISH_DELETION = "Delete it again to finish that, or restore it, then try again.";
const MOVE_AWAY = "Move it away, then try again.";

/** Throws if an item cannot get its new place, or not without replacing something. */
function requireFreePlace(move: PlannedMove, { at, newAt }: Found, items: readonly Found[]): void {
  if (statLink(at)?.isSymbolicLink()) throw refusal(move, `${at} is a link`, MOVE_AWAY, { path: at });
  const conflict = conflictIn(at, newAt);
  if (conflict !== undefined) throw exists(move, `${conflict} exists and differs`);
  // Two copies of the session would get one name: the later one may only have what the first one has.
  const first = items.find((other) => other.newAt === newAt);
  if (first !== undefined && first.at !== at && !isContained(at, first.at))
    throw exists(move, `${at} and ${first.at} would get one path, and differ`);
}

/** Throws if something that is no directory has the name of the new project dir. */
function requireTarget(move: PlannedMove): void {
  const { path } = move.target;
  if (statLink(path) === undefined || statFile(path)?.isDirectory() === true) return;
  throw refusal(move, `${path} is not a directory`, MOVE_AWAY, { path });
}

/** Gives all items their second place, so that the session is whole there. */
async function placeAll(move: PlannedMove, items: readonly Found[]): Promise<void> {
  for (const { at, newAt } of items) {
    // What an earlier run placed, or somebody copied, is completed when the old one is removed.
    if (statLink(newAt) !== undefined) continue;
    if (!placeAlso(at, newAt)) throw exists(move, `${newAt} exists by now`);
    await yieldToEventLoop();
  }
  if (items.length > 0) for (const path of [move.target.path, dirname(move.target.path)]) syncDir(path);
}

/** Removes what is in the new place from the old one. Returns what differs there by now, and therefore stays. */
async function removeOld(move: PlannedMove, items: readonly Found[]): Promise<Skipped[]> {
  const skipped: Skipped[] = [];
  for (const item of items) {
    for (const path of drain(item.at, item.newAt)) {
      if (isTranscript(item)) throw changed(move);
      skipped.push({ path, reason: "differs from what is in the new place" });
    }
    await yieldToEventLoop();
  }
  for (const { path } of move.sources) syncDir(path);
  return skipped;
}

/** Appends the row with the new directory. The time of the file stays: `claude --continue` takes the newest one. */
function endMove({ sessionId, from, to, target, formerKey }: PlannedMove): void {
  const path = transcriptPath(target, sessionId);
  const before = statExact(path);
  if (before === undefined) throw deletedConcurrently(sessionId);
  if (!appendRows(path, [moveRow(sessionId, to, { cwd: from, projectKey: formerKey })]))
    throw deletedConcurrently(sessionId);
  setTimes(path, utimesSeconds(before.atimeNs), utimesSeconds(before.mtimeNs));
}

function refusal(move: PlannedMove, why: string, hint: string, data: Readonly<Record<string, unknown>> = {}): Error {
  const { sessionId } = move;
  return new TranscriptError("Io", `Session ${sessionId} cannot be moved: ${why}`, {
    hint,
    data: { sessionId, ...data },
  });
}

function exists({ sessionId }: PlannedMove, why: string): TranscriptError {
  return new TranscriptError("SessionExists", `Session ${sessionId} cannot be moved: ${why}`, {
    hint: "Nothing is overwritten. Delete or move away one of the two, then try again.",
    data: { sessionId },
  });
}

const changed = ({ sessionId }: PlannedMove): SessionBusyError =>
  new SessionBusyError(sessionId, "it has changed since it was looked at", "Try again.");
