import { statFile, type Stats, statLink } from "../../store/disk/fs.ts";
import { hasReliableDirTimes } from "../../store/disk/platform.ts";
import { projectDirPath, projectsPath } from "../../store/layout/paths.ts";
import { yieldToEventLoop } from "../../store/timing.ts";
import { refresh, type RefreshOptions, type RefreshResult } from "../refresh/refresh.ts";
import type { OpenCatalog } from "../schema/open-catalog.ts";
import type { Row } from "../engine/sqlite.ts";

/** When a search goes by what an earlier one saw of the store. */
export interface LookLimits {
  /** Number of files from which on it does: a look at fewer takes less than most searches. */
  readonly files: number;
  /** Time for which files that nobody has used lately count as unchanged, ms. */
  readonly trustedMs: number;
  /** Number of files, the latest changed ones, that every search looks at. */
  readonly newest: number;
}

/** A look at 10,000 files takes ten times as long as a search. */
const LIMITS: LookLimits = { files: 2000, trustedMs: 5000, newest: 256 };

const looks = new WeakMap<OpenCatalog, RecentLook>();

/**
 * Brings the index up to date before a search. In a large store, a process that has just looked at every file looks only for
 * new files, and at those that changed last: a file that nobody has used for long may be seen some seconds late. Throws as
 * `refresh` does.
 */
export async function refreshForSearch(
  catalog: OpenCatalog,
  options: RefreshOptions,
  limits: LookLimits = LIMITS,
): Promise<RefreshResult> {
  options.signal?.throwIfAborted();
  const last = looks.get(catalog);
  if (last?.isCurrent() === true) return last.result;
  looks.delete(catalog);
  const result = await refresh(catalog, options);
  // After a build, files may have been added since it looked.
  if (result.files === 0 && result.pending.size === 0 && hasReliableDirTimes()) {
    await yieldToEventLoop();
    const look = new RecentLook(catalog, result, limits);
    if (look.isLarge) looks.set(catalog, look);
  }
  return result;
}

class RecentLook {
  readonly result: RefreshResult;
  readonly isLarge: boolean;
  readonly #until: number;
  readonly #newest: readonly Row[] = [];
  readonly #dirs = new Map<string, Stats | undefined>();

  constructor({ database, configDir }: OpenCatalog, result: RefreshResult, { files, trustedMs, newest }: LookLimits) {
    this.result = result;
    this.#until = performance.now() + trustedMs;
    const { n } = database.prepare("SELECT count(*) AS n FROM file").get() ?? {};
    this.isLarge = Number(n) >= files;
    if (!this.isLarge) return;
    const sql = "SELECT path, size, mtime, ino FROM file ORDER BY CAST(mtime AS REAL) DESC LIMIT ?";
    this.#newest = database.prepare(sql).all(newest);
    const keys = database.prepare("SELECT DISTINCT project FROM session WHERE project IS NOT NULL").all();
    const projects = keys.map(({ project }) => projectDirPath(configDir, String(project)));
    for (const dir of [projectsPath(configDir), ...projects]) this.#dirs.set(dir, statFile(dir));
  }

  /** Reports whether the store is as it was, as far as a quick look tells. Makes a stat of each directory and each newest file. */
  isCurrent(): boolean {
    return (
      performance.now() < this.#until &&
      this.#newest.every((file) => isUnchanged(file, statLink(String(file["path"])))) &&
      [...this.#dirs].every(([dir, stats]) => statFile(dir)?.mtimeMs === stats?.mtimeMs)
    );
  }
}

const isUnchanged = ({ size, mtime, ino }: Row, now: Stats | undefined): boolean =>
  now?.size === size && String(now?.mtimeMs) === mtime && String(now?.ino) === ino;
