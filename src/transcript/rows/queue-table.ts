import { NONE, UUID } from "./interned-ids.ts";
import { enlarged } from "./json-scanner.ts";
import { asObject, asString, blocksOf, type JsonObject } from "./json-values.ts";

/** Operations of `queue-operation` rows: a prompt came into the queue. */
export const ENQUEUE = 0;
/** The prompt left the queue, and a user row follows. */
export const DEQUEUE = 1;
/** It was taken into the running turn. */
export const DELIVERED = 2;
/** It was taken out and not delivered. */
export const DROPPED = 3;
/** It was taken out, and its text is elsewhere: in the result of a tool, in another conversation. */
const ELSEWHERE = 4;
/** All typed prompts, or one, were taken back to be edited. */
export const POP_ALL = 5;
export const POP_ONE = 6;
/** It was delivered in the session that this one was forked from; no other row of the fork records that. */
export const INHERITED = 7;

/** Kinds of queued prompts, which decide which of several is delivered next. */
export const TYPED = 0;
/** Slash command: never taken into a running turn. */
export const COMMAND = 1;
/** Notification of background work: delivered after typed prompts. */
export const NEWS = 2;

/** `queue-operation` rows of a transcript in file order, as numbers: some 40 bytes each, and no text. */
export class QueueTable {
  count = 0;
  offset = new Float64Array(0);
  length = new Uint32Array(0);
  /** Number of conversation rows before it. */
  at = new Int32Array(0);
  operation = new Uint8Array(0);
  /** `TYPED`, `COMMAND` or `NEWS`. */
  promptKind = new Uint8Array(0);
  /** Hash of the content (`hashOf`); NaN if there is none. */
  text = new Float64Array(0);
  /** Hash of the row: two words for each. */
  #rowHash = new Uint32Array(0);
  /** Uuids of the rows that have one. */
  readonly #uuids = new Map<number, string>();
  readonly #seed: number;

  /** `seed`: if it is secret, nobody can write a transcript in which two texts are taken for one. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Adds the row from `start` to `end` with its value; `at` rows of the conversation are before it. */
  add(value: JsonObject, bytes: Uint8Array, start: number, end: number, offset: number, at: number): void {
    const operation = operationOf(value);
    if (operation === undefined) return;
    if (this.count === this.offset.length) this.#grow(Math.max(16, 2 * this.count));
    const i = this.count++;
    const text = textOf(value["content"]);
    const hash = this.hashOf(value["content"]);
    this.offset[i] = offset;
    this.length[i] = end - start;
    this.at[i] = at;
    this.operation[i] = operation;
    this.promptKind[i] = promptKindOf(text);
    this.text[i] = hash;
    let [a, b] = [0x811c9dc5, 0x1b873593];
    for (let byte = start; byte < end; byte++) {
      a = Math.imul(a ^ (bytes[byte] as number), 0x01000193);
      b = Math.imul(b ^ (bytes[byte] as number), 0x5bd1e995);
      b ^= b >>> 15;
    }
    this.#rowHash[2 * i] = a;
    this.#rowHash[2 * i + 1] = b;
    const { uuid } = value;
    if (isOfFork(value) && typeof uuid === "string" && UUID.test(uuid)) this.#uuids.set(i, uuid);
  }

  /**
   * Hashes the text of a prompt without its white space: blocks have other line endings than the queued text. The hash of
   * a prompt without text, such as a picture, is negative; NaN if there is nothing.
   */
  hashOf(content: unknown): number {
    const { hash } = this.#hash(textOf(content), 0, Number.NaN);
    const others = Number.isNaN(hash) ? blocksOf(content).filter(({ type }) => type !== "text") : [];
    return others.length === 0 ? hash : -1 - this.#hash(JSON.stringify(others), 0, Number.NaN).hash;
  }

  /** Whether the prompt has text. */
  hasText(i: number): boolean {
    return (this.text[i] as number) >= 0;
  }

  /** Returns the end of the part of a text from `from` on that has this hash (`hashOf`); -1 if there is none. */
  endOf(hash: number, text: string, from: number): number {
    const found = this.#hash(text, from, hash);
    return found.hash === hash ? found.end : NONE;
  }

  /** Hashes a text from `from` on, up to the place where the hash is `wanted`. */
  #hash(text: string, from: number, wanted: number): { readonly hash: number; readonly end: number } {
    let a = this.#seed ^ 0x811c9dc5;
    let b = this.#seed ^ 0x1b873593;
    let hash = Number.NaN;
    let end = from;
    for (; end < text.length && hash !== wanted; end++) {
      const unit = text.charCodeAt(end);
      if (unit <= 0x20) continue;
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ unit, 0x5bd1e995);
      b ^= b >>> 15;
      hash = (a >>> 0) * 2 ** 21 + ((b >>> 0) % 2 ** 21);
    }
    return { hash, end };
  }

  /** Returns the uuid that a fork gave the row, else one (version 8) of its bytes and offset: the same at each reading. */
  idOf(i: number): string {
    const uuid = this.#uuids.get(i);
    if (uuid !== undefined) return uuid;
    const [a = 0, b = 0] = [this.#rowHash[2 * i], this.#rowHash[2 * i + 1]];
    const place = Math.imul(((this.offset[i] as number) % 2 ** 32) | 0, 0x9e3779b1);
    const words = [a, b, Math.imul(a ^ place, 0x85ebca6b), Math.imul(b ^ (place >>> 7), 0xc2b2ae35)];
    const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  #grow(size: number): void {
    this.offset = enlarged(this.offset, size);
    this.length = enlarged(this.length, size);
    this.at = enlarged(this.at, size);
    this.operation = enlarged(this.operation, size);
    this.promptKind = enlarged(this.promptKind, size);
    this.text = enlarged(this.text, size);
    this.#rowHash = enlarged(this.#rowHash, 2 * size);
  }
}

/** Reasons for taking a prompt out other than giving it to the model here. */
const REASONS: ReadonlyMap<unknown, number> = new Map([
  ["dropped_by_hook", DROPPED],
  ["cleared_on_cancel", DROPPED],
  ["cancelled_by_sender", DROPPED],
  ["superseded_by_resume", DROPPED],
  ["agent_stopped", DROPPED],
  ["not_carried_to_background", DROPPED],
  ["rewound", DROPPED],
  ["delivered_as_tool_result", ELSEWHERE],
  ["delivered_to_agent", ELSEWHERE],
  ["carried_to_background", ELSEWHERE],
  ["stored_at_idle", ELSEWHERE],
]);

const isOfFork = (value: JsonObject): boolean => asObject(value["forkedFrom"]) !== undefined;

const OPERATIONS: ReadonlyMap<unknown, number> = new Map([
  ["enqueue", ENQUEUE],
  ["dequeue", DEQUEUE],
  ["popAll", POP_ALL],
  ["popOne", POP_ONE],
]);

/** Returns the operation of a `queue-operation` row; undefined if it is unknown. */
export function operationOf(value: JsonObject): number | undefined {
  if (value["operation"] !== "remove") return OPERATIONS.get(value["operation"]);
  return isOfFork(value) ? INHERITED : (REASONS.get(value["reason"]) ?? DELIVERED);
}

/** Returns the text of a prompt as the CLI queues it: a string, or blocks. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = blocksOf(content).filter(({ type }) => type === "text");
  return texts.map(({ text }) => asString(text) ?? "").join("\n");
}

/** Returns the kind of a prompt by its beginning, which is the same in a user row. */
export function promptKindOf(text: string): number {
  if (/^\s*<task-notification[\s>]/.test(text)) return NEWS;
  return /^\s*(?:\/|<command-(?:name|message)>)/.test(text) ? COMMAND : TYPED;
}
