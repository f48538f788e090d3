import { IdTable } from "./interned-ids.ts";
import { asString, membersOf } from "./json-values.ts";
import { stringValue, truthy, withPlainKeys } from "./json-string.ts";
import { PRECOMPACT_SKIP_BYTES } from "./limits.ts";
import { QueueTable } from "./queue-table.ts";
import { CWD, MESSAGE, PARTS, PartsTable, RESULT, setPart } from "./part-offsets.ts";
import { ascii, equals, type RowScan, scanObject } from "./json-scanner.ts";
import {
  ASSISTANT,
  ATTACHMENT,
  ESCAPED,
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

/**
 * A transcript as a table: one line of numbers per conversation row, and no text.
 *
 * The conversation is a tree that has to be known whole before its first message can be shown, but its text need not be.
 * So a transcript is read once to fill this table (about 180 bytes a row), and rows are read again, by their byte range,
 * when they are shown. Which rows belong here, and what counts as what, is official-helpers.md §5.2 and §6.1.
 */

/** Flags of a row. */
export const SIDECHAIN = 1;
/** Written by a CLI that keeps `data-flow-…` rows. */
export const DATA_FLOW_ON = 1 << 1;
export const META = 1 << 2;
/** `attachment/fork_briefing`: never a leaf. */
export const FORK_BRIEFING = 1 << 3;
export const QUEUED_COMMAND = 1 << 4;
export const COMPACT_BOUNDARY = 1 << 5;
/** A boundary that keeps messages (`preservedMessages` or `preservedSegment`). */
export const PRESERVES = 1 << 6;
export const COMPACT_SUMMARY = 1 << 7;
/** Whether the row is shown depends on more than flags: its value has to be looked at. */
export const LOOK_INSIDE = 1 << 8;
/** The row hides tool calls that its host ran. */
export const HIDES_TOOLS = 1 << 9;
/** The reader of files over 5 MiB drops what stands before this boundary (official-helpers.md §5.1). */
const DROPS_BEFORE = 1 << 10;
/** The row says beside its content that it holds what a tool call came to; older ones and other writers do not say so. */
export const ANSWERS = 1 << 11;
/** Names no parent, and does not say either that it has none. */
export const PARENT_UNKNOWN = 1 << 12;

/** A `last-prompt` row: where the CLI says the conversation ends. `explicit` ones are rewinds (rewind.ts). */
export interface Checkpoint {
  /** Number of conversation rows that stand before it. */
  readonly at: number;
  /** Where it stands in the file. */
  readonly offset: number;
  /** A uuid; `null` for an empty conversation. */
  readonly leaf: string | null;
  readonly explicit: boolean;
}

/** A `queue-operation` that says a queued prompt was taken into a running turn (official-helpers.md §5.7). */
export interface AbsorbedPrompt {
  readonly at: number;
  readonly deliveryId: string | undefined;
  readonly commandUuid: string | undefined;
}

const NONE = -1;
const FIRST_ROWS = 1024;

export class RowIndex {
  /** Number of rows. Rows are numbered in file order. */
  count = 0;
  offset: Float64Array;
  length: Uint32Array;
  kind: Uint8Array;
  flags: Uint16Array;
  /** Number of the row's uuid, and of its parent's; -1 for no parent. */
  uuid: Int32Array;
  parent: Int32Array;
  /** Number of the API message an assistant row is a part of, or -1. */
  message: Int32Array;
  /** Also those that only occur as a parent. */
  readonly uuids: IdTable;
  readonly messageIds: IdTable;
  readonly parts: PartsTable;
  /** Empty until the first explicit one: only those move anything, and later ones can take it back. */
  readonly checkpoints: Checkpoint[] = [];
  readonly absorbed: AbsorbedPrompt[] = [];
  /** The `queue-operation` rows. Those that a reader shows are numbered after the rows: `count` and on. */
  readonly queue: QueueTable;
  /** Of a table of some rows of a transcript: the uuids, by their numbers, that any of its rows has. */
  elsewhere: Uint8Array | undefined;
  readonly #seed: number;
  /** Flags of any row. */
  #seen = 0;
  #present: Uint8Array | undefined;
  readonly #found = new FoundMembers();

  /** `seed`: of the tables of ids (id-table.ts). `rows`: about how many there will be; the tables grow where there are more. */
  constructor(seed = 0, rows = FIRST_ROWS) {
    this.#seed = seed;
    this.offset = new Float64Array(rows);
    this.length = new Uint32Array(rows);
    this.kind = new Uint8Array(rows);
    this.flags = new Uint16Array(rows);
    this.uuid = new Int32Array(rows);
    this.parent = new Int32Array(rows);
    this.message = new Int32Array(rows);
    this.uuids = new IdTable(seed, rows);
    this.messageIds = new IdTable(seed, rows);
    this.parts = new PartsTable(rows);
    this.queue = new QueueTable(seed);
  }

  /**
   * Adds the row if it is one of the conversation, and remembers it if it says something about the conversation. Returns
   * its kind.
   */
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

  /** Adds a row with a key or a type that is written with escapes: too rare to read byte by byte. */
  #addPlain(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan): number {
    const plain = withPlainKeys(bytes, scan);
    if (!scanObject(plain, 0, plain.length, scan)) return ESCAPED;
    const known = this.count;
    const operations = this.queue.count;
    const kind = this.#addAs(readKind(plain, scan, true), plain, 0, plain.length, offset, scan);
    if (this.queue.count > operations) this.queue.length[operations] = end - start;
    if (this.count > known) {
      this.length[known] = end - start;
      // They stand elsewhere in the file.
      this.parts.forgetLast();
    }
    return kind;
  }

  /** A table of some rows alone, given in the order of the file, so that what is made of it costs no more than they do. */
  only(rows: Int32Array): RowIndex {
    const part = new RowIndex(this.#seed, Math.max(1, rows.length));
    /** Numbers of its uuids here. */
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
    this.#present ??= this.#uuidsOfRows();
    const present = this.#present;
    part.elsewhere = Uint8Array.from(numbers, (number) => present[number] as number);
    return part;
  }

  #uuidsOfRows(): Uint8Array {
    const present = new Uint8Array(this.uuids.count);
    for (let row = 0; row < this.count; row++) present[this.uuid[row] as number] = 1;
    return present;
  }

  /** Whether any row has one of the flags. Most transcripts lack most of them, and need no look at every row for it. */
  hasFlag(flags: number): boolean {
    return (this.#seen & flags) !== 0;
  }

  /** First row that the official reader would still see: it drops the past of large files (official-helpers.md §5.1). */
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
      const from = scan.attachmentTypeStart;
      const to = scan.attachmentTypeEnd;
      if (equals(bytes, from, to, VALUE_FORK_BRIEFING)) flags |= FORK_BRIEFING;
      else if (equals(bytes, from, to, VALUE_QUEUED_COMMAND)) flags |= QUEUED_COMMAND;
    }
    if (this.count === this.offset.length) this.#grow();
    const row = this.count++;
    this.offset[row] = offset;
    this.length[row] = end - start;
    this.kind[row] = rowKind;
    this.flags[row] = flags;
    this.#seen |= flags;
    this.uuid[row] = uuid;
    this.parent[row] = parent;
    this.message[row] = kind === ASSISTANT ? this.#messageOf(bytes, scan) : NONE;
    // A system row may stand for another (voice-call.ts).
    this.parts.add(start, scan, kind <= ASSISTANT ? parts : parts.fill(0));
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

  #messageOf(bytes: Buffer, { messageIdStart: start, messageIdEnd: end }: RowScan): number {
    return start === NONE || isEmpty(bytes, start, end) ? NONE : addId(this.messageIds, bytes, start, end);
  }

  #grow(): void {
    this.offset = larger(this.offset, Float64Array);
    this.length = larger(this.length, Uint32Array);
    this.kind = larger(this.kind, Uint8Array);
    this.flags = larger(this.flags, Uint16Array);
    this.uuid = larger(this.uuid, Int32Array);
    this.parent = larger(this.parent, Int32Array);
    this.message = larger(this.message, Int32Array);
  }
}

function larger<T extends { length: number; set(from: T): void }>(from: T, Type: new (length: number) => T): T {
  const to = new Type(from.length * 2);
  to.set(from);
  return to;
}

const flag = (flags: number, bit: number, on: boolean): number => (on ? flags | bit : flags & ~bit);

/** Number of the id that the JSON value from `start` to `end` is; -1 when it is no string. */
function addId(table: IdTable, bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== 0x22) return NONE;
  const number = table.add(bytes, start + 1, end - 1);
  return number === NONE ? table.addText(stringValue(bytes, start, end) ?? "") : number;
}

const isNull = (bytes: Uint8Array, start: number): boolean => bytes[start] === 0x6e;
const isEmpty = (bytes: Uint8Array, start: number, end: number): boolean => end - start === 2 && bytes[start] === 0x22;

/** How far into its line the official reader looks for the words before it takes a row for a boundary. */
const BOUNDARY_WORD_BYTES = 256;

function boundaryFlags(bytes: Buffer, start: number, end: number): number {
  const { preservedMessages, preservedSegment } = membersOf(parseRow(bytes, start, end)?.["compactMetadata"]);
  if (preservedMessages || preservedSegment) return COMPACT_BOUNDARY | PRESERVES;
  const word = bytes.indexOf('"compact_boundary"', start);
  const early = word >= 0 && word < Math.min(start + BOUNDARY_WORD_BYTES, end);
  return early ? COMPACT_BOUNDARY | DROPS_BEFORE : COMPACT_BOUNDARY;
}

/** What the members of the row that is being added say. One object serves row after row. */
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

/** Reads each member that matters here, by its key: the JSON from `start` to `end`. */
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
  isMeta: (found, bytes, start, end) => found.set(META, truthy(bytes, start, end)),
  isSidechain: (found, bytes, start, end) => found.set(SIDECHAIN, truthy(bytes, start, end)),
  isCompactSummary: (found, bytes, start, end) => found.set(COMPACT_SUMMARY, truthy(bytes, start, end)),
  dataFlowOn: (found, bytes, start, end) => found.set(DATA_FLOW_ON, equals(bytes, start, end, VALUE_TRUE)),
  closesQuietTurn: (found) => found.set(LOOK_INSIDE, true),
  origin: (found, bytes, start) => {
    if (bytes[start] === OPEN_BRACE) found.flags |= LOOK_INSIDE;
  },
  hostHiddenToolUseIds: (found, bytes, start) => {
    if (bytes[start] === OPEN_BRACKET) found.flags |= HIDES_TOOLS;
  },
});

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const VALUE_COMPACT_BOUNDARY = ascii('"compact_boundary"');
const VALUE_TRUE = ascii("true");
const VALUE_VOICE_CALL_TALK = ascii('"voice_call_talk"');
const VALUE_FORK_BRIEFING = ascii('"fork_briefing"');
const VALUE_QUEUED_COMMAND = ascii('"queued_command"');
