import { setTimeout as delay } from "node:timers/promises";
import { RECENT_CHANGE_MS } from "../../transcript/rows/limits.ts";
import { candidateOf } from "../facts/stat-transcripts.ts";
import { resolveConfigDirs } from "../layout/config-dir.ts";
import { readAt, statOpen } from "../disk/fs.ts";
import { listProjectDir } from "../projects/dir-cache.ts";
import { sessionOfAncestor, sessionsInProcesses } from "./session-in-use.ts";
import { findSession } from "../projects/find-copies.ts";
import { tryWithOpenFile } from "../disk/read-small-file.ts";
import type { StoreOptions, TranscriptCopy } from "../types.ts";

export interface AskingOptions extends StoreOptions {
  /** The session that started this process, as the CLI said then. */
  readonly started?: string | undefined;
  /** Whether whoever asks started this process: its ancestors then say which session asks. */
  readonly isOurParent: boolean;
  /** Id of the tool call by which it asks. */
  readonly toolUseId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The CLI writes the row of a tool call some 150 ms after it has made the call. */
const ROW_COMES_WITHIN_MS = 400;
const LOOK_EVERY_MS = 40;
/** The row of the call is among the last ones. */
const TAIL_BYTES = 256 * 1024;
/** In one project: more sessions are not at work at once. */
const RECENT_FILES = 16;
const TOOL_USE_ID = /^[\w-]{1,128}$/;

/**
 * The session in which the question was asked: the one that started this process, else that of the nearest ancestor which
 * keeps a file of itself. A process may go on with another session (`/clear`, `/resume`), so the id of the tool call is
 * looked for in those that are at work; where there is only one, nothing is waited for. Undefined where nothing tells.
 *
 * Reads only. Throws `signal.reason` only.
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

/** The transcripts of the sessions that processes have open, and of those beside them that changed a moment ago, by id. */
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
  try {
    return listProjectDir(project.path)
      .sessionIds.flatMap((sessionId) => candidateOf({ sessionId, project }) ?? [])
      .filter(({ mtimeMs }) => mtimeMs >= since)
      .sort((a, b) => b.mtimeMs - a.mtimeMs)
      .slice(0, RECENT_FILES);
  } catch {
    return [];
  }
}

function endsWith(path: string, mark: Buffer): boolean {
  const found = tryWithOpenFile(path, (fd) => {
    const { size } = statOpen(fd);
    const bytes = Buffer.allocUnsafe(Math.min(size, TAIL_BYTES));
    const have = readAt(fd, bytes, size - bytes.length);
    return bytes.subarray(0, have).includes(mark);
  });
  return found === true;
}
