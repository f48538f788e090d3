/** What is taken from a ranking: latest first, and of equal times the greater id first. */
export interface Ranked {
  readonly activity: number;
  readonly sessionId: string;
}

export function ranksBefore(a: Ranked, b: Ranked): boolean {
  return a.activity === b.activity ? a.sessionId > b.sessionId : a.activity > b.activity;
}

/** About so many are put in order first, and `GROWTH` times as many as before whenever they are used up. */
const FIRST_FEW = 128;
const GROWTH = 4;
/** What the best are worth is judged by so many, taken at equal distances. */
const SAMPLED = 1024;

/**
 * What is best comes first. The first few of ten thousand are had without ordering the rest: a heap holds those that are
 * worth at least so much, and the others wait.
 */
export class Ranking<T> {
  readonly #heap: T[] = [];
  readonly #others: T[];
  /** What all in the heap are worth at least, and all others are not. */
  #least = Infinity;
  #few = FIRST_FEW;
  readonly #worthOf: (item: T) => number;
  readonly #before: (a: T, b: T) => boolean;

  /** Takes the array over. `before` orders by what `worthOf` gives, the greatest first, and those that are worth the same. */
  constructor(items: T[], worthOf: (item: T) => number, before: (a: T, b: T) => boolean) {
    this.#others = items;
    this.#worthOf = worthOf;
    this.#before = before;
  }

  get first(): T | undefined {
    if (this.#heap.length === 0 && this.#others.length > 0) this.#refill();
    return this.#heap[0];
  }

  /** What is left, in no order. */
  *rest(): Iterable<T> {
    yield* this.#heap;
    yield* this.#others;
  }

  /** Takes the first one out. */
  pop(): T | undefined {
    const { first } = this;
    const heap = this.#heap;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  push(item: T): void {
    if (!(this.#worthOf(item) >= this.#least)) {
      this.#others.push(item);
      return;
    }
    const heap = this.#heap;
    let i = heap.push(item) - 1;
    while (i > 0) {
      const above = (i - 1) >> 1;
      const parent = heap[above] as T;
      if (!this.#before(item, parent)) break;
      heap[i] = parent;
      i = above;
    }
    heap[i] = item;
  }

  #refill(): void {
    const items = this.#others;
    const step = Math.ceil(items.length / SAMPLED);
    const sample = new Float64Array(Math.ceil(items.length / step));
    for (let i = 0; i < sample.length; i++) sample[i] = this.#worthOf(items[i * step] as T);
    sample.sort();
    this.#least = sample[Math.max(0, sample.length - Math.ceil(this.#few / step))] as number;
    this.#few *= GROWTH;
    let kept = 0;
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as T;
      if (this.#worthOf(item) >= this.#least) this.#heap.push(item);
      else items[kept++] = item;
    }
    items.length = kept;
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #sink(from: number): void {
    const items = this.#heap;
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
