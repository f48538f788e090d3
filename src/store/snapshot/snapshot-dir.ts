import { basename, dirname, join } from "node:path";
import { asString, membersOf, parseJson } from "../../transcript/rows/json-values.ts";
import { cleanStaleTemps, createFile } from "../disk/atomic-write.ts";
import { makeDir, readNames, realPath, statLink } from "../disk/fs.ts";
import { isInside, realOrSelf } from "../disk/platform.ts";
import { isOurOwnName } from "../disk/temp-file.ts";
import { tryReadSmall } from "../disk/read-small-file.ts";
import { attempt, errnoOf, InvalidArgumentError } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { listProjectDirs } from "../projects/project-dirs.ts";
import { ownDataPath, projectsPath, snapshotMarkPath, snapshotPath, trashPath } from "../layout/paths.ts";

/** Longest mark that is read, bytes. */
const MARK_BYTES = 64 * 1024;
const VERSION = 1;

/**
 * Checks that a directory is a snapshot of a config dir, or may become one: it is missing or empty. A snapshot has the layout of
 * a config dir, so everything that reads sessions reads it. Changes nothing. Throws `InvalidArgumentError`.
 */
export function requireSnapshotDir(dir: string, configDir: string): void {
  const [real, source, own] = [realPlace(dir), realOrSelf(configDir), realOrSelf(ownDataPath(configDir))];
  // Where claude-transcripts may keep a snapshot: below its own directory, but for the trash.
  const isOwn = real !== own && isInside(real, own) && !isInside(real, realPlace(trashPath(configDir)));
  const meets = (other: string): boolean => isInside(other, real) || isInside(real, other);
  if (isInside(source, real) || (isInside(real, source) && !isOwn))
    throw refused(dir, `it and ${configDir} contain one another`);
  // `projects` and project dirs may be links out of the config dir.
  const linked = [projectsPath(configDir), ...listProjectDirs(configDir).dirs.map((project) => project.path)];
  const met = linked.find((path) => meets(realOrSelf(path)));
  if (met !== undefined) throw refused(dir, `it and ${met} contain one another`);
  const stat = statLink(dir);
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw refused(dir, "it is not a directory");
  const of = markOf(dir);
  // The one in a config dir moves with it.
  if (of !== undefined && realOrSelf(of) !== source && !isOwn)
    throw refused(
      dir,
      `it is a snapshot of ${of}`,
      `If that was moved here, write its path into ${snapshotMarkPath(dir)}.`,
    );
  // A killed run may have left its mark unfinished.
  if (of === undefined && readNames(dir).some((name) => !isOurOwnName(name))) throw refused(dir, "it has other files");
}

/** Returns the path that something has, or will have once it is made, without links. */
function realPlace(path: string): string {
  const parent = dirname(path);
  return attempt(() => realPath(path)) ?? (parent === path ? path : join(realPlace(parent), basename(path)));
}

/** Makes the directory, private, and marks it as a snapshot. Another process may do the same. */
export function makeSnapshotDir(dir: string, configDir: string): void {
  makeDir(dir);
  if (markOf(dir) !== undefined) return;
  try {
    createFile(snapshotMarkPath(dir), Buffer.from(`${JSON.stringify({ version: VERSION, of: configDir })}\n`));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
  cleanStaleTemps(dir);
}

/** Throws `InvalidArgumentError` if a directory is no snapshot. */
export function requireSnapshot(dir: string): void {
  if (!isSnapshot(dir)) throw new InvalidArgumentError("from", `${dir} is no snapshot`);
}

/** Reports whether a directory is a snapshot. */
export const isSnapshot = (dir: string): boolean => markOf(dir) !== undefined;

/** Returns the config dir that a directory is a snapshot of; undefined if it is none. The one in a config dir moves with it. */
export function configDirOf(dir: string): string | undefined {
  const of = markOf(dir);
  const above = dirname(dirname(dir));
  return of !== undefined && snapshotPath(above) === dir ? above : of;
}

/** Returns the snapshots in the place that config dirs have for them. */
export const existingSnapshots = (configDirs: readonly string[] | undefined): string[] =>
  resolveConfigDirs({ configDirs }).map(snapshotPath).filter(isSnapshot);

/** Returns the config dir that a directory is a snapshot of; undefined if it is none. */
function markOf(dir: string): string | undefined {
  const text = tryReadSmall(snapshotMarkPath(dir), MARK_BYTES);
  const { version, of } = membersOf(parseJson(text ?? ""));
  return version === VERSION ? asString(of) : undefined;
}

const refused = (dir: string, why: string, hint?: string): InvalidArgumentError =>
  new InvalidArgumentError("to", `${dir} cannot be a snapshot: ${why}`, hint);

/** Makes the directories above a file of a snapshot or of a store, private. */
export const makeDirOf = (path: string): void => makeDir(dirname(path));
