import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import type { Candidate } from "../facts/candidate.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { isContinued } from "../facts/continued-in.ts";
import { windowFacts } from "../facts/metadata.ts";
import { type ListScope, listScope, toSessionInfo } from "./list-scope.ts";
import type { OrUndefined, SessionInfo } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

export type ListSessionsOptions = {
  /** Project directory, its git worktrees included; absent: all projects. */
  dir?: string;
  /** At most so many sessions; absent or not above 0: all. */
  limit?: number;
  /** So many of the newest sessions are left out first. */
  offset?: number;
  /** With `dir`: also the sessions of the other worktrees of its repository. Default true. */
  includeWorktrees?: boolean;
  /** Also sessions that a program started (SDK entrypoints, daemons). Default true. */
  includeProgrammatic?: boolean;
  /** Several config dirs at once, e.g. work and private. Relative paths count from the current directory. */
  configDirs?: readonly string[];
};

/**
 * The sessions of a directory or of all projects as the official helper gives them: the one written to last first
 * (then by id, downwards), one row for each id, the newest copy. `lastModified` and `createdAt` are epoch ms, `fileSize`
 * is bytes (official-helpers.md §3, §4).
 *
 * Nothing on the disk makes it throw: what cannot be read is left out. `listSessionPage` names it, and is the one to
 * show lists with: it sorts by what was said last, pages by cursors and shows no empty sessions.
 */
export async function listSessions(options?: OrUndefined<ListSessionsOptions> | null): Promise<SessionInfo[]> {
  const { limit, offset } = options ?? {};
  const scope = await listScope({
    configDirs: resolveConfigDirs(options),
    dir: options?.dir ?? undefined,
    includeWorktrees: isOn(options?.includeWorktrees),
    claudeWorktrees: false,
  });
  const candidates = [...scope.candidates].sort(byModification);
  const most = limit && limit > 0 ? limit : Infinity;
  const filter = { scope, includeProgrammatic: isOn(options?.includeProgrammatic) };

  const sessions: SessionInfo[] = [];
  const seen = new Set<string>();
  let passed = 0;
  let read = 0;
  for (const candidate of candidates) {
    if (sessions.length >= most) break;
    if (seen.has(candidate.sessionId)) continue;
    if (++read % FILES_PER_TURN === 0) await yieldToEventLoop();
    const session = toListed(candidate, filter);
    if (session === undefined) continue;
    seen.add(candidate.sessionId);
    if (passed < (offset ?? 0)) passed++;
    else sessions.push(session);
  }
  return sessions;
}

/** A switch that is on unless it is turned off: with `false`, or, as for the official helper, anything false but nothing. */
const isOn = (value: unknown): boolean => Boolean(value ?? true);

/** Transcripts read before other work of the process gets its turn: some 5 ms. */
const FILES_PER_TURN = 64;

interface Filter {
  readonly scope: ListScope;
  readonly includeProgrammatic: boolean;
}

/** Newest first; of files of one time and id the first found, since sorting keeps their order. */
function byModification(a: Candidate, b: Candidate): number {
  if (a.lastModified !== b.lastModified) return b.lastModified - a.lastModified;
  return a.sessionId < b.sessionId ? 1 : a.sessionId > b.sessionId ? -1 : 0;
}

/** The row of a transcript; undefined when the list leaves it out. */
function toListed(candidate: Candidate, { scope, includeProgrammatic }: Filter): SessionInfo | undefined {
  const facts = readableFacts(candidate);
  if (facts === undefined || facts.sidechainOnly || facts.summary === undefined) return undefined;
  if (facts.programmatic && !includeProgrammatic) return undefined;
  if (isContinued(candidate.project, facts.continuedIn)) return undefined;
  if (scope.foreign.isForeign(facts.homeCwd, candidate.through)) return undefined;
  return toSessionInfo(candidate, facts, facts.summary);
}

function readableFacts(candidate: Candidate): SessionFacts | undefined {
  try {
    return windowFacts(candidate);
  } catch {
    return undefined;
  }
}
