import { attempt } from "../../store/errors.ts";
import { isFormatWord } from "./format-names.ts";
import { INDEXED_UNITS, TextIndex } from "./text-index.ts";

/** The secrets that were found in what is exported. One that is known is masked wherever it stands. */

/** Shortest secret that is masked wherever it stands: a shorter one is part of other words. */
const LEAST_UNITS = INDEXED_UNITS;
/** Beginnings of secrets of this length count as the secret, where a text was cut. */
const BEGINNING_UNITS = 16;

export class KnownSecrets {
  readonly #masks = new Map<string, Mask>();
  readonly #numbers = new Map<string, number>();
  /** Of values that are only masked after something. */
  readonly #values = new Map<string, Mask>();
  /** Made when it is needed, and again when a secret was added. */
  #index: Indexes | undefined;

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
      mask = this.#values.get(secret) ?? this.#newMask(kind);
      this.#masks.set(secret, mask);
      this.#index = undefined;
    }
    for (const part of [...parts, ...parts.flatMap(spellings), ...spellings(secret)]) {
      if (part.length < LEAST_UNITS || this.#masks.has(part) || isFormatWord(part)) continue;
      this.#masks.set(part, mask);
      this.#index = undefined;
    }
  }

  /** Adds a value that may be part of other words: it is masked where it stands in `whole`, after `before`. */
  addAfter(kind: string, before: string, whole: string, value: string): void {
    if (whole.length < LEAST_UNITS || this.#masks.has(whole) || isFormatWord(value)) return;
    const mask = this.#values.get(value) ?? this.#newMask(kind);
    this.#values.set(value, mask);
    for (const escape of [(text: string) => text, (text: string) => JSON.stringify(text).slice(1, -1)])
      this.#masks.set(escape(whole), { ...mask, text: escape(before) + mask.text });
    this.#index = undefined;
  }

  #newMask(kind: string): Mask {
    const number = (this.#numbers.get(kind) ?? 0) + 1;
    this.#numbers.set(kind, number);
    return { kind, text: `[redacted:${kind}:${number}]` };
  }

  /** Replaces all secrets in a text, and the beginnings of those that were cut. `found` gets the kind of each. */
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
    const { kind, text } = this.#masks.get(secret) as Mask;
    found(kind);
    return text;
  }

  #indexes(): Indexes {
    if (this.#index !== undefined) return this.#index;
    const byBeginning = new Map<string, string[]>();
    for (const secret of this.#masks.keys()) {
      const beginning = secret.slice(0, BEGINNING_UNITS);
      if (secret.length <= BEGINNING_UNITS) continue;
      const others = byBeginning.get(beginning);
      if (others === undefined) byBeginning.set(beginning, [secret]);
      else others.push(secret);
    }
    const [secrets, beginnings] = [new TextIndex(this.#masks.keys()), new TextIndex(byBeginning.keys())];
    this.#index = { secrets, beginnings, byBeginning };
    return this.#index;
  }

  /** Titles and output are cut at some length: what a secret begins with is masked where nothing follows that could go on with it. */
  #maskCut(text: string, found: (kind: string) => void): string {
    const { beginnings, byBeginning } = this.#indexes();
    let masked = "";
    let done = 0;
    for (let next = beginnings.find(text, 0), from = 0; next !== undefined; next = beginnings.find(text, from)) {
      const { at } = next;
      from = at + 1;
      for (const secret of byBeginning.get(next.found) ?? []) {
        const units = sharedUnits(secret, text, at);
        if (!isCut(secret, text, at + units)) continue;
        masked += text.slice(done, at) + this.#maskOf(secret, found);
        done = at + units;
        from = done;
        break;
      }
    }
    return done === 0 ? text : masked + text.slice(done);
  }
}

/** Returns how many units of a text at a place are those that a secret begins with. */
function sharedUnits(secret: string, text: string, at: number): number {
  let units = BEGINNING_UNITS;
  while (units < secret.length && secret.charCodeAt(units) === text.charCodeAt(at + units)) units++;
  return units;
}

/** Reports whether a secret that ends early at a place was cut there. */
function isCut(secret: string, text: string, end: number): boolean {
  const rest = text.slice(end, end + ELLIPSIS_UNITS);
  // The beginnings of URLs and of whole keys are also those of others.
  return TOKEN.test(secret)
    ? /^(?:$|\.\.\.|[^\w.~+/=%-])/.test(rest)
    : /^(?:…|\.\.\.)?\s*$/.test(rest) && rest.length < ELLIPSIS_UNITS;
}

const TOKEN = /^[\w.~+=-][\w.~+/=-]*$/;

interface Indexes {
  readonly secrets: TextIndex;
  readonly beginnings: TextIndex;
  readonly byBeginning: ReadonlyMap<string, readonly string[]>;
}

interface Mask {
  readonly kind: string;
  readonly text: string;
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

/** Returns a pattern that matches a text as it stands. */
export const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
