import { basename, dirname, join, relative, sep } from "node:path";
import { isMissing, errnoOf } from "../../store/errors.ts";
import { type Stats, statFile } from "../../store/disk/fs.ts";
import { isOurOwnName } from "../../store/disk/temp-file.ts";
import { tryStat, Walker } from "../../store/disk/walk.ts";
import { belongings } from "../../store/projects/sidecars.ts";
import type { Skipped } from "../../store/types.ts";
import { isOwnPath, pathProblem, PathSet, reasonToLeave } from "../entry-path.ts";
import type { LeftOutOfBundle } from "../manifest.ts";

/** A file of a session, as it was found. */
export interface SourceFile {
  /** Where it is. */
  readonly from: string;
  /** Below the config dir, with `/` between names. */
  readonly path: string;
  readonly bytes: number;
  /** A transcript may be a link, as for all readers. */
  readonly isTranscript: boolean;
}

/** Numbers of files that a bundle does not have by its nature: a bundle of an imported session is the same. */
export interface NotTaken {
  /** Copies of files that the session changed, which nobody asked for. */
  readonly fileHistory: number;
  /** Files about the machine, such as the environment of its shell. */
  readonly machine: number;
}

export interface SessionFiles {
  /** By path. */
  readonly files: readonly SourceFile[];
  readonly leftOut: readonly LeftOutOfBundle[];
  readonly notTaken: NotTaken;
}

const FILE_HISTORY = "file-history/";
const NO_PLACE = "is not one that a file of a session has";

/** Returns the regular files of a session in one config dir. Follows no link but one in place of a transcript. */
export async function sessionFiles(
  sessionId: string,
  configDir: string,
  { fileHistory = false }: { readonly fileHistory?: boolean | undefined } = {},
): Promise<SessionFiles> {
  const { items, skipped } = await belongings(sessionId, configDir);
  const pathOf = (path: string): string => relative(configDir, path).split(sep).join("/");
  const unread: Skipped[] = [...skipped];
  const walker = new Walker(unread);
  const files: SourceFile[] = [];
  const notTaken = { fileHistory: 0, machine: 0 };
  const paths = new PathSet();
  const add = (from: string, stats: Stats, isTranscript: boolean): void => {
    if (stats.isDirectory() || isOurOwnName(basename(from))) return;
    const path = pathOf(from);
    if (!fileHistory && path.startsWith(FILE_HISTORY)) notTaken.fileHistory++;
    else if (reasonToLeave(path) !== undefined) notTaken.machine++;
    else if (!stats.isFile())
      unread.push({ path: from, reason: stats.isSymbolicLink() ? "a link, not followed" : "not a file" });
    else {
      // A bundle with such a path would be refused.
      const problem = pathProblem(path) ?? paths.add(path) ?? (isOwnPath(path, sessionId) ? undefined : NO_PLACE);
      if (problem === undefined) files.push({ from, path, bytes: stats.size, isTranscript });
      else unread.push({ path: from, reason: `its path ${problem}` });
    }
  };
  for (const { path, kind } of items) {
    const from = join(configDir, ...path.split("/"));
    const isTranscript = kind === "transcript";
    const stats = isTranscript ? targetOf(from, unread) : tryStat(from, unread);
    if (stats === undefined) continue;
    add(from, stats, isTranscript);
    if (stats.isDirectory()) for (const entry of walker.below(from)) add(entry.path, entry.stats, false);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const leftOut = unread
    .map(({ path, reason }) => ({ path: path.startsWith(dirname(configDir)) ? pathOf(path) : path, reason }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, leftOut, notTaken };
}

function targetOf(path: string, unread: Skipped[]): Stats | undefined {
  try {
    return statFile(path);
  } catch (error) {
    if (!isMissing(error)) unread.push({ path, reason: errnoOf(error) ?? "unreadable" });
    return undefined;
  }
}
