import { Attachments } from "./queue-attachments.ts";
import { contentOf } from "../tree/parallel-tool-results.ts";
import {
  COMMAND,
  DELIVERED,
  DEQUEUE,
  DROPPED,
  ENQUEUE,
  INHERITED,
  natureOf,
  NEWS,
  POP_ALL,
  POP_ONE,
  type QueueTable,
  textOf,
  TYPED,
} from "../rows/queue-table.ts";
import { ANSWERS, COMPACT_SUMMARY, META, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { ASSISTANT, USER } from "../rows/row-kinds.ts";
import type { LoadRow } from "../tree/row-tree.ts";
import { asObject } from "../rows/json-values.ts";

const NONE = -1;

/** A prompt that stands in `queue-operation` rows alone. Operations by their numbers. */
export interface QueuedPrompt {
  /** The one whose row has the text. */
  readonly text: number;
  /** The one that gave it to the model, or, where none did, the one that put it into the queue. */
  readonly place: number;
  readonly isDelivered: boolean;
}

/**
 * Prompts that were typed while a turn ran, and of which older CLIs wrote nothing but `queue-operation` rows: those that the
 * model got, in the order in which it did, then those that it did not. What the person took back is not among them, nor is
 * what a row of the conversation has.
 *
 * What went out of the queue is told by its text, if the row has it; else by what follows: a row of its own after a
 * `dequeue`, an attachment after a `remove`. Else it is what came in first, news of background work after what was typed,
 * and a slash command last where the turn goes on. A queue is lost with its process: what was in it when somebody typed a
 * prompt that did not come out of it goes last.
 *
 * Every row is looked at once, and only what was typed is loaded, where the queue has something that it may be.
 */
export function queuedPrompts(index: RowIndex, load: LoadRow): readonly QueuedPrompt[] {
  return index.queue.count === 0 ? [] : new Reading(index, load).prompts();
}

class Reading {
  readonly #index: RowIndex;
  readonly #queue: QueueTable;
  readonly #load: LoadRow;
  readonly #waiting: Waiting;
  readonly #dropped: Waiting;
  readonly #attachments: Attachments;
  readonly #delivered: QueuedPrompt[] = [];
  /** How many went out by `dequeue` whose row has not come yet. */
  #expected = 0;
  /** How many of the last delivered ones may be in the row that comes next. */
  #fresh = 0;

  constructor(index: RowIndex, load: LoadRow) {
    this.#index = index;
    this.#queue = index.queue;
    this.#load = load;
    this.#waiting = new Waiting(index.queue);
    this.#dropped = new Waiting(index.queue);
    this.#attachments = new Attachments(index, load);
  }

  prompts(): readonly QueuedPrompt[] {
    const isKnown = new Uint8Array(this.#index.uuids.count);
    let row = 0;
    const readTo = (end: number): void => {
      for (; row < end; row++) {
        const uuid = this.#index.uuid[row] as number;
        // A copy that was appended later is no new prompt.
        if (isKnown[uuid] === 0) this.#readRow(row);
        isKnown[uuid] = 1;
      }
    };
    for (let i = 0; i < this.#queue.count; i++) {
      readTo(this.#queue.at[i] as number);
      this.#readOperation(i);
    }
    readTo(this.#index.count);
    this.#settle();
    const left = [...this.#waiting.rest(), ...this.#dropped.rest()].filter(
      (i) => !this.#attachments.claim(this.#textOf(i), this.#queue.at[i] as number),
    );
    left.sort((a, b) => a - b);
    return [...this.#delivered, ...left.map((i) => ({ text: i, place: i, isDelivered: false }))];
  }

  #readOperation(i: number): void {
    const operation = this.#queue.operation[i];
    if (operation === ENQUEUE) return this.#waiting.put(i);
    if (operation === INHERITED) return this.#inherit(i);
    const named = Number.isNaN(this.#textOf(i)) ? NONE : this.#waiting.take(this.#textOf(i));
    if (operation === DEQUEUE) {
      // Nothing that comes in later has gone out here.
      if (named === NONE && this.#expected < this.#waiting.size) this.#expected++;
    } else if (operation === POP_ONE) {
      if (named === NONE) this.#waiting.takeLast();
    } else if (operation === POP_ALL) {
      // Newer CLIs write one row for each; one without a text, or with several in it, means all.
      if (named === NONE) this.#waiting.takeTyped();
    } else this.#remove(i, named);
  }

  #inherit(i: number): void {
    this.#fresh = 0;
    if (!Number.isNaN(this.#textOf(i))) this.#delivered.push({ text: i, place: i, isDelivered: true });
  }

  /** Takes out what went out by `dequeue` without a row of its own: a command may have none; what else has none was lost. */
  #settle(): void {
    for (; this.#expected > 0; this.#expected--) {
      const taken = this.#waiting.takeFirst([COMMAND, TYPED, NEWS]);
      if (taken !== NONE && this.#queue.nature[taken] !== COMMAND) this.#dropped.put(taken);
    }
  }

  #remove(i: number, named: number): void {
    const queued = named === NONE && Number.isNaN(this.#textOf(i)) ? this.#guess(i) : named;
    // The row may carry the text itself.
    const text = queued === NONE ? i : queued;
    if (Number.isNaN(this.#textOf(text))) return;
    const operation = this.#queue.operation[i];
    if (operation === DROPPED) this.#dropped.put(text);
    if (operation !== DELIVERED || this.#hasRow(i, text)) return;
    this.#delivered.push({ text, place: i, isDelivered: true });
    this.#fresh++;
  }

  /** What a `remove` without a text took out. */
  #guess(i: number): number {
    const next = this.#attachments.textAfter(this.#queue.at[i] as number);
    const taken = Number.isNaN(next) ? NONE : this.#waiting.take(next);
    if (taken === NONE) this.#settle();
    return taken === NONE ? this.#waiting.takeFirst([TYPED, NEWS, COMMAND]) : taken;
  }

  /** Whether an attachment has what was delivered, or a row that the operation names. */
  #hasRow(i: number, text: number): boolean {
    if (this.#attachments.claim(this.#textOf(text), this.#queue.at[text] as number)) return true;
    const { commandUuid, deliveryId } = this.#load(this.#index.count + i);
    return this.#attachments.isNamed(commandUuid, deliveryId);
  }

  #readRow(row: number): void {
    const kind = this.#index.kind[row] as number;
    const flags = this.#index.flags[row] as number;
    if ((kind !== USER && kind !== ASSISTANT) || (flags & SIDECHAIN) !== 0) return;
    const isAsked = this.#expected + this.#fresh + this.#waiting.size + this.#dropped.size > 0;
    const isPrompt = kind === USER && (flags & (ANSWERS | COMPACT_SUMMARY)) === 0;
    const text = isAsked && isPrompt ? this.#promptOf(row) : undefined;
    const fresh = this.#fresh === 0 ? [] : this.#delivered.slice(-this.#fresh);
    this.#fresh = 0;
    if (text === undefined) return;
    const hash = this.#queue.hashOf(text);
    if ((flags & META) !== 0) {
      // What the CLI says for itself is a queued prompt where it has the same words.
      if (this.#waiting.take(hash) !== NONE) this.#expected = Math.max(0, this.#expected - 1);
      return;
    }
    const same = fresh.find((prompt) => this.#textOf(prompt.text) === hash);
    if (same !== undefined) this.#delivered.splice(this.#delivered.lastIndexOf(same), 1);
    else if (this.#waiting.take(hash) !== NONE) this.#expected = Math.max(0, this.#expected - 1);
    else if (this.#expected > 0) {
      this.#expected--;
      const nature = natureOf(text);
      this.#waiting.takeFirst([nature, ...[TYPED, COMMAND, NEWS].filter((other) => other !== nature)]);
    } else if (this.#dropped.take(hash) === NONE) this.#waiting.age();
  }

  /** The text of a row that somebody typed, or that the CLI wrote in that place; undefined of one that answers a call. */
  #promptOf(row: number): string | undefined {
    const value = this.#load(row);
    if (contentOf(value).some((block) => block["type"] === "tool_result")) return undefined;
    return textOf(asObject(value["message"])?.["content"]);
  }

  #textOf(i: number): number {
    return this.#queue.text[i] as number;
  }
}

/** What is in the queue. */
class Waiting {
  size = 0;
  readonly #queue: QueueTable;
  readonly #isTaken: Uint8Array;
  /** By nature, in the order in which they came in. */
  readonly #lines: readonly Line[] = [new Line(), new Line(), new Line()];
  readonly #byText = new Map<number, Line>();
  /** What came in before this one is of another process. */
  #old = 0;
  #last = NONE;

  constructor(queue: QueueTable) {
    this.#queue = queue;
    this.#isTaken = new Uint8Array(queue.count).fill(1);
  }

  put(i: number): void {
    this.size++;
    this.#isTaken[i] = 0;
    this.#last = i;
    this.#lines[this.#queue.nature[i] as number]?.items.push(i);
    const text = this.#queue.text[i] as number;
    if (Number.isNaN(text)) return;
    const line = this.#byText.get(text);
    if (line === undefined) this.#byText.set(text, new Line(i));
    else line.items.push(i);
  }

  /** Takes the first one with that text; gives -1 where there is none. */
  take(text: number): number {
    return this.#taken(this.#byText.get(text)?.first(this.#isTaken) ?? NONE);
  }

  /** Takes the first one of the first of these natures, those of this process before others. */
  takeFirst(natures: readonly number[]): number {
    for (const from of this.#old > 0 ? [this.#old, 0] : [0]) {
      for (const nature of natures) {
        const first = this.#lines[nature]?.first(this.#isTaken, from) ?? NONE;
        if (first !== NONE) return this.#taken(first);
      }
    }
    return NONE;
  }

  /** Takes the last one that was typed. */
  takeLast(): void {
    const last = Math.max(...[TYPED, COMMAND].map((nature) => this.#lines[nature]?.last(this.#isTaken) ?? NONE));
    this.#taken(last);
  }

  /** Takes all that was typed. */
  takeTyped(): void {
    for (const nature of [TYPED, COMMAND]) {
      const line = this.#lines[nature];
      for (let i = line?.first(this.#isTaken) ?? NONE; i !== NONE; i = line?.first(this.#isTaken) ?? NONE)
        this.#taken(i);
    }
  }

  /** Somebody typed a prompt that did not come out of the queue. */
  age(): void {
    this.#old = this.#last + 1;
  }

  rest(): number[] {
    const rest: number[] = [];
    for (let i = 0; i < this.#isTaken.length; i++) {
      if (this.#isTaken[i] === 0 && !Number.isNaN(this.#queue.text[i])) rest.push(i);
    }
    return rest;
  }

  #taken(i: number): number {
    if (i === NONE) return NONE;
    this.#isTaken[i] = 1;
    this.size--;
    return i;
  }
}

/** Some of them, in order. What was taken is passed once. */
class Line {
  readonly items: number[];
  #head = 0;
  /** The same among those from `#from` on. */
  #later = 0;
  #from = 0;

  constructor(...items: number[]) {
    this.items = items;
  }

  first(isTaken: Uint8Array, from = 0): number {
    while (isTaken[this.items[this.#head] ?? NONE] === 1) this.#head++;
    if (from === 0) return this.items[this.#head] ?? NONE;
    if (from !== this.#from) this.#later = Math.max(this.#later, this.#head);
    this.#from = from;
    for (;;) {
      const item = this.items[this.#later] ?? NONE;
      if (item === NONE || (item >= from && isTaken[item] === 0)) return item;
      this.#later++;
    }
  }

  last(isTaken: Uint8Array): number {
    while (isTaken[this.items.at(-1) ?? NONE] === 1) this.items.pop();
    return this.items.at(-1) ?? NONE;
  }
}
