import { join } from "node:path";
import type { Candidate } from "../../store/facts/candidate.ts";
import { sidecarStamp } from "../../store/facts/sidecar-metadata.ts";
import { listScope } from "../../store/list/list-scope.ts";
import { OLD_SUBAGENT } from "../../store/layout/belongs.ts";
import { subagentsPath, toolResultsPath } from "../../store/layout/paths.ts";
import { isSessionId } from "../../store/layout/session-id.ts";
import { type Stats, statLink } from "../../store/disk/fs.ts";
import { listProjectDir } from "../../store/projects/dir-cache.ts";
import { firstSessionId } from "../../store/projects/sidecars.ts";
import { Walker } from "../../store/disk/walk.ts";
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
  /** As text, so that it is equal in the database: epoch ms with fractions. */
  readonly mtime: string;
  readonly ino: string;
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

/** Entries that are looked at below one session's directory. */
const MOST_ENTRIES = 100_000;

/**
 * Finds every file of a config dir that the catalog reads. Costs what a list costs: one read of each directory and one stat
 * of each file. `ownerOf`: the session that an `agent-*.jsonl` of an older CLI is known to belong to.
 */
export async function listStoreFiles(
  configDir: string,
  ownerOf: (path: string) => string | undefined,
  signal?: AbortSignal,
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
  const mains = scope.candidates.map((candidate): SessionFile => ({
    ...statOf(candidate),
    path: candidate.path,
    sessionId: candidate.sessionId,
    agent: undefined,
    kind: FileKind.main,
    candidate,
    stamp: sidecarStamp(candidate),
  }));
  mains.sort((a, b) => b.candidate.mtimeMs - a.candidate.mtimeMs);
  for (const file of mains) {
    if (!sessions.has(file.sessionId)) sessions.set(file.sessionId, file);
    files.push(file);
    if (file.candidate.hasSidecars) addSidecars(file.candidate, files, skipped);
  }
  addOldAgents(mains, { sessions, ownerOf, files, skipped });
  return { files, sessions, skipped };
}

const statOf = ({
  size,
  mtimeMs,
  ino,
}: Pick<Stats, "size" | "mtimeMs" | "ino">): Pick<StoreFile, "size" | "mtime" | "ino"> => ({
  size,
  mtime: String(mtimeMs),
  ino: String(ino),
});

const AGENT_FILE = /^agent-(.+)\.jsonl$/;

/** Adds the subagents and the stored outputs of a session. */
function addSidecars({ project, sessionId }: Candidate, files: StoreFile[], skipped: Skipped[]): void {
  const walker = new Walker(skipped, MOST_ENTRIES);
  for (const { name, path, stats } of walker.below(subagentsPath(project, sessionId))) {
    const agent = AGENT_FILE.exec(name)?.[1];
    if (agent === undefined || !stats.isFile() || stats.size === 0) continue;
    files.push({ ...statOf(stats), path, sessionId, agent, kind: FileKind.subagent });
  }
  for (const { dir, name, path, stats } of walker.below(toolResultsPath(project, sessionId))) {
    if (dir !== toolResultsPath(project, sessionId) || !stats.isFile() || stats.size === 0) continue;
    files.push({ ...statOf(stats), path, sessionId, agent: name, kind: FileKind.spilled });
  }
}

interface OldAgents {
  readonly sessions: ReadonlyMap<string, SessionFile>;
  readonly ownerOf: (path: string) => string | undefined;
  readonly files: StoreFile[];
  readonly skipped: Skipped[];
}

/** Adds the subagents of older CLIs, which are next to the transcripts. */
function addOldAgents(mains: readonly SessionFile[], { sessions, ownerOf, files, skipped }: OldAgents): void {
  for (const dir of new Set(mains.map(({ candidate }) => candidate.project.path))) {
    let names: readonly string[];
    try {
      names = [...listProjectDir(dir).others].filter((name) => OLD_SUBAGENT.test(name));
    } catch {
      // The list has reported it.
      continue;
    }
    for (const name of names) {
      const path = join(dir, name);
      try {
        const stats = statLink(path);
        if (stats?.isFile() !== true || stats.size === 0) continue;
        const sessionId = ownerOf(path) ?? firstSessionId(path);
        if (sessionId === undefined || !isSessionId(sessionId) || !sessions.has(sessionId)) continue;
        files.push({ ...statOf(stats), path, sessionId, agent: AGENT_FILE.exec(name)?.[1], kind: FileKind.subagent });
      } catch (error) {
        skipped.push({ path, reason: errnoOf(error) ?? "unreadable" });
      }
    }
  }
}
