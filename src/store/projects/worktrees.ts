/**
 * The worktrees of a repository, read from git's own files. What `git worktree list` does, without a process: a page
 * of sessions is wanted more often than git can be started, and a repository may come from anywhere, with hooks and
 * settings of its own. The rules are those of git's setup.c and worktree.c; test/store/projects/worktrees.test.ts runs both.
 *
 * Left out on purpose: the environment (`GIT_DIR` of a caller would make every directory part of one repository), who
 * owns the files (nothing of the repository is ever executed), and its configuration (no path here depends on it).
 */
import { dirname, isAbsolute, join, parse, sep } from "node:path";
import { close, openRead, readAt, readDir, readLink, realPath, statFile, statLink, statOpen } from "../disk/fs.ts";
import { normalizePath, type Platform } from "../disk/platform.ts";

/** `.git`, `commondir` and `gitdir` files hold one path; a longer file is no file of git's. */
const PATH_FILE_BYTES = 64 * 1024;
/** As much of `HEAD` as git looks at. */
const HEAD_BYTES = 255;
/** More worktrees than this would not fit into what the official helpers take from git (1 MiB) either. */
const WORKTREES_MAX = 10_000;

/**
 * The paths that `git worktree list --porcelain` gives in `dir`, in its order: the main worktree (or the bare
 * repository) first, then the linked ones by name, deleted ones as long as git has not pruned them. Empty when `dir`
 * is in no repository, or when one of git's files cannot be read or is none of git's.
 */
export function listWorktrees(dir: string, platform: Platform = process.platform): string[] {
  try {
    const found = findGitDir(realPath(dir));
    if (found === undefined) return [];
    const common = commonDir(found.gitDir);
    return [withoutDotGit(common), ...sortAsGit(linkedWorktrees(common), platform)].map((path) =>
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

/** The linked worktree that `dir` is, or stands in; undefined for any other directory, and where git's files are damaged. */
export function linkedWorktreeOf(dir: string, platform: Platform = process.platform): LinkedWorktree | undefined {
  try {
    const found = findGitDir(realPath(dir));
    if (found === undefined) return undefined;
    const common = commonDir(found.gitDir);
    if (common === realPath(found.gitDir)) return undefined;
    return {
      path: normalizePath(found.root, platform),
      main: normalizePath(withoutDotGit(common), platform),
    };
  } catch {
    return undefined;
  }
}

interface Found {
  readonly gitDir: string;
  /** Where it was found. */
  readonly root: string;
}

/** The `.git` that governs `start`, found by going up; stops, as git does, where another file system begins. */
function findGitDir(start: string): Found | undefined {
  const device = statFile(start)?.dev;
  for (let dir = start; ; dir = dirname(dir)) {
    const stats = statFile(dir);
    if (stats === undefined || !stats.isDirectory() || stats.dev !== device) return undefined;
    const dotGit = join(dir, ".git");
    const found = statOrNothing(dotGit);
    // A `.git` file that leads nowhere ends the search with an error, where a plain directory of that name does not.
    if (found?.isFile() === true) return { gitDir: readGitFile(dotGit), root: dir };
    if (found !== undefined && isGitDir(dotGit)) return { gitDir: dotGit, root: dir };
    if (isGitDir(dir)) return { gitDir: dir, root: dir };
    if (dir === parse(dir).root) return undefined;
  }
}

/** The directory that a `.git` file (`gitdir: <path>`) of a linked worktree or a submodule points to. */
function readGitFile(path: string): string {
  const text = readPathFile(path);
  if (text === undefined || !text.startsWith("gitdir: ")) throw new Error(`${path} is no file of git's`);
  const target = trimEnd(text.slice("gitdir: ".length), "\r\n");
  const gitDir = realPath(isAbsolute(target) ? target : `${dirname(path)}${sep}${target}`);
  if (target === "" || !isGitDir(gitDir)) throw new Error(`${path} points to no repository`);
  return gitDir;
}

/** Whether git takes the directory for a repository: a `HEAD` that could be one, objects and refs. */
function isGitDir(dir: string): boolean {
  if (!isHead(join(dir, "HEAD"))) return false;
  const common = commonDir(dir);
  return ["objects", "refs"].every((name) => statOrNothing(join(common, name))?.isDirectory() === true);
}

function isHead(path: string): boolean {
  try {
    const stats = statLink(path);
    if (stats === undefined) return false;
    if (stats.isSymbolicLink()) return readLink(path).startsWith("refs/");
    const text = readStart(path, HEAD_BYTES)?.toString("latin1") ?? "";
    return /^(?:ref:[ \t-\r]*refs\/|[0-9a-fA-F]{40})/.test(text);
  } catch {
    return false;
  }
}

/** Where the repository keeps what its worktrees share: what `commondir` names, else the directory; its real path. */
function commonDir(gitDir: string): string {
  const path = join(gitDir, "commondir");
  if (statLink(path) === undefined) return realPath(gitDir);
  const text = readPathFile(path);
  if (!text) throw new Error(`${path} is no file of git's`);
  const target = trimEnd(text, "\r\n");
  return realPath(isAbsolute(target) ? target : `${gitDir}${sep}${target}`);
}

function linkedWorktrees(common: string): string[] {
  const root = join(common, "worktrees");
  let names: string[];
  try {
    names = readDir(root).map((entry) => entry.name);
  } catch {
    return [];
  }
  if (names.length > WORKTREES_MAX) throw new Error(`${root} has ${names.length} entries`);
  return names.map((name) => linkedWorktree(join(root, name))).filter((path) => path !== undefined);
}

/** The path of the worktree whose administrative directory is given; undefined when it names none. */
function linkedWorktree(admin: string): string | undefined {
  let text: string | undefined;
  try {
    text = readPathFile(join(admin, "gitdir"));
  } catch {
    return undefined;
  }
  const path = withoutDotGit(trimEnd(text ?? "", " \t\n\v\f\r"));
  if (path === "" || path.includes("\0")) return undefined;
  return isAbsolute(path) ? path : resolveForgiving(admin, path);
}

/** A relative path (`git worktree add --relative-paths`) with its links followed as far as it exists. */
function resolveForgiving(from: string, relative: string): string {
  return relative.split("/").reduce((at, name) => {
    if (name === "" || name === ".") return at;
    if (name === "..") return dirname(at);
    try {
      return realPath(join(at, name));
    } catch {
      return join(at, name);
    }
  }, realPath(from));
}

/** git names a worktree by where its `.git` is. */
function withoutDotGit(path: string): string {
  return path.endsWith("/.git") || path.endsWith(`${sep}.git`) ? path.slice(0, -"/.git".length) : path;
}

function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** By bytes, as git compares paths; without regard to case where repositories ignore it. */
function sortAsGit(paths: readonly string[], platform: Platform): string[] {
  const fold = platform === "darwin" || platform === "win32";
  const key = (path: string): Buffer => Buffer.from(fold ? path.toLowerCase() : path);
  return paths
    .map((path) => ({ path, key: key(path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ path }) => path);
}

function statOrNothing(path: string): ReturnType<typeof statFile> {
  try {
    return statFile(path);
  } catch {
    return undefined;
  }
}

/** The text of a regular file that holds a path; undefined for anything else, a file too long for that included. */
function readPathFile(path: string): string | undefined {
  const bytes = readStart(path, PATH_FILE_BYTES + 1);
  return bytes === undefined || bytes.length > PATH_FILE_BYTES ? undefined : bytes.toString("utf8");
}

function readStart(path: string, limit: number): Buffer | undefined {
  const fd = openRead(path);
  try {
    const stats = statOpen(fd);
    if (!stats.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stats.size, limit));
    return bytes.subarray(0, readAt(fd, bytes, 0));
  } finally {
    close(fd);
  }
}
