/** What a snapshot of a config dir copies. */
import { basename, join, sep } from "node:path";
import { type Stats, tryStatFile } from "../disk/fs.ts";
import { isOurOwnName } from "../disk/temp-file.ts";
import { entriesOf, tryStat, Walker } from "../disk/walk.ts";
import { idIn, OLD_SUBAGENT, ownerOf } from "../layout/belongs.ts";
import { jobNames, jobsPath, projectsPath, transcriptName } from "../layout/paths.ts";
import { isSessionId } from "../layout/session-id.ts";
import { sessionOfJob } from "../projects/jobs.ts";
import { namedThings } from "../projects/named-things.ts";
import { firstSessionId } from "../projects/sidecars.ts";
import type { Skipped } from "../types.ts";

export interface SourceFile {
  readonly path: string;
  /** Relative to the config dir. */
  readonly name: string;
  readonly stats: Stats;
  /** The session it belongs to, by its name. */
  readonly owner: string | undefined;
}

/** Yields the files of the projects, and those elsewhere that are named after a session. */
export function* sourceFiles(
  { configDir, sessionIds }: { readonly configDir: string; readonly sessionIds?: ReadonlySet<string> | undefined },
  skipped: Skipped[],
  failed: Skipped[],
): Generator<SourceFile> {
  const walker = new Walker(failed);
  const isWanted = (owner: string | undefined): boolean =>
    sessionIds === undefined || (owner !== undefined && sessionIds.has(owner));
  const found = (path: string, name: string, stats: Stats, owner: string | undefined): SourceFile | undefined => {
    // A process of ours is, or was, at work on it.
    if (stats.isDirectory() || !isWanted(owner)) return undefined;
    if (isOurOwnName(basename(path))) return undefined;
    if (stats.isFile()) return { path, name, stats, owner };
    skipped.push({ path, reason: stats.isSymbolicLink() ? NOT_FOLLOWED : "not a file" });
    return undefined;
  };
  function* all(path: string, name: string, owner: string | undefined, isDirectory = false): Generator<SourceFile> {
    const stats = isDirectory ? undefined : tryStat(path, failed);
    const file = stats && found(path, name, stats, owner);
    if (file !== undefined) yield file;
    if (!isDirectory && stats?.isDirectory() !== true) return;
    for (const entry of walker.below(path)) {
      const inside = found(entry.path, `${name}/${below(path, entry.path)}`, entry.stats, owner);
      if (inside !== undefined) yield inside;
    }
  }
  // `projects` and project dirs may be links, as for all readers. Real directories come first: a link to one adds nothing.
  const projects = projectsPath(configDir);
  const links: string[] = [];
  for (const { name: key } of entriesOf(projects, failed)) {
    const path = join(projects, key);
    const stats = tryStat(path, failed);
    if (stats === undefined) continue;
    if (stats.isSymbolicLink() && tryStatFile(path)?.isDirectory() === true) links.push(key);
    else if (!stats.isDirectory()) yield* all(path, `projects/${key}`, undefined);
    else if (walker.enter(path)) {
      for (const entry of entriesOf(path, failed)) {
        const { name } = entry;
        const item = `${path}${sep}${name}`;
        yield* all(item, `projects/${key}/${name}`, ownerOfItem(item, name), entry.isDirectory());
      }
    }
  }
  for (const key of links) {
    const path = join(projects, key);
    if (!walker.enter(path)) continue;
    // It may lead anywhere, so only what a session has is taken.
    for (const { name } of entriesOf(path, failed)) {
      const owner = ownerOfItem(join(path, name), name);
      if (owner !== undefined || OLD_SUBAGENT.test(name))
        yield* all(join(path, name), `projects/${key}/${name}`, owner);
    }
  }
  const onLink = (path: string, names: readonly string[]): void => {
    if (entriesOf(path, []).some(({ name }) => hasWanted([...names, name])))
      skipped.push({ path, reason: NOT_FOLLOWED });
  };
  const hasWanted = (names: readonly string[]): boolean => {
    const owner = ownerOf(names)?.toLowerCase();
    return owner !== undefined && isWanted(owner);
  };
  for (const { path, owner } of namedThings(configDir, failed, onLink))
    yield* all(path, below(configDir, path), owner.toLowerCase());
  const jobs = jobsPath(configDir);
  if (tryStat(jobs, failed)?.isDirectory() !== true) return;
  for (const { name } of entriesOf(jobs, failed)) {
    const owner = sessionOfJob(join(jobs, name))?.toLowerCase();
    if (owner !== undefined && jobNames(owner)[1] === name.toLowerCase())
      yield* all(join(jobs, name), `jobs/${name}`, owner);
  }
}

/** Reports whether a file is a transcript of its session. */
export const isTranscriptFile = ({ name, owner }: SourceFile): boolean =>
  owner !== undefined && name.startsWith("projects/") && name.toLowerCase().endsWith(`/${transcriptName(owner)}`);

const NOT_FOLLOWED = "a link, not followed";

/** Returns the session that an item of a project dir belongs to, in lower case. Rows are read only of subagents of older CLIs. */
function ownerOfItem(path: string, name: string): string | undefined {
  const id = OLD_SUBAGENT.test(name) ? firstSessionId(path) : idIn(name);
  return isSessionId(id) ? id.toLowerCase() : undefined;
}

/** Returns the path of something below a directory, relative to it, with `/`. */
function below(dir: string, path: string): string {
  const name = path.slice(dir.length + 1);
  return sep === "/" ? name : name.split(sep).join("/");
}
