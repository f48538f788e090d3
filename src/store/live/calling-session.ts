import { setTimeout as delay } from "node:timers/promises";
import { RECENT_CHANGE_MS } from "../../transcript/rows/limits.ts";
import { candidateOf } from "../facts/stat-transcripts.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { readBytes, statOpen } from "../disk/fs.ts";
import { listProjectDir } from "../projects/dir-cache.ts";
import { sessionOfAncestor, sessionsInProcesses } from "./session-in-use.ts";
import { findSession } from "../projects/find-copies.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import { attempt } from "../errors.ts";
import type { StoreOptions, TranscriptCopy } from "../types.ts";

export interface AskingOptions extends StoreOptions {
  /** The session that started this process, according to the CLI. */
  readonly started?: string | undefined;
  /** Whether the client started this process: our ancestor processes then identify the session. */
  readonly isOurParent: boolean;
  /** Id of the tool call that the request comes from. */
  readonly toolUseId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The CLI writes the row of a tool call some 150 ms after the call. */
const ROW_COMES_WITHIN_MS = 400;
const LOOK_EVERY_MS = 40;
/** Searched bytes at the end of a transcript: the row of the call is among the last ones. */
const TAIL_BYTES = 256 * 1024;
/** Maximum number of sessions at work at once in one project. */
const RECENT_FILES = 16;
const TOOL_USE_ID = /^[\w-]{1,128}$/;

/**
 * Returns the session that the request comes from: the one that started this process, else that of the nearest ancestor
 * with a pid file. A process may continue with another session (`/clear`, `/resume`), so the id of the tool call is
 * looked up in all sessions at work. Undefined if unknown. Throws only `signal.reason`.
 */
export async function askingSession(options: AskingOptions): Promise<string | undefined> {
  const { started, isOurParent, toolUseId, signal } = options;
  const configDirs = resolveConfigDirs(options);
  const supposed = started ?? (isOurParent ? sessionOfAncestor(configDirs) : undefined);
  if (toolUseId === undefined || !TOOL_USE_ID.test(toolUseId)) return supposed;
  const atWork = sessionsAtWork(configDirs, supposed);
  if (atWork.size === 0 || (atWork.size === 1 && atWork.has(supposed ?? ""))) return supposed;
  const mark = Buffer.from(`"id":"${toolUseId}"`);
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    for (const [sessionId, path] of atWork) if (endsWith(path, mark)) return sessionId;
    if (waited >= ROW_COMES_WITHIN_MS) return supposed;
    await delay(LOOK_EVERY_MS);
    signal?.throwIfAborted();
  }
}

/** Returns transcripts, by id: of sessions that processes have open, and of those in their projects that changed recently. */
function sessionsAtWork(configDirs: readonly string[], supposed: string | undefined): Map<string, string> {
  const ids = new Set(configDirs.flatMap((dir) => [...sessionsInProcesses(dir)]));
  if (supposed !== undefined) ids.add(supposed);
  const copies = [...ids].flatMap((id) => findSession(id, { configDirs }) ?? []);
  const atWork = new Map(copies.map(({ sessionId, path }) => [sessionId, path]));
  for (const project of new Map(copies.map((copy) => [copy.project.path, copy.project])).values()) {
    for (const { sessionId, path } of recentIn(project)) atWork.set(sessionId, path);
  }
  return atWork;
}

function recentIn(project: TranscriptCopy["project"]): TranscriptCopy[] {
  const since = Date.now() - RECENT_CHANGE_MS;
  const ids = attempt(() => listProjectDir(project.path).sessionIds) ?? [];
  return ids
    .flatMap((sessionId) => candidateOf({ sessionId, project }) ?? [])
    .filter(({ mtimeMs }) => mtimeMs >= since)
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .slice(0, RECENT_FILES);
}

function endsWith(path: string, mark: Buffer): boolean {
  const found = tryWithOpenFile(path, (fd) => {
    const { size } = statOpen(fd);
    return readBytes(fd, Math.min(size, TAIL_BYTES), Math.max(0, size - TAIL_BYTES)).includes(mark);
  });
  return found === true;
}
