import type { MaskingReport } from "./mask-file.ts";

/** Numbers of what was masked, and of what could not be. */
export class MaskTally implements MaskingReport {
  readonly #kinds = new Map<string, number>();
  #parts = 0;
  #bytes = 0;
  unseenFiles = 0;

  found(kind: string): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
  }

  leave(bytes: number): void {
    this.#parts++;
    this.#bytes += bytes;
  }

  unseen(): void {
    this.unseenFiles++;
  }

  /** Parts of lines that are no rows. */
  get left(): { readonly parts: number; readonly bytes: number } {
    return { parts: this.#parts, bytes: this.#bytes };
  }

  /** Places by the kind of what was there, by name. */
  get kinds(): Record<string, number> {
    return Object.fromEntries([...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
