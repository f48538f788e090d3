/** Sort key of a session in a list: latest first, the greater id first among equal times. */
export interface Ranked {
  readonly activity: number;
  readonly sessionId: string;
}

export function ranksBefore(a: Ranked, b: Ranked): boolean {
  return a.activity === b.activity ? a.sessionId > b.sessionId : a.activity > b.activity;
}

/** A binary heap: finds the first few of many items without sorting the rest. */
export class Heap<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  /** Takes ownership of the array. */
  constructor(items: T[], before: (a: T, b: T) => boolean) {
    this.#items = items;
    this.#before = before;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** All items, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  pop(): T | undefined {
    const { first } = this;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  push(item: T): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    for (; i > 0 && this.#before(item, items[(i - 1) >> 1] as T); i = (i - 1) >> 1) items[i] = items[(i - 1) >> 1] as T;
    items[i] = item;
  }

  #sink(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let i = from;
    for (let below = 2 * i + 1; below < items.length; below = 2 * i + 1) {
      if (below + 1 < items.length && this.#before(items[below + 1] as T, items[below] as T)) below++;
      if (!this.#before(items[below] as T, item)) break;
      items[i] = items[below] as T;
      i = below;
    }
    items[i] = item;
  }
}
