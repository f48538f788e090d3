import { join } from "node:path";
import type { Candidate } from "../../store/facts/candidate.ts";
import { sidecarStamp } from "../../store/facts/sidecar-metadata.ts";
import { listScope } from "../../store/list/list-scope.ts";
import { OLD_SUBAGENT } from "../../store/layout/belongs.ts";
import { sidecarPath, subagentsPath, toolResultsPath } from "../../store/layout/paths.ts";
import { isSessionId } from "../../store/layout/session-id.ts";
import { readNames, type Stats, statLink } from "../../store/disk/fs.ts";
import { listProjectDir } from "../../store/projects/dir-cache.ts";
import { firstSessionId } from "../../store/projects/sidecars.ts";
import { type WalkedEntry, Walker } from "../../store/disk/walk.ts";
import { isTurnOver, yieldToEventLoop } from "../../store/timing.ts";
import { errnoOf } from "../../store/errors.ts";
import type { Skipped } from "../../store/types.ts";
import { FileKind } from "../schema/schema.ts";

/** A file that the catalog reads, as it is now. */
export interface StoreFile {
  readonly path: string;
  readonly sessionId: string;
  /** Id of the subagent, or name of the stored output; undefined for a transcript. */
  readonly agent: string | undefined;
  readonly kind: FileKind;
  readonly size: number;
  /** With fractions. */
  readonly mtimeMs: number;
  readonly ino: number;
}

/** A transcript, with what its session is listed by. */
export interface SessionFile extends StoreFile {
  readonly candidate: Candidate;
  /** Changes with the files that hold the session's title and its archive mark. */
  readonly stamp: string;
}

export interface StoreFiles {
  /** One copy of each transcript and all other files, newest sessions first. */
  readonly files: readonly (StoreFile | SessionFile)[];
  /** The copy of each session that lists show. */
  readonly sessions: ReadonlyMap<string, SessionFile>;
  readonly skipped: readonly Skipped[];
}

export const isSessionFile = (file: StoreFile): file is SessionFile => file.kind === FileKind.main;

export interface StoreFilesOptions {
  /** Returns the session that each `agent-*.jsonl` of an older CLI is known to belong to, by path. */
  readonly knownOwners?: () => Promise<ReadonlyMap<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Entries that are looked at below one session's directory. */
const MOST_ENTRIES = 100_000;

/**
 * Finds every file of a config dir that the catalog reads. Costs what a list costs: one read of each directory and one stat
 * of each file.
 */
export async function listStoreFiles(
  configDir: string,
  { knownOwners, signal }: StoreFilesOptions = {},
): Promise<StoreFiles> {
  const scope = await listScope({
    configDirs: [configDir],
    includeWorktrees: false,
    claudeWorktrees: false,
    signal,
  });
  const skipped: Skipped[] = [...scope.skipped];
  const sessions = new Map<string, SessionFile>();
  const files: StoreFile[] = [];
  const mains: MainFile[] = [];
  const found: Found = { files, skipped, signal };
  for (const candidate of scope.candidates) {
    mains.push(mainFile(candidate));
    if (isTurnOver()) await yieldToEventLoop(signal);
  }
  mains.sort((a, b) => b.mtimeMs - a.mtimeMs);
  for (const main of mains) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    if (!sessions.has(main.sessionId)) sessions.set(main.sessionId, main);
    files.push(main);
    const { candidate, names } = main;
    if (names !== undefined) await addSidecars(candidate, names, found);
  }
  await addOldAgents(mains, { ...found, sessions, knownOwners });
  return { files, sessions, skipped };
}

/** Where found files go. */
interface Found {
  readonly files: StoreFile[];
  readonly skipped: Skipped[];
  readonly signal: AbortSignal | undefined;
}

/** A transcript and the names in the directory next to it. */
interface MainFile extends SessionFile {
  readonly names: ReadonlySet<string> | undefined;
}

/** All members in one literal: there may be tens of thousands. */
function mainFile(candidate: Candidate): MainFile {
  const { path, sessionId, size, mtimeMs, ino } = candidate;
  const names = candidate.hasSidecars ? namesNextTo(candidate) : undefined;
  const stamp = names !== undefined && SHOWN_BY.some((name) => names.has(name)) ? sidecarStamp(candidate) : "";
  return { path, sessionId, agent: undefined, kind: FileKind.main, size, mtimeMs, ino, candidate, stamp, names };
}

/** Names of the files and directories that are looked for next to a transcript. */
const SHOWN_BY = ["custom-title.json", "archived.json"];
const SUBAGENTS = "subagents";
const TOOL_RESULTS = "tool-results";
const ALL_NAMES: ReadonlySet<string> = new Set([...SHOWN_BY, SUBAGENTS, TOOL_RESULTS]);

/** Returns the names next to a transcript, so that nothing is looked for that is not there; all if they cannot be read. */
function namesNextTo({ project, sessionId }: Candidate): ReadonlySet<string> {
  try {
    return new Set(readNames(sidecarPath(project, sessionId)));
  } catch {
    return ALL_NAMES;
  }
}

const statOf = ({ size, mtimeMs, ino }: Stats): Pick<StoreFile, "size" | "mtimeMs" | "ino"> => ({ size, mtimeMs, ino });

const AGENT_FILE = /^agent-(.+)\.jsonl$/;

/** Adds the subagents and the stored outputs of a session. */
async function addSidecars(
  { project, sessionId }: Candidate,
  names: ReadonlySet<string>,
  { files, skipped, signal }: Found,
): Promise<void> {
  const walker = new Walker(skipped, MOST_ENTRIES);
  const below = (name: string, path: string): Iterable<WalkedEntry> => (names.has(name) ? walker.below(path) : []);
  for (const { name, path, stats } of below(SUBAGENTS, subagentsPath(project, sessionId))) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    const agent = AGENT_FILE.exec(name)?.[1];
    if (agent === undefined || !stats.isFile() || stats.size === 0) continue;
    files.push({ ...statOf(stats), path, sessionId, agent, kind: FileKind.subagent });
  }
  const results = toolResultsPath(project, sessionId);
  for (const { dir, name, path, stats } of below(TOOL_RESULTS, results)) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    if (dir !== results || !stats.isFile() || stats.size === 0) continue;
    files.push({ ...statOf(stats), path, sessionId, agent: name, kind: FileKind.spilled });
  }
}

interface OldAgents extends Found {
  readonly sessions: ReadonlyMap<string, SessionFile>;
  readonly knownOwners: StoreFilesOptions["knownOwners"];
}

/** Adds the subagents of older CLIs, which are next to the transcripts. */
async function addOldAgents(mains: readonly SessionFile[], found: OldAgents): Promise<void> {
  const { sessions, knownOwners, files, skipped, signal } = found;
  let owners: ReadonlyMap<string, string> | undefined;
  for (const dir of new Set(mains.map(({ candidate }) => candidate.project.path))) {
    if (isTurnOver()) await yieldToEventLoop(signal);
    let names: readonly string[];
    try {
      names = [...listProjectDir(dir).others].filter((name) => OLD_SUBAGENT.test(name));
    } catch {
      // The list has reported it.
      continue;
    }
    if (names.length > 0) owners ??= await knownOwners?.();
    for (const name of names) {
      if (isTurnOver()) await yieldToEventLoop(signal);
      const path = join(dir, name);
      try {
        const stats = statLink(path);
        if (stats?.isFile() !== true || stats.size === 0) continue;
        const sessionId = owners?.get(path) ?? firstSessionId(path);
        if (sessionId === undefined || !isSessionId(sessionId) || !sessions.has(sessionId)) continue;
        files.push({ ...statOf(stats), path, sessionId, agent: AGENT_FILE.exec(name)?.[1], kind: FileKind.subagent });
      } catch (error) {
        skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
      }
    }
  }
}
