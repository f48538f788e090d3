/**
 * Titles, tags and descriptions in the middle of long transcripts, which a list that reads only both ends does not see. The index finds them
 * when it reads the files, and keeps them in a small file next to its database, which costs a list no database engine.
 */
import { dirname, join } from "node:path";
import type { EarlierTitles } from "../../transcript/summary/session-metadata.ts";
import { readNames, statLink, unlink } from "../disk/fs.ts";
import { replaceFile } from "../disk/atomic-write.ts";
import { readPlain } from "../disk/read-small-file.ts";
import { attempt } from "../errors.ts";
import { indexDirectories, isIndexOff, placeOf } from "../layout/cache-place.ts";
import type { Candidate } from "./candidate.ts";
import { currentList } from "./metadata-cache.ts";

/** The titles of one version of a transcript. */
export interface MiddleTitles {
  readonly path: string;
  readonly size: number;
  /** As text: epoch ms with fractions. */
  readonly mtime: string;
  readonly titles: EarlierTitles;
}

const ENDING = "titles.json";
/** Largest file that is read: some 50,000 sessions with a title in their middle. */
const MOST_BYTES = 16 * 1024 * 1024;

interface Loaded {
  /** Number of the list that looked for the file last. */
  readonly list: number;
  readonly stamp: string;
  readonly byPath: ReadonlyMap<string, MiddleTitles>;
}

const NOTHING: Loaded["byPath"] = new Map();
const loaded = new Map<string, Loaded>();

/** Returns what the index found in the middle of a transcript, if the file has not changed since. Never throws. */
export function middleTitles({ path, size, mtimeMs, project }: Candidate): EarlierTitles | undefined {
  const known = titlesOf(project.configDir).get(path);
  return known?.size === size && known.mtime === String(mtimeMs) ? known.titles : undefined;
}

/** Reads the file of a config dir; within one list only once. */
function titlesOf(configDir: string): Loaded["byPath"] {
  const known = loaded.get(configDir);
  const list = currentList();
  if (known?.list === list) return known.byPath;
  const found = attempt(() => fileOf(configDir));
  const stamp = found === undefined ? "" : `${found.path} ${found.size} ${found.mtimeMs} ${found.ino}`;
  const byPath = known?.stamp === stamp ? known.byPath : found === undefined ? NOTHING : readTitles(found.path);
  loaded.set(configDir, { list, stamp, byPath });
  return byPath;
}

/** Finds the file of a config dir. Mostly there is none at all: the name, which takes a hash, is made only if there is one. */
function fileOf(configDir: string): { path: string; size: number; mtimeMs: number; ino: number } | undefined {
  if (isIndexOff() || !indexDirectories().some(hasTitles)) return undefined;
  const { directories, prefix } = placeOf(configDir);
  for (const directory of directories) {
    const path = join(directory, prefix + ENDING);
    const stats = statLink(path);
    const uid = process.getuid?.();
    // Others may write in the directory for temporary files.
    if (stats?.isFile() !== true || (uid !== undefined && stats.uid !== uid)) continue;
    return { path, size: stats.size, mtimeMs: stats.mtimeMs, ino: stats.ino };
  }
  return undefined;
}

const hasTitles = (directory: string): boolean =>
  attempt(() => readNames(directory).some((name) => name.endsWith(ENDING))) ?? false;

function readTitles(path: string): Loaded["byPath"] {
  const file = readPlain(path, MOST_BYTES);
  if (file === undefined || "reason" in file) return NOTHING;
  // Whoever damaged it: a title that is missing is no reason to fail.
  return attempt(() => new Map((JSON.parse(file.text) as MiddleTitles[]).map((one) => [one.path, one]))) ?? NOTHING;
}

/** Writes the file of an index, or removes it if there is nothing to keep. `database`: path of the database. */
export function saveMiddleTitles(database: string, all: readonly MiddleTitles[]): void {
  const name = database.slice(dirname(database).length + 1);
  const path = join(dirname(database), `${name.slice(0, name.indexOf("-") + 1)}${ENDING}`);
  const text = JSON.stringify(all);
  // This process has looked for the file when it began.
  loaded.clear();
  const before = readPlain(path, MOST_BYTES);
  if (all.length === 0) {
    if (before !== undefined) attempt(() => unlink(path));
  } else if (before === undefined || "reason" in before || before.text !== text)
    attempt(() => replaceFile(path, Buffer.from(text)));
}
