import { ascii, equals } from "./json-scanner.ts";

interface Word<T> {
  readonly word: Uint8Array;
  readonly value: T;
}

/** Words grouped by length, because few have the same length. */
export type WordTable<T> = readonly (readonly Word<T>[] | undefined)[];

/** Makes a table from words to values. */
export function wordTable<T>(values: Readonly<Record<string, T>>): WordTable<T> {
  const table: Word<T>[][] = [];
  for (const [text, value] of Object.entries(values)) (table[text.length] ??= []).push({ word: ascii(text), value });
  // Without holes, a lookup is faster.
  return Array.from(table);
}

/** Returns the value of the word from `start` to `end`; undefined if it is not in the table. */
export function lookUp<T>(table: WordTable<T>, bytes: Uint8Array, start: number, end: number): T | undefined {
  const sameLength = end - start < table.length ? table[end - start] : undefined;
  if (sameLength === undefined) return undefined;
  for (let i = 0; i < sameLength.length; i++) {
    const { word, value } = sameLength[i] as Word<T>;
    if (equals(bytes, start, end, word)) return value;
  }
  return undefined;
}
