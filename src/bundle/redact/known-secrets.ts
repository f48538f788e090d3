import { attempt } from "../../store/errors.ts";

/** The secrets that were found in what is exported. One that is known is masked wherever it stands. */

/** Shortest secret that is masked wherever it stands: a shorter one is part of other words. */
const LEAST_UNITS = 8;
/** Beginnings of secrets of this length count as the secret, at the end of a text that was cut. */
const BEGINNING_UNITS = 16;

export class KnownSecrets {
  readonly #masks = new Map<string, string>();
  readonly #numbers = new Map<string, number>();
  readonly #kinds = new Map<string, string>();
  #pattern: RegExp | undefined;
  #cut: RegExp | undefined;

  get size(): number {
    return this.#masks.size;
  }

  /** Adds a secret, with the texts that give it away by themselves. The first kind that is found is the one that counts. */
  add(kind: string, secret: string, parts: readonly string[] = []): void {
    if (secret.length < LEAST_UNITS) return;
    let mask = this.#masks.get(secret);
    if (mask === undefined) {
      const number = (this.#numbers.get(kind) ?? 0) + 1;
      this.#numbers.set(kind, number);
      mask = `[redacted:${kind}:${number}]`;
      this.#kinds.set(mask, kind);
      this.#masks.set(secret, mask);
      this.#pattern = undefined;
    }
    for (const part of [...parts, ...parts.flatMap(spellings), ...spellings(secret)]) {
      if (part.length < LEAST_UNITS || this.#masks.has(part)) continue;
      this.#masks.set(part, mask);
      this.#pattern = undefined;
    }
  }

  /** Replaces all secrets in a text, and the beginning of one at the end of it. `found` gets the kind of each. */
  mask(text: string, found: (kind: string) => void): string {
    if (this.#masks.size === 0) return text;
    const replaced = text.replace(this.#all(), (secret) => this.#maskOf(secret, found));
    return this.#maskCut(replaced, found);
  }

  /** Beginnings of the secrets: a text without them has no secret in it, nor the beginning of one that was cut. */
  beginnings(): string[] {
    return [...new Set([...this.#masks.keys()].map((secret) => secret.slice(0, BEGINNING_UNITS)))];
  }

  #maskOf(secret: string, found: (kind: string) => void): string {
    const mask = this.#masks.get(secret) ?? "";
    found(this.#kinds.get(mask) ?? "");
    return mask;
  }

  #all(): RegExp {
    if (this.#pattern === undefined) {
      // Of two that begin in the same place, the longer one has more to hide.
      const secrets = [...this.#masks.keys()].sort((a, b) => b.length - a.length);
      this.#pattern = new RegExp(secrets.map(escaped).join("|"), "g");
      this.#cut = new RegExp(`(?:${this.beginnings().map(escaped).join("|")})[^\\0]*$`);
    }
    return this.#pattern;
  }

  /** Titles and output are cut at some length. */
  #maskCut(text: string, found: (kind: string) => void): string {
    const longest = text.slice(-CUT_UNITS);
    const match = this.#cut?.exec(longest);
    if (match === null || match === undefined) return text;
    const [, whole = "", ellipsis = ""] = /^([^]*?)((?:…|\.\.\.)?\s*)$/.exec(match[0]) ?? [];
    for (let at = 0; whole.length - at >= BEGINNING_UNITS; at++) {
      const rest = whole.slice(at);
      for (const [secret, mask] of this.#masks) {
        if (!secret.startsWith(rest)) continue;
        found(this.#kinds.get(mask) ?? "");
        return text.slice(0, text.length - rest.length - ellipsis.length) + mask + ellipsis;
      }
    }
    return text;
  }
}

/** Returns how a secret also stands in a text: in a URL, and in JSON in a string. */
const spellings = (secret: string): string[] =>
  [
    // A lone surrogate has no form in a URL.
    attempt(() => encodeURIComponent(secret)) ?? secret,
    secret.replaceAll("/", String.raw`\/`),
    JSON.stringify(secret).slice(1, -1),
  ].filter((spelling) => spelling !== secret);

/** How much of the end of a text is looked at for the beginning of a secret. */
const CUT_UNITS = 400;

/** Returns a pattern that matches a text as it stands. */
export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
