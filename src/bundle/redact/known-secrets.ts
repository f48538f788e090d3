import { attempt } from "../../store/errors.ts";
import { isFormatWord } from "./format-names.ts";
import { INDEXED_UNITS, TextIndex } from "./text-index.ts";

/** The secrets that were found in what is exported. One that is known is masked wherever it stands. */

/** Shortest secret that is masked wherever it stands: a shorter one is part of other words. */
const LEAST_UNITS = INDEXED_UNITS;
/** Beginnings of secrets of this length count as the secret, at the end of a text that was cut. */
const BEGINNING_UNITS = 16;

export class KnownSecrets {
  readonly #masks = new Map<string, string>();
  readonly #numbers = new Map<string, number>();
  readonly #kinds = new Map<string, string>();
  /** Made when it is needed, and again when a secret was added. */
  #index: { readonly secrets: TextIndex; readonly beginnings: TextIndex } | undefined;

  /** Adds a private key by its lines, which give it away by themselves, and as a whole if it is known where it ends. */
  addKey(whole: string | undefined, lines: readonly string[]): void {
    const [first = "", ...others] = whole === undefined ? lines : [whole, ...lines];
    this.add("private-key", first, others);
  }

  /** Adds a secret, with the texts that give it away by themselves. The first kind that is found is the one that counts. */
  add(kind: string, secret: string, parts: readonly string[] = []): void {
    if (secret.length < LEAST_UNITS || isFormatWord(secret)) return;
    let mask = this.#masks.get(secret);
    if (mask === undefined) {
      const number = (this.#numbers.get(kind) ?? 0) + 1;
      this.#numbers.set(kind, number);
      mask = `[redacted:${kind}:${number}]`;
      this.#kinds.set(mask, kind);
      this.#masks.set(secret, mask);
      this.#index = undefined;
    }
    for (const part of [...parts, ...parts.flatMap(spellings), ...spellings(secret)]) {
      if (part.length < LEAST_UNITS || this.#masks.has(part) || isFormatWord(part)) continue;
      this.#masks.set(part, mask);
      this.#index = undefined;
    }
  }

  /** Replaces all secrets in a text, and the beginning of one at the end of it. `found` gets the kind of each. */
  mask(text: string, found: (kind: string) => void): string {
    const { secrets } = this.#indexes();
    let masked = "";
    let done = 0;
    for (let next = secrets.find(text, 0); next !== undefined; next = secrets.find(text, done)) {
      masked += text.slice(done, next.at) + this.#maskOf(next.found, found);
      done = next.at + next.found.length;
    }
    return this.#maskCut(done === 0 ? text : masked + text.slice(done), found);
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

  #indexes(): { readonly secrets: TextIndex; readonly beginnings: TextIndex } {
    this.#index ??= { secrets: new TextIndex(this.#masks.keys()), beginnings: new TextIndex(this.beginnings()) };
    return this.#index;
  }

  /** Titles and output are cut at some length. */
  #maskCut(text: string, found: (kind: string) => void): string {
    const { beginnings } = this.#indexes();
    const from = Math.max(0, text.length - CUT_UNITS);
    const ellipsis = /(?:…|\.\.\.)?\s*$/.exec(text.slice(-ELLIPSIS_UNITS))?.[0] ?? "";
    const end = text.length - ellipsis.length;
    for (let next = beginnings.find(text, from); next !== undefined; next = beginnings.find(text, next.at + 1)) {
      const rest = text.slice(next.at, end);
      if (rest.length < BEGINNING_UNITS) continue;
      const secret = [...this.#masks.keys()].find((one) => one.startsWith(rest));
      if (secret !== undefined) return text.slice(0, next.at) + this.#maskOf(secret, found) + ellipsis;
    }
    return text;
  }
}

const ELLIPSIS_UNITS = 16;

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
