/** Fewest UTF-16 units of a text that is looked for. */
export const INDEXED_UNITS = 8;

/**
 * Finds many texts in another one, in time that hardly grows with their number: an alternative for each in a regular expression
 * takes ten seconds for 5,000 of them in 5 MB.
 */
export class TextIndex {
  /** Whether a text begins with two units, by the low bytes of both. */
  readonly #pairs = new Uint8Array(256 * 256);
  /** By their first units; the longest first. */
  readonly #texts = new Map<string, string[]>();

  /** `texts`: each of at least `INDEXED_UNITS`. */
  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      const start = text.slice(0, INDEXED_UNITS);
      this.#pairs[pairAt(text, 0)] = 1;
      const others = this.#texts.get(start);
      if (others === undefined) this.#texts.set(start, [text]);
      else others.push(text);
    }
    for (const texts of this.#texts.values()) texts.sort((a, b) => b.length - a.length);
  }

  /** Returns the first place at or after `from` where one of the texts is, and the longest one there. */
  find(text: string, from: number): { readonly at: number; readonly found: string } | undefined {
    if (this.#texts.size === 0) return undefined;
    const last = text.length - INDEXED_UNITS;
    for (let at = from; at <= last; at++) {
      if (this.#pairs[pairAt(text, at)] === 0) continue;
      const found = this.#texts.get(text.slice(at, at + INDEXED_UNITS))?.find((one) => text.startsWith(one, at));
      if (found !== undefined) return { at, found };
    }
    return undefined;
  }
}

const pairAt = (text: string, at: number): number =>
  ((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff);
