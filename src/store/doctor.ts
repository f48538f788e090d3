import { join } from "node:path";
import {
  type ConfigDirSource,
  configDirSource,
  isDirectory,
  resolveConfigDirs,
  usualConfigDirs,
} from "./config-dir.ts";
import { checkTranscript, type TranscriptCheck } from "./check-transcript.ts";
import { pause, statFile, type Stats } from "./disk.ts";
import { errnoOf } from "./errors.ts";
import { getSessionInfo } from "./info.ts";
import { sessionsInProcesses } from "./live.ts";
import { findOrphans, type Orphan } from "./orphans.ts";
import { trashPath } from "./paths.ts";
import { realOrSelf } from "./platform.ts";
import { listProjectDirs } from "./projects.ts";
import { deletedFrom, readRetention, type Retention } from "./retention.ts";
import { sessionCwd } from "./session-cwd.ts";
import { sessionIdOfFile } from "./session-id.ts";
import { OLD_SUBAGENT } from "./sidecars.ts";
import { temporaryState } from "./temp.ts";
import { listTrash, type TrashEntry } from "./trash.ts";
import type { ProjectDir, Skipped, StoreOptions } from "./types.ts";
import { bytesBelow, entriesOf, filesBelow } from "./walk.ts";

/** What is found in the config dirs that are in force. Sizes are bytes, times epoch ms. */
export interface StoreReport {
  readonly configDirs: readonly ConfigDirReport[];
  /** Config dirs with transcripts in a usual place that are not looked at. */
  readonly elsewhere: readonly string[];
}

export interface ConfigDirReport {
  readonly path: string;
  /** What decided that it is looked at. */
  readonly source: ConfigDirSource;
  readonly exists: boolean;
  readonly projects: readonly ProjectReport[];
  /** Transcripts, of sessions and of subagents, with something that is wrong or odd. */
  readonly findings: readonly TranscriptReport[];
  readonly unreadable: readonly Skipped[];
  readonly retention: Retention;
  /** Sessions that Claude Code may delete within `soonMs`, the next first. */
  readonly expiring: readonly ExpiringSession[];
  readonly orphans: readonly Orphan[];
  /** Temporary files of ours whose writer has gone. The next change in their directory takes them away. */
  readonly temporaries: readonly { readonly path: string; readonly bytes: number }[];
  readonly trash: {
    readonly path: string;
    readonly entries: number;
    readonly bytes: number;
    readonly cutShort: number;
  };
}

export interface ProjectReport {
  readonly key: string;
  readonly path: string;
  /** Directory of its newest session, where that says so. */
  readonly cwd: string | undefined;
  readonly sessions: number;
  /** Of the transcripts of its sessions. */
  readonly bytes: number;
  /** Of all else in the project dir: subagents, tool results. */
  readonly otherBytes: number;
  /** mtime of the newest transcript. */
  readonly lastModified: number | undefined;
}

export interface TranscriptReport extends TranscriptCheck {
  readonly path: string;
}

export interface ExpiringSession {
  readonly sessionId: string;
  readonly path: string;
  readonly title: string | undefined;
  readonly lastModified: number;
  /** From then on it is deleted when Claude Code starts. */
  readonly deletedFrom: number;
}

export interface ExamineOptions extends StoreOptions {
  /** How far ahead a deletion is told. */
  readonly soonMs: number;
  readonly now?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at everything that is stored, and changes nothing. Every transcript is read from beginning to end, one after
 * another. Throws `signal.reason` when aborted; what cannot be read is in the report.
 */
export async function examineStore(options: ExamineOptions): Promise<StoreReport> {
  const dirs = resolveConfigDirs(options);
  const source = configDirSource(options);
  const configDirs: ConfigDirReport[] = [];
  for (const path of dirs) configDirs.push(await examineConfigDir(path, source, options));
  const inForce = new Set(dirs.map(realOrSelf));
  // Who names config dirs knows which there are.
  const usual = source === "option" ? [] : usualConfigDirs();
  const elsewhere = usual.filter((dir) => !inForce.has(realOrSelf(dir)) && hasTranscripts(dir));
  return { configDirs, elsewhere };
}

const hasTranscripts = (configDir: string): boolean =>
  listProjectDirs(configDir).dirs.some(({ path }) => entriesOf(path, []).some(({ name }) => sessionIdOfFile(name)));

async function examineConfigDir(
  configDir: string,
  source: ConfigDirSource,
  options: ExamineOptions,
): Promise<ConfigDirReport> {
  const retention = readRetention(configDir);
  const { dirs, skipped } = listProjectDirs(configDir);
  const survey = new Survey(retention, skipped, options);
  const seen = new Set<string>();
  const own: ProjectDir[] = [];
  for (const project of dirs) {
    const real = realOrSelf(project.path);
    // A link beside the directory that it leads to is the same once more.
    if (seen.has(real)) continue;
    seen.add(real);
    own.push(project);
    await survey.project(project);
  }
  const known = new Set([...survey.sessionIds, ...sessionsInProcesses(configDir)].map((id) => id.toLowerCase()));
  const orphans = findOrphans(configDir, own, known, skipped);
  const trash = await trashOf(configDir, skipped);
  return {
    path: configDir,
    source,
    exists: isDirectory(configDir),
    projects: survey.projects,
    findings: survey.findings,
    // A directory is looked at more than once, for what is in it and for what belongs to nothing.
    unreadable: [...new Map(skipped.map((entry) => [entry.path, entry])).values()],
    retention,
    expiring: await withTitles(survey.expiring, configDir),
    orphans,
    temporaries: survey.temporaries,
    trash: {
      path: trashPath(configDir),
      entries: trash.length,
      bytes: trash.reduce((sum, { bytes }) => sum + bytes, 0),
      cutShort: trash.filter(({ complete }) => !complete).length,
    },
  };
}

async function trashOf(configDir: string, skipped: Skipped[]): Promise<TrashEntry[]> {
  try {
    return await listTrash({ configDirs: [configDir] });
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === undefined) throw error;
    skipped.push({ path: trashPath(configDir), reason });
    return [];
  }
}

type Expiring = Omit<ExpiringSession, "title">;

class Survey {
  readonly projects: ProjectReport[] = [];
  readonly findings: TranscriptReport[] = [];
  readonly temporaries: { path: string; bytes: number }[] = [];
  readonly sessionIds = new Set<string>();
  readonly expiring: Expiring[] = [];
  readonly #retention: Retention;
  readonly #skipped: Skipped[];
  readonly #options: ExamineOptions;

  constructor(retention: Retention, skipped: Skipped[], options: ExamineOptions) {
    this.#retention = retention;
    this.#skipped = skipped;
    this.#options = options;
  }

  async project({ key, path }: ProjectDir): Promise<void> {
    let sessions = 0;
    let bytes = 0;
    let otherBytes = 0;
    let newest: { path: string; mtimeMs: number } | undefined;
    for (const entry of entriesOf(path, this.#skipped)) {
      const file = join(path, entry.name);
      const sessionId = sessionIdOfFile(entry.name);
      if (sessionId !== undefined) {
        const found = await this.#transcript(file, sessionId);
        if (found === undefined) continue;
        sessions++;
        bytes += found.size;
        if (newest === undefined || found.mtimeMs > newest.mtimeMs) newest = { path: file, mtimeMs: found.mtimeMs };
      } else if (entry.isDirectory()) {
        const stale = temporaryState(path, entry.name) === "stale";
        if (stale) this.temporaries.push({ path: file, bytes: bytesBelow(file, this.#skipped) });
        for (const inside of filesBelow(file, this.#skipped)) otherBytes += await this.#other(inside);
      } else {
        const stats = this.#stat(file);
        if (stats !== undefined) otherBytes += await this.#other({ dir: path, name: entry.name, path: file, stats });
      }
    }
    const cwd = newest === undefined ? undefined : sessionCwd(newest.path);
    this.projects.push({ key, path, cwd, sessions, bytes, otherBytes, lastModified: newest?.mtimeMs });
  }

  /** A session's transcript; undefined when it is none: empty, or a link that leads to no file. */
  async #transcript(path: string, sessionId: string): Promise<{ size: number; mtimeMs: number } | undefined> {
    const stats = this.#stat(path);
    if (stats === undefined || stats.size === 0) return undefined;
    if (!stats.isFile()) {
      this.#skipped.push({ path, reason: "no file" });
      return undefined;
    }
    this.sessionIds.add(sessionId);
    const check = await this.#check(path);
    const { size, mtimeMs } = stats;
    const deleted = deletedFrom(this.#retention, { mtimeMs, entrypoints: check?.entrypoints ?? [] });
    if (deleted !== undefined && deleted < (this.#options.now ?? Date.now()) + this.#options.soonMs) {
      this.expiring.push({ sessionId, path, lastModified: mtimeMs, deletedFrom: deleted });
    }
    return { size, mtimeMs };
  }

  /** Whatever else there is; gives its size. Subagents have transcripts that are looked at like any other. */
  async #other({ dir, name, path, stats }: { dir: string; name: string; path: string; stats: Stats }): Promise<number> {
    if (temporaryState(dir, name) === "stale") this.temporaries.push({ path, bytes: stats.size });
    if (OLD_SUBAGENT.test(name) && stats.isFile()) await this.#check(path);
    return stats.size;
  }

  async #check(path: string): Promise<TranscriptCheck | undefined> {
    await pause();
    this.#options.signal?.throwIfAborted();
    try {
      const check = await checkTranscript(path, this.#options.signal);
      if (check.findings.length > 0) this.findings.push({ path, ...check });
      return check;
    } catch (error) {
      const reason = errnoOf(error);
      if (reason === undefined) throw error;
      this.#skipped.push({ path, reason });
      return undefined;
    }
  }

  #stat(path: string): Stats | undefined {
    try {
      return statFile(path);
    } catch (error) {
      this.#skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
      return undefined;
    }
  }
}

async function withTitles(expiring: readonly Expiring[], configDir: string): Promise<ExpiringSession[]> {
  const sessions: ExpiringSession[] = [];
  for (const session of [...expiring].sort((a, b) => a.deletedFrom - b.deletedFrom)) {
    const info = await getSessionInfo(session.sessionId, { configDirs: [configDir] });
    sessions.push({ ...session, title: info?.summary });
  }
  return sessions;
}
