import { join } from "node:path";
import { PROJECT_KEY_UNITS } from "../../transcript/rows/limits.ts";
import { type Dirent, isThere, readDir, statFile } from "../disk/fs.ts";
import { attempt, errnoOf, isMissing } from "../errors.ts";
import { projectDir, projectsPath } from "../layout/paths.ts";
import { directorySpellings, foldKey, isInside, normalizePath } from "../disk/platform.ts";
import { canonicalPath, keyOfPath, keyOverride, sanitizePath } from "../layout/project-key.ts";
import { sessionCwd } from "./session-cwd.ts";
import type { ProjectDir, Skipped } from "../types.ts";
import { listWorktrees } from "./worktrees.ts";

export interface ProjectListing {
  readonly dirs: ProjectDir[];
  readonly skipped: Skipped[];
}

/**
 * Returns every directory under `projects/` of a config dir, sorted by the bytes of its name, and links to directories.
 * `skipped` gets dangling links, and `projects/` itself if it exists and cannot be read.
 */
export function listProjectDirs(configDir: string): ProjectListing {
  const skipped: Skipped[] = [];
  const dirs: ProjectDir[] = [];
  for (const { project, entry } of entriesIn(configDir, skipped)) {
    if (entry.isDirectory() || isDirectory(project, skipped)) dirs.push(project);
  }
  return { dirs, skipped };
}

/** Returns what may be a project dir: all but plain files under `projects/`; undefined if that cannot be read. */
export const possibleProjectDirs = (configDir: string): ProjectDir[] | undefined =>
  attempt(() => readEntries(configDir))?.map(({ project }) => project);

/**
 * Returns the project dirs of a path (from `canonicalPath`): that of its key and, if it is another, that of the
 * `CLAUDE_CODE_PROJECT_DIR_NAME`. For a key with a hash, also those that may have the same path under another hash
 * (official-helpers.md §2.4). `skipped` receives entries that exist and cannot be used.
 */
export function projectDirsFor(configDir: string, path: string, skipped: Skipped[] = []): ProjectDir[] {
  const natural = keyOfPath(path);
  const override = keyOverride();
  const keys = override === undefined || override === natural ? [natural] : [override, natural];
  const found = keys.map((key) => projectDir(configDir, key)).filter((project) => isDirectory(project, skipped));
  if (override !== undefined || natural.length <= PROJECT_KEY_UNITS) return found;
  const others = candidates(configDir, skipped).filter(
    (project) => foldKey(project.key) !== foldKey(natural) && isOtherHash(project, path, natural, skipped),
  );
  return [...found, ...others];
}

/** The project dirs of a directory's sessions, including those of its worktrees. */
export interface DirectoryScope {
  /** The directory, canonical (official-helpers.md §2.3). */
  readonly dir: string;
  /** The worktrees of the directory's repository, the main one first; empty if there is only one. */
  readonly worktrees: readonly string[];
  /** Each project dir once, with the directory or worktree path that it was found for. */
  readonly projects: readonly { readonly project: ProjectDir; readonly matchedDir: string }[];
  readonly skipped: readonly Skipped[];
}

export interface DirectoryScopeOptions {
  readonly includeWorktrees: boolean;
  /** Includes `.claude/worktrees/NAME` of the repository, made by `claude -w NAME`, even after git has pruned them. */
  readonly claudeWorktrees?: boolean | undefined;
}

/**
 * Returns the project dirs whose sessions a list of `dir` shows (official-helpers.md §3), config dir by config dir: its
 * own, then those of its worktrees by the bytes of their names. If two worktrees match, the longer key wins.
 */
export function directoryScope(
  configDirs: readonly string[],
  dir: string,
  { includeWorktrees, claudeWorktrees = false }: DirectoryScopeOptions,
): DirectoryScope {
  const real = canonicalPath(dir);
  const known = includeWorktrees ? listWorktrees(real) : [];
  const worktrees = known.length > 1 ? known : [];
  const claudeRoots =
    includeWorktrees && claudeWorktrees ? known.map((path) => join(path, ".claude", "worktrees")) : [];
  const byKey = worktrees.map((path) => ({ path, key: keyOverride() ?? keyOfPath(path) }));
  byKey.sort((a, b) => b.key.length - a.key.length);

  const projects: { project: ProjectDir; matchedDir: string }[] = [];
  const skipped: Skipped[] = [];
  for (const configDir of configDirs) {
    const seen = new Set<string>();
    const add = (project: ProjectDir, matchedDir: string): void => {
      if (seen.has(foldKey(project.key))) return;
      seen.add(foldKey(project.key));
      projects.push({ project, matchedDir });
    };
    for (const spelling of directorySpellings(dir, real)) {
      for (const project of projectDirsFor(configDir, spelling, skipped)) add(project, spelling);
    }
    if (worktrees.length === 0 && claudeRoots.length === 0) continue;
    for (const project of candidates(configDir, skipped)) {
      if (seen.has(foldKey(project.key))) continue;
      const matchedDir =
        byKey.find(({ path, key }) => isOf(project, path, key, skipped))?.path ??
        claudeWorktree(project, claudeRoots, skipped);
      if (matchedDir !== undefined) add(project, matchedDir);
    }
  }
  return { dir: real, worktrees, projects, skipped: uniqueByPath(skipped) };
}

function isOf(project: ProjectDir, path: string, key: string, skipped: Skipped[]): boolean {
  if (foldKey(project.key) === foldKey(key)) return isDirectory(project, skipped);
  return isOtherHash(project, path, key, skipped);
}

/**
 * Reports whether a project dir is that of `path` under another hash than that of `natural`: the first 200 units of its
 * name are the same, and one of its sessions was in a directory with the same full name.
 */
function isOtherHash(project: ProjectDir, path: string, natural: string, skipped: Skipped[]): boolean {
  if (natural.length <= PROJECT_KEY_UNITS) return false;
  if (!foldKey(project.key).startsWith(foldKey(`${natural.slice(0, PROJECT_KEY_UNITS)}-`))) return false;
  if (!isDirectory(project, skipped)) return false;
  const wanted = foldKey(sanitizePath(path));
  return someCwd(project, (cwd) => foldKey(sanitizePath(normalizePath(cwd))) === wanted);
}

/**
 * Returns the worktree below one of `roots` (`<repository>/.claude/worktrees`) that a project dir belongs to. Keys may
 * be equal, so its sessions decide: one below the root settles it; one elsewhere with exactly this key claims it.
 */
function claudeWorktree(project: ProjectDir, roots: readonly string[], skipped: Skipped[]): string | undefined {
  for (const root of roots) {
    const prefix = sanitizePath(join(root, "x")).slice(0, -1);
    const cut = prefix.length >= PROJECT_KEY_UNITS;
    if (!foldKey(project.key).startsWith(foldKey(prefix.slice(0, PROJECT_KEY_UNITS)))) continue;
    if (!isDirectory(project, skipped)) return undefined;
    let inside: string | undefined;
    let elsewhere = cut;
    someCwd(project, (cwd) => {
      if (isInside(cwd, root) && !isInside(root, cwd)) inside = cwd;
      else if (keyOfPath(normalizePath(cwd)) === project.key) elsewhere = true;
      return inside !== undefined;
    });
    if (inside !== undefined) return join(root, inside.slice(root.length + 1).split(/[/\\]/)[0] ?? "");
    if (!elsewhere) return join(root, project.key.slice(prefix.length));
  }
  return undefined;
}

/** Reports whether a session of the project dir, or a subagent next to the sessions, was in a directory that passes. */
function someCwd(project: ProjectDir, passes: (cwd: string) => boolean): boolean {
  const entries = attempt(() => readDir(project.path)) ?? [];
  return entries.some((entry) => {
    if (!entry.isFile() || !entry.name.endsWith(".jsonl")) return false;
    const cwd = sessionCwd(join(project.path, entry.name));
    return cwd !== undefined && passes(cwd);
  });
}

const candidates = (configDir: string, skipped: Skipped[]): ProjectDir[] =>
  entriesIn(configDir, skipped).map(({ project }) => project);

/** Returns what may be a project dir; a `projects/` that exists and cannot be read goes into `skipped`. */
function entriesIn(configDir: string, skipped: Skipped[]): ReturnType<typeof readEntries> {
  try {
    return readEntries(configDir);
  } catch (error) {
    const reason = errnoOf(error) ?? "unreadable";
    if (reason !== "ENOENT") skipped.push({ path: projectsPath(configDir), reason });
    return [];
  }
}

function readEntries(configDir: string): { readonly project: ProjectDir; readonly entry: Dirent }[] {
  return readDir(projectsPath(configDir))
    .filter((entry) => !entry.isFile())
    .map((entry) => ({ project: projectDir(configDir, entry.name), entry }));
}

/** Reports whether it is a directory or a link to one. Dangling links, and paths without access, go into `skipped`. */
function isDirectory({ path }: ProjectDir, skipped: Skipped[]): boolean {
  try {
    const stats = statFile(path);
    if (stats === undefined && isThere(path)) skipped.push({ path, reason: "ENOENT" });
    return stats?.isDirectory() === true;
  } catch (error) {
    if (!isMissing(error)) skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return false;
  }
}

/** Returns the last entry of each path. */
export const uniqueByPath = (skipped: readonly Skipped[]): Skipped[] => [
  ...new Map(skipped.map((entry) => [entry.path, entry])).values(),
];
