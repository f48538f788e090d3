/** What is taken from a ranking: latest first, and of equal times the greater id first. */
export interface Ranked {
  readonly time: number;
  readonly sessionId: string;
}

export function ranksBefore(a: Ranked, b: Ranked): boolean {
  return a.time === b.time ? a.sessionId > b.sessionId : a.time > b.time;
}

/** A heap: the first few of ten thousand are had without sorting the rest. */
export class Ranking<T extends Ranked> {
  readonly #items: T[];

  constructor(items: T[]) {
    this.#items = items;
    for (let i = (items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
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
      if (!ranksBefore(item, parent)) break;
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
      if (below + 1 < items.length && ranksBefore(items[below + 1] as T, items[below] as T)) below++;
      if (!ranksBefore(items[below] as T, item)) break;
      items[i] = items[below] as T;
      i = below;
    }
    items[i] = item;
  }
}
