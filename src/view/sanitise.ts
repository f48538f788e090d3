/**
 * Sanitises texts, so that no terminal, editor or model acts on what is hidden in them. Each surface chooses what becomes of
 * it: removed (terminals, editors), noted (models), escaped (JSON). A text without any costs one test of a regular expression.
 */
import { SEQUENCES } from "../transcript/text/sequences.ts";
import { isSuspect, noteOf, replaceHidden, unitEscapes } from "./hidden-characters.ts";

/** Removes hidden characters and control sequences. Keeps line breaks, tabs, and joiners that a script needs. */
export const printableLines = (text: string): string =>
  isSuspect(text) ? replaceHidden(withoutSequences(text), nothing) : text;

/** Does the same as `printableLines`, and joins the lines. Keeps other spaces, which may be part of a path or align columns. */
export const printableLine = (text: string): string =>
  replaceHidden(text.replace(SEQUENCES, "").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), nothing).trimEnd();

/** Does the same as `printableLine`, and collapses spaces. */
export const printable = (text: string): string => (PLAIN.test(text) ? text : singleSpaced(printableLine(text)));

/** Removes control sequences and notes other hidden characters as `⟨U+200B⟩`. Keeps line breaks and tabs. */
export const noted = (text: string): string => (isSuspect(text) ? replaceHidden(withoutSequences(text), noteOf) : text);

/** Notes hidden characters, joins the lines, and collapses spaces. */
export const notedLine = (text: string): string => singleSpaced(noted(text));

/** Notes hidden characters in every string of a value. Keeps the rest of control sequences as text. */
export function notedValue<T>(value: T): T {
  if (typeof value === "string") return replaceHidden(value, noteOf) as T;
  if (Array.isArray(value)) return value.map(notedValue) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, notedValue(one)])) as T;
}

/** Escapes hidden characters in JSON text, which keeps its meaning. Leaves line breaks and tabs, which may be outside strings. */
export const escaped = (json: string): string =>
  isSuspect(json)
    ? replaceHidden(json.replace(/\r\n/g, "\n"), unitEscapes).replace(/[\u2028\u2029]/g, unitEscapes)
    : json;

/** Counts the control sequences that `noted` removes without a note. */
export const sequencesIn = (text: string): number =>
  BEGINS_SEQUENCE.test(text) ? (text.match(SEQUENCES)?.length ?? 0) : 0;

const withoutSequences = (text: string): string =>
  text.replace(SEQUENCES, "").replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");

const singleSpaced = (text: string): string => text.replace(/\s+/g, " ").trim();

const nothing = (): string => "";

/** Words of ASCII separated by single spaces, like most ids, paths and branches. */
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

// oxlint-disable-next-line no-control-regex
const BEGINS_SEQUENCE = /[\u001B\u0090\u0098\u009B\u009D-\u009F]/;
