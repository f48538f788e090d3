/**
 * Makes of the rows of one file what the catalog keeps of them. Pure: bytes in, values out.
 *
 * Three quarters of a transcript are never parsed: rows of other types, and the CLI's own record of a result next to the
 * text that the model was given.
 */
import { ascii, endOfString, equals, OPEN_BRACE, RowScan, scanObject } from "../../transcript/rows/json-scanner.ts";
import { blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { LONG_ROW } from "../../transcript/rows/long-row.ts";
import { parseRow } from "../../transcript/rows/row.ts";
import {
  AI_TITLE,
  ANNOTATION,
  ASSISTANT,
  ATTACHMENT,
  CUSTOM_TITLE,
  ESCAPED,
  isOfConversation,
  PROGRESS,
  QUEUE_OPERATION,
  readKind,
  RELOCATED,
  SYSTEM,
  TAG,
  USER,
} from "../../transcript/rows/row-kinds.ts";
import { lookUp, wordTable } from "../../transcript/rows/word-table.ts";
import { type Lines, patchLines } from "./edits.ts";
import type { Extracted, ExtractedSegments, Facts, Part } from "./extracted.ts";
import { FactReader } from "./fact-reader.ts";
import { PartReader, type PartState } from "./part.ts";
import { agentRowOf, type RowText, textsOfRow } from "./row-texts.ts";
import type { Segment } from "./segment-builder.ts";
import { timeOf } from "./row-time.ts";
import { AGENT_ID, DATA, MESSAGE, Places, recordMember, TIMESTAMP, TYPE, valueWithoutRecord } from "./scanned-row.ts";

/** Kind of a file: a session's transcript, that of a subagent, or a stored output of a tool. */
export type FileKind = "session" | "agent" | "output";

/** What extraction goes on from at the next byte of a file: plain JSON of a few hundred bytes, with the facts so far. */
export interface ExtractState {
  readonly facts: Facts;
  /** Whether `facts.cwd` is final, unless the session moves. */
  readonly hasCwd: boolean;
  readonly part: PartState;
  readonly agents: Readonly<Record<string, PartState>>;
}

/** Longest id of a subagent, in UTF-16 units. */
const AGENT_ID_UNITS = 200;

/**
 * Reads the rows of a file in order, as `scanChunks` gives them; it is a `RowVisitor`. Then `take()` returns what is ready.
 * At the end of the bytes, or before a commit, `end()` returns the rest; `state` is then what another extractor goes on from
 * at the next row.
 */
export class Extractor {
  readonly #kind: FileKind;
  readonly #facts: FactReader;
  readonly #part: PartReader;
  readonly #agents: Map<string, PartReader>;
  readonly #places = new Places();
  readonly #dataPlaces = new Places();
  readonly #rowPlaces = new Places();
  readonly #dataScan = new RowScan();
  readonly #rowScan = new RowScan();

  /** `state`: that of the bytes before; undefined at the beginning of a file. */
  constructor(kind: FileKind, state?: ExtractState) {
    this.#kind = kind;
    this.#facts = new FactReader(state?.facts, state?.hasCwd);
    this.#part = new PartReader(state?.part);
    this.#agents = new Map(Object.entries(state?.agents ?? {}).map(([id, part]) => [id, new PartReader(part)]));
  }

  /** Valid after `end()`, until the next row. */
  get state(): ExtractState {
    const { facts, hasCwd } = this.#facts;
    const agents = Object.fromEntries([...this.#agents].map(([id, part]) => [id, part.state]));
    return { facts, hasCwd, part: this.#part.state, agents };
  }

  /** Returns what is ready since the last call: without the segments that later rows may be added to. */
  take(): Extracted {
    return this.#take(false);
  }

  /** Returns the segments that are full since the last call, and lets counts add up. */
  takeSegments(): ExtractedSegments {
    const agents = new Map<string, readonly Segment[]>();
    for (const [id, reader] of this.#agents) agents.set(id, reader.takeSegments());
    return { segments: this.#part.takeSegments(), agents };
  }

  /** Returns everything since the last call. */
  end(): Extracted {
    return this.#take(true);
  }

  /** Adds a part of a stored output: a text and its bytes in the file. */
  output(text: string, off: number, len: number): void {
    const words: RowText = { column: "output", role: "assistant", text, tool: undefined, toolUseId: undefined };
    this.#part.addText(words, off, len);
  }

  /**
   * Reads a line that seems to be an answer of the model: nearly all of it is needed, so it is parsed without a scan.
   * Returns false if it is not exactly one row without errors.
   */
  line(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const length = end - start;
    if (length > LONG_ROW || bytes[start] !== OPEN_BRACE) return false;
    const at = bytes.subarray(start, Math.min(end, start + HEAD_BYTES)).indexOf(ANSWER);
    if (at < 0) return false;
    const value = parsedThought(bytes, start + at + ANSWER.length, start, end) ?? parsedLine(bytes, start, end);
    if (value === undefined) return false;
    if (value["type"] !== "assistant") return false;
    const time = timeOf(value["timestamp"]);
    this.#facts.passed(time);
    this.#add(this.#part, value, offset, length, time, noRecord);
    return true;
  }

  /**
   * Reads a row. `offset`, `length`: where it is in the file, bytes. `scan`: the scanned row. Never throws because of its
   * content.
   */
  row(bytes: Buffer, start: number, end: number, offset: number, scan: RowScan, length = end - start): void {
    const places = this.#places.find(bytes, scan);
    const kind = readKind(bytes, scan);
    if (kind === ESCAPED) {
      const value = parseRow(bytes, start, end);
      if (value !== undefined) this.#escaped(value, offset, length);
      return;
    }
    const time = timeOf(stringValue(bytes, places.start(TIMESTAMP), places.end(TIMESTAMP)));
    if (isOfConversation(kind)) this.#facts.passed(time);
    if (kind === PROGRESS) return this.#progress(bytes, offset, length, places, time);
    if (kind === ATTACHMENT && !isQueuedCommand(bytes, scan)) return;
    if (!NEEDED_KINDS.has(kind) && !isNeeded(bytes, places)) return;
    const isMessage = kind === USER || kind === ASSISTANT;
    const value = isMessage ? valueWithoutRecord(bytes, start, end, places) : parseRow(bytes, start, end);
    if (value === undefined) return;
    this.#add(this.#part, value, offset, length, time, () => this.#recorded(bytes, places));
  }

  /** Reads a row whose keys or type are written with escapes, which only hostile writers do. */
  #escaped(value: JsonObject, offset: number, length: number): void {
    const time = timeOf(value["timestamp"]);
    if (CONVERSATION.has(value["type"])) this.#facts.passed(time);
    const inside = agentRowOf(value);
    const part = inside === undefined ? this.#part : this.#agent(inside.agentId);
    const row = inside?.row ?? value;
    const insideTime = inside === undefined ? time : this.#timeInside(row, time);
    const record = membersOf(row["toolUseResult"]);
    if (part !== undefined) this.#add(part, row, offset, length, insideTime, () => linesOfRecord((key) => record[key]));
  }

  /** Reads the row of a subagent in a `progress` row. The other kinds of progress are told by their first bytes. */
  #progress(bytes: Buffer, offset: number, length: number, outer: Places, time: number): void {
    const [from, to] = [outer.start(DATA), outer.end(DATA)];
    if (from === 0 || bytes[from] !== OPEN_BRACE || isOtherProgress(bytes, from)) return;
    if (!scanObject(bytes, from, to, this.#dataScan)) return;
    const data = this.#dataPlaces.find(bytes, this.#dataScan);
    if (stringValue(bytes, data.start(TYPE), data.end(TYPE)) !== "agent_progress") return;
    const part = this.#agent(stringValue(bytes, data.start(AGENT_ID), data.end(AGENT_ID)) ?? "");
    const [start, end] = [data.start(MESSAGE), data.end(MESSAGE)];
    if (part === undefined || bytes[start] !== OPEN_BRACE || !scanObject(bytes, start, end, this.#rowScan)) return;
    const places = this.#rowPlaces.find(bytes, this.#rowScan);
    const value = valueWithoutRecord(bytes, start, end, places);
    if (value?.["type"] !== "user" && value?.["type"] !== "assistant") return;
    this.#add(part, value, offset, length, this.#timeInside(value, time), () => this.#recorded(bytes, places));
  }

  /** Returns the time of a subagent's row: its own, that of the row around it, or that of the file's last row with one. */
  #timeInside(row: JsonObject, outer: number): number {
    const own = timeOf(row["timestamp"]);
    if (!Number.isNaN(own)) return own;
    return Number.isNaN(outer) ? (this.#facts.facts.active ?? NaN) : outer;
  }

  #add(
    part: PartReader,
    value: JsonObject,
    off: number,
    len: number,
    time: number,
    recordedLines: () => Lines | undefined,
  ): void {
    const isMain = part === this.#part && this.#kind === "session" && value["isSidechain"] !== true;
    if (part === this.#part) this.#facts.add(value, isMain || this.#kind === "agent");
    part.add({ value, texts: textsOfRow(value), off, len, time, isMain, recordedLines });
  }

  #recorded(bytes: Buffer, places: Places): Lines | undefined {
    return linesOfRecord((key) => recordMember(bytes, places, key, this.#dataScan));
  }

  #agent(id: string): PartReader | undefined {
    if (id === "" || id.length > AGENT_ID_UNITS) return undefined;
    let part = this.#agents.get(id);
    if (part === undefined) this.#agents.set(id, (part = new PartReader()));
    return part;
  }

  #take(all: boolean): Extracted {
    const agents = new Map<string, Part>();
    for (const [id, reader] of this.#agents) agents.set(id, reader.take(all));
    return { ...this.#part.take(all), facts: this.#facts.facts, agents };
  }
}

/** Says in the beginning of a row that it is an answer. Anywhere else it proves nothing, and costs a parse. */
const ANSWER = Buffer.from('"role":"assistant"');
const HEAD_BYTES = 768;

function parsedLine(bytes: Buffer, start: number, end: number): JsonObject | undefined {
  try {
    return JSON.parse(bytes.toString("utf8", start, end)) as JsonObject;
  } catch {
    return undefined;
  }
}

/** Stands after `ANSWER` in a thought, which is mostly a long signature: a sixth of what is parsed. */
const THOUGHT = ascii(',"content":[{"type":"thinking"');
const SIGNATURE = Buffer.from('"signature":"');
/** Stands for a signature that was cut out. */
const CUT = "~";

/** Parses a thought without its signature; undefined if it is none, or the cut is not exactly its signature. */
function parsedThought(bytes: Buffer, content: number, start: number, end: number): JsonObject | undefined {
  if (!equals(bytes, content, content + THOUGHT.length, THOUGHT)) return undefined;
  const at = bytes.subarray(content, end).indexOf(SIGNATURE);
  if (at < 0) return undefined;
  const from = content + at + SIGNATURE.length;
  const to = endOfString(bytes, from, end) - 1;
  if (to <= from) return undefined;
  try {
    const value = JSON.parse(
      `${bytes.toString("utf8", start, from)}${CUT}${bytes.toString("utf8", to, end)}`,
    ) as JsonObject;
    return blocksOf(membersOf(value["message"])["content"])[0]?.["signature"] === CUT ? value : undefined;
  } catch {
    return undefined;
  }
}

const noRecord = (): undefined => undefined;

const CONVERSATION: ReadonlySet<unknown> = new Set(["user", "assistant", "system", "attachment", "progress"]);

const QUEUED_COMMAND = Buffer.from('"queued_command"');

function isQueuedCommand(bytes: Buffer, { attachmentTypeStart: start, attachmentTypeEnd: end }: RowScan): boolean {
  return start >= 0 && bytes.subarray(start, end).equals(QUEUED_COMMAND);
}

const NEEDED_KINDS: ReadonlySet<number> = new Set([
  USER,
  ASSISTANT,
  SYSTEM,
  ATTACHMENT,
  QUEUE_OPERATION,
  TAG,
  ANNOTATION,
  CUSTOM_TITLE,
  AI_TITLE,
  RELOCATED,
]);

/** Types without a number of their own that have a fact or a title. */
const NEEDED = wordTable<true>({ '"summary"': true, '"agent-name"': true, '"cost-state"': true });

const isNeeded = (bytes: Buffer, places: Places): boolean =>
  lookUp(NEEDED, bytes, places.start(TYPE), places.end(TYPE)) === true;

/** Beginnings of the data of progress that is not a subagent's, as CLIs write it. */
const OTHER_PROGRESS = ['{"type":"bash_progress"', '{"type":"hook_progress"', '{"type":"mcp_progress"'].map((begin) =>
  Buffer.from(begin),
);

const isOtherProgress = (bytes: Buffer, from: number): boolean =>
  OTHER_PROGRESS.some((begin) => bytes.compare(begin, 0, begin.length, from, from + begin.length) === 0);

/** Returns the lines by a record of a change, whose members `member` returns. */
function linesOfRecord(member: (key: string) => unknown): Lines | undefined {
  const hunks = member("structuredPatch");
  if (!Array.isArray(hunks)) return undefined;
  const lines = patchLines(hunks);
  // A new file has no hunks; neither has a change that changed nothing.
  return lines ?? (member("type") === "create" ? undefined : { added: 0, removed: 0 });
}
