import { Attachments } from "./queue-attachments.ts";
import { hasResult } from "../tree/tool-blocks.ts";
import {
  COMMAND,
  DELIVERED,
  DEQUEUE,
  DROPPED,
  ENQUEUE,
  INHERITED,
  promptKindOf,
  NEWS,
  POP_ALL,
  POP_ONE,
  type QueueTable,
  textOf,
  TYPED,
} from "../rows/queue-table.ts";
import { ANSWERS, COMPACT_SUMMARY, META, NONE, type RowIndex, SIDECHAIN } from "../rows/row-index.ts";
import { isMessageKind, USER } from "../rows/row-kinds.ts";
import type { LoadRow } from "../tree/row-tree.ts";
import { asObject } from "../rows/json-values.ts";

/** A prompt that is only in `queue-operation` rows. Operations by their numbers. */
export interface QueuedPrompt {
  /** The operation with the text. */
  readonly text: number;
  /** The operation that delivered it to the model; if none did, the one that queued it. */
  readonly place: number;
  readonly isDelivered: boolean;
}

/**
 * Returns the prompts that are only in `queue-operation` rows, which older CLIs wrote: first those that the model got, in
 * that order, then those that it did not. Leaves out prompts that the user took back.
 *
 * A prompt that leaves the queue is identified by its text if the operation has it; else by the next row: a user row after a
 * `dequeue`, an attachment after a `remove`. Otherwise the first in the queue leaves: typed prompts before notifications of background
 * work, and slash commands last if the turn goes on. A queue is lost with its process: if somebody types a prompt that was
 * not queued, earlier entries come last. Each row is visited once; user rows are only loaded while the queue has entries.
 */
export function queuedPrompts(index: RowIndex, load: LoadRow): readonly QueuedPrompt[] {
  return readQueue(index, load).prompts;
}

/** Like `queuedPrompts`, with the operations whose prompts the user took back. */
export function readQueue(
  index: RowIndex,
  load: LoadRow,
): { readonly prompts: readonly QueuedPrompt[]; readonly takenBack: readonly number[] } {
  if (index.queue.count === 0) return { prompts: [], takenBack: [] };
  const reading = new Reading(index, load);
  return { prompts: reading.prompts(), takenBack: reading.takenBack };
}

class Reading {
  readonly #index: RowIndex;
  readonly #queue: QueueTable;
  readonly #load: LoadRow;
  readonly #pending: Pending;
  readonly #dropped: Pending;
  readonly #attachments: Attachments;
  readonly #delivered: QueuedPrompt[] = [];
  /** Operations with prompts that were taken back. */
  readonly takenBack: number[] = [];
  /** Number of prompts that left by `dequeue` and have no row yet. */
  #expected = 0;
  /** Number of last delivered prompts that the next row may have. */
  #fresh = 0;

  constructor(index: RowIndex, load: LoadRow) {
    this.#index = index;
    this.#queue = index.queue;
    this.#load = load;
    this.#pending = new Pending(index.queue);
    this.#dropped = new Pending(index.queue);
    this.#attachments = new Attachments(index, load);
  }

  prompts(): readonly QueuedPrompt[] {
    const isKnown = new Uint8Array(this.#index.uuids.count);
    let row = 0;
    const readTo = (end: number): void => {
      for (; row < end; row++) {
        const uuid = this.#index.uuid[row] as number;
        // A copy that was appended later is not a new prompt.
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
    const left = [...this.#pending.rest(), ...this.#dropped.rest()].filter(
      (i) => !this.#attachments.claim(this.#textOf(i), this.#queue.at[i] as number),
    );
    left.sort((a, b) => a - b);
    return [...this.#delivered, ...left.map((i) => ({ text: i, place: i, isDelivered: false }))];
  }

  #readOperation(i: number): void {
    const operation = this.#queue.operation[i];
    if (operation === ENQUEUE) return this.#pending.put(i);
    if (operation === INHERITED) {
      this.#fresh = 0;
      if (!Number.isNaN(this.#textOf(i))) this.#delivered.push({ text: i, place: i, isDelivered: true });
      return;
    }
    const named = Number.isNaN(this.#textOf(i)) ? NONE : this.#pending.take(this.#textOf(i));
    if (operation === DEQUEUE) {
      // Later entries cannot have left here.
      if (named === NONE && this.#expected < this.#pending.size) this.#expected++;
    } else if (operation === POP_ONE) {
      this.#takeBack(named === NONE ? [this.#pending.takeLast()] : [named]);
    } else if (operation === POP_ALL) {
      // Newer CLIs write a row for each prompt; one without a text, or with several, means all.
      this.#takeBack(named === NONE ? this.#pending.takeTyped() : [named]);
    } else this.#remove(i, named);
  }

  #takeBack(taken: readonly number[]): void {
    for (const i of taken) if (i !== NONE) this.takenBack.push(i);
  }

  /** Removes prompts that left by `dequeue` without a row of their own. Commands may have none; others were lost. */
  #settle(): void {
    for (; this.#expected > 0; this.#expected--) {
      const taken = this.#pending.takeFirst([COMMAND, TYPED, NEWS]);
      if (taken !== NONE && this.#queue.promptKind[taken] !== COMMAND) this.#dropped.put(taken);
    }
  }

  #remove(i: number, named: number): void {
    const queued = named === NONE && Number.isNaN(this.#textOf(i)) ? this.#guess(i) : named;
    // The operation may have the text itself.
    const text = queued === NONE ? i : queued;
    if (Number.isNaN(this.#textOf(text))) return;
    const operation = this.#queue.operation[i];
    if (operation === DROPPED) this.#dropped.put(text);
    if (operation !== DELIVERED || this.#hasRow(i, text)) return;
    this.#delivered.push({ text, place: i, isDelivered: true });
    this.#fresh++;
  }

  /** Guesses which prompt a `remove` without a text removed. */
  #guess(i: number): number {
    const next = this.#attachments.textAfter(this.#queue.at[i] as number);
    const taken = Number.isNaN(next) ? NONE : this.#pending.take(next);
    if (taken === NONE) this.#settle();
    return taken === NONE ? this.#pending.takeFirst([TYPED, NEWS, COMMAND]) : taken;
  }

  /** Whether an attachment has the delivered prompt, or a row that the operation names. */
  #hasRow(i: number, text: number): boolean {
    if (this.#attachments.claim(this.#textOf(text), this.#queue.at[text] as number)) return true;
    const { commandUuid, deliveryId } = this.#load(this.#index.count + i);
    return this.#attachments.isNamed(commandUuid, deliveryId);
  }

  #readRow(row: number): void {
    const kind = this.#index.kind[row] as number;
    const flags = this.#index.flags[row] as number;
    if (!isMessageKind(kind) || (flags & SIDECHAIN) !== 0) return;
    const isAsked = this.#expected + this.#fresh + this.#pending.size + this.#dropped.size > 0;
    const isPrompt = kind === USER && (flags & (ANSWERS | COMPACT_SUMMARY)) === 0;
    const value = isAsked && isPrompt ? this.#load(row) : undefined;
    const content = value && !hasResult(value) ? (asObject(value["message"])?.["content"] ?? "") : undefined;
    const fresh = this.#fresh === 0 ? [] : this.#delivered.slice(-this.#fresh);
    this.#fresh = 0;
    if (content === undefined) return;
    const hash = this.#queue.hashOf(content);
    if ((flags & META) !== 0) {
      // A message of the CLI itself is a queued prompt if it has the same text.
      if (this.#pending.take(hash) !== NONE) this.#expected = Math.max(0, this.#expected - 1);
      return;
    }
    const same = fresh.find((prompt) => this.#textOf(prompt.text) === hash);
    if (same !== undefined) this.#delivered.splice(this.#delivered.lastIndexOf(same), 1);
    else if (this.#pending.take(hash) !== NONE) this.#expected = Math.max(0, this.#expected - 1);
    else if (this.#expected > 0) {
      const text = textOf(content);
      const joined = this.#joined(text);
      this.#expected -= Math.max(1, joined.length);
      const promptKind = promptKindOf(text);
      if (joined.length > 0) for (const i of joined) this.#pending.takeEntry(i);
      else this.#pending.takeFirst([promptKind, ...[TYPED, COMMAND, NEWS].filter((other) => other !== promptKind)]);
    } else if (this.#dropped.take(hash) === NONE) this.#pending.age();
  }

  /** Returns the expected prompts that make up the text: a CLI that an SDK runs joins those that wait into one message. */
  #joined(text: string): number[] {
    const found: number[] = [];
    let end = 0;
    for (const i of this.#expected > 1 ? this.#pending.typed() : []) {
      // A prompt without words, such as an image, takes no part of the text.
      if (this.#queue.hasText(i)) end = this.#queue.endOf(this.#textOf(i), text, end);
      if (end === NONE || found.push(i) > this.#expected) return [];
      while (text.charCodeAt(end) <= 0x20) end++;
      if (end === text.length) return found;
    }
    return [];
  }

  #textOf(i: number): number {
    return this.#queue.text[i] as number;
  }
}

/** Prompts in the queue. */
class Pending {
  size = 0;
  readonly #queue: QueueTable;
  readonly #isTaken: Uint8Array;
  /** Entries by kind, in the order in which they came in. */
  readonly #lines: readonly Line[] = [new Line(), new Line(), new Line()];
  readonly #byText = new Map<number, Line>();
  /** First entry of the current process; earlier ones are of another. */
  #ownFrom = 0;
  #last = NONE;

  constructor(queue: QueueTable) {
    this.#queue = queue;
    this.#isTaken = new Uint8Array(queue.count).fill(1);
  }

  put(i: number): void {
    this.size++;
    this.#isTaken[i] = 0;
    this.#last = i;
    this.#lines[this.#queue.promptKind[i] as number]?.items.push(i);
    const text = this.#queue.text[i] as number;
    if (Number.isNaN(text)) return;
    const line = this.#byText.get(text);
    if (line === undefined) this.#byText.set(text, new Line(i));
    else line.items.push(i);
  }

  /** Takes the first entry with a text (`hashOf`), or returns -1. */
  take(text: number): number {
    return this.takeEntry(this.#byText.get(text)?.first(this.#isTaken) ?? NONE);
  }

  /** Takes the first entry of the first of these kinds that has any, or returns -1. The current process takes precedence. */
  takeFirst(kinds: readonly number[]): number {
    for (const from of this.#ownFrom > 0 ? [this.#ownFrom, 0] : [0]) {
      for (const kind of kinds) {
        const first = this.#lines[kind]?.first(this.#isTaken, from) ?? NONE;
        if (first !== NONE) return this.takeEntry(first);
      }
    }
    return NONE;
  }

  /** Yields the typed entries of the current process, in order. */
  typed(): Iterable<number> {
    return this.#lines[TYPED]?.free(this.#isTaken, this.#ownFrom) ?? [];
  }

  /** Takes the last typed entry, or returns -1. */
  takeLast(): number {
    return this.takeEntry(Math.max(...[TYPED, COMMAND].map((kind) => this.#lines[kind]?.last(this.#isTaken) ?? NONE)));
  }

  /** Takes all typed entries. */
  takeTyped(): number[] {
    const all: number[] = [];
    for (let taken = 0; taken !== NONE;) all.push((taken = this.takeFirst([TYPED, COMMAND])));
    return all;
  }

  /** Marks all entries as belonging to another process. */
  age(): void {
    this.#ownFrom = this.#last + 1;
  }

  rest(): number[] {
    const rest: number[] = [];
    for (let i = 0; i < this.#isTaken.length; i++) {
      if (this.#isTaken[i] === 0 && !Number.isNaN(this.#queue.text[i])) rest.push(i);
    }
    return rest;
  }

  /** Takes an entry that is in the queue. -1 is none. */
  takeEntry(i: number): number {
    if (i === NONE) return NONE;
    this.#isTaken[i] = 1;
    this.size--;
    return i;
  }
}

/** Entries of one kind, in order. Taken ones are skipped once. */
class Line {
  readonly items: number[];
  #head = 0;
  /** Head of the entries from `#from` on. */
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

  *free(isTaken: Uint8Array, from: number): Generator<number> {
    this.first(isTaken, from);
    for (let at = from === 0 ? this.#head : this.#later; at < this.items.length; at++) {
      const item = this.items[at] as number;
      if (isTaken[item] === 0) yield item;
    }
  }

  last(isTaken: Uint8Array): number {
    while (isTaken[this.items.at(-1) ?? NONE] === 1) this.items.pop();
    return this.items.at(-1) ?? NONE;
  }
}
