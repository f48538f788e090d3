import { errnoOf } from "../../store/errors.ts";
import { findFacts } from "../../store/list/session-info.ts";
import { repositoryPlace } from "../../store/projects/repository-origin.ts";
import { inTurns } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { BundledSession, LeftOutOfBundle } from "../manifest.ts";
import { sessionFiles, type SourceFile } from "./session-files.ts";
import { knownBytes, type KnownBytes } from "./source-bytes.ts";

/** A file of a bundle, before it is written. */
export interface PlannedFile extends KnownBytes {
  readonly source: SourceFile;
  /** Path in the bundle. */
  readonly path: string;
}

export interface BundlePlan {
  /** By id. */
  readonly sessions: readonly BundledSession[];
  /** By path. */
  readonly files: readonly PlannedFile[];
  /** Sum of the files. */
  readonly bytes: number;
  /** Number of files of file history that nobody asked for. */
  readonly fileHistory: number;
}

export interface PlanOptions {
  readonly fileHistory?: boolean | undefined;
  /** Called with the bytes read so far, and those that sessions have. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads everything of some sessions once, and says what a bundle of them has. Two plans of the same files are the same. A file
 * that cannot be read is left out, and so are links.
 */
export async function planBundle(
  copies: readonly TranscriptCopy[],
  { fileHistory, progress, signal }: PlanOptions,
): Promise<BundlePlan> {
  const sessions: BundledSession[] = [];
  const files: PlannedFile[] = [];
  let history = 0;
  let bytes = 0;
  for (const copy of [...copies].sort((a, b) => (a.sessionId < b.sessionId ? -1 : 1))) {
    const { sessionId, project } = copy;
    const found = await sessionFiles(sessionId, project.configDir, { fileHistory });
    history += found.fileHistory;
    const total = bytes + found.files.reduce((sum, file) => sum + file.bytes, 0);
    const leftOut: LeftOutOfBundle[] = [...found.leftOut];
    const own: PlannedFile[] = [];
    for (const source of found.files) {
      try {
        const known = await inTurns(knownBytes(source), signal);
        own.push({ source, path: source.path, ...known });
        bytes += known.bytes;
        progress?.(bytes, total);
      } catch (error) {
        const reason = errnoOf(error);
        if (reason === undefined) throw error;
        leftOut.push({ path: source.path, reason });
      }
    }
    files.push(...own);
    sessions.push({
      sessionId,
      projectKey: project.key,
      ...(await factsOf(copy)),
      files: own.map(({ path, bytes: size, sha256 }) => ({ path, bytes: size, sha256 })),
      leftOut: leftOut.sort((a, b) => (a.path < b.path ? -1 : 1)),
    });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { sessions, files, bytes, fileHistory: history };
}

/** Returns what people and an import know a session by. */
async function factsOf({
  sessionId,
  project,
}: TranscriptCopy): Promise<Pick<BundledSession, "cwd" | "repository" | "title">> {
  const facts = (await findFacts(sessionId, { configDirs: [project.configDir] }))?.facts;
  const cwd = facts?.homeCwd ?? facts?.cwd;
  const repository = cwd === undefined ? undefined : repositoryPlace(cwd);
  return {
    ...(cwd !== undefined && { cwd }),
    ...(repository !== undefined && { repository }),
    ...(facts?.title !== undefined && facts.title !== "" && { title: facts.title }),
  };
}
