import type { OpenConversation } from "../../store/read/open-conversation.ts";
import { Messages } from "../../view/messages.ts";
import { markOf } from "./cursor.ts";
import type { JoinedText } from "./long-text.ts";
import type { Shown, Target } from "./shown.ts";

/** Target of an id with all of its text. */
export interface Whole extends JoinedText {
  readonly target: Target;
}

/** Open conversation as messages, with short names for its rows and messages. */
export class Conversation {
  readonly open: OpenConversation;
  readonly messages: Messages;
  /** Number of messages on branches that rewinds left behind. */
  readonly abandoned: number;
  /** First halves of uuids that several rows share. */
  #shared: ReadonlySet<number> | undefined;
  #long: { readonly number: number; readonly selection: number; readonly shown: Shown } | undefined;
  #last: { readonly id: string; readonly whole: Whole } | undefined;

  private constructor(open: OpenConversation, messages: Messages) {
    this.open = open;
    this.messages = messages;
    let abandoned = 0;
    for (let number = 1; number <= messages.count; number++) if (messages.get(number).branch > 0) abandoned++;
    this.abandoned = abandoned;
  }

  /** Finds the messages of a conversation. Closes it if that fails. Throws `signal.reason`. */
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

  /** Returns the mark by which a cursor finds a message again; `0` after the last one. */
  mark(number: number): string {
    return number > this.messages.count ? "0" : markOf(this.open.uuid(this.messages.get(number).from));
  }

  numberOfMark(mark: string): number | undefined {
    for (let number = 1; number <= this.messages.count; number++) if (this.mark(number) === mark) return number;
    return undefined;
  }

  /** Returns a unique prefix of a row's uuid: eight characters, or all. Undefined if the uuid has unusual characters. */
  shortId(row: number): string | undefined {
    const uuid = this.open.uuid(row);
    if (!PLAIN_ID.test(uuid)) return undefined;
    const start = this.open.uuidStart(row);
    this.#shared ??= this.#sharedStarts();
    return this.#shared.has(start) ? uuid : uuid.slice(0, SHORT);
  }

  /** Returns the rows whose uuid starts with a prefix. */
  rowsOf(prefix: string): number[] {
    const rows: number[] = [];
    const wanted = prefix.toLowerCase();
    for (let row = 0; row < this.open.length; row++) {
      if (this.open.uuid(row).toLowerCase().startsWith(wanted)) rows.push(row);
    }
    return rows;
  }

  /** Returns the target of an id and its text. Caches the last one, because a long text is read in slices. */
  async whole(id: string, read: () => Promise<Whole>): Promise<Whole> {
    if (this.#last?.id !== id) this.#last = { id, whole: await read() };
    return this.#last.whole;
  }

  /** Returns a message as shown. Caches the last long one, because it takes several pages. */
  shown(number: number, selection: number, show: () => Shown): Shown {
    if (this.#long?.number === number && this.#long.selection === selection) return this.#long.shown;
    const shown = show();
    const { from, to } = shown.message;
    if (shown.length >= LONG_UNITS || to - from >= MANY_ROWS || shown.segments.length >= MANY_ROWS) {
      this.#long = { number, selection, shown };
    }
    return shown;
  }

  #sharedStarts(): ReadonlySet<number> {
    const starts = Uint32Array.from({ length: this.open.length }, (_, row) => this.open.uuidStart(row)).sort();
    return new Set(starts.filter((start, at) => at > 0 && start === starts[at - 1]));
  }
}

const LONG_UNITS = 100_000;
const MANY_ROWS = 64;
const SHORT = 8;
const PLAIN_ID = /^[\w-]{1,64}$/;
