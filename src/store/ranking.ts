/** What is taken from a ranking: latest first, and of equal times the greater id first. */
export interface Ranked {
  readonly activity: number;
  readonly sessionId: string;
}

export function ranksBefore(a: Ranked, b: Ranked): boolean {
  return a.activity === b.activity ? a.sessionId > b.sessionId : a.activity > b.activity;
}

/** A heap: the first few of ten thousand are had without sorting the rest. */
export class Ranking<T> {
  readonly #items: T[];
  readonly #before: (a: T, b: T) => boolean;

  /** Takes the array over. */
  constructor(items: T[], before: (a: T, b: T) => boolean) {
    this.#items = items;
    this.#before = before;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** What is left, in no order. */
  get rest(): readonly T[] {
    return this.#items;
  }

  /** Takes the first one out. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) {
      items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  push(item: T): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const above = (i - 1) >> 1;
      const parent = items[above] as T;
      if (!this.#before(item, parent)) break;
      items[i] = parent;
      i = above;
    }
    items[i] = item;
  }

  #sink(from: number): void {
    const items = this.#items;
    const item = items[from] as T;
    let i = from;
    for (;;) {
      let below = 2 * i + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && this.#before(items[below + 1] as T, items[below] as T)) below++;
      if (!this.#before(items[below] as T, item)) break;
      items[i] = items[below] as T;
      i = below;
    }
    items[i] = item;
  }
}
