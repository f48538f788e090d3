/** Delay before an action, because changes come in bursts: a row is appended in several steps, or with other rows. */
const SETTLE_MS = 50;

/** Throttles actions by key: calls within the interval become one at its end. Does not keep the process alive. */
export class Pacer {
  readonly #intervalMs: number;
  readonly #last = new Map<string, number>();
  readonly #pending = new Map<string, NodeJS.Timeout>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  due(key: string, act: () => void): void {
    if (this.#pending.has(key)) return;
    const next = (this.#last.get(key) ?? -Infinity) + this.#intervalMs;
    const timer = setTimeout(
      () => {
        this.#pending.delete(key);
        this.#last.set(key, performance.now());
        act();
      },
      Math.max(SETTLE_MS, next - performance.now()),
    );
    timer.unref();
    this.#pending.set(key, timer);
  }

  /** Cancels the pending action of a key. The time of the last one is still respected. */
  cancel(key: string): void {
    clearTimeout(this.#pending.get(key));
    this.#pending.delete(key);
  }

  close(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }
}
