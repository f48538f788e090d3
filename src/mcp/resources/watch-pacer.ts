/** Changes come in bursts: a row is appended in several steps, and several rows at once. */
const SETTLE_MS = 50;

/**
 * Does what is due, but for each key no more often than every so many milliseconds. What comes meanwhile is done once, at
 * the end. Keeps no process alive.
 */
export class Pacer {
  readonly #every: number;
  readonly #last = new Map<string, number>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(every: number) {
    this.#every = every;
  }

  due(key: string, act: () => void): void {
    if (this.#waiting.has(key)) return;
    const next = (this.#last.get(key) ?? -Infinity) + this.#every;
    const timer = setTimeout(
      () => {
        this.#waiting.delete(key);
        this.#last.set(key, performance.now());
        act();
      },
      Math.max(SETTLE_MS, next - performance.now()),
    );
    timer.unref();
    this.#waiting.set(key, timer);
  }

  /** What was due for the key is not done any more. When it was last done is remembered. */
  forget(key: string): void {
    clearTimeout(this.#waiting.get(key));
    this.#waiting.delete(key);
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
