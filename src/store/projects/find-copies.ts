import { resolveConfigDirs } from "../layout/config-dir.ts";
import { openRead, tryStatFile } from "../disk/fs.ts";
import { deletedConcurrently, isMissing, SessionNotFoundError } from "../errors.ts";
import { transcriptPath } from "../layout/paths.ts";
import { directorySpellings, foldKey, realOrSelf } from "../disk/platform.ts";
import { canonicalPath } from "../layout/project-key.ts";
import { possibleProjectDirs, projectDirsFor } from "./project-dirs.ts";
import { isSessionId, requireSessionId } from "../layout/session-id.ts";
import type { SessionOptions, TranscriptCopy } from "../types.ts";
import { unreadableDirs } from "./unreadable.ts";
import { listWorktrees } from "./worktrees.ts";

/**
 * Returns every copy of a session's transcript, in the order in which the official helpers look (official-helpers.md
 * §2.6). With `dir`: in the project dirs of that directory, then those of its other worktrees. Without: in all project
 * dirs, by name. Costs one stat for each.
 *
 * A copy is a regular file that is not empty; follows links. Anything else is skipped, and so is a project dir under a
 * second name (a link next to it).
 */
export function findCopies(sessionId: unknown, options?: SessionOptions | null): TranscriptCopy[] {
  if (!isSessionId(sessionId)) return [];
  const copies: TranscriptCopy[] = [];
  for (const place of placesOf(options)) {
    const copy = copyIn(place, sessionId);
    if (copy !== undefined) copies.push(copy);
  }
  return copies.length > 1 ? withoutAliases(copies) : copies;
}

/** Returns the copy written to last, which is the session; the first one if several have the same time. */
export const newestCopy = <Copy extends TranscriptCopy>(copies: readonly Copy[]): Copy | undefined =>
  copies.length === 0 ? undefined : copies.reduce(newer);

const newer = <Copy extends TranscriptCopy>(a: Copy, b: Copy): Copy => (b.mtimeMs > a.mtimeMs ? b : a);

/** Returns the newest copy of a session; undefined if there is none. */
export function findSession(sessionId: unknown, options?: SessionOptions | null): TranscriptCopy | undefined {
  return newestCopy(findCopies(sessionId, options));
}

/** Opens a copy for reading. Throws `SessionNotFoundError` if it has been deleted since it was found. */
export function openCopy({ sessionId, path }: Pick<TranscriptCopy, "sessionId" | "path">): number {
  try {
    return openRead(path);
  } catch (error) {
    throw isMissing(error) ? deletedConcurrently(sessionId) : error;
  }
}

/** Wording of "not found" without `dir` (official-helpers.md §7); `append` is for rename and tag. */
export type NotFoundWording = "fork" | "append" | "other";

/** Like `findSession`, but throws `InvalidSessionIdError` or `SessionNotFoundError` with the official texts. */
export function requireSession(
  sessionId: unknown,
  options?: SessionOptions | null,
  wording: NotFoundWording = "other",
): TranscriptCopy {
  return requireCopies(sessionId, options, wording).reduce(newer);
}

/** Like `findCopies`, but throws `InvalidSessionIdError`, or `SessionNotFoundError` with the unreadable directories. */
export function requireCopies(
  sessionId: unknown,
  options?: SessionOptions | null,
  wording: NotFoundWording = "other",
): TranscriptCopy[] {
  const id = requireSessionId(sessionId);
  const copies = findCopies(id, options);
  if (copies.length === 0) throw new SessionNotFoundError(id, notFoundWhere(options, wording), unreadableDirs(options));
  return copies;
}

function notFoundWhere(options: SessionOptions | null | undefined, wording: NotFoundWording): string {
  if (options?.dir) return ` in project directory for ${options.dir}`;
  if (wording === "fork") return "";
  const noProjects = resolveConfigDirs(options).every((configDir) => possibleProjectDirs(configDir) === undefined);
  return wording === "append" && noProjects ? " (no projects directory)" : " in any project directory";
}

type Place = Pick<TranscriptCopy, "project" | "matchedDir">;

/** Returns the project dirs to search, each once, with the first path that led to it. */
function placesOf(options: SessionOptions | null | undefined): Place[] {
  const configDirs = resolveConfigDirs(options);
  if (!options?.dir) {
    return configDirs.flatMap((configDir) => (possibleProjectDirs(configDir) ?? []).map((project) => ({ project })));
  }
  const paths = pathsOf(options.dir);
  return configDirs.flatMap((configDir) => {
    const places = new Map<string, Place>();
    for (const matchedDir of paths) {
      for (const project of projectDirsFor(configDir, matchedDir)) {
        const key = foldKey(project.key);
        if (!places.has(key)) places.set(key, { project, matchedDir });
      }
    }
    return [...places.values()];
  });
}

/** Returns the directory, then the other worktrees of its repository. */
function pathsOf(dir: string): string[] {
  const real = canonicalPath(dir);
  return [...directorySpellings(dir, real), ...listWorktrees(real).filter((path) => path !== real)];
}

function copyIn({ project, matchedDir }: Place, sessionId: string): TranscriptCopy | undefined {
  const path = transcriptPath(project, sessionId);
  const stats = tryStatFile(path);
  if (!stats?.isFile() || stats.size === 0) return undefined;
  return { sessionId, project, path, size: stats.size, mtimeMs: stats.mtimeMs, matchedDir };
}

/** Drops copies that are seen a second time through another name of their project dir. */
function withoutAliases(copies: readonly TranscriptCopy[]): TranscriptCopy[] {
  const seen = new Set<string>();
  return copies.filter(({ project }) => {
    const real = realOrSelf(project.path);
    const first = !seen.has(real);
    seen.add(real);
    return first;
  });
}
