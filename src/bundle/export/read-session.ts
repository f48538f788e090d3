import { errnoOf } from "../../store/errors.ts";
import { findFacts } from "../../store/list/session-info.ts";
import { repositoryPlace } from "../../store/projects/repository-origin.ts";
import { inTurns } from "../../store/timing.ts";
import type { TranscriptCopy } from "../../store/types.ts";
import type { BundledSession, LeftOutOfBundle } from "../manifest.ts";
import type { Redaction } from "../redact/redaction.ts";
import { type NotTaken, sessionFiles, type SourceFile } from "./session-files.ts";
import { knownBytes, type KnownBytes, openSourceFile } from "./source-bytes.ts";

/** What a session has, as it was read first. */
export interface ReadSession {
  readonly sessionId: string;
  readonly projectKey: string;
  readonly facts: Pick<BundledSession, "cwd" | "repository" | "title">;
  readonly files: readonly { readonly source: SourceFile; readonly known: KnownBytes }[];
  readonly leftOut: readonly LeftOutOfBundle[];
  readonly notTaken: NotTaken;
}

export interface ReadOptions {
  readonly fileHistory?: boolean | undefined;
  readonly redaction?: Redaction | undefined;
  /** Called with the number of bytes that a file has. */
  readonly progress?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads everything of a session once. A file that cannot be read, or not be masked if that is asked, is left out. */
export async function readSession(
  copy: TranscriptCopy,
  { fileHistory, redaction, progress, signal }: ReadOptions,
): Promise<ReadSession> {
  const { sessionId, project } = copy;
  const found = await sessionFiles(sessionId, project.configDir, { fileHistory });
  const leftOut: LeftOutOfBundle[] = [...found.leftOut];
  const files: { source: SourceFile; known: KnownBytes }[] = [];
  for (const source of found.files) {
    try {
      const known = await inTurns(knownBytes(source), signal);
      await redaction?.readText(source.path);
      const open = (): number => openSourceFile(source);
      const reason = await redaction?.readFile(open, source.path, known.bytes, signal);
      if (reason === undefined) files.push({ source, known });
      else leftOut.push({ path: source.path, reason });
      progress?.(known.bytes);
    } catch (error) {
      const reason = errnoOf(error);
      if (reason === undefined) throw error;
      leftOut.push({ path: source.path, reason });
    }
  }
  const facts = await factsOf(copy);
  for (const { path, reason } of leftOut) for (const text of [path, reason]) await redaction?.readText(text);
  for (const text of [project.key, facts.cwd, facts.title, facts.repository?.origin, facts.repository?.path])
    if (text !== undefined) await redaction?.readText(text);
  return { sessionId, projectKey: project.key, facts, files, leftOut, notTaken: found.notTaken };
}

/** Returns what people and an import know a session by. */
async function factsOf({ sessionId, project }: TranscriptCopy): Promise<ReadSession["facts"]> {
  const facts = (await findFacts(sessionId, { configDirs: [project.configDir] }))?.facts;
  const cwd = facts?.homeCwd ?? facts?.cwd;
  const repository = cwd === undefined ? undefined : repositoryPlace(cwd);
  return {
    ...(cwd !== undefined && { cwd }),
    ...(repository !== undefined && { repository }),
    ...(facts?.title !== undefined && facts.title !== "" && { title: facts.title }),
  };
}
