/**
 * Output of tools, also of subagents, that was too long for its row, which has its path below
 * `<session>/tool-results/`. That path may be from another machine and cannot be trusted: only its last name counts.
 */
import { basename } from "node:path";
import { CHUNK_BYTES, FORK_ANCESTORS } from "../../transcript/rows/limits.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";
import { candidateOf } from "../facts/stat-transcripts.ts";
import { close, openReadNoFollow, readAt, readBytes, statLink, statOpen, useAndClose } from "../disk/fs.ts";
import { attempt, TranscriptError } from "../errors.ts";
import { windowFacts } from "../facts/metadata.ts";
import { findCopies, findSession, requireSession } from "../projects/find-copies.ts";
import { sidecarPath, toolResultPath, toolResultsPath } from "../layout/paths.ts";
import type { OrUndefined, SessionMutationOptions, TranscriptCopy } from "../types.ts";
import { yieldToEventLoop } from "../timing.ts";

/** Output that has its own file. */
export interface StoredOutput {
  readonly name: string;
  readonly path: string;
  /** Size when it was found. Bytes appended later are not read. */
  readonly bytes: number;
}

export type ReadToolResultOptions = SessionMutationOptions & { signal?: AbortSignal };

/**
 * Yields the whole text of a tool's output that was too long for its row, in pieces, in order: memory is one piece. `name`
 * is the file as the row names it: `toolUseResult.persistedOutputPath`, or the path in the text of the result
 * (`<persisted-output>`). Only the last name of a path counts. The file is looked up in the directory of the session, then
 * in those of the sessions it is a fork of; links are not followed.
 *
 * Some tools' output is a JSON list of text blocks, which is returned as stored. Throws `InvalidSessionId`,
 * `SessionNotFound`, `MessageNotFound` if there is no such file, file-system errors, and `signal.reason` when aborted.
 */
export async function* readToolResult(
  sessionId: string,
  name: string,
  options: OrUndefined<ReadToolResultOptions> = {},
): AsyncGenerator<string> {
  const copy = requireSession(sessionId, options);
  const output = new ToolResults(copy).find(name);
  if (output === undefined) {
    throw new TranscriptError("MessageNotFound", `Session ${sessionId} has no stored output ${nameIn(name)}`, {
      hint: "It may be where the transcript was copied from.",
      data: { sessionId, name },
    });
  }
  for (const { text } of outputChunks(output)) {
    yield text;
    await yieldToEventLoop();
    options.signal?.throwIfAborted();
  }
}

/** The stored output of a session, by name. */
export class ToolResults {
  readonly #copy: TranscriptCopy;
  #others: readonly TranscriptCopy[] | undefined;

  constructor(copy: TranscriptCopy) {
    this.#copy = copy;
  }

  /** Returns the output with that name, or with the last name of that path; undefined if it is missing. */
  find(path: string): StoredOutput | undefined {
    const name = nameIn(path);
    const own = outputIn(this.#copy, name);
    if (own !== undefined) return own;
    // A session resumed in another directory has files in both. A fork has the rows of another session, but not its files.
    this.#others ??= [...copiesOf(this.#copy), ...ancestorsOf(this.#copy)];
    for (const other of this.#others) {
      const output = outputIn(other, name);
      if (output !== undefined) return output;
    }
    return undefined;
  }
}

/** Returns the last name of a path of any system. */
const nameIn = (path: string): string => basename(path.slice(path.lastIndexOf("\\") + 1));

function outputIn({ project, sessionId }: TranscriptCopy, name: string): StoredOutput | undefined {
  const path = toolResultPath(project, sessionId, name);
  if (path === undefined) return undefined;
  return attempt(() => {
    // A link in place of a directory or of the file leads to something that is not the session's.
    if (statLink(sidecarPath(project, sessionId))?.isDirectory() !== true) return undefined;
    if (statLink(toolResultsPath(project, sessionId))?.isDirectory() !== true) return undefined;
    const stats = useAndClose(openReadNoFollow(path), statOpen);
    return stats.isFile() ? { name, path, bytes: stats.size } : undefined;
  });
}

/** Returns the other copies of the session in its config dir. */
const copiesOf = ({ sessionId, path, project }: TranscriptCopy): TranscriptCopy[] =>
  findCopies(sessionId, { configDirs: [project.configDir] }).filter((copy) => copy.path !== path);

/** Returns the sessions that a session is a fork of, the nearest first, while they are in the same config dir. */
function ancestorsOf(copy: TranscriptCopy): TranscriptCopy[] {
  const line = [copy];
  for (let at: TranscriptCopy | undefined = copy; at !== undefined && line.length <= FORK_ANCESTORS;) {
    const from = forkedFrom(at);
    const isKnown = line.some(({ sessionId }) => sessionId === from);
    at = isKnown ? undefined : findSession(from, { configDirs: [copy.project.configDir] });
    if (at !== undefined) line.push(at);
  }
  return line.slice(1);
}

function forkedFrom(copy: TranscriptCopy): string | undefined {
  const candidate = candidateOf(copy);
  return attempt(() => candidate && windowFacts(candidate)?.forkedFrom);
}

/** A stretch of a stored output, with its byte range in the file. */
export interface OutputChunk {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Returns the length of the chunk at the beginning of bytes. `isLast`: whether the output ends with them. */
type ChunkCutter = (bytes: Buffer, isLast: boolean) => number;

/**
 * Yields a stored output in chunks of at most `CHUNK_BYTES`. By default they end with a line, if possible, or else a
 * character.
 */
export function* outputChunks({ path, bytes }: StoredOutput, cut: ChunkCutter = chunkEnd): Generator<OutputChunk> {
  const fd = openOutput(path);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes));
    for (let from = 0; from < bytes;) {
      const have = readAt(fd, buffer.subarray(0, Math.min(buffer.length, bytes - from)), from);
      if (have === 0) return;
      const end = cut(buffer.subarray(0, have), from + have >= bytes);
      yield { text: buffer.toString("utf8", 0, end), from, to: from + end };
      from += end;
    }
  } finally {
    close(fd);
  }
}

/** Returns the text between two byte offsets of a stored output. Throws file-system errors. */
export function outputText({ path }: StoredOutput, from: number, to: number): string {
  return useAndClose(openOutput(path), (fd) => readBytes(fd, to - from, from).toString());
}

function openOutput(path: string): number {
  const fd = openReadNoFollow(path);
  if (statOpen(fd).isFile()) return fd;
  close(fd);
  throw new TranscriptError("Io", `${path} is no longer a file`);
}

/** Returns the length of the whole lines in the bytes, or at least of the whole characters. */
function chunkEnd(bytes: Buffer, isLast: boolean): number {
  if (isLast) return bytes.length;
  const newline = bytes.lastIndexOf(NEWLINE);
  return newline >= 0 ? newline + 1 : charactersEnd(bytes);
}

/** Returns the length without a last UTF-8 character whose end is missing. */
function charactersEnd(bytes: Buffer): number {
  const { length } = bytes;
  for (let back = 1; back <= Math.min(3, length - 1); back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? length - back : length;
  }
  return length;
}
