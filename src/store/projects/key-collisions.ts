import { realPath } from "../disk/fs.ts";
import { attempt } from "../errors.ts";
import { normalizePath, type Platform, realOrSelf } from "../disk/platform.ts";
import { sanitizePath } from "../layout/project-key.ts";

/**
 * Separates the sessions of a directory from those of another one with the same key, as `/a/b-c` and `/a-b/c` have
 * (official-helpers.md §4.5). A session is foreign if its own directory exists, is not in a requested one, and has the
 * key of the directory that its project dir was found for. One that is gone may have been moved: its sessions stay.
 */
export class ForeignFilter {
  readonly #dirs: readonly string[];
  readonly #platform: Platform;
  /** Answers by `cwd` and `matchedDir`: a list asks about the same few directories again and again. */
  readonly #cache = new Map<string, boolean>();

  /** `dirs`: the requested directory and its worktrees. */
  constructor(dirs: readonly string[], platform: Platform = process.platform) {
    this.#platform = platform;
    this.#dirs = dirs.map((dir) => this.#fold(dir));
  }

  isForeign(cwd: string | undefined, matchedDir: string | undefined): boolean {
    if (cwd === undefined || matchedDir === undefined || cwd === matchedDir) return false;
    const key = `${cwd}\0${matchedDir}`;
    let isForeign = this.#cache.get(key);
    if (isForeign === undefined) {
      isForeign = this.#collides(cwd, matchedDir) && !this.#isInside(cwd) && this.#collidesReally(cwd, matchedDir);
      this.#cache.set(key, isForeign);
    }
    return isForeign;
  }

  /** Reports whether two different paths have one key. */
  #collides(a: string, b: string): boolean {
    const keyOf = (path: string): string => {
      const key = sanitizePath(normalizePath(path, this.#platform));
      return this.#ignoresCase() ? key.toLowerCase() : key;
    };
    return keyOf(a) === keyOf(b) && this.#fold(a) !== this.#fold(b);
  }

  #isInside(cwd: string): boolean {
    const inner = this.#fold(cwd);
    return this.#dirs.some((dir) => inner === dir || inner.startsWith(dir.endsWith("/") ? dir : `${dir}/`));
  }

  #collidesReally(cwd: string, matchedDir: string): boolean {
    const real = attempt(() => realPath(cwd));
    return real !== undefined && this.#collides(real, realOrSelf(matchedDir));
  }

  #fold(path: string): string {
    const plain = normalizePath(path, this.#platform).replaceAll("\\", "/");
    return this.#ignoresCase() ? plain.toLowerCase() : plain;
  }

  #ignoresCase(): boolean {
    return this.#platform === "win32" || this.#platform === "darwin";
  }
}
