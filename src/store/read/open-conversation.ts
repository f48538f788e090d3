import { isSameFile, SETTLED_MS } from "../disk/file-identity.ts";
import { startOfText } from "../../transcript/rows/interned-ids.ts";
import { findConversation } from "../../transcript/conversation/conversation.ts";
import { type Apart, type ConversationRow, ConversationRows } from "../../transcript/conversation/conversation-row.ts";
import type { SessionMessage } from "../../transcript/conversation/message.ts";
import { ANSWERS, type RowIndex } from "../../transcript/rows/row-index.ts";
import { ASSISTANT, ATTACHMENT, SYSTEM } from "../../transcript/rows/row-kinds.ts";
import { type ConversationEntry, MessageMaker, visibleRows } from "../../transcript/conversation/visible-messages.ts";
import { statFile } from "../disk/fs.ts";
import { openCopy } from "../projects/find-copies.ts";
import { SessionNotFoundError, TranscriptError } from "../errors.ts";
import type { StoredText } from "./lazy-row.ts";
import type { ScanProgress } from "./scan-file.ts";
import { spool } from "../disk/spool.ts";
import { readSize } from "./session-messages.ts";
import { type OpenSubagent, openSubagent, type Subagent, SubagentNames } from "./subagents.ts";
import { type StoredOutput, ToolResults } from "./tool-results.ts";
import { TranscriptFile } from "./transcript-file.ts";
import type { TranscriptCopy } from "../types.ts";
import type { Unread } from "./unread.ts";

/**
 * A conversation that lies open: how many rows it has is known, and any of them can be read, in any order. Memory is an
 * index of about 180 bytes a row. `close` it.
 *
 * It is the whole conversation, with what was compacted away, notices and boundaries; the branches that rewinds left
 * behind follow the current one. Who shows it leaves out what is not wanted.
 */
export interface OpenConversation {
  readonly size: number;
  /** Whose conversation it is, where it is a subagent's. */
  readonly subagent: Subagent | undefined;
  /** What of its file is passed over. */
  readonly unread: Unread;
  /** Number of rows, abandoned branches included. */
  readonly length: number;
  /** What is known of a row without reading it; 0 is the first. */
  facts(at: number): RowFacts;
  entry(at: number): ConversationEntry;
  /** As much of it as a replay needs, read when it is asked for: valid until another row is read. */
  apart(at: number): ReplayedRow;
  /** The row as it stands in the file, without its newline. Valid until another row is read. */
  bytes(at: number): Uint8Array;
  uuid(at: number): string;
  /** The number that its first 8 characters are in hexadecimal; 0 if they are not. Makes no string of it. */
  uuidStart(at: number): number;
  /**
   * The rows that the model has when the session goes on, in the order in which it has them: what a compaction kept comes
   * after its summary. As the official `getSessionMessages` with `includeSystemMessages`.
   */
  current(): readonly number[];
  /** Id of the API message that an assistant row is a part of; undefined for other rows. */
  messageId(at: number): string | undefined;
  /** Whether the session has a subagent of that id, whose conversation can be opened too. */
  hasSubagent(agentId: string): boolean;
  /** Output that was too long for its row, by the name or the path that the row tells; undefined when it is not here. */
  toolResult(path: string): StoredOutput | undefined;
  /** Lets go of what is held of the row that was read last, which may be long. */
  forget(): void;
  /** Whether the file is still what was opened. False of one that changed just before: it could change again unseen. */
  isCurrent(): boolean;
  close(): void;
}

/** What a replay needs of a row. */
export interface ReplayedRow {
  readonly message: Pick<SessionMessage, "type" | "uuid" | "message">;
  /** Members of the row, by name. Of a user or assistant row `cwd`, `toolUseResult` and `isCompactSummary` at least. */
  readonly entry: object;
  readonly apart?: Apart | undefined;
  /** Its long texts, as far as they were read apart from it. */
  readonly texts: readonly StoredText[];
}

interface RowFacts {
  readonly kind: "user" | "assistant" | "system";
  /** A user row that says that it is what a tool call came to. Where none says so it may be one all the same. */
  readonly answers: boolean;
  /** Rows of one API message have the same number; -1 where there is none. */
  readonly message: number;
  /** 0 for the current branch. */
  readonly branch: number;
  readonly compacted: boolean;
  readonly apart: Apart | undefined;
}

export interface OpenConversationOptions {
  /** The conversation of this subagent instead. */
  readonly agentId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told from time to time how many bytes of how many have been read. */
  readonly progress?: ScanProgress | undefined;
}

/** Opens the conversation of a session. Throws `SessionNotFound` for an unknown subagent, file-system errors, and `signal.reason`. */
export async function openConversation(
  copy: TranscriptCopy,
  { agentId, signal, progress }: OpenConversationOptions = {},
): Promise<OpenConversation> {
  if (agentId === undefined) {
    return ofFile(await TranscriptFile.read(openCopy(copy), signal, undefined, progress), copy);
  }
  const open = await openSubagent(copy, agentId, signal);
  if (open === undefined) throw new SessionNotFoundError(copy.sessionId, `: it has no subagent ${agentId}`);
  return opened(open, { copy, path: open.subagent.path, subagent: open.subagent });
}

/**
 * Opens the conversation of a transcript that comes as a stream. It has to be known whole before its first message can be
 * shown, and may be larger than memory, so it goes through a temporary file (spool.ts). Throws the stream's errors, those
 * of the file system, and `signal.reason`.
 */
export async function openStream(stream: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<OpenConversation> {
  return ofFile(await TranscriptFile.read(await spool(stream, signal), signal));
}

function ofFile(file: TranscriptFile, copy?: TranscriptCopy): OpenConversation {
  try {
    const { index, load } = file;
    const fileSize = readSize(file);
    const conversation = findConversation(index, load, {
      fileSize,
      includeCompacted: true,
      branches: "all",
      includeUndelivered: true,
    });
    const rows = visibleRows(conversation, load, { includeSystemMessages: true });
    const shown = {
      file,
      main: file,
      conversation,
      rows: notesInPlace(rows, index),
      context: {},
      close: () => file.close(),
    };
    const current = (): ConversationRows =>
      visibleRows(findConversation(index, load, { fileSize, allQueued: true }), load, { includeSystemMessages: true });
    return opened(shown, { copy, path: copy?.path, subagent: undefined, current });
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Notices of the CLI often hang beside the conversation, and so may a queued prompt: the next message has the same parent. A
 * branch of such rows alone is none that a rewind left behind, so they are put where they stand in the file.
 */
function notesInPlace(rows: ConversationRows, { kind }: RowIndex): ConversationRows {
  if (!rows.hasBranches) return rows;
  const spoken = new Set([0]);
  for (let i = 0; i < rows.length; i++) {
    if (kind[rows.row(i)] !== SYSTEM && kind[rows.row(i)] !== ATTACHMENT) spoken.add(rows.branch(i));
  }
  const notes: ConversationRow[] = [];
  for (let i = 0; i < rows.length; i++) if (!spoken.has(rows.branch(i))) notes.push(rows.get(i) as ConversationRow);
  if (notes.length === 0) return rows;
  notes.sort((a, b) => a.at - b.at);
  const numbers = new Map([...spoken].sort((a, b) => a - b).map((branch, at) => [branch, at]));
  const placed = new ConversationRows(rows.length);
  let compactedBefore = false;
  let next = 0;
  const place = (before: number, compacted: boolean): void => {
    for (; next < notes.length && (notes[next] as ConversationRow).at < before; next++) {
      placed.push({ ...(notes[next] as ConversationRow), branch: 0, compacted });
    }
  };
  for (const row of rows) {
    if (!spoken.has(row.branch)) continue;
    place(row.branch === 0 ? row.at : Infinity, compactedBefore);
    placed.push({ ...row, branch: numbers.get(row.branch) ?? row.branch });
    compactedBefore = row.compacted;
  }
  place(Infinity, compactedBefore);
  return placed;
}

/** Where a conversation comes from. All are absent of a stream. */
interface Origin {
  readonly copy: TranscriptCopy | undefined;
  readonly path: string | undefined;
  readonly subagent: Subagent | undefined;
  /** What of it the model has; absent: all. */
  readonly current?: () => ConversationRows;
}

function opened(
  { file, main, conversation, rows, context, close }: Omit<OpenSubagent, "subagent">,
  { copy, path, subagent, current = () => rows }: Origin,
): OpenConversation {
  const { index } = file;
  const outputs = copy && new ToolResults(copy);
  const names = copy && new SubagentNames(copy, main);
  const settled = Date.now() - file.stat.ctimeMs >= SETTLED_MS;
  const maker = new MessageMaker(conversation, file.load);
  const row = (at: number): ConversationRow => {
    const found = rows.get(at);
    if (found === undefined) throw new TranscriptError("InvalidArgument", `There is no row ${at}`);
    return found;
  };
  return {
    size: file.size,
    unread: file.unread,
    subagent,
    length: rows.length,
    facts(at) {
      const { row: number, branch, compacted, apart } = row(at);
      if (number >= index.count) return { kind: "user", answers: false, message: NONE, branch, compacted, apart };
      const kind = index.kind[number];
      return {
        kind: kind === ASSISTANT ? "assistant" : kind === SYSTEM ? "system" : "user",
        answers: ((index.flags[number] as number) & ANSWERS) !== 0,
        message: index.message[number] as number,
        branch,
        compacted,
        apart,
      };
    },
    entry: (at) => maker.make(row(at), context),
    apart(at) {
      const place = row(at);
      const apart = maker.isPlain(place.row) ? file.apart(place.row) : undefined;
      if (apart === undefined) return { apart: place.apart, texts: [], ...maker.make(place, context) };
      const type = index.kind[place.row] === ASSISTANT ? "assistant" : "user";
      const uuid = index.uuids.text(index.uuid[place.row] as number);
      return { message: { type, uuid, message: apart.message }, entry: apart, apart: place.apart, texts: apart.texts };
    },
    bytes: (at) => file.bytes(row(at).row),
    uuid(at) {
      const { row: number } = row(at);
      return number < index.count
        ? index.uuids.text(index.uuid[number] as number)
        : index.queue.idOf(number - index.count);
    },
    uuidStart(at) {
      const { row: number } = row(at);
      return number < index.count
        ? index.uuids.start(index.uuid[number] as number)
        : startOfText(index.queue.idOf(number - index.count));
    },
    current() {
      const places = new Map<number, number>();
      for (let at = 0; at < rows.length; at++) places.set(rows.row(at), at);
      return Array.from(current(), (one) => places.get(one.row)).filter((at) => at !== undefined);
    },
    messageId(at) {
      const { row: number } = row(at);
      const id = number < index.count ? (index.message[number] as number) : NONE;
      return id < 0 ? undefined : index.messageIds.text(id);
    },
    hasSubagent: (agentId) => names?.has(agentId) === true,
    toolResult: (name) => outputs?.find(name),
    forget: () => file.forget(),
    isCurrent: () => settled && (path === undefined || isSameFile(file.stat, statFile(path))),
    close,
  };
}

const NONE = -1;
