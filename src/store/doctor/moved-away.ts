import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { statFile, statOpen } from "../disk/fs.ts";
import { isInside } from "../disk/platform.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { entriesOf } from "../disk/walk.ts";
import { attempt } from "../errors.ts";
import { readWindows } from "../projects/head-tail.ts";
import { sessionCwd } from "../projects/session-cwd.ts";

/** A directory that no longer exists, and where it may be now. */
export interface MovedAway {
  /** The directory of the sessions, or one above it. */
  readonly path: string;
  /** Number of sessions at and below it. */
  readonly sessions: number;
  /** Directories that have files which the sessions mention, the likeliest first; empty if none was found. */
  readonly candidates: readonly string[];
}

/** The newest transcript of a project, and the number of its sessions. */
interface ProjectSample {
  readonly transcript: string;
  readonly sessions: number;
}

/** Maximum number of files of a project that are looked for: a few prove it. */
const MENTIONS = 16;
/** Minimum number of them that a candidate must have. */
const FEWEST_FOUND = 2;
const CANDIDATES = 3;
/** Maximum number of paths looked up for a config dir: hundreds of deleted worktrees may have stood among hundreds of directories. */
const LOOKUPS = 20_000;

/**
 * Returns the directories of projects that are gone, those with candidates first. A candidate has at least half of the files
 * that the newest session mentions: it is next to the old one, or has its name and is next to, or one level above, the directory
 * of another project. Directories that cannot be looked up count as there. Reads 128 KiB of each transcript.
 */
export function findMovedAway(projects: readonly ProjectSample[]): MovedAway[] {
  const search = new Search();
  const gone: { readonly cwd: string; readonly project: ProjectSample }[] = [];
  for (const project of projects) {
    const cwd = sessionCwd(project.transcript);
    if (cwd === undefined || !isAbsolute(cwd)) continue;
    if (isGone(cwd)) gone.push({ cwd, project });
    else search.addHome(cwd);
  }
  const found = new Map<string, { sessions: number; candidates: readonly string[] }>();
  for (const { cwd, project } of gone) {
    const known = above(cwd).find((dir) => (found.get(dir)?.candidates.length ?? 0) > 0);
    const [path, candidates] = known === undefined ? search.find(cwd, project.transcript) : [known, []];
    const same = found.get(path);
    if (same === undefined) found.set(path, { sessions: project.sessions, candidates });
    else same.sessions += project.sessions;
  }
  return [...found]
    .map(([path, facts]) => ({ path, ...facts }))
    .sort((a, b) => Number(b.candidates.length > 0) - Number(a.candidates.length > 0) || (a.path < b.path ? -1 : 1));
}

/** Returns a directory and those above it. */
function above(path: string): string[] {
  const dirs = [path];
  for (let dir = dirname(path); dir !== dirs.at(-1); dir = dirname(dir)) dirs.push(dir);
  return dirs;
}

class Search {
  /** Directories in which a moved one may be. */
  readonly #homes = new Set<string>();
  readonly #listed = new Map<string, readonly string[]>();
  #lookups = 0;

  /** Notes the directory of a project that is there. */
  addHome(cwd: string): void {
    for (const dir of [dirname(cwd), dirname(dirname(cwd))]) if (dir !== dirname(dir)) this.#homes.add(dir);
  }

  /** Returns the directory at or above `cwd` that seems to have been moved, and where to; `cwd` and nothing if none does. */
  find(cwd: string, transcript: string): readonly [path: string, candidates: readonly string[]] {
    const dirs = above(cwd);
    const there = dirs.findIndex((dir) => !isGone(dir));
    const levels = dirs.slice(0, Math.max(there, 1));
    const topmost = levels.at(-1) ?? cwd;
    const mentioned = mentionedFiles(transcript, topmost);
    for (const level of levels.toReversed()) {
      const names = mentioned.filter((path) => isInside(path, level)).map((path) => relative(level, path));
      const candidates = this.#best(this.#placesFor(level, level === topmost), names);
      if (candidates.length > 0) return [level, candidates];
    }
    return [cwd, []];
  }

  /** Yields where a directory may be now; with `near`, also the directories next to it. Some may come twice. */
  *#placesFor(dir: string, near: boolean): Generator<string> {
    for (const home of this.#homes) yield join(home, basename(dir));
    if (near) yield* this.#dirsIn(dirname(dir));
  }

  #best(places: Iterable<string>, names: readonly string[]): string[] {
    const least = Math.max(FEWEST_FOUND, names.length / 2);
    if (names.length < least) return [];
    const counts = new Map<string, number>();
    for (const path of places) {
      if (this.#lookups >= LOOKUPS) break;
      const count = this.#countIn(path, names, least);
      if (count >= least) counts.set(path, count);
    }
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, CANDIDATES)
      .map(([path]) => path);
  }

  /** Counts the files that are below a directory; gives up when `least` can no longer be reached. */
  #countIn(dir: string, names: readonly string[], least: number): number {
    let count = 0;
    for (const [i, name] of names.entries()) {
      if (count + names.length - i < least) return 0;
      this.#lookups++;
      if (attempt(() => statFile(join(dir, name))) !== undefined) count++;
    }
    return count;
  }

  #dirsIn(dir: string): readonly string[] {
    const known = this.#listed.get(dir);
    if (known !== undefined) return known;
    const dirs = entriesOf(dir, [])
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(dir, name));
    this.#listed.set(dir, dirs);
    return dirs;
  }
}

/** Reports whether nothing has this path. What cannot be looked up may be there. */
function isGone(path: string): boolean {
  try {
    return statFile(path) === undefined;
  } catch {
    return false;
  }
}

/** Returns paths of files below a directory that the head and the tail of a transcript have as whole strings, each once. */
function mentionedFiles(transcript: string, dir: string): string[] {
  const text = tryWithOpenFile(transcript, (fd) => {
    const { head, tail } = readWindows(fd, statOpen(fd).size);
    return head === tail ? head.toString() : `${head.toString()}\n${tail.toString()}`;
  });
  const found = new Set<string>();
  const start = JSON.stringify(join(dir, sep)).slice(0, -1);
  for (let at = text?.indexOf(start) ?? -1; text !== undefined && at >= 0; at = text.indexOf(start, at + 1)) {
    const end = text.indexOf('"', at + start.length);
    const path = end < 0 ? undefined : attempt(() => String(JSON.parse(text.slice(at, end + 1))));
    if (path !== undefined && isFileBelow(path, dir)) found.add(join(path));
    if (found.size === MENTIONS) break;
  }
  return [...found];
}

function isFileBelow(path: string, dir: string): boolean {
  return path.length < PATH_UNITS && !/[\n\0]/.test(path) && isInside(join(path), dir) && join(path) !== join(dir);
}

const PATH_UNITS = 1024;
