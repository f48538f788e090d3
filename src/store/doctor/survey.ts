import { join } from "node:path";
import { WALKED_ENTRIES } from "../../transcript/rows/limits.ts";
import { checkTranscript, type TranscriptCheck } from "./check-transcript.ts";
import { readBytes, realPath, tryStatFile } from "../disk/fs.ts";
import { attempt, errnoOf } from "../errors.ts";
import { KEY_OF_ABSOLUTE_PATH, type Misplaced, type NamedItem, Places } from "./misplaced.ts";
import { findMovedAway, type MovedAway } from "./moved-away.ts";
import { projectsPath } from "../layout/paths.ts";
import { isInside, realOrSelf } from "../disk/platform.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { deletedFrom, type Retention } from "../retention/retention.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { isSessionId, sessionIdOfFile } from "../layout/session-id.ts";
import { OLD_SUBAGENT } from "../layout/belongs.ts";
import { firstSessionId } from "../projects/sidecars.ts";
import { temporaryState } from "../disk/temp-file.ts";
import type { ProjectDir, Skipped } from "../types.ts";
import { bytesBelow, entriesOf, type NotWalked, tryStat, type WalkedEntry, Walker } from "../disk/walk.ts";
import { yieldToEventLoop } from "../timing.ts";

export interface ProjectReport {
  readonly key: string;
  readonly path: string;
  /** Directory of its newest session, if that has one. */
  readonly cwd: string | undefined;
  readonly sessions: number;
  /** Total size of its sessions' transcripts. */
  readonly bytes: number;
  /** Total size of all else that was examined in the project dir: subagents, tool results, stubs. */
  readonly otherBytes: number;
  /** mtime of the newest transcript. */
  readonly lastModified: number | undefined;
}

export interface TranscriptReport extends TranscriptCheck {
  readonly path: string;
}

/** The reason why an entry named like a transcript is not a session. */
export type StubKind =
  /** A file of 0 bytes. */
  | "empty"
  /** Only NUL bytes, at least at the beginning. */
  | "nul"
  /** Rows, but no message of the user or the assistant. */
  | "metadata"
  /** Only the conversation of an agent. */
  | "sidechain"
  /** Nothing that can be read as a row. */
  | "no_rows"
  /** A link to something that exists: no list shows it, and it is not read here. */
  | "link"
  | "dangling_link"
  | "directory"
  /** A FIFO, a socket or a device. */
  | "not_a_file";

export interface Stub extends NamedItem {
  readonly kind: StubKind;
  /** Target of a link. */
  readonly target: string | undefined;
}

/** A link that leads out of the config dir, or nowhere. Its target was not examined, except for a project dir's sessions. */
export interface OutwardLink {
  readonly path: string;
  /** Undefined if the link is dangling. */
  readonly target: string | undefined;
  /** Whether it stands in for a project dir. Lists show its sessions, so they and their belongings are examined. */
  readonly isProject: boolean;
}

/** A session that Claude Code will delete soon. */
export interface Expiring {
  readonly sessionId: string;
  readonly path: string;
  readonly lastModified: number;
  /** Time from which Claude Code deletes it at its next start, epoch ms. */
  readonly deletedFrom: number;
}

export interface SurveyOptions {
  /** How far ahead deletions are reported. */
  readonly soonMs: number;
  readonly now?: number | undefined;
  /** Maximum number of entries examined below the project dirs. Default `WALKED_ENTRIES`. */
  readonly maxEntries?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Tally {
  readonly project: ProjectDir;
  sessions: number;
  bytes: number;
  otherBytes: number;
  newest: { readonly path: string; readonly mtimeMs: number } | undefined;
}

/** Number of entries examined before yielding to the event loop. */
const ENTRIES_PER_TURN = 512;

/**
 * Examines everything below the `projects` of a config dir: the transcripts that lists find, the belongings of
 * sessions, then all else. Follows no link except one in place of a project dir, as far as lists and readers do.
 */
export class Survey {
  /** Transcripts of sessions and subagents that have findings. */
  readonly findings: TranscriptReport[] = [];
  /** Temporary files of ours whose writer is gone. The next change in their directory removes them. */
  readonly temporaries: { readonly path: string; readonly bytes: number }[] = [];
  readonly expiring: Expiring[] = [];
  /** Entries named like a transcript that are not a session. */
  readonly stubs: Stub[] = [];
  /** Files whose names contain that of a transcript: copies, or ones with another ending. No list shows them. */
  readonly misnamed: NamedItem[] = [];
  readonly links: OutwardLink[] = [];
  readonly #configDir: string;
  readonly #roots: readonly string[];
  readonly #retention: Retention;
  readonly #skipped: Skipped[];
  readonly #options: SurveyOptions;
  readonly #walker: Walker;
  readonly #tallies: Tally[] = [];
  /** Transcripts that lists find, by their ids in lower case. */
  readonly #standing = new Map<string, string>();
  readonly #lost: NamedItem[] = [];
  /** Ids, in lower case, of stubs that can be opened. */
  readonly #others = new Set<string>();
  readonly #sidecars: { readonly dir: string; readonly tally: Tally }[] = [];
  readonly #strange: { readonly dir: string; readonly tally: Tally }[] = [];
  #met = 0;

  constructor(configDir: string, retention: Retention, skipped: Skipped[], options: SurveyOptions) {
    this.#configDir = configDir;
    this.#roots = [realOrSelf(configDir), realOrSelf(projectsPath(configDir))];
    this.#retention = retention;
    this.#skipped = skipped;
    this.#options = options;
    this.#walker = new Walker(skipped, options.maxEntries ?? WALKED_ENTRIES);
    this.#walker.enter(projectsPath(configDir));
  }

  /** Examines everything. Returns the project dirs, each once. */
  async all(dirs: readonly ProjectDir[]): Promise<ProjectDir[]> {
    const isLink = (path: string): boolean => tryStat(path, [])?.isSymbolicLink() === true;
    // Links last: one may lead to another project dir, which is examined only once.
    const ordered = dirs.map((project) => ({ project, linked: isLink(project.path) }));
    ordered.sort((a, b) => Number(a.linked) - Number(b.linked));
    for (const { project, linked } of ordered) {
      if (!this.#walker.enter(project.path)) continue;
      if (linked) this.#link(project.path, true);
      await this.#project(project, linked);
    }
    for (const { dir, tally } of [...this.#sidecars, ...this.#strange]) await this.#below(dir, tally);
    await this.#beside(projectsPath(this.#configDir));
    this.#otherLinks(new Set(dirs.map(({ path }) => path)));
    return this.#tallies.map(({ project }) => project);
  }

  /** Looks for transcripts in the config dir itself, and in directories there that are named like projects. */
  async misplacedBesideProjects(): Promise<void> {
    await this.#beside(this.#configDir);
    for (const { name } of entriesOf(this.#configDir, this.#skipped)) {
      const dir = join(this.#configDir, name);
      if (KEY_OF_ABSOLUTE_PATH.test(name) && tryStat(dir, this.#skipped)?.isDirectory()) await this.#beside(dir);
    }
  }

  get projects(): ProjectReport[] {
    return this.#tallies
      .map(({ project: { key, path }, newest, sessions, bytes, otherBytes }) => {
        const cwd = newest === undefined ? undefined : sessionCwd(newest.path);
        return { key, path, cwd, sessions, bytes, otherBytes, lastModified: newest?.mtimeMs };
      })
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  /** Directories of projects that are gone, and where they may be now. */
  get movedAway(): MovedAway[] {
    return findMovedAway(
      this.#tallies.flatMap(({ newest, sessions }) =>
        newest === undefined ? [] : [{ transcript: newest.path, sessions }],
      ),
    );
  }

  /** Transcripts at the wrong depth, with the paths where they belong. */
  get misplaced(): Misplaced[] {
    const places = new Places(this.#configDir, this.#standing);
    return this.#lost.map(({ path, sessionId, bytes }) => places.of(path, sessionId, bytes));
  }

  /** Directories left out of the walk below the project dirs; undefined if none. */
  get notWalked(): NotWalked | undefined {
    return this.#walker.notWalked;
  }

  /** Ids, in lower case, of all sessions that were found, wherever they are. */
  get sessionIds(): Set<string> {
    const lost = this.#lost.map(({ sessionId }) => sessionId.toLowerCase());
    return new Set([...this.#standing.keys(), ...this.#others, ...lost]);
  }

  async #project(project: ProjectDir, linked: boolean): Promise<void> {
    const { path } = project;
    const tally: Tally = { project, sessions: 0, bytes: 0, otherBytes: 0, newest: undefined };
    this.#tallies.push(tally);
    for (const { name } of entriesOf(path, this.#skipped)) {
      await this.#turn();
      if (linked && !isOfSessions(name)) continue;
      const entry = this.#entry(path, name);
      if (entry === undefined) continue;
      const sessionId = sessionIdOfFile(name);
      if (sessionId !== undefined) await this.#transcript(entry, sessionId, tally);
      else if (!entry.stats.isDirectory()) tally.otherBytes += await this.#file(entry);
      else if (temporaryState(path, name) === "stale") {
        this.temporaries.push({ path: entry.path, bytes: bytesBelow(entry.path, this.#skipped) });
      }
      if (!entry.stats.isDirectory()) continue;
      if (isSessionId(name)) this.#sidecars.push({ dir: entry.path, tally });
      else if (!linked) this.#strange.push({ dir: entry.path, tally });
    }
  }

  async #below(dir: string, tally: Tally): Promise<void> {
    for (const entry of this.#walker.below(dir)) {
      await this.#turn();
      if (!entry.stats.isDirectory()) tally.otherBytes += await this.#file(entry);
      else {
        const sessionId = sessionIdOfFile(entry.name);
        if (sessionId !== undefined) this.#stub(entry, sessionId, "directory");
      }
    }
  }

  /** Examines entries named like transcripts in a directory where none belong. */
  async #beside(dir: string): Promise<void> {
    for (const { name } of entriesOf(dir, this.#skipped)) {
      if (sessionIdOfFile(name) === undefined && idInName(name) === undefined) continue;
      const entry = this.#entry(dir, name);
      if (entry !== undefined && !entry.stats.isDirectory()) await this.#file(entry);
    }
  }

  /** Reports links in `projects` that are not project dirs. Listing the project dirs has already reported dangling ones. */
  #otherLinks(dirs: ReadonlySet<string>): void {
    for (const { name } of entriesOf(projectsPath(this.#configDir), [])) {
      const path = join(projectsPath(this.#configDir), name);
      if (dirs.has(path) || sessionIdOfFile(name) !== undefined) continue;
      if (tryStat(path, [])?.isSymbolicLink() && tryStatFile(path) !== undefined) this.#link(path, false);
    }
  }

  /** Examines an entry named like a transcript where transcripts belong. */
  async #transcript(entry: WalkedEntry, sessionId: string, tally: Tally): Promise<void> {
    const { path, stats } = entry;
    const found = await this.#look(entry);
    this.#report(path, found.check);
    if (found.stub !== undefined) {
      this.#stub(entry, sessionId, found.stub);
      if (!stats.isDirectory()) tally.otherBytes += stats.size;
      // Readers and deletions accept any file that is not empty.
      if (found.check !== undefined || found.stub === "link") this.#others.add(sessionId.toLowerCase());
      return;
    }
    this.#standing.set(sessionId.toLowerCase(), path);
    const { size, mtimeMs } = stats;
    tally.sessions++;
    tally.bytes += size;
    if (tally.newest === undefined || mtimeMs > tally.newest.mtimeMs) tally.newest = { path, mtimeMs };
    const from = deletedFrom(this.#retention, { mtimeMs, entrypoints: found.check?.entrypoints ?? [] });
    if (from !== undefined && from < (this.#options.now ?? Date.now()) + this.#options.soonMs) {
      this.expiring.push({ sessionId, path, lastModified: mtimeMs, deletedFrom: from });
    }
  }

  /** Examines anything else except directories; returns its size. Transcripts of agents are checked like any other. */
  async #file(entry: WalkedEntry): Promise<number> {
    const { dir, name, path, stats } = entry;
    const sessionId = sessionIdOfFile(name);
    if (sessionId !== undefined) await this.#transcriptElsewhere(entry, sessionId);
    else if (stats.isSymbolicLink()) this.#link(path, false);
    else if (temporaryState(dir, name) !== undefined) {
      if (temporaryState(dir, name) === "stale") this.temporaries.push({ path, bytes: stats.size });
    } else if (stats.isFile() && OLD_SUBAGENT.test(name)) {
      this.#report(path, await this.#check(path));
    } else if (stats.isFile()) {
      const like = idInName(name);
      if (like !== undefined) this.misnamed.push({ path, sessionId: like, bytes: stats.size });
    }
    return stats.size;
  }

  /** Examines an entry named like a transcript where none belongs. Without a conversation it may be another tool's file. */
  async #transcriptElsewhere(entry: WalkedEntry, sessionId: string): Promise<void> {
    const { path, stats } = entry;
    const { stub, check } = await this.#look(entry);
    const isOurs = check === undefined || stub === undefined || stub === "nul";
    if (!isOurs && firstSessionId(path)?.toLowerCase() !== sessionId.toLowerCase()) return;
    this.#report(path, check);
    if (stub === undefined) this.#lost.push({ path, sessionId, bytes: stats.size });
    else this.#stub(entry, sessionId, stub);
  }

  /** Classifies an entry named like a transcript. Without `stub` it is one, or cannot be read. */
  async #look({ path, stats }: WalkedEntry): Promise<{ stub?: StubKind; check?: TranscriptCheck }> {
    if (stats.isSymbolicLink()) return { stub: tryStatFile(path) === undefined ? "dangling_link" : "link" };
    if (stats.isDirectory()) return { stub: "directory" };
    if (!stats.isFile()) return { stub: "not_a_file" };
    if (stats.size === 0) return { stub: "empty" };
    const check = await this.#check(path);
    if (check === undefined) return {};
    if (check.content === "conversation") return { check };
    if (check.content !== "nothing") return { check, stub: check.content };
    return { check, stub: beginsWithNul(path) ? "nul" : "no_rows" };
  }

  #stub({ path, stats }: WalkedEntry, sessionId: string, kind: StubKind): void {
    const target = kind === "link" ? realOrSelf(path) : undefined;
    this.stubs.push({ path, sessionId, kind, bytes: stats.isDirectory() ? 0 : stats.size, target });
  }

  /** Reports a link, unless it leads to elsewhere in the config dir, where its target is examined anyway. */
  #link(path: string, isProject: boolean): void {
    const target = attempt(() => realPath(path));
    if (target !== undefined && this.#roots.some((root) => isInside(target, root))) return;
    this.links.push({ path, target, isProject });
  }

  async #check(path: string): Promise<TranscriptCheck | undefined> {
    await yieldToEventLoop();
    this.#options.signal?.throwIfAborted();
    try {
      return await checkTranscript(path, this.#options.signal);
    } catch (error) {
      const reason = errnoOf(error);
      if (reason === undefined) throw error;
      this.#skipped.push({ path, reason });
      return undefined;
    }
  }

  #report(path: string, check: TranscriptCheck | undefined): void {
    if (check !== undefined && check.findings.length > 0) this.findings.push({ path, ...check });
  }

  #entry(dir: string, name: string): WalkedEntry | undefined {
    const path = join(dir, name);
    const stats = tryStat(path, this.#skipped);
    return stats === undefined ? undefined : { dir, name, path, stats };
  }

  async #turn(): Promise<void> {
    if (++this.#met % ENTRIES_PER_TURN !== 0) return;
    await yieldToEventLoop();
    this.#options.signal?.throwIfAborted();
  }
}

/** Reports whether an entry of a linked project dir is examined: the link may lead to any directory. */
const isOfSessions = (name: string): boolean =>
  isSessionId(name) || idInName(name) !== undefined || OLD_SUBAGENT.test(name);

/** Bytes checked of a file without rows: a crash leaves whole blocks. */
const NUL_BYTES = 4096;

const beginsWithNul = (path: string): boolean =>
  tryWithOpenFile(path, (fd) => {
    const bytes = readBytes(fd, NUL_BYTES);
    return bytes.length > 0 && bytes.every((byte) => byte === 0);
  }) === true;

/** Returns the id in a name that is almost that of a transcript. `._` begins metadata files of macOS, which do not count. */
function idInName(name: string): string | undefined {
  const [, sessionId] = NEARLY.exec(name) ?? [];
  return name.startsWith("._") ? undefined : sessionId;
}

const NEARLY = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}).*jsonl/is;
