import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import { activityOf } from "../facts/activity-of-file.ts";
import type { Candidate } from "../facts/candidate.ts";
import { isContinued } from "../facts/continued-in.ts";
import { windowFacts } from "../facts/metadata.ts";
import { candidateOf } from "../facts/stat-transcripts.ts";
import { toSessionInfo } from "./list-scope.ts";
import type { ListedSession, TranscriptCopy } from "../types.ts";

/** Title prefix by which clients without their own archive mark archived sessions. */
const ARCHIVED_PREFIX = "[archived] ";

/** Returns whether a list counts the session as archived; undefined if nothing says so. */
export const isArchived = (facts: SessionFacts): boolean | undefined =>
  facts.archived ?? (facts.customTitle?.startsWith(ARCHIVED_PREFIX) || undefined);

/** Returns the session as a page shows it. `copy.activity` must be known. */
export function toListedSession(copy: Candidate, facts: SessionFacts, worktree: string | undefined): ListedSession {
  const { project } = copy;
  const info = toSessionInfo(copy, facts, facts.summary ?? "");
  const archived = isArchived(facts);
  if (archived !== undefined) info.archived = archived;
  // No spread here: keys that follow a spread give each object its own hidden class, which costs microseconds and memory.
  return Object.assign(info, {
    title: facts.title,
    activity: copy.activity,
    tags: facts.tags,
    description: facts.description,
    configDir: project.configDir,
    projectKey: project.key,
    transcriptPath: copy.path,
    entrypoint: facts.entrypoint,
    programmatic: facts.programmatic,
    model: facts.model,
    forkedFrom: facts.forkedFrom,
    agentName: facts.agentName,
    teamName: facts.teamName,
    worktree,
  });
}

type Copy = Pick<TranscriptCopy, "project" | "sessionId">;

/** Like `listedSession`, but undefined for files that every list leaves out: without a conversation, or gone on elsewhere. */
export function shownSession(copy: Copy): ListedSession | undefined {
  const candidate = candidateOf(copy);
  const facts = candidate && windowFacts(candidate);
  if (facts?.conversation !== true || isContinued(copy.project, facts.continuedIn)) return undefined;
  return listedSession(copy);
}

/**
 * Returns one copy of a session as a page shows it, from the two ends of its file. Also shows those that lists leave out.
 * Undefined if it is gone, empty or a link. Throws the file-system error if it cannot be read.
 */
export function listedSession(copy: Copy): ListedSession | undefined {
  const candidate = candidateOf(copy);
  const facts = candidate && windowFacts(candidate);
  if (candidate === undefined || facts === undefined) return undefined;
  activityOf(candidate);
  return toListedSession(candidate, facts, undefined);
}
