import { asObject, asString, blocksOf, type JsonObject, membersOf } from "../../transcript/rows/json-values.ts";
import { DELIVERED, ENQUEUE, operationOf, POP_ALL, POP_ONE } from "../../transcript/rows/queue-table.ts";
import { ChargeReader, nameOf, SYNTHETIC } from "./charges.ts";
import { fileUse, inputOf, type Lines } from "./edits.ts";
import { type Charge, forkedSlot, type Part, type Tally } from "./extracted.ts";
import { isCall, isResult, type RowText } from "./row-texts.ts";
import { type Segment, SegmentBuilder } from "./segment-builder.ts";

/** What counting goes on from: plain JSON. */
export interface PartState {
  /** Latest time of a row, epoch ms. */
  readonly last?: number;
  /** Time of the last compaction: rows that follow and are older are copies. */
  readonly compacted?: number;
  /** Whether something was said that the model has not answered yet. */
  readonly awaits?: boolean;
  /** Id of the last message of the model. */
  readonly message?: string;
  /** Edits without a result yet: id of the call, path, lines added and removed by its input. */
  readonly edits?: readonly PendingEdit[];
  /** Prompts and news of background work in the queue. */
  readonly typed?: number;
  readonly news?: number;
  /** Queued prompts that left the queue for the running turn, minus those that an attachment records. */
  readonly delivered?: number;
}

type PendingEdit = readonly [id: string, path: string, added: number, removed: number];

/** Longest gap between two rows that counts as activity, ms. */
const ACTIVE_GAP_MS = 5 * 60 * 1000;
/** Length of a slot, ms. */
const SLOT_MS = 15 * 60 * 1000;
/** Maximum number of edits that wait for their result. The model makes a few in parallel. */
const MOST_EDITS = 64;

/** A row of the conversation, read as far as the catalog needs it. */
export interface ReadRow {
  readonly value: JsonObject;
  readonly texts: readonly RowText[];
  readonly off: number;
  readonly len: number;
  /** Epoch ms, or NaN. */
  readonly time: number;
  /** Whether the person may have written it: it is part of the main conversation. */
  readonly isMain: boolean;
  /** Returns the lines that the CLI's own record of a result counts; undefined if there is none. */
  readonly recordedLines: () => Lines | undefined;
}

/** Collects what one conversation gives: the session's own, or one of a subagent in the same file. */
export class PartReader {
  readonly #segments: SegmentBuilder;
  readonly #reader = new ChargeReader();
  #charges = new Map<string, Charge>();
  #tallies = new Map<number, Tally>();
  #tools = new Map<number, Map<string, number>>();
  #touched = new Map<string, boolean>();
  #last: number;
  #compacted: number;
  #awaits: boolean;
  #message: string;
  readonly #edits: Map<string, PendingEdit>;
  #typed: number;
  #news: number;
  #delivered: number;
  /** Whether the current row is a copy that a fork made. */
  #isForked = false;

  constructor(state: PartState = {}) {
    this.#last = state.last ?? 0;
    this.#compacted = state.compacted ?? 0;
    this.#awaits = state.awaits ?? false;
    this.#message = state.message ?? "";
    this.#edits = new Map((state.edits ?? []).map((edit) => [edit[0], edit]));
    this.#typed = state.typed ?? 0;
    this.#news = state.news ?? 0;
    this.#delivered = state.delivered ?? 0;
    this.#segments = new SegmentBuilder(Math.floor(this.#last / 1000));
  }

  /** Valid after `take(true)`. */
  get state(): PartState {
    return {
      ...(this.#last > 0 && { last: this.#last }),
      ...(this.#compacted > 0 && { compacted: this.#compacted }),
      ...(this.#awaits && { awaits: true }),
      ...(this.#message !== "" && { message: this.#message }),
      ...(this.#edits.size > 0 && { edits: [...this.#edits.values()] }),
      ...(this.#typed > 0 && { typed: this.#typed }),
      ...(this.#news > 0 && { news: this.#news }),
      ...(this.#delivered !== 0 && { delivered: this.#delivered }),
    };
  }

  /** Returns the segments that are full since the last call. */
  takeSegments(): Segment[] {
    return this.#segments.take();
  }

  /** Returns what is new. `all`: also the segment that is not full yet. */
  take(all: boolean): Part {
    if (all) this.#segments.close();
    const part: Part = {
      segments: this.#segments.take(),
      charges: this.#charges,
      tallies: this.#tallies,
      tools: this.#tools,
      touched: this.#touched,
    };
    this.#charges = new Map();
    this.#tallies = new Map();
    this.#tools = new Map();
    this.#touched = new Map();
    return part;
  }

  /** Adds a text that is not a row: stored output of a tool. */
  addText(text: RowText, off: number, len: number): void {
    this.#segments.add([text], off, len, 0, false);
  }

  /** Adds a row of any type. */
  add(row: ReadRow): void {
    const { value, texts, off, len } = row;
    const type = value["type"];
    this.#isForked = asObject(value["forkedFrom"]) !== undefined;
    const time = this.#pass(row);
    const isCopy = !Number.isNaN(row.time) && row.time < this.#compacted;
    let isPrompt = false;
    if (type === "user") isPrompt = this.#user(row, time, isCopy);
    else if (type === "attachment") isPrompt = this.#queued(row, time);
    else if (type === "queue-operation") this.#operation(value, texts, time);
    else if (type === "assistant") this.#assistant(value, time, isCopy);
    else if (type === "system" && value["subtype"] === "compact_boundary") this.#compacted = time;
    this.#segments.add(texts, off, len, Math.floor(time / 1000), isPrompt);
  }

  /** Counts the time up to a row. Returns the time of the row, else that of the row before it. */
  #pass({ time }: ReadRow): number {
    if (Number.isNaN(time)) return this.#last;
    const gap = time - this.#last;
    if (gap <= 0) return time;
    if (this.#last > 0 && gap <= ACTIVE_GAP_MS) this.#tally(time).active += gap;
    this.#last = time;
    return time;
  }

  #user(row: ReadRow, time: number, isCopy: boolean): boolean {
    const { value, texts, isMain } = row;
    const content = asObject(value["message"])?.["content"];
    const results = Array.isArray(content) ? blocksOf(content).filter(isResult) : [];
    if (results.length > 0) {
      for (const result of results) this.#result(result, row, time, isCopy);
      return false;
    }
    const isPrompt = isMain && isPromptOf(value, texts);
    if (isCopy) return isPrompt;
    if (isPrompt) this.#prompted(time);
    else if (texts.some(({ column, role }) => column === "said" && role === "system")) this.#awaits = true;
    else if (!isMain && value["isMeta"] !== true && texts.length > 0) this.#awaits = true;
    return isPrompt;
  }

  #prompted(time: number): void {
    const tally = this.#tally(time);
    tally.prompts++;
    tally.messages++;
    this.#awaits = true;
  }

  /** Counts a queued prompt that an attachment records, unless a row of the queue did. */
  #queued({ texts, isMain }: ReadRow, time: number): boolean {
    if (!isMain || !isTyped(texts)) return false;
    if (--this.#delivered < 0) this.#countQueued(time);
    return true;
  }

  /**
   * Follows the queue of prompts by numbers: rows that take one out do not say which, and older CLIs wrote no other row of a
   * prompt that was taken into a turn (transcript-format.md §6.4).
   */
  #operation(value: JsonObject, texts: readonly RowText[], time: number): void {
    switch (operationOf(value)) {
      case undefined:
        break;
      case ENQUEUE:
        if (isTyped(texts)) this.#typed++;
        else this.#news++;
        break;
      case POP_ALL:
        this.#typed = 0;
        break;
      case POP_ONE:
        this.#typed = Math.max(0, this.#typed - 1);
        break;
      case DELIVERED:
        if (this.#leave() && ++this.#delivered > 0) this.#countQueued(time);
        break;
      default:
        this.#leave();
    }
  }

  /** Takes one out of the queue, typed prompts first. Returns whether it was typed. */
  #leave(): boolean {
    const wasTyped = this.#typed > 0;
    if (wasTyped) this.#typed--;
    else this.#news = Math.max(0, this.#news - 1);
    return wasTyped;
  }

  #countQueued(time: number): void {
    const tally = this.#tally(time);
    tally.prompts++;
    tally.messages++;
  }

  #assistant(value: JsonObject, time: number, isCopy: boolean): void {
    const charge = this.#reader.read(value, Math.floor(time / 1000));
    if (charge !== undefined) this.#charges.set(charge.key, charge);
    if (isCopy) return;
    const message = membersOf(value["message"]);
    const id = nameOf(message["id"]);
    if (message["model"] !== SYNTHETIC && value["isApiErrorMessage"] !== true) {
      if (id === "" || id !== this.#message) this.#tally(time).messages++;
      this.#message = id;
      if (this.#awaits) this.#tally(time).turns++;
      this.#awaits = false;
    }
    for (const block of blocksOf(message["content"])) if (isCall(block)) this.#call(block, value, time);
  }

  #call(block: JsonObject, row: JsonObject, time: number): void {
    this.#tally(time).calls++;
    const name = nameOf(block["name"]);
    const slot = this.#slot(time);
    const uses = this.#tools.get(slot) ?? new Map<string, number>();
    this.#tools.set(slot, uses.set(name, (uses.get(name) ?? 0) + 1));
    const use = fileUse(inputOf(block), asString(row["cwd"]));
    if (use === undefined) return;
    const id = nameOf(block["id"]);
    if (use.lines === undefined || id === "") this.#touch(use.path, false);
    else {
      this.#edits.set(id, [id, use.path, use.lines.added, use.lines.removed]);
      const [oldest] = this.#edits.keys();
      if (this.#edits.size > MOST_EDITS && oldest !== undefined) this.#edits.delete(oldest);
    }
  }

  #result(result: JsonObject, row: ReadRow, time: number, isCopy: boolean): void {
    const edit = this.#edits.get(nameOf(result["tool_use_id"]));
    if (edit === undefined) return;
    this.#edits.delete(edit[0]);
    const [, path, added, removed] = edit;
    const isDone = result["is_error"] !== true;
    this.#touch(path, isDone);
    if (!isDone || isCopy) return;
    const lines = row.recordedLines() ?? { added, removed };
    const tally = this.#tally(time);
    tally.added += lines.added;
    tally.removed += lines.removed;
  }

  #touch(path: string, changed: boolean): void {
    this.#touched.set(path, changed || this.#touched.get(path) === true);
  }

  /** Returns the slot of what a row counts: a fork's copies have slots of their own, since one has the time of the fork. */
  #slot(time: number): number {
    const slot = Math.floor(time / SLOT_MS);
    return this.#isForked ? forkedSlot(slot) : slot;
  }

  #tally(time: number): Tally {
    const slot = this.#slot(time);
    let tally = this.#tallies.get(slot);
    if (tally === undefined) {
      tally = { prompts: 0, turns: 0, messages: 0, calls: 0, active: 0, added: 0, removed: 0 };
      this.#tallies.set(slot, tally);
    }
    return tally;
  }
}

const isTyped = (texts: readonly RowText[]): boolean => texts.some(({ role }) => role === "user");

/** Whether a user row is a prompt of the person: typed, a command for the model, bash mode, or an image. */
function isPromptOf(row: JsonObject, texts: readonly RowText[]): boolean {
  if (row["isMeta"] === true || row["isCompactSummary"] === true) return false;
  const blocks = blocksOf(asObject(row["message"])?.["content"]);
  if (!isTyped(texts)) return blocks.some(({ type }) => type === "image" || type === "document");
  // A command that the CLI carries out itself begins with its name, one for the model with its message.
  return !blocks.every(({ text }) => typeof text === "string" && text.trimStart().startsWith("<command-name>"));
}
