import { dirname } from "node:path";
import { asString, membersOf, parseJson } from "../../transcript/rows/json-values.ts";
import { createFile } from "../disk/atomic-write.ts";
import { makeDir, readNames, statLink } from "../disk/fs.ts";
import { isInside, realOrSelf } from "../disk/platform.ts";
import { tryReadSmall } from "../disk/read-small-file.ts";
import { errnoOf, InvalidArgumentError } from "../errors.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { ownDataPath, snapshotMarkPath, snapshotPath } from "../layout/paths.ts";

/** Longest mark that is read, bytes. */
const MARK_BYTES = 64 * 1024;
const VERSION = 1;

/**
 * Checks that a directory is a snapshot of a config dir, or may become one: it is missing or empty. A snapshot has the layout of
 * a config dir, so everything that reads sessions reads it. Changes nothing. Throws `InvalidArgumentError`.
 */
export function requireSnapshotDir(dir: string, configDir: string): void {
  const [real, source] = [realOrSelf(dir), realOrSelf(configDir)];
  const isOurs = isInside(real, realOrSelf(ownDataPath(configDir)));
  if (real === source || isInside(source, real) || (isInside(real, source) && !isOurs))
    throw refused(dir, `it and ${configDir} contain one another`);
  const stat = statLink(dir);
  if (stat === undefined) return;
  if (!stat.isDirectory()) throw refused(dir, "it is not a directory");
  const of = markOf(dir);
  if (of !== undefined && realOrSelf(of) !== source) throw refused(dir, `it is a snapshot of ${of}`);
  if (of === undefined && readNames(dir).length > 0) throw refused(dir, "it has other files");
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
}

/** Throws `InvalidArgumentError` if a directory is no snapshot. */
export function requireSnapshot(dir: string): void {
  if (markOf(dir) === undefined) throw new InvalidArgumentError("from", `${dir} is no snapshot`);
}

/** Returns the snapshots in the place that config dirs have for them. */
export const existingSnapshots = (configDirs: readonly string[] | undefined): string[] =>
  resolveConfigDirs({ configDirs })
    .map(snapshotPath)
    .filter((dir) => markOf(dir) !== undefined);

/** Returns the config dir that a directory is a snapshot of; undefined if it is none. */
function markOf(dir: string): string | undefined {
  const text = tryReadSmall(snapshotMarkPath(dir), MARK_BYTES);
  const { version, of } = membersOf(parseJson(text ?? ""));
  return version === VERSION ? asString(of) : undefined;
}

const refused = (dir: string, why: string): InvalidArgumentError =>
  new InvalidArgumentError("to", `${dir} cannot be a snapshot: ${why}`);

/** Makes the directories above a file of a snapshot or of a store, private. */
export const makeDirOf = (path: string): void => makeDir(dirname(path));
