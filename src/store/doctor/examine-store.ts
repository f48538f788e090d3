import { basename, dirname, join } from "node:path";
import {
  type ConfigDirSource,
  configDirSource,
  isDirectory,
  resolveConfigDirs,
  usualConfigDirs,
} from "../layout/config-dir.ts";
import { isThere, readDir, statFile } from "../disk/fs.ts";
import { errnoOf, TranscriptError } from "../errors.ts";
import { findSession } from "../projects/find-copies.ts";
import { sessionsInProcesses } from "../live/session-in-use.ts";
import type { NamedItem } from "./misplaced.ts";
import { findOrphans } from "./orphans.ts";
import { ownDataPath, projectsPath, trashPath } from "../layout/paths.ts";
import { realOrSelf } from "../disk/platform.ts";
import { listProjectDirs, uniqueByPath } from "../projects/project-dirs.ts";
import { readRetention, type Retention } from "../retention/retention.ts";
import type { ProcessState } from "../disk/processes.ts";
import { sessionIdOfFile } from "../layout/session-id.ts";
import { type Contender, contendersIn } from "../trash/session-lock.ts";
import { type Expiring, Survey, type SurveyOptions } from "./survey.ts";
import { titleOf } from "../facts/title-of.ts";
import { listTrash } from "../trash/trash-contents.ts";
import type { Skipped, StoreOptions } from "../types.ts";
import { temporaryState } from "../disk/temp-file.ts";
import { bytesBelow, entriesOf } from "../disk/walk.ts";

/** Findings in the config dirs in force. Sizes are bytes, times epoch ms. */
export interface StoreReport {
  readonly configDirs: readonly ConfigDirReport[];
  /** Usual config dirs that have transcripts and are not examined. */
  readonly elsewhere: readonly string[];
}

export interface ConfigDirReport extends Pick<
  Survey,
  "projects" | "findings" | "movedAway" | "misplaced" | "stubs" | "misnamed" | "links" | "notWalked" | "temporaries"
> {
  readonly path: string;
  /** The reason why it is examined. */
  readonly source: ConfigDirSource;
  readonly exists: boolean;
  /** Whether `projects`, where the transcripts are, is there. */
  readonly projectsDir: ProjectsState;
  /** The config dir that was probably meant, if this one has no `projects`. */
  readonly meant: string | undefined;
  readonly unreadable: readonly Skipped[];
  readonly retention: Retention;
  /** Sessions that Claude Code may delete within `soonMs`, the soonest first. */
  readonly expiring: readonly ExpiringSession[];
  readonly orphans: readonly NamedItem[];
  readonly trash: {
    readonly path: string;
    readonly entries: number;
    readonly bytes: number;
    readonly cutShort: number;
    /** Lock files of processes in an unknown state, which keep others from changing a session. */
    readonly locks: readonly { readonly path: string; readonly sessionId: string; readonly pid: number }[];
  };
}

export type ProjectsState = "there" | "missing" | "dangling_link" | "not_a_directory" | "unreadable";

export interface ExpiringSession extends Expiring {
  readonly title: string | undefined;
}

/** Examines everything in the store: reads every transcript completely. Throws `signal.reason`; changes nothing. */
export async function examineStore(options: StoreOptions & SurveyOptions): Promise<StoreReport> {
  const dirs = resolveConfigDirs(options);
  const source = configDirSource(options);
  const configDirs: ConfigDirReport[] = [];
  for (const path of dirs) configDirs.push(await examineConfigDir(path, source, options));
  const inForce = new Set(dirs.map(realOrSelf));
  // A caller who names config dirs knows which ones exist.
  const usual = source === "option" ? [] : usualConfigDirs();
  const elsewhere = usual.filter((dir) => !inForce.has(realOrSelf(dir)) && hasTranscripts(dir));
  return { configDirs, elsewhere };
}

const hasTranscripts = (configDir: string): boolean =>
  listProjectDirs(configDir).dirs.some(({ path }) => holdsTranscripts(path));
const holdsTranscripts = (dir: string): boolean => entriesOf(dir, []).some(({ name }) => sessionIdOfFile(name));

async function examineConfigDir(
  configDir: string,
  source: ConfigDirSource,
  options: SurveyOptions,
): Promise<ConfigDirReport> {
  const retention = readRetention(configDir);
  const { dirs, skipped } = listProjectDirs(configDir);
  const projectsDir = projectsState(configDir);
  const meant = projectsDir === "there" ? undefined : meantConfigDir(configDir);
  const survey = new Survey(configDir, retention, skipped, options);
  const own = await survey.all(dirs);
  // In a directory that is not a config dir, nothing is at the wrong depth.
  if (meant === undefined) await survey.misplacedBesideProjects();
  const { misplaced, stubs, misnamed } = survey;
  const running = [...sessionsInProcesses(configDir)].map((id) => id.toLowerCase());
  const orphans = findOrphans(configDir, own, new Set([...survey.sessionIds, ...running]), skipped);
  const named = new Set([...misplaced, ...stubs, ...misnamed].map(({ path }) => path));
  const { entries: trash, dead, locks } = await trashOf(configDir, skipped);
  return {
    path: configDir,
    source,
    exists: isDirectory(configDir),
    projectsDir,
    meant,
    projects: survey.projects,
    movedAway: survey.movedAway,
    findings: survey.findings,
    misplaced,
    stubs,
    misnamed,
    links: survey.links,
    notWalked: survey.notWalked,
    // Directories are read more than once: for their contents, and for orphans.
    unreadable: uniqueByPath(skipped).filter(
      ({ path }) => path !== projectsPath(configDir) || projectsDir === "unreadable",
    ),
    retention,
    expiring: withTitles(survey.expiring, configDir),
    orphans: orphans.filter(({ path }) => !named.has(path)),
    temporaries: [...survey.temporaries, ...dead, ...unfinishedImports(configDir, skipped)],
    trash: {
      path: trashPath(configDir),
      entries: trash.length,
      bytes: trash.reduce((sum, { bytes }) => sum + bytes, 0),
      cutShort: trash.filter(({ complete, worker }) => !complete && worker === undefined).length,
      locks,
    },
  };
}

function projectsState(configDir: string): ProjectsState {
  const path = projectsPath(configDir);
  try {
    const stats = statFile(path);
    if (stats === undefined) return isThere(path) ? "dangling_link" : "missing";
    if (!stats.isDirectory()) return "not_a_directory";
    readDir(path);
    return "there";
  } catch (error) {
    return errnoOf(error) === "ENOTDIR" ? "missing" : "unreadable";
  }
}

/** Returns the config dir, if `dir` is its `projects`, a project dir of it, or its parent directory. */
function meantConfigDir(dir: string): string | undefined {
  const above = dirname(dir);
  const inside = join(dir, ".claude");
  if (isDirectory(projectsPath(inside))) return inside;
  if (basename(dir) === "projects" && hasTranscripts(above)) return above;
  return basename(above) === "projects" && holdsTranscripts(dir) ? dirname(above) : undefined;
}

/** Returns the directories that killed imports left, with what is in them. */
function unfinishedImports(configDir: string, skipped: Skipped[]): { readonly path: string; readonly bytes: number }[] {
  const own = ownDataPath(configDir);
  return entriesOf(own, skipped)
    .filter(({ name }) => temporaryState(own, name) === "stale")
    .map(({ name }) => ({ path: join(own, name), bytes: bytesBelow(join(own, name), skipped) }));
}

/** Returns the entries of the trash, and its locks: of dead processes, and of those in an unknown state. */
async function trashOf(configDir: string, skipped: Skipped[]) {
  try {
    const entries = await listTrash({ configDirs: [configDir] });
    for (const { path, problem } of entries) {
      if (problem !== undefined) skipped.push({ path, reason: `cannot be restored: ${problem}` });
    }
    const contenders = contendersIn(configDir);
    const of = (state: ProcessState): Contender[] => contenders.filter((contender) => contender.state === state);
    return {
      entries,
      dead: of("gone").map(({ path }) => ({ path, bytes: 0 })),
      locks: of("unknown").map(({ path, sessionId, pid }) => ({ path, sessionId, pid })),
    };
  } catch (error) {
    const reason = errnoOf(error) ?? (error instanceof TranscriptError ? error.message : undefined);
    if (reason === undefined) throw error;
    skipped.push({ path: trashPath(configDir), reason });
    return { entries: [], dead: [], locks: [] };
  }
}

function withTitles(expiring: readonly Expiring[], configDir: string): ExpiringSession[] {
  const soonestFirst = [...expiring].sort((a, b) => a.deletedFrom - b.deletedFrom);
  return soonestFirst.map((session) => {
    const copy = findSession(session.sessionId, { configDirs: [configDir] });
    return { ...session, title: copy && titleOf(copy) };
  });
}
