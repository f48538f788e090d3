import { bitsOf, type Selection } from "./include.ts";
import type { Conversation } from "./row-names.ts";
import type { Position } from "./cursor.ts";
import { fitFrom, fitTo, type TokenBudget } from "./token-budget.ts";
import { type Format, UNITS_PER_TOKEN } from "./format.ts";
import { costOfItem, type Item, offsetOf, placeOfText, sumOf } from "./item.ts";
import type { LeftOut, Shown } from "./shown.ts";
import { NOTHING_LEFT_OUT, showMessage } from "./segments.ts";
import { yieldToEventLoop } from "../../store/timing.ts";

export interface Page {
  readonly items: readonly Item[];
  readonly from: Position;
  readonly to: Position;
  /** Whether anything selected comes before the page, and after it. */
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  /** Parts left out in the page's range, including those of messages with nothing selected. */
  readonly left: LeftOut;
}

export interface PageOptions {
  readonly selection: Selection;
  readonly format: Format;
  /** Tokens for the messages, without header and footer. */
  readonly budget: number;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Builds a page of as much as fits. Messages that fit on a page are not cut; longer ones are cut between segments, and
 * segments only if one alone is longer than a page.
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
    this.#left = options.budget;
  }

  /** Builds the page that begins there. */
  async after(at: Position): Promise<Page> {
    return this.#page(at, await this.#forward(at, true));
  }

  /** Builds the page that ends there. */
  async before(at: Position): Promise<Page> {
    return this.#page(await this.#backward(at, true), at);
  }

  /**
   * Builds the page with a message on it, from its beginning, or if it is longer than a page, from that row on or from shortly
   * before a text in it. A third of the remaining budget goes to earlier messages: later ones are read more often.
   */
  async around(number: number, row: number, find?: string): Promise<Page> {
    const shown = await this.#show(number);
    const offset = shown === undefined || this.#fitsAlone(shown) ? 0 : beginning(shown, row, find);
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

  /** Adds the following messages up to `last`; returns where it stopped. `must`: adds at least something. */
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
      const to = fitFrom(shown, offset, this.#budget(empty));
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
      const from = fitTo(shown, to, this.#budget(empty));
      if (from >= to) return here;
      this.#add({ shown, range: { from, to } }, "unshift", true);
      return from > 0 ? { number, offset: from } : { number, offset: 0 };
    }
    return { number: 1, offset: 0 };
  }

  /** Returns the selected parts of a message; undefined if there are none. */
  async #show(number: number): Promise<Shown | undefined> {
    const { selection, signal } = this.#options;
    const { messages } = this.#conversation;
    if (++this.#seen % MESSAGES_PER_TURN === 0) {
      this.#options.progress(this.#seen, messages.count);
      await yieldToEventLoop();
      signal.throwIfAborted();
    }
    if (messages.get(number).branch > 0 && !selection.include.has("branches")) return undefined;
    const shown = this.#conversation.shown(number, bitsOf(selection), () =>
      showMessage(this.#conversation, number, selection),
    );
    if (shown.segments.length > 0) return shown;
    this.#skipped = sumOf(this.#skipped, shown.left);
    return undefined;
  }

  #add(item: Item, how: "push" | "unshift", evenIfTooLong = false): boolean {
    const cost = this.#cost(item);
    if (!evenIfTooLong && cost > this.#left) return false;
    this.#left -= cost;
    this.#items[how](item);
    return true;
  }

  /** A message longer than a page is cut anyway, so it begins on this page if half of the budget is left. */
  #budget(must: boolean): TokenBudget {
    const { format, budget } = this.#options;
    return { format, left: this.#left, must: must || this.#left > budget / 2 };
  }

  #fitsAlone(shown: Shown): boolean {
    return this.#cost({ shown, range: { from: 0, to: shown.length } }) <= this.#options.budget;
  }

  /** Returns the cost of an item; Infinity, without counting, if it is far too long. */
  #cost(item: Item): number {
    const { format, budget } = this.#options;
    const lowerBound = (item.range.to - item.range.from) / UNITS_PER_TOKEN;
    return lowerBound > budget ? Infinity : costOfItem(item, format);
  }

  async #page(from: Position, to: Position): Promise<Page> {
    // `#any` adds to it what the next page will report.
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

  /** Whether there is anything selected on that side. */
  async #any({ number, offset }: Position, step: 1 | -1): Promise<boolean> {
    if (step === -1 && offset > 0) return true;
    const { count } = this.#conversation.messages;
    for (let at = step === 1 ? number : number - 1; at >= 1 && at <= count; at += step) {
      if ((await this.#show(at)) !== undefined) return true;
    }
    return false;
  }
}

const beginning = (shown: Shown, row: number, find: string | undefined): number =>
  (find === undefined ? undefined : placeOfText(shown, row, find)) ?? offsetOf(shown, row);

const MESSAGES_PER_TURN = 64;
