export class PendingRequests {
  readonly #ids = new Set<unknown>();
  #idle: (() => void) | undefined;

  add(id: unknown): void {
    this.#ids.add(id);
  }

  /** Forgets a request that was answered, or never will be. */
  settle(id: unknown): void {
    this.#ids.delete(id);
    if (this.#ids.size === 0) this.#idle?.();
  }

  /** Resolves when every request is settled. */
  async none(): Promise<void> {
    if (this.#ids.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }
}
