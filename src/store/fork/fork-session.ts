import { nodeCrypto } from "../disk/builtins.ts";
import { basename } from "node:path";
import { type ForkCut, wholeCut } from "../../transcript/fork/select-rows.ts";
import { type ForkPart, partUpTo, wholePart } from "../../transcript/fork/fork-prompts.ts";
import { ForkFacts, type StoredRow } from "../../transcript/fork/carried-over.ts";
import { PROGRESS } from "../../transcript/rows/row-kinds.ts";
import type { NewIds } from "../../transcript/fork/new-ids.ts";
import { ForkRows } from "../../transcript/fork/fork-rows.ts";
import { RowWriter } from "../../transcript/fork/row-writer.ts";
import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { asObject } from "../../transcript/rows/json-values.ts";
import { makeDir, statFile, writeAll } from "../disk/fs.ts";
import { cleanStaleTemps, createTemp, discardTemp, publishNew } from "../disk/atomic-write.ts";
import { deletedConcurrently, InvalidArgumentError, isMissing, TranscriptError } from "../errors.ts";
import { forkTitle } from "../facts/metadata.ts";
import { stageSubagents } from "./fork-subagents.ts";
import { openCopy, requireSession } from "../projects/find-copies.ts";
import { projectDir, transcriptPath } from "../layout/paths.ts";
import { isAbsolutePath, isInside } from "../disk/platform.ts";
import { canonicalPath, diskKey, keyOfPath } from "../layout/project-key.ts";
import { sessionCwd } from "../projects/session-cwd.ts";
import { TranscriptFile } from "../read/transcript-file.ts";
import { isAllRead, type Unread } from "../read/unread.ts";
import type { OrUndefined, ProjectDir, SessionMutationOptions, TranscriptCopy } from "../types.ts";

export type ForkSessionOptions = SessionMutationOptions & {
  /**
   * Last message of the fork: a row's `uuid`, or the id of an API message (`msg_…`), which means its last row and the
   * results of its tool calls. Absent: everything.
   */
  upToMessageId?: string;
  /** Title of the fork. Absent: the source's title followed by ` (fork)`. */
  title?: string;
  /**
   * Working directory of the fork: the file goes to the project of that directory, and a `cwd` below the source's
   * directory becomes the same path below this one. Absent: the source's project and `cwd`.
   */
  cwd?: string;
  /** Keeps the `uuid`s of the rows, as the CLI's own fork does. Default: new ones, as the official helper does. */
  preserveMessageIds?: boolean;
  /** Copies the subagents' transcripts too. Default false, as in the official helper. */
  includeSubagents?: boolean;
  /** Called from time to time with the bytes read so far and in all; the transcript is read twice. */
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** Called once the fork exists, with the parts of the source that could not be read and are missing from it, if any. */
  onUnread?: (unread: Unread) => void;
};

export type ForkSessionResult = {
  /** Id of the new session. */
  sessionId: string;
};

/**
 * Copies a session to a new one that can be resumed independently (official-helpers.md §6): new session id, new `uuid`s,
 * each row with `forkedFrom`, payloads unchanged to the byte. Reads twice and writes once, as a stream: memory is the longest
 * row and less than 200 bytes a row. The new transcript appears atomically, mode 0600; the source is not changed.
 *
 * Throws `InvalidSessionId`, `SessionNotFound`, `MessageNotFound` (no such `upToMessageId`), `NoMessages` (nothing to
 * copy), `InvalidArgument` (`cwd` is not absolute), file-system errors, and `signal.reason` when aborted.
 */
export async function forkSession(
  sessionId: string,
  options?: OrUndefined<ForkSessionOptions> | null,
): Promise<ForkSessionResult> {
  const { title, cwd, preserveMessageIds = false, includeSubagents = false, progress, signal } = options ?? {};
  const opened = await openSource(sessionId, options);
  const { source, file, facts, part } = opened;
  try {
    const { configDir } = source.project;
    const target = cwd === undefined ? source.project : projectDir(configDir, diskKey(cwd));
    const forkId = nodeCrypto().randomUUID();
    const rows = new ForkRows(file.index, file.loadQueued, part, {
      sourceId: sessionId,
      forkId,
      freshId: () => nodeCrypto().randomUUID(),
      now: new Date().toISOString(),
      ids: preserveMessageIds ? undefined : randomIds(file.index.uuids.count),
      mapCwd:
        cwd === undefined || target.path === source.project.path ? undefined : cwdMapper(source, canonicalPath(cwd)),
    });
    const customTitle = title?.trim() || `${forkTitle(source, facts) || "Forked session"} (fork)`;
    makeDir(target.path);
    cleanStaleTemps(target.path);
    await publish(opened, rows, { target, forkId, customTitle, includeSubagents, progress, signal });
    if (!isAllRead(file.unread)) options?.onUnread?.(file.unread);
    return { sessionId: forkId };
  } catch (error) {
    throw isMissing(error) && statFile(source.path) === undefined ? deletedConcurrently(sessionId) : error;
  } finally {
    file.close();
  }
}

/** Throws what `forkSession` would throw for this session and these options. Only reads. */
export async function checkFork(sessionId: string, options?: OrUndefined<ForkSessionOptions> | null): Promise<void> {
  const { file } = await openSource(sessionId, options);
  file.close();
}

interface Source {
  readonly source: TranscriptCopy;
  readonly file: TranscriptFile;
  readonly facts: ForkFacts;
  readonly part: ForkPart;
}

async function openSource(
  sessionId: string,
  options: OrUndefined<ForkSessionOptions> | null | undefined,
): Promise<Source> {
  const { upToMessageId, cwd, progress, signal } = options ?? {};
  if (cwd !== undefined && !isAbsolutePath(cwd)) {
    throw new InvalidArgumentError("cwd", `cwd must be an absolute path, got "${cwd}"`);
  }
  const source = requireSession(sessionId, options, "fork");
  const facts = new ForkFacts(sessionId);
  const file = await TranscriptFile.read(openCopy(source), signal, facts, (done, total) => progress?.(done, 2 * total));
  try {
    const part = upToMessageId
      ? partUpTo(file.index, upToMessageId, file.load, file.size)
      : wholePart(file.index, file.load);
    if (part === undefined) {
      const nothing = !wholeCut(file.index).keep.includes(1);
      throw nothing ? noMessages(sessionId) : messageNotFound(sessionId, String(upToMessageId));
    }
    if (!hasRows(file, part.cut)) throw noMessages(sessionId);
    return { source, file, facts, part };
  } catch (error) {
    file.close();
    throw error;
  }
}

interface Publication extends Pick<OrUndefined<ForkSessionOptions>, "progress" | "signal"> {
  readonly target: ProjectDir;
  readonly forkId: string;
  readonly customTitle: string;
  readonly includeSubagents: boolean;
}

async function publish({ source, file, facts }: Source, rows: ForkRows, to: Publication): Promise<void> {
  const finalPath = transcriptPath(to.target, to.forkId);
  const temp = createTemp(to.target.path, basename(finalPath));
  try {
    const writer = new RowWriter(2 * CHUNK_BYTES, (bytes) => writeAll(temp.fd, bytes));
    for (const row of rows.headRows(facts)) writer.value(row);
    for await (const _chunk of file.chunks(
      { row: (bytes, _start, _end, offset, scan) => rows.write(bytes, offset, scan, writer) },
      to.signal,
      (done, total) => to.progress?.(total + done, 2 * total),
    ));
    writeReplacements(file, facts, rows, writer);
    const read = ({ offset, length }: StoredRow): ReturnType<typeof file.valueAt> => file.valueAt(offset, length);
    for (const row of rows.tailRows(facts, to.customTitle, read)) writer.value(row);
    writer.flush();
    if (to.includeSubagents) await stageSubagents(source, to.target, to.forkId, to.signal);
    publishNew(temp, finalPath);
  } catch (error) {
    discardTemp(temp);
    throw error;
  }
}

/** Writes one row with the replacements of all such rows, which are read and written one by one to bound memory. */
function writeReplacements(file: TranscriptFile, facts: ForkFacts, rows: ForkRows, writer: RowWriter): void {
  let written = 0;
  for (const { offset, length } of facts.replacements) {
    const list = file.valueAt(offset, length)?.["replacements"];
    for (const item of Array.isArray(list) ? list : []) {
      if (asObject(item) === undefined) continue;
      writer.text(written++ === 0 ? rows.replacementsStart() : ",");
      writer.text(JSON.stringify(item));
    }
  }
  if (written > 0) writer.text(rows.replacementsEnd());
}

const hasRows = ({ index }: TranscriptFile, { keep }: ForkCut): boolean =>
  keep.some((kept, row) => kept !== 0 && index.kind[row] !== PROGRESS);

/** Returns a function that maps a `cwd` below the source's directory (by its rows or its key) to that in the fork. */
function cwdMapper(source: TranscriptCopy, to: string): (cwd: string) => string {
  const root = sessionCwd(source.path);
  if (root === undefined) return (cwd) => (keyOfPath(cwd) === source.project.key ? to : cwd);
  return (cwd) => (cwd === root ? to : isInside(cwd, root) ? to + cwd.slice(root.length) : cwd);
}

/** Returns random bytes for version 4 uuids; as text they would take four times the memory. */
function randomIds(count: number): NewIds {
  const bytes = new Uint8Array(count * 16);
  const step = 64 * 1024;
  for (let at = 0; at < bytes.length; at += step)
    nodeCrypto().randomFillSync(bytes, at, Math.min(step, bytes.length - at));
  return bytes;
}

function messageNotFound(sessionId: string, messageId: string): TranscriptError {
  return new TranscriptError("MessageNotFound", `Message ${messageId} not found in session ${sessionId}`, {
    hint: "Take the id from a message of this session: its uuid, or the id of the API message.",
    data: { sessionId, messageId },
  });
}

function noMessages(sessionId: string): TranscriptError {
  return new TranscriptError("NoMessages", `Session ${sessionId} has no messages to fork`, { data: { sessionId } });
}
