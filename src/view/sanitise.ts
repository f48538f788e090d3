/**
 * Keeps texts of any origin from being obeyed by whoever prints or reads them. What counts as a control sequence and as a hidden
 * character is the same everywhere; a surface chooses the form: left out (terminals, editors), noted (models), escaped (JSON).
 * Each form of many lines costs one regular expression test for a text with nothing in it.
 */
import { SEQUENCES } from "../transcript/text/sequences.ts";
import { isSuspect, noteOf, replaceHidden, unitEscapes } from "./hidden-characters.ts";

/** Leaves out what is hidden. Line ends, tabs, and joiners that a script needs stay. */
export const printableLines = (text: string): string =>
  isSuspect(text) ? replaceHidden(withoutSequences(text), nothing) : text;

/** The same on one line, with its other spaces as they are: they may be a part of a path, or line something up. */
export const printableLine = (text: string): string =>
  replaceHidden(text.replace(SEQUENCES, "").replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " "), nothing).trimEnd();

/** The same on one line, with single spaces. */
export const printable = (text: string): string => (PLAIN.test(text) ? text : singleSpaced(printableLine(text)));

/** Leaves out control sequences and shows each other hidden character by its number, `⟨U+200B⟩`. Line ends and tabs stay. */
export const noted = (text: string): string => (isSuspect(text) ? replaceHidden(withoutSequences(text), noteOf) : text);

/** The same on one line, with single spaces. */
export const notedLine = (text: string): string => singleSpaced(noted(text));

/** Shows what is hidden in every string of a value. Control sequences are not taken for anything else. */
export function notedValue<T>(value: T): T {
  if (typeof value === "string") return replaceHidden(value, noteOf) as T;
  if (Array.isArray(value)) return value.map(notedValue) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, notedValue(one)])) as T;
}

/** Writes what is hidden in JSON text as escapes, so that it means the same. Line ends and tabs stay: they may lie outside of strings. */
export const escaped = (json: string): string =>
  isSuspect(json)
    ? replaceHidden(json.replace(/\r\n/g, "\n"), unitEscapes).replace(/[\u2028\u2029]/g, unitEscapes)
    : json;

/** Counts the control sequences that `noted` leaves out without a note. */
export const sequencesIn = (text: string): number =>
  BEGINS_SEQUENCE.test(text) ? (text.match(SEQUENCES)?.length ?? 0) : 0;

const withoutSequences = (text: string): string =>
  text.replace(SEQUENCES, "").replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");

const singleSpaced = (text: string): string => text.replace(/\s+/g, " ").trim();

const nothing = (): string => "";

/** Words of ASCII with single spaces between them, as most ids, paths and branches are. */
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

// oxlint-disable-next-line no-control-regex
const BEGINS_SEQUENCE = /[\u001B\u0090\u0098\u009B\u009D-\u009F]/;
