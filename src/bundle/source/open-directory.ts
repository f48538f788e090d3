/**
 * Sessions in a directory of another machine: a config dir or a snapshot, its `projects`, a project dir, or one transcript. Follows no
 * link below the directory, opens nothing but regular files, and goes by names only: what is in a file decides nothing.
 */
import { basename, dirname, join, resolve } from "node:path";
import { type Dirent, isThere, openReadNoFollow, statFile, statLink, statOpen, close } from "../../store/disk/fs.ts";
import { entriesOf, tryStat, Walker } from "../../store/disk/walk.ts";
import { isOurOwnName } from "../../store/disk/temp-file.ts";
import { InvalidArgumentError, TranscriptError } from "../../store/errors.ts";
import { OLD_SUBAGENT, ownerOf } from "../../store/layout/belongs.ts";
import { projectsPath, snapshotMarkPath } from "../../store/layout/paths.ts";
import { sessionIdOfFile } from "../../store/layout/session-id.ts";
import { titleOf } from "../../store/facts/title-of.ts";
import { sessionsInProcesses } from "../../store/live/session-in-use.ts";
import { namedThings } from "../../store/projects/named-things.ts";
import { sessionCwd } from "../../store/projects/session-cwd.ts";
import { firstSessionId } from "../../store/projects/sidecars.ts";
import { isSuperseded, obstacleAbove } from "../../store/snapshot/copy-file.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import type { Skipped, TranscriptCopy } from "../../store/types.ts";
import { pathProblem } from "../entry-path.ts";
import type { ImportSource, SourceFile, SourceSession } from "./source.ts";

/** Most files of one session that are looked at. */
const MAX_FILES = 100_000;
/** Most things that are left out for one reason and named. */
const MAX_NAMED = 100;

/** Where the files of a session are: names next to its transcript, by project dir, and items elsewhere. */
interface Parts {
  /** Project dirs with a transcript, the newest one last. */
  transcripts: Omit<TranscriptCopy, "sessionId">[];
  /** Absolute paths, and the paths that they have in a config dir. */
  items: { readonly at: string; readonly path: string }[];
}

/** Returns the sessions of a directory or of one transcript. Throws `InvalidArgumentError` if there are none. */
export async function openDirectory(from: string, signal?: AbortSignal): Promise<ImportSource> {
  const skipped: Skipped[] = [];
  const given = resolve(from);
  const single = statFile(given)?.isFile() === true ? sessionIdOfFile(basename(given)) : undefined;
  const root = single === undefined ? given : dirname(given);
  const found = new Found(root, skipped);
  if (single !== undefined) found.addProject(root, basename(root), single);
  else if (isDir(projectsPath(root))) {
    found.addProjects(projectsPath(root));
    for (const { path, owner } of namedThings(root, skipped)) found.add(owner, path, pathBelow(root, path));
  } else {
    const entries = entriesOf(root, skipped);
    if (entries.some((entry) => isTranscript(entry))) found.addProject(root, basename(root));
    else if (entries.some((entry) => entry.isDirectory() && entriesOf(join(root, entry.name), []).some(isTranscript)))
      found.addProjects(root);
  }
  const sessions = await found.sessions(signal);
  found.countRest();
  if (sessions.length > 0) return { sessions, skipped };
  throw new InvalidArgumentError(
    "from",
    `${from} has no sessions in it`,
    "Give a bundle (.tar.gz), a config directory such as .claude, its projects directory, a directory in it, or <id>.jsonl.",
  );
}

const isDir = (path: string): boolean => statLink(path)?.isDirectory() === true;
const isTranscript = (entry: Dirent): boolean => entry.isFile() && sessionIdOfFile(entry.name) !== undefined;
const pathBelow = (root: string, path: string): string =>
  path.slice(root.length).split(/[\\/]/).filter(Boolean).join("/");

class Found {
  readonly #root: string;
  readonly #skipped: Skipped[];
  readonly #parts = new Map<string, Parts>();
  readonly #isSnapshot: boolean;
  /** How much was left out, by the reason. */
  readonly #left = new Map<string, number>();

  constructor(root: string, skipped: Skipped[]) {
    this.#root = root;
    this.#skipped = skipped;
    this.#isSnapshot = isThere(snapshotMarkPath(root));
  }

  /** Adds what is in each directory of a `projects` directory. */
  addProjects(projects: string): void {
    for (const entry of entriesOf(projects, this.#skipped)) {
      const path = join(projects, entry.name);
      if (entry.isDirectory()) this.addProject(path, entry.name);
      else this.#leave(path, entry.isSymbolicLink() ? LINK : NO_SESSION);
    }
  }

  /** Adds what is in a project dir; `only`: what belongs to one session. */
  addProject(project: string, key: string, only?: string): void {
    for (const entry of entriesOf(project, this.#skipped)) {
      const at = join(project, entry.name);
      const owner = ownerOf(["projects", key, entry.name]) ?? (isOldSubagent(entry) ? firstSessionId(at) : undefined);
      if (only !== undefined && owner !== only) continue;
      if (owner === undefined) {
        if (!isOurOwnName(entry.name)) this.#leave(at, NO_SESSION);
        continue;
      }
      const stats = isTranscript(entry) ? tryStat(at, this.#skipped) : undefined;
      if (stats !== undefined && stats.size > 0)
        this.#of(owner).transcripts.push({
          project: { configDir: this.#root, key, path: project },
          path: at,
          size: stats.size,
          mtimeMs: stats.mtimeMs,
        });
      this.add(owner, at, `projects/${key}/${entry.name}`);
    }
  }

  add(owner: string, at: string, path: string): void {
    this.#of(owner).items.push({ at, path });
  }

  async sessions(signal: AbortSignal | undefined): Promise<SourceSession[]> {
    const sessions: SourceSession[] = [];
    // Of a config dir: in other directories there are no files that name processes.
    const running = sessionsInProcesses(this.#root);
    for (const [sessionId, { transcripts, items }] of [...this.#parts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (isTurnOver(1)) await yieldToEventLoop(signal);
      const newest = transcripts.sort((a, b) => a.mtimeMs - b.mtimeMs).at(-1);
      if (newest === undefined) {
        for (const { at } of items) this.#leave(at, statLink(at)?.isSymbolicLink() === true ? LINK : NO_TRANSCRIPT);
        continue;
      }
      sessions.push({
        sessionId,
        projectKey: newest.project.key,
        cwd: sessionCwd(newest.path),
        repository: undefined,
        isInUse: running.has(sessionId),
        notes: [],
        title: () => titleOf({ sessionId, ...newest }),
        files: (skipped) => items.flatMap(({ at, path }) => this.#filesAt(at, path, skipped)),
      });
    }
    return sessions;
  }

  #of(owner: string): Parts {
    let parts = this.#parts.get(owner);
    if (parts === undefined) this.#parts.set(owner, (parts = { transcripts: [], items: [] }));
    return parts;
  }

  /** Names what is left out; of very many for one reason, only the first ones. */
  #leave(path: string, reason: string): void {
    const count = (this.#left.get(reason) ?? 0) + 1;
    this.#left.set(reason, count);
    if (count <= MAX_NAMED) this.#skipped.push({ path, reason });
  }

  /** Counts what was left out and is not named. */
  countRest(): void {
    for (const [reason, count] of this.#left)
      if (count > MAX_NAMED) this.#skipped.push({ path: this.#root, reason: `${count - MAX_NAMED} more: ${reason}` });
  }

  /** Returns the files at and below a path. */
  #filesAt(at: string, path: string, skipped: Skipped[]): SourceFile[] {
    const stats = tryStat(at, skipped);
    if (stats === undefined) return [];
    const walker = new Walker(skipped, MAX_FILES);
    const entries = stats.isDirectory() ? [...walker.below(at)] : [{ path: at, name: basename(at), stats }];
    if (walker.notWalked !== undefined)
      throw new TranscriptError("Io", `${at} has more than ${MAX_FILES} files in it`, {
        hint: "Look at what they are.",
      });
    return entries.flatMap((entry): SourceFile[] => {
      if (entry.stats.isDirectory() || isOurOwnName(entry.name)) return [];
      const name = entry.path === at ? path : `${path}/${pathBelow(at, entry.path)}`;
      const reason = reasonToSkip(entry, name, this.#isSnapshot);
      if (reason !== undefined) {
        skipped.push({ path: entry.path, reason });
        return [];
      }
      const { size, mtimeMs } = entry.stats;
      return [{ path: name, bytes: size, mtimeMs, sha256: undefined, open: () => openBelow(this.#root, entry.path) }];
    });
  }
}

const LINK = "a link, not followed";
const NO_SESSION = "belongs to no session";
const NO_TRANSCRIPT = "its session has no transcript here";

const isOldSubagent = (entry: Dirent): boolean => entry.isFile() && OLD_SUBAGENT.test(entry.name);

function reasonToSkip(
  { name, stats }: { readonly name: string; readonly stats: { isFile(): boolean; isSymbolicLink(): boolean } },
  path: string,
  isSnapshot: boolean,
): string | undefined {
  if (stats.isSymbolicLink()) return LINK;
  if (!stats.isFile()) return "not a file";
  if (isSnapshot && isSuperseded(name)) return "earlier contents of a file";
  const problem = pathProblem(path);
  return problem === undefined ? undefined : `its path ${problem}`;
}

/** Opens a file below a directory without following a link between the two. */
export function openBelow(root: string, path: string): number {
  const above = obstacleAbove(root, pathBelow(root, path));
  if (above !== undefined) throw changed(above.path);
  const fd = openReadNoFollow(path);
  if (statOpen(fd).isFile()) return fd;
  close(fd);
  throw changed(path);
}

const changed = (path: string): TranscriptError =>
  new TranscriptError("Io", `${path} is not what it was when it was looked at`, { hint: "Try again." });
