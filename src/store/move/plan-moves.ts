import { dirname } from "node:path";
import { attempt } from "../errors.ts";
import { foldKey, isInside, normalizePath, realOrSelf } from "../disk/platform.ts";
import type { Candidate } from "../facts/candidate.ts";
import { listCandidates } from "../facts/stat-transcripts.ts";
import { projectDir } from "../layout/paths.ts";
import { keyOfPath, keyOverride } from "../layout/project-key.ts";
import { listProjectDirs, projectDirsFor } from "../projects/project-dirs.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { isTurnOver, yieldToEventLoop } from "../timing.ts";
import type { ProjectDir, Skipped } from "../types.ts";
import { lastMoveRow } from "./move-row.ts";
import { movedPath, type Relocation } from "./moved-path.ts";

/** A session that has to follow its directory, in one config dir. */
export interface PlannedMove {
  readonly sessionId: string;
  readonly configDir: string;
  /** The session's directory, as it is and as it will be. */
  readonly from: string;
  readonly to: string;
  /** Project dirs with a copy of its transcript that have to be emptied of it, that of the newest copy first. */
  readonly sources: readonly ProjectDir[];
  /** Its project dir afterwards, which need not exist. */
  readonly target: ProjectDir;
  /** The key of its project dir before, for an undo: also known if an interrupted run has emptied that. */
  readonly formerKey: string;
}

export interface MovePlan {
  /** The session with the oldest transcript first: if a run is interrupted, the newest one is still the newest of its place. */
  readonly moves: readonly PlannedMove[];
  readonly skipped: readonly Skipped[];
}

/** Where one copy of a session has to go, and the key that its project dir had if the copy is there already. */
interface Destination {
  readonly to: string;
  readonly target: ProjectDir;
  readonly formerKey: string;
}

/** Decides on a copy whose session is in `cwd`; `keys` are the names of its project dir. Undefined: it stays. */
type Decide = (copy: Candidate, cwd: string, keys: readonly string[]) => Destination | undefined;

/** Returns the sessions whose own directory is at or below the old path. Only reads. */
export const planMoves = (configDirs: readonly string[], relocation: Relocation): Promise<MovePlan> =>
  plan(configDirs, ({ project: { configDir } }, cwd, keys) => {
    const to = movedPath(cwd, relocation);
    if (to === undefined) return undefined;
    const home = homeOf(cwd, keys, relocation);
    const target = projectDirOf(configDir, movedPath(home, relocation) ?? to);
    return { to, target, formerKey: projectDirOf(configDir, home).key };
  });

/** Returns the sessions that moves between the two paths took to the new one and that still are there. Only reads. */
export const planReturns = (
  configDirs: readonly string[],
  { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
): Promise<MovePlan> =>
  plan(configDirs, ({ path, project: { configDir } }, cwd) => {
    if (!to.some((root) => isInside(cwd, root))) return undefined;
    const { relocatedCwd, movedFrom } = lastMoveRow(path) ?? {};
    if (relocatedCwd === undefined || movedFrom === undefined) return undefined;
    if (!to.some((root) => isInside(relocatedCwd, root))) return undefined;
    if (!from.some((root) => isInside(movedFrom.cwd, root))) return undefined;
    const target = attempt(() => projectDir(configDir, movedFrom.projectKey));
    return target && { to: movedFrom.cwd, target, formerKey: projectDirOf(configDir, relocatedCwd).key };
  });

async function plan(configDirs: readonly string[], decide: Decide): Promise<MovePlan> {
  const moves: (PlannedMove & { readonly newestMs: number })[] = [];
  const skipped: Skipped[] = [];
  for (const configDir of configDirs) {
    const listing = listProjectDirs(configDir);
    skipped.push(...listing.skipped);
    const projects = withAllKeys(listing.dirs);
    const found = await listCandidates([...projects.keys()].map((project) => ({ project })));
    skipped.push(...found.skipped);
    const groups = new Map<string, { copies: Candidate[]; destination: Destination; from: string }>();
    found.candidates.sort((a, b) => b.mtimeMs - a.mtimeMs);
    for (const copy of found.candidates) {
      if (isTurnOver(1)) await yieldToEventLoop();
      const cwd = sessionCwd(copy.path);
      const destination = cwd === undefined ? undefined : decide(copy, cwd, projects.get(copy.project) ?? []);
      if (cwd === undefined || destination === undefined) continue;
      const group = `${copy.sessionId} ${realOrSelf(destination.target.path)}`;
      const others = groups.get(group);
      if (others === undefined) groups.set(group, { copies: [copy], destination, from: cwd });
      else others.copies.push(copy);
    }
    for (const { copies, destination, from } of groups.values()) {
      const [newest] = copies;
      if (newest === undefined) continue;
      const { to, target } = destination;
      const isTarget = (project: ProjectDir): boolean => realOrSelf(project.path) === realOrSelf(target.path);
      const sources = copies.map(({ project }) => project).filter((project) => !isTarget(project));
      const { sessionId, project, mtimeMs: newestMs } = newest;
      const formerKey = isTarget(project) ? destination.formerKey : project.key;
      moves.push({ sessionId, configDir, from, to, sources, target, formerKey, newestMs });
    }
  }
  moves.sort((a, b) => a.newestMs - b.newestMs);
  return { moves, skipped };
}

/** Returns project dirs with all their keys, each once: people link the new name to the old one. */
function withAllKeys(dirs: readonly ProjectDir[]): Map<ProjectDir, string[]> {
  const firsts = new Map<string, ProjectDir>();
  const keys = new Map<ProjectDir, string[]>();
  for (const project of dirs) {
    const real = realOrSelf(project.path);
    const first = firsts.get(real) ?? project;
    firsts.set(real, first);
    keys.set(first, [...(keys.get(first) ?? []), project.key]);
  }
  return keys;
}

/**
 * Returns the directory that the session was started in: `cwd` or the closest one above it, within the old path, that its
 * project dir is named after, before the move or after an interrupted one. A session may have begun in a subdirectory.
 */
function homeOf(cwd: string, keys: readonly string[], relocation: Relocation): string {
  const names = new Set(keys.map((key) => foldKey(key)));
  for (let dir = cwd; ; dir = dirname(dir)) {
    const moved = movedPath(dir, relocation);
    if (moved === undefined) return cwd;
    if ([dir, moved].some((path) => names.has(foldKey(keyOfPath(normalizePath(path)))))) return dir;
  }
}

/** Returns the project dir in which the CLI looks for sessions of a directory. It need not exist. */
export function projectDirOf(configDir: string, path: string): ProjectDir {
  const [existing] = projectDirsFor(configDir, normalizePath(path));
  return existing ?? projectDir(configDir, keyOverride() ?? keyOfPath(normalizePath(path)));
}
