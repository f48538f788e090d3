import { bitsOf, type Choice } from "./include.ts";
import type { Conversation } from "./row-names.ts";
import type { Position } from "./cursor.ts";
import { fitFrom, fitTo, type Room } from "./token-budget.ts";
import { type Form, UNITS_PER_TOKEN } from "./format.ts";
import { costOfItem, type Item, offsetOf, sumOf } from "./item.ts";
import type { LeftOut, Shown } from "./shown.ts";
import { NOTHING_LEFT_OUT, showMessage } from "./segments.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

/** What stands on a page, and where the page begins and ends. */
export interface Page {
  readonly items: readonly Item[];
  readonly from: Position;
  readonly to: Position;
  /** Whether something that was chosen stands before it, and behind it. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** What was left out of the messages on the way, those included of which nothing was chosen. */
  readonly left: LeftOut;
}

export interface PageOptions {
  readonly choice: Choice;
  readonly form: Form;
  /** For the messages alone. */
  readonly room: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Takes as much as fits. Whole messages are kept together as long as they fit on a page; one that does not is cut between
 * what stands together in it, or, where a single text is longer than a page, in the middle of that.
 */
export class PageBuilder {
  readonly #conversation: Conversation;
  readonly #options: PageOptions;
  readonly #items: Item[] = [];
  #left: number;
  #skipped: LeftOut = NOTHING_LEFT_OUT;
  #seen = 0;

  constructor(conversation: Conversation, options: PageOptions) {
    this.#conversation = conversation;
    this.#options = options;
    this.#left = options.room;
  }

  /** The page that begins there. */
  async after(at: Position): Promise<Page> {
    const from = at;
    const to = await this.#forward(at, true);
    return this.#page(from, to);
  }

  /** The page that ends there. */
  async before(at: Position): Promise<Page> {
    const from = await this.#backward(at, true);
    return this.#page(from, at);
  }

  /**
   * The page with that message on it, from its beginning, or, if it is longer than a page, from that row on. Of what is
   * left a third goes to what stands before it: what follows is read more often.
   */
  async around(number: number, row: number): Promise<Page> {
    const shown = await this.#show(number);
    const offset = shown === undefined || this.#fitsAlone(shown) ? 0 : offsetOf(shown, row);
    const at = { number, offset };
    const end = await this.#forward(at, true, number);
    if (offset > 0 || end.offset > 0) return this.#page(at, end);
    const left = this.#left;
    this.#left = Math.floor(left / 3);
    const from = await this.#backward(at, false);
    this.#left += left - Math.floor(left / 3);
    const to = await this.#forward(end, this.#items.length === 0);
    return this.#page(from, to);
  }

  /** Adds what follows, up to a message; gives where it stopped. `must`: at least something is added. */
  async #forward(at: Position, must: boolean, last: number = this.#conversation.messages.count): Promise<Position> {
    let empty = must;
    let { number, offset } = at;
    for (; number <= last; number++, offset = 0) {
      const shown = await this.#show(number);
      if (shown === undefined || offset >= shown.length) continue;
      const range = { from: offset, to: shown.length };
      if (this.#add({ shown, range }, "push")) {
        empty = false;
        continue;
      }
      if (!empty && this.#fitsAlone(shown)) return { number, offset };
      const to = fitFrom(shown, offset, this.#room(empty));
      if (to <= offset) return { number, offset };
      this.#add({ shown, range: { from: offset, to } }, "push", true);
      return to < shown.length ? { number, offset: to } : { number: number + 1, offset: 0 };
    }
    return { number: last + 1, offset: 0 };
  }

  async #backward(at: Position, must: boolean): Promise<Position> {
    let empty = must;
    let { number } = at;
    let end: number | undefined = at.offset;
    if (end === 0) {
      number--;
      end = undefined;
    }
    for (; number >= 1; number--, end = undefined) {
      const shown = await this.#show(number);
      const to = Math.min(end ?? Infinity, shown?.length ?? 0);
      if (shown === undefined || to === 0) continue;
      if (this.#add({ shown, range: { from: 0, to } }, "unshift")) {
        empty = false;
        continue;
      }
      const here = to < shown.length ? { number, offset: to } : { number: number + 1, offset: 0 };
      if (!empty && this.#fitsAlone(shown)) return here;
      const from = fitTo(shown, to, this.#room(empty));
      if (from >= to) return here;
      this.#add({ shown, range: { from, to } }, "unshift", true);
      return from > 0 ? { number, offset: from } : { number, offset: 0 };
    }
    return { number: 1, offset: 0 };
  }

  /** What was chosen of a message; undefined where that is nothing. */
  async #show(number: number): Promise<Shown | undefined> {
    const { choice, signal } = this.#options;
    const { messages } = this.#conversation;
    if (++this.#seen % MESSAGES_PER_TURN === 0) {
      this.#options.progress(this.#seen, messages.count);
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
    if (messages.get(number).branch > 0 && !choice.include.has("branches")) return undefined;
    const shown = this.#conversation.shown(number, bitsOf(choice), () =>
      showMessage(this.#conversation, number, choice),
    );
    if (shown.segments.length > 0) return shown;
    this.#skipped = sumOf(this.#skipped, shown.left);
    return undefined;
  }

  #add(item: Item, how: "push" | "unshift", surely = false): boolean {
    const cost = this.#cost(item);
    if (!surely && cost > this.#left) return false;
    this.#left -= cost;
    this.#items[how](item);
    return true;
  }

  /** A text that no page holds whole is cut anyway: it may begin on this one, if there is much room on it. */
  #room(must: boolean): Room {
    const { form, room } = this.#options;
    return { form, left: this.#left, must: must || this.#left > room / 2 };
  }

  #fitsAlone(shown: Shown): boolean {
    return this.#cost({ shown, range: { from: 0, to: shown.length } }) <= this.#options.room;
  }

  /** What an item costs; of one that is far too long it is not counted. */
  #cost(item: Item): number {
    const { form, room } = this.#options;
    const least = (item.range.to - item.range.from) / UNITS_PER_TOKEN;
    return least > room ? Infinity : costOfItem(item, form);
  }

  async #page(from: Position, to: Position): Promise<Page> {
    // What is met beyond the ends the next page will tell.
    const skipped = this.#skipped;
    return {
      items: this.#items,
      from,
      to,
      hasBefore: await this.#any(from, -1),
      hasAfter: await this.#any(to, 1),
      left: this.#items.reduce((sum, { shown }) => sumOf(sum, shown.left), skipped),
    };
  }

  /** Whether anything that was chosen stands on that side. */
  async #any({ number, offset }: Position, step: 1 | -1): Promise<boolean> {
    if (step === -1 && offset > 0) return true;
    const { count } = this.#conversation.messages;
    for (let at = step === 1 ? number : number - 1; at >= 1 && at <= count; at += step) {
      if ((await this.#show(at)) !== undefined) return true;
    }
    return false;
  }
}

const MESSAGES_PER_TURN = 64;
