import { ascii, equals } from "./json-scanner.ts";

interface Word {
  readonly word: Uint8Array;
  readonly number: number;
}

/** Words by their length, since few have the same one. */
export type WordTable = readonly (readonly Word[] | undefined)[];

/** Makes a table of words and the number that each stands for. */
export function wordTable(numbers: Readonly<Record<string, number>>): WordTable {
  const table: Word[][] = [];
  for (const [text, number] of Object.entries(numbers)) (table[text.length] ??= []).push({ word: ascii(text), number });
  // Without holes, a lookup is faster.
  return Array.from(table);
}

/** Returns the number of the word from `start` to `end`; -1 if it is not in the table. */
export function numberOf(table: WordTable, bytes: Uint8Array, start: number, end: number): number {
  const sameLength = end - start < table.length ? table[end - start] : undefined;
  if (sameLength === undefined) return -1;
  for (let i = 0; i < sameLength.length; i++) {
    const { word, number } = sameLength[i] as Word;
    if (equals(bytes, start, end, word)) return number;
  }
  return -1;
}
