/**
 * Lists the worktrees of a repository from git's own files, by the rules of its setup.c and worktree.c. Starting git
 * would be too slow for each page, and run hooks and settings of a repository from anywhere.
 *
 * Ignored on purpose: the environment (a caller's `GIT_DIR` would make every directory part of one repository), the
 * owner of the files (nothing of the repository is ever executed), and its configuration (no path here depends on it).
 */
import { dirname, isAbsolute, join, parse, sep } from "node:path";
import {
  isThere,
  openRead,
  readBytes,
  readLink,
  readNames,
  realPath,
  statFile,
  statLink,
  statOpen,
  tryStatFile,
  useAndClose,
} from "../disk/fs.ts";
import { normalizePath, type Platform, realOrSelf } from "../disk/platform.ts";
import { attempt } from "../errors.ts";

/** Maximum size of `.git`, `commondir` and `gitdir` files, which hold one path; a larger file is not git's. */
const PATH_FILE_BYTES = 64 * 1024;
/** Bytes of `HEAD` that git looks at. */
const HEAD_BYTES = 255;
/** Maximum number of worktrees: more would not fit into the output that the official helpers accept from git (1 MiB). */
const WORKTREES_MAX = 10_000;

/**
 * Returns the paths that `git worktree list --porcelain` prints in `dir`: the main worktree (or the bare repository),
 * then the linked ones by name, including deleted ones. Empty outside a repository, or if git's files are invalid.
 */
export function listWorktrees(dir: string, platform: Platform = process.platform): string[] {
  try {
    const found = findGitDir(realPath(dir));
    if (found === undefined) return [];
    const common = commonDir(found.gitDir);
    return [stripDotGit(common), ...sortAsGit(linkedWorktrees(common), platform)].map((path) =>
      normalizePath(path, platform),
    );
  } catch {
    return [];
  }
}

/** A linked worktree, and the main one (or the bare repository) that it belongs to. */
export interface LinkedWorktree {
  readonly path: string;
  readonly main: string;
}

/** Returns the linked worktree that `dir` is or is in; undefined for other directories, and if git's files are damaged. */
export function linkedWorktreeOf(dir: string, platform: Platform = process.platform): LinkedWorktree | undefined {
  return attempt(() => {
    const found = findGitDir(realPath(dir));
    if (found === undefined) return undefined;
    const common = commonDir(found.gitDir);
    if (common === realPath(found.gitDir)) return undefined;
    return { path: normalizePath(found.root, platform), main: normalizePath(stripDotGit(common), platform) };
  });
}

/** A repository that a directory is in: its worktree there, and the file of its settings. */
export interface Repository {
  readonly root: string;
  readonly config: string;
}

/** Returns the repository that a directory is in; undefined for other directories, and if git's files are damaged. */
export function repositoryAt(dir: string): Repository | undefined {
  return attempt(() => {
    const found = findGitDir(realPath(dir));
    return found && { root: found.root, config: join(commonDir(found.gitDir), "config") };
  });
}

/** Finds the `.git` of `start`, and the directory it is in, by going up; stops, like git, at the border of the file system. */
function findGitDir(start: string): { readonly gitDir: string; readonly root: string } | undefined {
  const device = statFile(start)?.dev;
  for (let dir = start; ; dir = dirname(dir)) {
    const stats = statFile(dir);
    if (stats === undefined || !stats.isDirectory() || stats.dev !== device) return undefined;
    const dotGit = join(dir, ".git");
    const found = tryStatFile(dotGit);
    // A `.git` file that leads nowhere ends the search with an error; a plain directory of that name does not.
    if (found?.isFile() === true) return { gitDir: readGitFile(dotGit), root: dir };
    if (found !== undefined && isGitDir(dotGit)) return { gitDir: dotGit, root: dir };
    if (isGitDir(dir)) return { gitDir: dir, root: dir };
    if (dir === parse(dir).root) return undefined;
  }
}

/** Returns the directory that a `.git` file (`gitdir: <path>`) of a linked worktree or a submodule points to. */
function readGitFile(path: string): string {
  const text = readPathFile(path);
  if (text === undefined || !text.startsWith("gitdir: ")) throw new Error(`${path} is not a git file`);
  const target = trimEnd(text.slice("gitdir: ".length), "\r\n");
  const gitDir = realPath(isAbsolute(target) ? target : `${dirname(path)}${sep}${target}`);
  if (target === "" || !isGitDir(gitDir)) throw new Error(`${path} points to no repository`);
  return gitDir;
}

/** Reports whether git takes the directory for a repository: a plausible `HEAD`, objects and refs. */
function isGitDir(dir: string): boolean {
  if (!isHead(join(dir, "HEAD"))) return false;
  const common = commonDir(dir);
  return ["objects", "refs"].every((name) => tryStatFile(join(common, name))?.isDirectory() === true);
}

function isHead(path: string): boolean {
  const isHead = attempt(() => {
    const stats = statLink(path);
    if (stats === undefined) return false;
    if (stats.isSymbolicLink()) return readLink(path).startsWith("refs/");
    const text = readStart(path, HEAD_BYTES)?.toString("latin1") ?? "";
    return /^(?:ref:[ \t-\r]*refs\/|[0-9a-fA-F]{40})/.test(text);
  });
  return isHead === true;
}

/** Returns the real path of what the worktrees share: the directory that `commondir` names, else `gitDir`. */
function commonDir(gitDir: string): string {
  const path = join(gitDir, "commondir");
  if (!isThere(path)) return realPath(gitDir);
  const text = readPathFile(path);
  if (!text) throw new Error(`${path} is not a git file`);
  const target = trimEnd(text, "\r\n");
  return realPath(isAbsolute(target) ? target : `${gitDir}${sep}${target}`);
}

function linkedWorktrees(common: string): string[] {
  const root = join(common, "worktrees");
  const names = attempt(() => readNames(root)) ?? [];
  if (names.length > WORKTREES_MAX) throw new Error(`${root} has ${names.length} entries`);
  return names.map((name) => linkedWorktree(join(root, name))).filter((path) => path !== undefined);
}

/** Returns the path of the worktree with this administrative directory; undefined if it names none. */
function linkedWorktree(admin: string): string | undefined {
  const text = attempt(() => readPathFile(join(admin, "gitdir")));
  const path = stripDotGit(trimEnd(text ?? "", " \t\n\v\f\r"));
  if (path === "" || path.includes("\0")) return undefined;
  return isAbsolute(path) ? path : resolveAsFarAsExists(admin, path);
}

/** Resolves a relative path (`git worktree add --relative-paths`), following links as far as it exists. */
function resolveAsFarAsExists(from: string, relative: string): string {
  return relative.split("/").reduce((at, name) => {
    if (name === "" || name === ".") return at;
    if (name === "..") return dirname(at);
    return realOrSelf(join(at, name));
  }, realPath(from));
}

/** Removes the `/.git` by which git's files name a worktree. */
function stripDotGit(path: string): string {
  return path.endsWith("/.git") || path.endsWith(`${sep}.git`) ? path.slice(0, -"/.git".length) : path;
}

function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Sorts by bytes, as git compares paths; ignores case if repositories do so on the platform. */
function sortAsGit(paths: readonly string[], platform: Platform): string[] {
  const fold = platform === "darwin" || platform === "win32";
  const key = (path: string): Buffer => Buffer.from(fold ? path.toLowerCase() : path);
  return paths
    .map((path) => ({ path, key: key(path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ path }) => path);
}

/** Returns the text of a regular file that holds a path; undefined for anything else, and for a file that is too long. */
function readPathFile(path: string): string | undefined {
  const bytes = readStart(path, PATH_FILE_BYTES + 1);
  return bytes === undefined || bytes.length > PATH_FILE_BYTES ? undefined : bytes.toString("utf8");
}

function readStart(path: string, limit: number): Buffer | undefined {
  return useAndClose(openRead(path), (fd) => {
    const stats = statOpen(fd);
    return stats.isFile() ? readBytes(fd, Math.min(stats.size, limit)) : undefined;
  });
}
