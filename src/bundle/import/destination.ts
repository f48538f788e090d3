/** Where sessions of another machine go: the directory they are in from now on, and its project dir. */
import { posix } from "node:path";
import { foldKey, type Platform, realAsFarAsExists, realOrSelf } from "../../store/disk/platform.ts";
import { InvalidArgumentError, type TranscriptError } from "../../store/errors.ts";
import { isDirectory } from "../../store/layout/config-dir.ts";
import { projectDir } from "../../store/layout/paths.ts";
import { keyOfPath } from "../../store/layout/project-key.ts";
import { samePlaceBelow } from "../../store/move/moved-path.ts";
import { projectDirOf } from "../../store/move/plan-moves.ts";
import type { ProjectDir } from "../../store/types.ts";
import { isBelow, isRoot, pathsOf, platformOf } from "../source/foreign-path.ts";
import type { SourceRepository, SourceSession } from "../source/source.ts";

export interface DestinationOptions {
  readonly configDir: string;
  /** The directory here, absolute. */
  readonly cwd?: string | undefined;
  /** The directory of the other machine that `cwd` stands for. */
  readonly from?: string | undefined;
  /** Leaves sessions under the directory they were in, whether or not it is here. */
  readonly keepCwd?: boolean | undefined;
  /** Returns the root of the repository here that has an origin. Throws if there are several. */
  readonly findRepository: (repository: SourceRepository) => string | undefined;
}

export interface Destination {
  readonly project: ProjectDir;
  /** The session's directory here; undefined if nothing says which it was in. */
  readonly cwd: string | undefined;
  /** Returns where a directory of the other machine is here; undefined if rows keep their directories. */
  readonly mapCwd: ((cwd: string) => string | undefined) | undefined;
}

type DecidesOn = Pick<SourceSession, "sessionId" | "projectKey" | "cwd" | "repository">;

/**
 * Returns the directory that a session was started in: its own, or the closest one above it that its project dir is named after. A
 * session may have gone to a subdirectory before its first row.
 */
function homeOf({ cwd, projectKey }: Pick<DecidesOn, "cwd" | "projectKey">): string | undefined {
  if (cwd === undefined) return undefined;
  for (let dir = cwd; ; dir = pathsOf(dir).dirname(dir)) {
    if (foldKey(keyOfPath(dir)) === foldKey(projectKey)) return dir;
    if (isRoot(dir)) return cwd;
  }
}

/**
 * Returns the directory of the other machine that `cwd` stands for: the one that all sessions were started in or below. Throws
 * `InvalidArgumentError` if there are several, and for a root directory.
 */
export function commonHome(sessions: readonly DecidesOn[]): string | undefined {
  const homes = [...new Set(sessions.flatMap((session) => homeOf(session) ?? []))];
  const roots = homes.filter(
    (home) => !homes.some((other) => other !== home && isBelow(home, other) && !isBelow(other, home)),
  );
  const [root] = roots;
  if (roots.length > 1) {
    const named = roots.slice(0, MAX_NAMED).join(", ") + (roots.length > MAX_NAMED ? ", …" : "");
    throw new InvalidArgumentError(
      "cwd",
      `the sessions are of several directories: ${named}`,
      `Say with --from which of them --cwd stands for${directoryAbove(roots)}.`,
    );
  }
  if (root !== undefined && isRoot(root))
    throw new InvalidArgumentError(
      "cwd",
      `the sessions are of ${root}, and every path is below it`,
      "Leave them there with --keep-cwd.",
    );
  return root;
}

/** Returns the end of a sentence about the directory that all are below, unless that is the root. */
function directoryAbove(homes: readonly string[]): string {
  let [dir = "/"] = homes;
  while (!isRoot(dir) && !homes.every((home) => isBelow(home, dir))) dir = pathsOf(dir).dirname(dir);
  return isRoot(dir) ? "" : `; ${dir} is above all of them`;
}

const MAX_NAMED = 5;

/** Reports whether a session was started at or below a directory of the other machine. */
export function isOfDirectory(session: DecidesOn, from: string): boolean {
  const home = homeOf(session);
  return home !== undefined && isBelow(home, from);
}

/** Returns where a session goes. Throws `InvalidArgumentError` if nothing says where its directory is here. */
export function destinationOf(session: DecidesOn, options: DestinationOptions): Destination {
  const { configDir, cwd, from, keepCwd, findRepository } = options;
  const home = homeOf(session);
  if (keepCwd === true)
    return { project: projectDir(configDir, session.projectKey), cwd: session.cwd, mapCwd: undefined };
  if (cwd !== undefined) {
    const to = realAsFarAsExists(cwd);
    if (home === undefined || session.cwd === undefined || from === undefined)
      return { project: projectDirOf(configDir, to), cwd: to, mapCwd: undefined };
    return relocated(configDir, session.cwd, home, { from, to });
  }
  if (home !== undefined && platformOf(home) === platformOfHere() && isDirectory(home))
    return { project: projectDirOf(configDir, realOrSelf(home)), cwd: session.cwd, mapCwd: undefined };
  const { repository } = session;
  const root = repository && findRepository(repository);
  if (root !== undefined && session.cwd !== undefined && home !== undefined) {
    const oldRoot = rootAbove(session.cwd, repository?.path ?? "");
    const inside = oldRoot !== undefined && isBelow(home, oldRoot);
    const to = realOrSelf(root);
    if (inside) return relocated(configDir, session.cwd, home, { from: oldRoot, to });
    return relocated(configDir, session.cwd, session.cwd, {
      from: session.cwd,
      to: posix.join(to, repository?.path ?? ""),
    });
  }
  throw nowhere(session, home);
}

const platformOfHere = (): Platform => (process.platform === "win32" ? "win32" : "linux");

function relocated(
  configDir: string,
  cwd: string,
  home: string,
  { from, to }: { readonly from: string; readonly to: string },
): Destination {
  const platform = platformOf(from);
  const mapCwd = (path: string): string | undefined =>
    platformOf(path) === platform ? samePlaceBelow(path, { from: [from], to }, platform) : undefined;
  const newHome = mapCwd(home) ?? to;
  // Nothing changes if the directory is the same, however it is written.
  const isSame = platform === platformOfHere() && isBelow(from, to) && isBelow(to, from);
  return {
    project: projectDirOf(configDir, newHome),
    cwd: mapCwd(cwd) ?? newHome,
    mapCwd: isSame ? undefined : mapCwd,
  };
}

/** Returns the root of a repository of which a directory is at `path`; undefined if it does not end in that. */
function rootAbove(cwd: string, path: string): string | undefined {
  const paths = pathsOf(cwd);
  let root = cwd;
  for (const name of path.split("/").filter(Boolean).toReversed()) {
    if (paths.basename(root) !== name) return undefined;
    root = paths.dirname(root);
  }
  return root;
}

function nowhere({ sessionId, projectKey, repository }: DecidesOn, home: string | undefined): TranscriptError {
  const origin = repository === undefined ? "" : `, and no project here is a clone of ${repository.origin}`;
  const why =
    home === undefined ? `nothing in it says which directory it is of` : `${home} is not a directory here${origin}`;
  return new InvalidArgumentError(
    "cwd",
    `Session ${sessionId} has no place here: ${why}`,
    `Say with --cwd DIR where its directory is here, or leave it under ${projectKey} with --keep-cwd.`,
  );
}
