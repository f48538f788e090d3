import type { ConversationEntry } from "../store/read/session-messages.ts";
import type { OpenConversation } from "../store/read/open-conversation.ts";
import type { Apart } from "../transcript/conversation/conversation-row.ts";
import { isNote, kindsOf, type Part, type Speaker, speakerOf } from "./parts.ts";
import { yieldToEventLoop } from "../store/timing.ts";

/** A message as a person counts them: what was said at one time, with what it led to. */
export interface Message {
  /** Counted from 1, in the order of the conversation, whatever of it is shown. */
  readonly number: number;
  readonly speaker: Speaker;
  /** It says nothing but what the CLI notes. */
  readonly isNote: boolean;
  /** 0 for the current branch. */
  readonly branch: number;
  /** Stands before a compaction that did not keep it. */
  readonly compacted: boolean;
  readonly apart: Apart | undefined;
  /** Its rows, by their place in the conversation. */
  readonly from: number;
  readonly to: number;
}

/**
 * A conversation as messages. A message is what a person said or did, with its output; or what the model said in one
 * answer of the API, with the tool calls in it and what they came to; or a note of the CLI. Rows without anything for a
 * person belong to the message before them. Memory is a few numbers a message.
 */
export class Messages {
  readonly #open: OpenConversation;
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #speakers: Speaker[] = [];
  readonly #notes: boolean[] = [];

  private constructor(open: OpenConversation) {
    this.#open = open;
  }

  /** Looks over the conversation. Rows are read only where their numbers do not say whether a message begins there. */
  static async of(open: OpenConversation): Promise<Messages> {
    const messages = new Messages(open);
    let read = 0;
    for (let row = 0; row < open.length; row++) {
      if (messages.#take(row) && ++read % ROWS_PER_TURN === 0) await yieldToEventLoop();
    }
    return messages;
  }

  get count(): number {
    return this.#from.length;
  }

  /** The message of a number that there is. */
  get(number: number): Message {
    const from = this.#from[number - 1] ?? 0;
    const to = this.#to[number - 1] ?? 0;
    const { branch, compacted, apart } = this.#open.facts(from);
    const speaker = this.#speakers[number - 1] ?? "system";
    return { number, speaker, isNote: this.#notes[number - 1] ?? true, branch, compacted, apart, from, to };
  }

  entries({ from, to }: Message): ConversationEntry[] {
    return Array.from({ length: to - from }, (_, i) => this.#open.entry(from + i));
  }

  /** The number of the message that a row is a part of, or that comes after it. */
  numberOf(row: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#to[middle] as number) > row) to = middle;
      else from = middle + 1;
    }
    return Math.min(from + 1, this.count);
  }

  /** Adds the row to the message before it, or begins one. Whether it had to be read for that. */
  #take(row: number): boolean {
    const facts = this.#open.facts(row);
    const open = this.#to.at(-1) === row ? this.#open.facts(this.#from.at(-1) ?? 0) : undefined;
    const before = open !== undefined && standsWith(open, facts) ? open : undefined;
    if (facts.kind === "assistant") {
      const same = before?.kind === "assistant" && facts.message >= 0 && facts.message === before.message;
      // An answer that was paused goes on under another id, with the result of the API's own call before the pause. Two
      // answers with nothing between them are rare, so few rows are read for this.
      const follows = !same && before?.kind === "assistant" && this.#open.facts(row - 1).kind === "assistant";
      this.#add(row, same || (follows && isAnswer(kindsOf(this.#open.entry(row)))));
      return follows;
    }
    if (facts.kind === "user" && facts.answers) {
      this.#add(row, before?.kind === "assistant");
      return false;
    }
    const entry = this.#open.entry(row);
    const parts = kindsOf(entry);
    if (parts.every(isSilent)) {
      if (before !== undefined) this.#add(row, true);
    } else if (isAnswer(parts)) this.#add(row, before?.kind === "assistant");
    // What a command printed stands in rows of its own.
    else {
      const continues = before !== undefined && before.kind !== "assistant" && parts.every(isOutput);
      this.#add(row, continues, speakerOf(parts), isNote(entry, parts));
    }
    return true;
  }

  #add(row: number, continues: boolean, speaker: Speaker = "assistant", note = false): void {
    if (continues) this.#to[this.#to.length - 1] = row + 1;
    else {
      this.#from.push(row);
      this.#to.push(row + 1);
      this.#speakers.push(speaker);
      this.#notes.push(note);
    }
  }
}

const ROWS_PER_TURN = 512;

type Standing = Pick<Message, "branch" | "compacted" | "apart">;

/** On another branch, or after a compaction, nothing belongs to what stood before. */
const standsWith = (a: Standing, b: Standing): boolean =>
  a.branch === b.branch && a.compacted === b.compacted && a.apart === b.apart;

/** What sets a message apart from what was said in turn, in words; empty for most. */
export function apartWords({ branch, apart }: Standing): string {
  if (branch > 0) return `branch ${branch}, left behind by a rewind`;
  if (apart === "undelivered") return "queued, not delivered";
  return apart === "unconnected" ? "not connected with what follows" : "";
}

/** Nothing but what tool calls came to. */
const isAnswer = (parts: readonly Part[]): boolean => parts.length > 0 && parts.every(({ kind }) => kind === "result");
const isSilent = ({ kind }: Part): boolean => kind === "hidden";
const isOutput = ({ kind }: Part): boolean => kind === "output" || kind === "hidden";
