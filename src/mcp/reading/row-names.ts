import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { type Message, Messages } from "../../view/messages.ts";
import { markOf } from "./cursor.ts";
import type { JoinedText } from "./long-text.ts";
import type { Shown } from "./shown.ts";
import type { Target } from "./shown.ts";

/** A conversation that lies open, as messages; every row and message of it can be named in few characters. */
export class Conversation {
  readonly open: OpenConversation;
  readonly messages: Messages;
  /** Messages of the current branch, and of those that rewinds left behind. */
  readonly current: number;
  readonly abandoned: number;
  /** Beginnings that several rows' uuids have. */
  #shared: ReadonlySet<number> | undefined;
  #long: { readonly number: number; readonly choice: number; readonly shown: Shown } | undefined;
  #last: { readonly id: string; readonly target: Target; text: JoinedText | undefined } | undefined;

  private constructor(open: OpenConversation, messages: Messages) {
    this.open = open;
    this.messages = messages;
    let abandoned = 0;
    for (let number = 1; number <= messages.count; number++) if (messages.get(number).branch > 0) abandoned++;
    this.abandoned = abandoned;
    this.current = messages.count - abandoned;
  }

  /** Looks it over. Closes it if that fails. Throws `signal.reason`. */
  static async of(open: OpenConversation, signal: AbortSignal): Promise<Conversation> {
    try {
      const messages = await Messages.of(open);
      signal.throwIfAborted();
      return new Conversation(open, messages);
    } catch (error) {
      open.close();
      throw error;
    }
  }

  /** By what a cursor knows a message again; `0` behind the last one. */
  mark(number: number): string {
    return number > this.messages.count ? "0" : markOf(this.open.uuid(this.messages.get(number).from));
  }

  /** The message of that mark, if its number is another by now. */
  marked(mark: string): number | undefined {
    for (let number = 1; number <= this.messages.count; number++) if (this.mark(number) === mark) return number;
    return undefined;
  }

  /**
   * The beginning of a row's uuid that no other row has: eight characters, or all. Undefined for one that no program
   * writes: it cannot be passed on.
   */
  shortId(row: number): string | undefined {
    const uuid = this.open.uuid(row);
    if (!SPEAKABLE.test(uuid)) return undefined;
    const start = this.open.uuidStart(row);
    this.#shared ??= this.#sharedStarts();
    return this.#shared.has(start) ? uuid : uuid.slice(0, SHORT);
  }

  /** The rows whose uuid begins so. */
  rowsOf(prefix: string): number[] {
    const rows: number[] = [];
    const wanted = prefix.toLowerCase();
    for (let row = 0; row < this.open.length; row++) {
      if (this.open.uuid(row).toLowerCase().startsWith(wanted)) rows.push(row);
    }
    return rows;
  }

  /** The number of the message that a row is a part of. */
  numberOf(row: number): number {
    return this.messages.numberOf(row);
  }

  message(number: number): Message {
    return this.messages.get(number);
  }

  /** What an id stands for; the last one is remembered, and its text, since a long one is read in slices. */
  async target(id: string, find: () => Promise<Target>): Promise<Target> {
    if (this.#last?.id !== id) this.#last = { id, target: await find(), text: undefined };
    return this.#last.target;
  }

  /** A message as it is shown; the last long one is remembered, since it takes several pages. */
  shown(number: number, choice: number, show: () => Shown): Shown {
    if (this.#long?.number === number && this.#long.choice === choice) return this.#long.shown;
    const shown = show();
    const { from, to } = shown.message;
    if (shown.length >= LONG_UNITS || to - from >= MANY_ROWS || shown.segments.length >= MANY_ROWS) {
      this.#long = { number, choice, shown };
    }
    return shown;
  }

  /** The text of a target; that of the last one is remembered. */
  async text(target: Target, read: () => Promise<JoinedText>): Promise<JoinedText> {
    const last = this.#last?.target === target ? this.#last : undefined;
    const text = last?.text ?? (await read());
    if (last !== undefined) last.text = text;
    return text;
  }

  #sharedStarts(): ReadonlySet<number> {
    const starts = Uint32Array.from({ length: this.open.length }, (_, row) => this.open.uuidStart(row)).sort();
    return new Set(starts.filter((start, at) => at > 0 && start === starts[at - 1]));
  }
}

const LONG_UNITS = 100_000;
const MANY_ROWS = 64;
const SHORT = 8;
const SPEAKABLE = /^[\w-]{1,64}$/;
