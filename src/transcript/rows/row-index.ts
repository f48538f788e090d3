import { IdTable, NONE } from "./interned-ids.ts";
import { asString, membersOf } from "./json-values.ts";
import { stringValue, isTruthy, withPlainKeys } from "./json-string.ts";
import { PRECOMPACT_SKIP_BYTES } from "./limits.ts";
import { QueueTable } from "./queue-table.ts";
import { CWD, MESSAGE, PARTS, PartsTable, RESULT, setPart } from "./part-offsets.ts";
import { ascii, enlarged, equals, OPEN_BRACE, OPEN_BRACKET, QUOTE, type RowScan, scanObject } from "./json-scanner.ts";
import {
  ASSISTANT,
  ATTACHMENT,
  ESCAPED,
  isMessageKind,
  isOfConversation,
  LAST_PROMPT,
  QUEUE_OPERATION,
  readKind,
  SYSTEM,
  USER,
} from "./row-kinds.ts";
import { parseRow } from "./row.ts";
import { lookUp, wordTable } from "./word-table.ts";
import { fromVoiceCall } from "./voice-call.ts";

/** Flags of a row. */
export const SIDECHAIN = 1;
/** The row was written by a CLI that writes `data-flow-…` rows. */
export const DATA_FLOW_ON = 1 << 1;
export const META = 1 << 2;
/** `attachment/fork_briefing`: never a leaf. */
export const FORK_BRIEFING = 1 << 3;
export const QUEUED_COMMAND = 1 << 4;
export const COMPACT_BOUNDARY = 1 << 5;
/** The boundary preserves messages (`preservedMessages` or `preservedSegment`). */
export const PRESERVES = 1 << 6;
export const COMPACT_SUMMARY = 1 << 7;
/** Whether the row is shown depends on its value, not on flags alone. */
export const LOOK_INSIDE = 1 << 8;
/** The row hides tool calls that its host ran. */
export const HIDES_TOOLS = 1 << 9;
/** The official reader of files over 5 MiB drops what is before this boundary (official-helpers.md §5.1). */
const DROPS_BEFORE = 1 << 10;
/** The row has `toolUseResult`, the record of a tool call. Older CLIs and other writers do not write it. */
export const ANSWERS = 1 << 11;
/** The row neither names a parent nor says that it has none. */
export const PARENT_UNKNOWN = 1 << 12;
/** The row was written while a team of agents existed. */
export const TEAM = 1 << 13;

/** `last-prompt` row: the end of the conversation according to the CLI. An `explicit` one is a rewind (rewind.ts). */
export interface Checkpoint {
  /** Number of conversation rows before it. */
  readonly at: number;
  /** Offset in the file. */
  readonly offset: number;
  /** Uuid; `null` for an empty conversation. */
  readonly leaf: string | null;
  readonly explicit: boolean;
}

/** `queue-operation` row of a queued prompt that was taken into a running turn (official-helpers.md §5.7). */
export interface AbsorbedPrompt {
  readonly at: number;
  readonly deliveryId: string | undefined;
  readonly commandUuid: string | undefined;
}

export { NONE };
const FIRST_ROWS = 1024;

/**
 * Table of the conversation rows of a transcript (official-helpers.md §5.2, §6.1): numbers only, about 180 bytes a row. The
 * whole tree must be known before the first message can be shown, but not its text, which is read again by its byte range.
 */
export class RowIndex {
  /** Number of rows. Rows are numbered in file order. */
  count = 0;
  offset = new Float64Array(0);
  length = new Uint32Array(0);
  kind = new Uint8Array(0);
  flags = new Uint16Array(0);
  /** Numbers in `uuids` of the row's uuid and of its parent's; -1 for no parent. */
  uuid = new Int32Array(0);
  parent = new Int32Array(0);
  /** Number in `messageIds` of the API message that an assistant row is a part of, or -1. */
  message = new Int32Array(0);
  /** Uuids of all rows, and those that occur only as a parent. */
  readonly uuids: IdTable;
  readonly messageIds: IdTable;
  readonly parts: PartsTable;
  /** The first explicit checkpoint and all after it: only a rewind moves the end, and later ones can undo it. */
  readonly checkpoints: Checkpoint[] = [];
  readonly absorbed: AbsorbedPrompt[] = [];
  /** `queue-operation` rows. Those that are shown have the numbers from `count` on. */
  readonly queue: QueueTable;
  /** Set by `only`: for each uuid, 1 if any row of the whole transcript has it. */
  elsewhere: Uint8Array | undefined;
  readonly #seed: number;
  /** Union of the flags of all rows. */
  #seen = 0;
  #present: Uint8Array | undefined;
  readonly #found = new FoundMembers();

  /** `seed`: see `IdTable`. `rows`: expected number of rows. */
  constructor(seed = 0, rows = FIRST_ROWS) {
    this.#seed = seed;
    this.#resize(rows);
    this.uuids = new IdTable(seed, rows);
    this.messageIds = new IdTable(seed, rows);
    this.parts = new PartsTable(rows);
    this.queue = new QueueTable(seed);
  }

  /** Adds the row if it is part of the conversation, a checkpoint or a queue operation. Returns its kind. */
  add(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): number {
    return this.#addAs(readKind(bytes, scan), bytes, start, end, offset, scan);
  }

  #addAs(kind: number, bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): number {
    if (isOfConversation(kind)) this.#addRow(kind, bytes, start, end, offset, scan);
    else if (kind === LAST_PROMPT) this.#addCheckpoint(bytes, start, end, offset);
    else if (kind === QUEUE_OPERATION) this.#addOperation(bytes, start, end, offset);
    else if (kind === ESCAPED) return this.#addPlain(bytes, start, end, offset, scan);
    return kind;
  }

  /** Adds a row whose keys or type have escapes: too rare for a fast path. */
  #addPlain(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): number {
    const plain = withPlainKeys(bytes, scan);
    if (!scanObject(plain, 0, plain.length, scan)) return ESCAPED;
    const known = this.count;
    const operations = this.queue.count;
    const kind = this.#addAs(readKind(plain, scan, true), plain, 0, plain.length, offset, scan);
    if (this.queue.count > operations) this.queue.length[operations] = end - start;
    if (this.count > known) {
      this.length[known] = end - start;
      // Their offsets are those of the rewritten row, not of the file.
      this.parts.clearLast();
    }
    return kind;
  }

  /** Returns a table of these rows alone, so that work on it costs no more than they do. `rows` are in file order. */
  only(rows: Int32Array): RowIndex {
    const part = new RowIndex(this.#seed, Math.max(1, rows.length));
    /** Uuid numbers of this table by those of the new one. */
    const numbers: number[] = [];
    const take = (uuid: number): number => {
      if (uuid === NONE) return NONE;
      const number = part.uuids.addText(this.uuids.text(uuid));
      numbers[number] = uuid;
      return number;
    };
    for (const row of rows) {
      const at = part.count++;
      part.offset[at] = this.offset[row] as number;
      part.length[at] = this.length[row] as number;
      part.kind[at] = this.kind[row] as number;
      part.flags[at] = this.flags[row] as number;
      part.#seen |= this.flags[row] as number;
      part.uuid[at] = take(this.uuid[row] as number);
      part.parent[at] = take(this.parent[row] as number);
      const message = this.message[row] as number;
      part.message[at] = message === NONE ? NONE : part.messageIds.addText(this.messageIds.text(message));
      part.parts.addFrom(this.parts, row);
    }
    const present = (this.#present ??= this.uuidsOfRows());
    part.elsewhere = Uint8Array.from(numbers, (number) => present[number] as number);
    return part;
  }

  /** Returns a mask of the uuids that a row has; `mask`: those known already. */
  uuidsOfRows(mask = new Uint8Array(this.uuids.count)): Uint8Array {
    for (let row = 0; row < this.count; row++) mask[this.uuid[row] as number] = 1;
    return mask;
  }

  /** Whether any row has one of the flags. Most transcripts lack most flags, which saves a loop over all rows. */
  hasFlag(flags: number): boolean {
    return (this.#seen & flags) !== 0;
  }

  /** Returns the first row that the official reader sees: it drops the beginning of large files (official-helpers.md §5.1). */
  firstRowAfterSkip(fileSize: number): number {
    if (fileSize <= PRECOMPACT_SKIP_BYTES) return 0;
    for (let row = this.count - 1; row >= 0; row--) if (((this.flags[row] as number) & DROPS_BEFORE) !== 0) return row;
    return 0;
  }

  #addRow(kind: number, bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): void {
    const { members } = scan;
    const found = this.#found.clear();
    for (let i = 0; i < scan.count * 4; i += 4) {
      const read = lookUp(MEMBERS, bytes, members[i] as number, members[i + 1] as number);
      if (read !== undefined) read(found, bytes, members[i + 2] as number, members[i + 3] as number);
    }
    const { parentStart, uuidStart, subtypeStart, subtypeEnd, parts } = found;
    const parent = parentStart === NONE ? NONE : addId(this.uuids, bytes, parentStart, found.parentEnd);
    const uuid = uuidStart === NONE ? NONE : addId(this.uuids, bytes, uuidStart, found.uuidEnd);
    if (uuid === NONE) return;

    let { flags } = found;
    let rowKind = kind;
    if (kind === SYSTEM && subtypeStart !== NONE) {
      if (equals(bytes, subtypeStart, subtypeEnd, VALUE_COMPACT_BOUNDARY)) {
        flags |= boundaryFlags(bytes, start, end);
      } else if (equals(bytes, subtypeStart, subtypeEnd, VALUE_VOICE_CALL_TALK)) {
        const converted = fromVoiceCall(parseRow(bytes, start, end) ?? {});
        if (converted["type"] === "user") rowKind = USER;
        else if (converted["type"] === "attachment") {
          rowKind = ATTACHMENT;
          flags |= QUEUED_COMMAND;
        }
        flags = flag(flags, META, Boolean(converted["isMeta"]));
      }
    }
    if (kind === ATTACHMENT && scan.attachmentTypeStart !== NONE) {
      const { attachmentTypeStart: from, attachmentTypeEnd: to } = scan;
      if (equals(bytes, from, to, VALUE_FORK_BRIEFING)) flags |= FORK_BRIEFING;
      else if (equals(bytes, from, to, VALUE_QUEUED_COMMAND)) flags |= QUEUED_COMMAND;
    }
    if (this.count === this.offset.length) this.#resize(2 * this.count);
    const row = this.count++;
    this.offset[row] = offset;
    this.length[row] = end - start;
    this.kind[row] = rowKind;
    this.flags[row] = flags;
    this.#seen |= flags;
    this.uuid[row] = uuid;
    this.parent[row] = parent;
    const { messageIdStart: from, messageIdEnd: to } = scan;
    const isPart = kind === ASSISTANT && from !== NONE && !isEmpty(bytes, from, to);
    this.message[row] = isPart ? addId(this.messageIds, bytes, from, to) : NONE;
    // A system row may be read as another row (voice-call.ts).
    this.parts.add(start, scan, isMessageKind(kind) ? parts : parts.fill(0));
  }

  #addCheckpoint(bytes: Buffer, start: number, end: number, offset: number): void {
    const value = parseRow(bytes, start, end);
    const leaf = value?.["leafUuid"];
    const explicit = value?.["explicit"] === true;
    if (!explicit && this.checkpoints.length === 0) return;
    if ((typeof leaf === "string" && leaf !== "") || (leaf === null && explicit)) {
      this.checkpoints.push({ at: this.count, offset, leaf, explicit });
    }
  }

  #addOperation(bytes: Buffer, start: number, end: number, offset: number): void {
    const value = parseRow(bytes, start, end);
    if (value === undefined) return;
    this.queue.add(value, bytes, start, end, offset, this.count);
    if (value["operation"] !== "remove" || value["reason"] !== "absorbed_mid_turn") return;
    const { deliveryId, commandUuid } = value;
    this.absorbed.push({ at: this.count, deliveryId: asString(deliveryId), commandUuid: asString(commandUuid) });
  }

  #resize(rows: number): void {
    this.offset = enlarged(this.offset, rows);
    this.length = enlarged(this.length, rows);
    this.kind = enlarged(this.kind, rows);
    this.flags = enlarged(this.flags, rows);
    this.uuid = enlarged(this.uuid, rows);
    this.parent = enlarged(this.parent, rows);
    this.message = enlarged(this.message, rows);
  }
}

const flag = (flags: number, bit: number, on: boolean): number => (on ? flags | bit : flags & ~bit);

/** Returns the number of the id in the JSON value from `start` to `end`; -1 if it is not a string. */
function addId(table: IdTable, bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== QUOTE) return NONE;
  const number = table.add(bytes, start + 1, end - 1);
  return number === NONE ? table.addText(stringValue(bytes, start, end) ?? "") : number;
}

const isNull = (bytes: Uint8Array, start: number): boolean => bytes[start] === 0x6e;
const isEmpty = (bytes: Uint8Array, start: number, end: number): boolean => end - start === 2 && bytes[start] === QUOTE;

/** Bytes at the beginning of a line in which the official reader looks for `"compact_boundary"`. */
const BOUNDARY_WORD_BYTES = 256;

function boundaryFlags(bytes: Buffer, start: number, end: number): number {
  const { preservedMessages, preservedSegment } = membersOf(parseRow(bytes, start, end)?.["compactMetadata"]);
  if (preservedMessages || preservedSegment) return COMPACT_BOUNDARY | PRESERVES;
  const word = bytes.indexOf('"compact_boundary"', start);
  const early = word >= 0 && word < Math.min(start + BOUNDARY_WORD_BYTES, end);
  return early ? COMPACT_BOUNDARY | DROPS_BEFORE : COMPACT_BOUNDARY;
}

/** Members of the row that is being added. Reused from row to row. */
class FoundMembers {
  flags = PARENT_UNKNOWN;
  uuidStart = NONE;
  uuidEnd = NONE;
  parentStart = NONE;
  parentEnd = NONE;
  subtypeStart = NONE;
  subtypeEnd = NONE;
  readonly parts = new Int32Array(PARTS);

  clear(): this {
    this.flags = PARENT_UNKNOWN;
    this.uuidStart = this.parentStart = this.subtypeStart = NONE;
    this.parts.fill(0);
    return this;
  }

  set(bit: number, on: boolean): void {
    this.flags = flag(this.flags, bit, on);
  }
}

/** Reader of each member that matters here, by its key. The value is the JSON from `start` to `end`. */
const MEMBERS = wordTable<(found: FoundMembers, bytes: Uint8Array, start: number, end: number) => void>({
  cwd: ({ parts }, _, start, end) => setPart(parts, CWD, start, end),
  message: ({ parts }, _, start, end) => setPart(parts, MESSAGE, start, end),
  uuid: (found, _, start, end) => {
    found.uuidStart = start;
    found.uuidEnd = end;
  },
  parentUuid: (found, bytes, start, end) => {
    const isId = bytes[start] === QUOTE && !isEmpty(bytes, start, end);
    found.parentStart = isId ? start : NONE;
    found.parentEnd = end;
    found.set(PARENT_UNKNOWN, !isId && !isNull(bytes, start));
  },
  subtype: (found, _, start, end) => {
    found.subtypeStart = start;
    found.subtypeEnd = end;
  },
  toolUseResult: (found, bytes, start, end) => {
    setPart(found.parts, RESULT, start, end);
    if (!isNull(bytes, start)) found.flags |= ANSWERS;
  },
  isMeta: (found, bytes, start, end) => found.set(META, isTruthy(bytes, start, end)),
  isSidechain: (found, bytes, start, end) => found.set(SIDECHAIN, isTruthy(bytes, start, end)),
  isCompactSummary: (found, bytes, start, end) => found.set(COMPACT_SUMMARY, isTruthy(bytes, start, end)),
  dataFlowOn: (found, bytes, start, end) => found.set(DATA_FLOW_ON, equals(bytes, start, end, VALUE_TRUE)),
  closesQuietTurn: (found) => found.set(LOOK_INSIDE, true),
  teamName: (found, bytes, start, end) => found.set(TEAM, bytes[start] === QUOTE && !isEmpty(bytes, start, end)),
  origin: (found, bytes, start) => {
    if (bytes[start] === OPEN_BRACE) found.flags |= LOOK_INSIDE;
  },
  hostHiddenToolUseIds: (found, bytes, start) => {
    if (bytes[start] === OPEN_BRACKET) found.flags |= HIDES_TOOLS;
  },
});

const VALUE_COMPACT_BOUNDARY = ascii('"compact_boundary"');
const VALUE_TRUE = ascii("true");
const VALUE_VOICE_CALL_TALK = ascii('"voice_call_talk"');
const VALUE_FORK_BRIEFING = ascii('"fork_briefing"');
const VALUE_QUEUED_COMMAND = ascii('"queued_command"');
