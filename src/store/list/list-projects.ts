import { activityOf } from "../facts/activity-of-file.ts";
import type { Candidate } from "../facts/candidate.ts";
import { errnoOf } from "../errors.ts";
import { listScope } from "./list-scope.ts";
import { foldKey } from "../disk/platform.ts";
import { keyOfPath } from "../layout/project-key.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import type { Skipped, StoreOptions } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

/** A directory that has sessions. */
export interface Project {
  /** The name of its directory below `projects/`. */
  readonly key: string;
  /** Transcripts, each session once; those without a message are counted too. */
  readonly sessions: number;
  /** Size of the transcripts. */
  readonly bytes: number;
  /** When something was last said in one of the sessions, epoch ms. */
  readonly activity: number;
  /** The directory itself; undefined where no session in it says so. */
  readonly path: string | undefined;
}

/** Every project that was found, and what could not be looked at. */
export interface ProjectList {
  /** The last active first. */
  readonly projects: readonly Project[];
  readonly skipped: readonly Skipped[];
}

interface ProjectListOptions extends StoreOptions {
  /** Called whenever a project has been looked at: how many so far, and how many there are. */
  readonly progress?: ((looked: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Transcripts of which a few kilobytes are read before other work of the process gets its turn. */
const FILES_PER_TURN = 128;
/** A path is asked of so many sessions of a project, the newest first: nearly always the first one knows. */
const ASKED = 8;

/**
 * The projects of these config dirs that have sessions; one that stands in several is one. Every transcript is stated, and of
 * those that may be the last active a few kilobytes are read. Throws `signal.reason` only.
 */
export async function listProjects({ configDirs, progress, signal }: ProjectListOptions): Promise<ProjectList> {
  const scope = await listScope({ configDirs, includeWorktrees: false, claudeWorktrees: false, signal });
  const skipped = new Map(scope.skipped.map((entry) => [entry.path, entry]));
  const byKey = new Map<string, Candidate[]>();
  for (const candidate of scope.candidates) {
    const key = foldKey(candidate.project.key);
    const others = byKey.get(key);
    if (others === undefined) byKey.set(key, [candidate]);
    else others.push(candidate);
  }
  const projects: Project[] = [];
  let read = 0;
  for (const candidates of byKey.values()) {
    candidates.sort((a, b) => b.lastModified - a.lastModified);
    let activity = -Infinity;
    for (const candidate of candidates) {
      // Nothing was said after a file was written.
      if (candidate.lastModified <= activity) break;
      if (++read % FILES_PER_TURN === 0) {
        await yieldToEventLoop();
        signal?.throwIfAborted();
      }
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

/** A session may have begun elsewhere, or in a directory below: one that its key fits is believed. */
function pathOf(candidates: readonly Candidate[]): string | undefined {
  let other: string | undefined;
  for (const { path, project } of candidates.slice(0, ASKED)) {
    const cwd = sessionCwd(path);
    if (cwd === undefined) continue;
    if (foldKey(keyOfPath(cwd)) === foldKey(project.key)) return cwd;
    other ??= cwd;
  }
  return other;
}
