import { activityOf } from "../facts/activity-of-file.ts";
import type { Candidate } from "../facts/candidate.ts";
import { errnoOf } from "../errors.ts";
import type { ListFilters } from "./filters.ts";
import { listScope } from "./list-scope.ts";
import { foldKey } from "../disk/platform.ts";
import { keyOfPath } from "../layout/project-key.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import type { Skipped } from "../types.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";

/** A directory that has sessions. */
export interface Project {
  /** The name of its directory below `projects/`. */
  readonly key: string;
  /** Number of sessions, each counted once, including those without a message. */
  readonly sessions: number;
  /** Total size of the transcripts. */
  readonly bytes: number;
  /** Time of the latest activity in one of the sessions, epoch ms. */
  readonly activity: number;
  /** The directory itself; undefined if no session in it has a `cwd`. */
  readonly path: string | undefined;
}

/** The projects that were found, and the paths that could not be read. */
export interface ProjectList {
  /** Latest activity first. */
  readonly projects: readonly Project[];
  readonly skipped: readonly Skipped[];
}

/** Maximum number of sessions of a project, newest first, searched for its path: nearly always the first one has it. */
const MAX_SEARCHED = 8;

/**
 * Returns the projects of these config dirs that have sessions, merged across config dirs. Stats every transcript, and reads
 * a few kilobytes of those that may have the latest activity. `progress` counts projects. Throws only `signal.reason`.
 */
export async function listProjects({
  configDirs,
  progress,
  signal,
}: Pick<ListFilters, "configDirs" | "progress" | "signal">): Promise<ProjectList> {
  const scope = await listScope({ configDirs, includeWorktrees: false, signal });
  const skipped = new Map(scope.skipped.map((entry) => [entry.path, entry]));
  const byKey = new Map<string, Candidate[]>();
  for (const candidate of scope.candidates) {
    const key = foldKey(candidate.project.key);
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [candidate]);
    else others.push(candidate);
  }
  const projects: Project[] = [];
  for (const candidates of byKey.values()) {
    candidates.sort((a, b) => b.lastModified - a.lastModified);
    let activity = -Infinity;
    for (const candidate of candidates) {
      // Activity is never later than the mtime.
      if (candidate.lastModified <= activity) break;
      if (isTurnOver()) await yieldToEventLoop(signal);
      try {
        activity = Math.max(activity, activityOf(candidate));
      } catch (error) {
        skipped.set(candidate.path, { path: candidate.path, reason: errnoOf(error) ?? "unreadable" });
      }
    }
    const [newest] = candidates;
    if (newest === undefined) continue;
    projects.push({
      key: newest.project.key,
      path: pathOf(candidates),
      sessions: new Set(candidates.map(({ sessionId }) => sessionId)).size,
      bytes: candidates.reduce((sum, { size }) => sum + size, 0),
      activity: Number.isFinite(activity) ? activity : newest.lastModified,
    });
    progress?.(projects.length, byKey.size);
  }
  projects.sort((a, b) => b.activity - a.activity || (a.key < b.key ? -1 : 1));
  return { projects, skipped: [...skipped.values()] };
}

/** Returns the directory of a project: a `cwd` that its key fits, else any, since a session may have begun elsewhere. */
function pathOf(candidates: readonly Candidate[]): string | undefined {
  let other: string | undefined;
  for (const { path, project } of candidates.slice(0, MAX_SEARCHED)) {
    const cwd = sessionCwd(path);
    if (cwd === undefined) continue;
    if (foldKey(keyOfPath(cwd)) === foldKey(project.key)) return cwd;
    other ??= cwd;
  }
  return other;
}
