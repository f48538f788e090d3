import { isSameFile, SETTLED_MS } from "../disk/file-identity.ts";
import { hexPrefixOf } from "../../transcript/rows/interned-ids.ts";
import { findConversation } from "../../transcript/conversation/conversation.ts";
import { type Apart, type ConversationRow, ConversationRows } from "../../transcript/conversation/conversation-row.ts";
import type { SessionMessage } from "../../transcript/conversation/message.ts";
import { ANSWERS, type RowIndex, TEAM } from "../../transcript/rows/row-index.ts";
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
 * An open conversation: its number of rows is known, and any row can be read, in any order. Memory is an index of about
 * 180 bytes a row. `close` it.
 *
 * It is the whole conversation, with compacted rows, notices and boundaries; the branches abandoned by rewinds follow the
 * current one. Callers leave out what they do not show.
 */
export interface OpenConversation {
  readonly size: number;
  /** The subagent whose conversation it is; undefined for that of the session. */
  readonly subagent: Subagent | undefined;
  /** The parts of its file that were skipped. */
  readonly unread: Unread;
  /** Number of rows, abandoned branches included. */
  readonly length: number;
  /** Returns what the index knows of a row, without reading it; 0 is the first row. */
  facts(at: number): RowFacts;
  entry(at: number): ConversationEntry;
  /** Reads what a replay needs of a row, lazily: valid until another row is read. */
  apart(at: number): ReplayedRow;
  /** Returns the row as stored, without its newline. Valid until another row is read. */
  bytes(at: number): Uint8Array;
  uuid(at: number): string;
  /** Returns the first 8 characters of the uuid as a hexadecimal number, 0 if they are not one. Allocates no string. */
  uuidStart(at: number): number;
  /**
   * Returns the rows that the model gets when the session is resumed, in its order: rows that a compaction kept come after
   * its summary. Like the official `getSessionMessages` with `includeSystemMessages`.
   */
  current(): readonly number[];
  /** Returns the id of the API message that an assistant row is part of; undefined for other rows. */
  messageId(at: number): string | undefined;
  /** Reports whether the session has a subagent with that id, whose conversation can be opened too. */
  hasSubagent(agentId: string): boolean;
  /** Returns output that was too long for its row, by the name or path in the row; undefined if it is missing. */
  toolResult(path: string): StoredOutput | undefined;
  /** Whether a team of agents existed during it, or it is a subagent's: other agents may have written its user rows. */
  readonly hasTeam: boolean;
  /** Releases the row that was read last, which may be long. */
  forget(): void;
  /** Reports whether the file is unchanged since it was opened. False if it changed just before: it could change unseen. */
  isCurrent(): boolean;
  close(): void;
}

/** The parts of a row that a replay needs. */
export interface ReplayedRow {
  readonly message: Pick<SessionMessage, "type" | "uuid" | "message">;
  /** Members of the row, by name; at least `cwd`, `toolUseResult` and `isCompactSummary` of a user or assistant row. */
  readonly entry: object;
  readonly apart?: Apart | undefined;
  /** Long texts of the row with their stored JSON, if it was read lazily. */
  readonly texts: readonly StoredText[];
}

interface RowFacts {
  readonly kind: "user" | "assistant" | "system";
  /** Whether a user row says that it is the result of a tool call. If no row says so, it may still be one. */
  readonly answers: boolean;
  /** Number that all rows of one API message share; -1 for other rows. */
  readonly message: number;
  /** 0 for the current branch. */
  readonly branch: number;
  readonly compacted: boolean;
  readonly apart: Apart | undefined;
}

export interface OpenConversationOptions {
  /** Opens the conversation of this subagent instead. */
  readonly agentId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called from time to time with the bytes read so far and in all. */
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
  const open = await openSubagent(copy, agentId, { extent: "all", signal });
  if (open === undefined) throw new SessionNotFoundError(copy.sessionId, `: it has no subagent ${agentId}`);
  const { file, rows } = open;
  const { index, load } = file;
  const current = (): ConversationRows =>
    visibleRows(findConversation(index, load, { fileSize: 0, subagent: true, allQueued: true }), load, {
      subagent: true,
      includeSystemMessages: true,
    });
  return opened({ ...open, rows: notesInPlace(rows, index) }, copy, current);
}

/** Opens the conversation of a stream, kept in a temporary file. Throws its errors, the disk's, and `signal.reason`. */
export async function openStream(stream: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<OpenConversation> {
  return ofFile(await TranscriptFile.read(await spool(stream, signal), signal));
}

const WHOLE = { includeSystemMessages: true, includePictures: true };

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
    const rows = visibleRows(conversation, load, WHOLE);
    const shown = {
      subagent: undefined,
      file,
      main: file,
      conversation,
      rows: notesInPlace(rows, index),
      context: {},
      close: () => file.close(),
    };
    const current = (): ConversationRows =>
      visibleRows(findConversation(index, load, { fileSize, allQueued: true }), load, WHOLE);
    return opened(shown, copy, current);
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Moves notices to their place in the file. A notice of the CLI, or a queued prompt, often has the same parent as the next
 * message. A branch of such rows only was not abandoned by a rewind.
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

/** `copy`: undefined for a stream. `current`: the rows that the model has. */
function opened(
  open: Omit<OpenSubagent, "subagent"> & { readonly subagent: Subagent | undefined },
  copy: TranscriptCopy | undefined,
  current: () => ConversationRows,
): OpenConversation {
  const { subagent, file, main, conversation, rows, context, close } = open;
  const { index } = file;
  const path = (subagent ?? copy)?.path;
  const outputs = copy && new ToolResults(copy);
  const names = copy && new SubagentNames(copy, main);
  const settled = Date.now() - file.stat.ctimeMs >= SETTLED_MS;
  const maker = new MessageMaker(conversation, file.load, subagent === undefined);
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
      const apart = maker.isPlain(place.row) ? file.lazyRow(place.row) : undefined;
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
        ? index.uuids.hexPrefix(index.uuid[number] as number)
        : hexPrefixOf(index.queue.idOf(number - index.count));
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
    hasTeam: subagent !== undefined || index.hasFlag(TEAM),
    forget: () => file.forget(),
    isCurrent: () => settled && (path === undefined || isSameFile(file.stat, statFile(path))),
    close,
  };
}

const NONE = -1;
