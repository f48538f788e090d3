import { attempt } from "../errors.ts";
import type { Candidate } from "../facts/candidate.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { isContinued } from "../facts/continued-in.ts";
import { windowFacts } from "../facts/metadata.ts";
import { type ListScope, listScope, toSessionInfo } from "./list-scope.ts";
import type { OrUndefined, SessionInfo } from "../types.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

export type ListSessionsOptions = {
  /** Project directory, including its git worktrees. Absent: all projects. */
  dir?: string;
  /** Maximum number of sessions; all if absent or not above 0. */
  limit?: number;
  /** Number of newest sessions to skip. */
  offset?: number;
  /** With `dir`: includes sessions of the other worktrees of its repository. Default true. */
  includeWorktrees?: boolean;
  /** Includes sessions that a program started (SDK entrypoints, daemons). Default true. */
  includeProgrammatic?: boolean;
  /** Config dirs, e.g. for work and private use. Relative paths are resolved against the current directory. */
  configDirs?: readonly string[];
  /** Directory of a program's own, in place of `configDirs`: for sessions apart from those of Claude Code. */
  storageDir?: string;
  signal?: AbortSignal;
};

/**
 * Returns the sessions of a directory or of all projects as the official helper does: sorted by mtime, latest first (then
 * by id, descending), one row for each id, the newest copy. `lastModified` and `createdAt` are epoch ms, `fileSize` is bytes
 * (official-helpers.md §3, §4).
 *
 * Never throws because of the disk, only `signal.reason` when aborted: unreadable sessions are left out. `listSessionPage` reports them and is better for
 * showing lists: it sorts by activity, pages by cursors and shows no empty sessions.
 */
export async function listSessions(options?: OrUndefined<ListSessionsOptions> | null): Promise<SessionInfo[]> {
  const { limit, offset, signal } = options ?? {};
  signal?.throwIfAborted();
  const scope = await listScope({
    configDirs: resolveConfigDirs(options),
    dir: options?.dir ?? undefined,
    includeWorktrees: isOn(options?.includeWorktrees),
    signal,
  });
  const candidates = [...scope.candidates].sort(byModification);
  const most = limit && limit > 0 ? limit : Infinity;
  const includeProgrammatic = isOn(options?.includeProgrammatic);

  const sessions: SessionInfo[] = [];
  const seen = new Set<string>();
  let passed = 0;
  for (const candidate of candidates) {
    if (sessions.length >= most) break;
    if (seen.has(candidate.sessionId)) continue;
    if (isTurnOver()) await yieldToEventLoop(signal);
    const session = toListed(candidate, scope, includeProgrammatic);
    if (session === undefined) continue;
    seen.add(candidate.sessionId);
    if (passed < (offset ?? 0)) passed++;
    else sessions.push(session);
  }
  return sessions;
}

/** Reports whether a switch is on: by default it is. As in the official helper, any falsy value except null turns it off. */
const isOn = (value: unknown): boolean => Boolean(value ?? true);

/** Sorts newest first; a stable sort keeps the first one found among files of one time and id. */
function byModification(a: Candidate, b: Candidate): number {
  if (a.lastModified !== b.lastModified) return b.lastModified - a.lastModified;
  return a.sessionId < b.sessionId ? 1 : a.sessionId > b.sessionId ? -1 : 0;
}

/** Returns the list's row of a transcript; undefined if the list leaves it out. */
function toListed(candidate: Candidate, scope: ListScope, includeProgrammatic: boolean): SessionInfo | undefined {
  const facts = attempt(() => windowFacts(candidate));
  if (facts === undefined || facts.sidechainOnly || facts.summary === undefined) return undefined;
  if (facts.programmatic && !includeProgrammatic) return undefined;
  if (isContinued(candidate.project, facts.continuedIn)) return undefined;
  if (scope.foreign.isForeign(facts.homeCwd, candidate.matchedDir)) return undefined;
  return toSessionInfo(candidate, facts, facts.summary);
}
