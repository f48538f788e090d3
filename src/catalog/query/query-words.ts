import type { TextTerm } from "./query.ts";

/** A word of a query as it was typed. */
export interface QueryWord {
  /** The whole word, for notes. */
  readonly typed: string;
  readonly not: boolean;
  /** In lower case, without its colon; undefined for plain words. */
  readonly field: string | undefined;
  /** Without quotes. */
  readonly value: string;
  readonly quoted: boolean;
  /** A star after the value. */
  readonly prefix: boolean;
  /** `re:/…/flags` */
  readonly regex: Extract<TextTerm, { kind: "regex" }> | undefined;
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["“", "”"],
  ["„", "“"],
  ["«", "»"],
]);

/** Splits a query into words at white space outside quotes and regular expressions. `fields`: names that are read as such. */
export function queryWords(query: string, fields: ReadonlySet<string>): QueryWord[] {
  const words: QueryWord[] = [];
  const reader = new WordReader(query, fields);
  for (let word = reader.next(); word !== undefined; word = reader.next()) words.push(word);
  return words;
}

class WordReader {
  readonly #text: string;
  readonly #fields: ReadonlySet<string>;
  #at = 0;

  constructor(text: string, fields: ReadonlySet<string>) {
    this.#text = text;
    this.#fields = fields;
  }

  next(): QueryWord | undefined {
    this.#at += /^\s*/u.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    if (this.#at >= this.#text.length) return undefined;
    const start = this.#at;
    // `--dry-run` is a flag, not the opposite of a word.
    const not = /^-[^\s-]/u.test(this.#text.slice(start, start + 2));
    if (not) this.#at++;
    const [colon, name = ""] = /^([a-z]+):(?=\S)/i.exec(this.#text.slice(this.#at, this.#at + FIELD_UNITS)) ?? [];
    const field = this.#fields.has(name.toLowerCase()) ? name.toLowerCase() : undefined;
    if (field !== undefined) this.#at += colon?.length ?? 0;
    const regex = field === "re" ? this.#regex() : undefined;
    const value = regex === undefined ? this.#value() : { value: regex.source, quoted: false, prefix: false };
    return { typed: this.#text.slice(start, this.#at), not, field, ...value, regex };
  }

  #value(): Pick<QueryWord, "value" | "quoted" | "prefix"> {
    const close = QUOTES.get(this.#text.charAt(this.#at));
    if (close === undefined) {
      const [word = ""] = /^\S+/u.exec(this.#text.slice(this.#at)) ?? [];
      this.#at += word.length;
      const prefix = word.length > 1 && word.endsWith("*");
      return { value: prefix ? word.slice(0, -1) : word, quoted: false, prefix };
    }
    const from = this.#at + 1;
    const found = this.#text.indexOf(close, from);
    const to = found < 0 ? this.#text.length : found;
    this.#at = to + (found < 0 ? 0 : 1);
    const prefix = found >= 0 && /^\*(?:\s|$)/u.test(this.#text.slice(this.#at, this.#at + 2));
    if (prefix) this.#at++;
    return { value: this.#text.slice(from, to), quoted: true, prefix };
  }

  /** Reads `/…/flags`, which may have spaces in it. Undefined if no slash ends it. */
  #regex(): QueryWord["regex"] {
    const rest = this.#text.slice(this.#at);
    const [whole, source, flags = ""] =
      /^\/((?:[^\\/[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+)\/([dgimsuvy]*)(?=\s|$)/u.exec(rest) ?? [];
    if (whole === undefined || source === undefined) return undefined;
    this.#at += whole.length;
    return { kind: "regex", source, flags };
  }
}

/** Maximum length of the name of a field and its colon. */
const FIELD_UNITS = 16;
