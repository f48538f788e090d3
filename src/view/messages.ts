import type { ConversationEntry } from "../store/read/session-messages.ts";
import type { OpenConversation } from "../store/read/open-conversation.ts";
import type { Apart } from "../transcript/conversation/conversation-row.ts";
import { isNote, kindsOf, type Media, type Part, type Speaker, speakerOf } from "./parts.ts";
import { yieldToEventLoop } from "../store/timing.ts";

/** A message as a person counts them: an utterance with the output or the tool calls that followed from it. */
export interface Message {
  /** Counted from 1, in the order of the conversation, whether or not it is shown. */
  readonly number: number;
  readonly speaker: Speaker;
  /** Contains only notes of the CLI. */
  readonly isNote: boolean;
  /** 0 for the current branch. */
  readonly branch: number;
  /** A later compaction did not keep it. */
  readonly compacted: boolean;
  readonly apart: Apart | undefined;
  /** Index of its first row in the conversation. */
  readonly from: number;
  /** Index after its last row. */
  readonly to: number;
}

/**
 * Groups the rows of a conversation into messages: what a person said or did, with its output; one answer of the API, with
 * its tool calls and their results; or a note of the CLI. Rows without anything for a person belong to the message before.
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

  /** Finds the messages of a conversation. Reads a row only if the index does not show whether it begins a message. */
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

  /** Returns a message by its number, from 1 to `count`. */
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

  /** Returns the number of the message that a row is part of, or of the next one. */
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

  /** Adds the row to the last message or begins a new one. Returns whether the row had to be read. */
  #take(row: number): boolean {
    const facts = this.#open.facts(row);
    const open = this.#to.at(-1) === row ? this.#open.facts(this.#from.at(-1) ?? 0) : undefined;
    const before = open !== undefined && hasSameContext(open, facts) ? open : undefined;
    if (facts.kind === "assistant") {
      const same = before?.kind === "assistant" && facts.message >= 0 && facts.message === before.message;
      // A paused answer continues under another id, beginning with results of the API's own calls. Adjacent answers are
      // rare, so this reads few rows.
      const follows = !same && before?.kind === "assistant" && this.#open.facts(row - 1).kind === "assistant";
      this.#add(row, same || (follows && isAnswer(kindsOf(this.#open.entry(row), this.#open))));
      return follows;
    }
    if (facts.kind === "user" && facts.answers) {
      this.#add(row, before?.kind === "assistant");
      return false;
    }
    const entry = this.#open.entry(row);
    const parts = kindsOf(entry, this.#open);
    if (parts.every(isSilent)) {
      if (before !== undefined) this.#add(row, true);
    } else if (isAnswer(parts)) this.#add(row, before?.kind === "assistant");
    else {
      // The output of a command is in rows of its own, and so are the pictures of its prompt.
      const continues =
        before !== undefined &&
        before.kind !== "assistant" &&
        (parts.every(isOutput) || (entry.entry["isMeta"] === true && parts.every(isUsersPicture)));
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

type Context = Pick<Message, "branch" | "compacted" | "apart">;

/** Returns whether two rows can be in one message: a message never extends over a branch or a compaction. */
const hasSameContext = (a: Context, b: Context): boolean =>
  a.branch === b.branch && a.compacted === b.compacted && a.apart === b.apart;

/** Says why a message is not part of the current branch; empty for most. */
export function apartWords({ branch, apart }: Context): string {
  if (branch > 0) return `branch ${branch}, left behind by a rewind`;
  if (apart === "undelivered") return "queued, not delivered";
  return apart === "unconnected" ? "not connected to what follows" : "";
}

/** Returns whether a row contains only results of tool calls, or media that a tool added. */
const isAnswer = (parts: readonly Part[]): boolean => parts.length > 0 && parts.every(isToolsOwn);
const isToolsOwn = (part: Part): boolean => part.kind === "result" || (isMedia(part) && part.role === "tool");
const isMedia = (part: Part): part is Media => "bytes" in part;
const isUsersPicture = (part: Part): boolean => isMedia(part) && part.role === "user";
const isSilent = ({ kind }: Part): boolean => kind === "hidden";
const isOutput = ({ kind }: Part): boolean => kind === "output" || kind === "hidden";
