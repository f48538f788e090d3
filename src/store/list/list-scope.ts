import type { SessionFacts } from "../../transcript/summary/session-metadata.ts";
import type { Candidate } from "../facts/candidate.ts";
import { listCandidates, type LookOptions, type Place } from "../facts/stat-transcripts.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { ForeignFilter } from "../projects/key-collisions.ts";
import type { ListFilters } from "./filters.ts";
import { directoryScope, type DirectoryScopeOptions, listProjectDirs } from "../projects/project-dirs.ts";
import type { OrUndefined, SessionInfo, Skipped } from "../types.ts";

/** The files and directories of a list. */
export interface ListScope {
  /** The requested directory, canonical; undefined for all projects. */
  readonly dir: string | undefined;
  readonly configDirs: readonly string[];
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly Skipped[];
  readonly foreign: ForeignFilter;
}

/** Finds every file that may be a session of the directory, or of all projects. */
export async function listScope(
  options: LookOptions & DirectoryScopeOptions & Pick<ListFilters, "configDirs" | "dir" | "moreDirs">,
): Promise<ListScope> {
  const configDirs = resolveConfigDirs(options);
  const places: Place[] = [];
  const skipped: Skipped[] = [];
  let dir: string | undefined;
  let dirs: readonly string[] = [];
  // An empty `dir` counts as absent, as in the official helpers.
  if (options.dir) {
    const scopes = [options.dir, ...(options.moreDirs ?? [])].map((one) => directoryScope(configDirs, one, options));
    const found = new Set<string>();
    for (const place of scopes.flatMap(({ projects }) => projects)) {
      if (!found.has(place.project.path)) places.push(place);
      found.add(place.project.path);
    }
    for (const scope of scopes) for (const skip of scope.skipped) skipped.push(skip);
    dir = scopes[0]?.dir;
    dirs = scopes.flatMap((scope) => [scope.dir, ...scope.worktrees]);
  } else {
    for (const configDir of configDirs) {
      const listing = listProjectDirs(configDir);
      for (const project of listing.dirs) places.push({ project });
      for (const skip of listing.skipped) skipped.push(skip);
    }
  }
  const found = await listCandidates(places, options);
  for (const skip of found.skipped) skipped.push(skip);
  return { dir, configDirs, candidates: found.candidates, skipped, foreign: new ForeignFilter(dirs) };
}

/** Returns the session in the official form, with keys in the official order. */
export function toSessionInfo(candidate: Candidate, facts: SessionFacts, summary: string): SessionInfo {
  const info: OrUndefined<SessionInfo> = {
    sessionId: candidate.sessionId,
    summary,
    lastModified: candidate.lastModified,
    fileSize: candidate.size,
    customTitle: facts.customTitle,
    firstPrompt: facts.firstPrompt,
    gitBranch: facts.gitBranch,
    cwd: facts.cwd ?? candidate.matchedDir,
    tag: facts.tag,
    createdAt: facts.createdAt,
    archived: facts.archived,
  };
  return info as SessionInfo;
}
