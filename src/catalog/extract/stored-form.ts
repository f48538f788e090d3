import { BACKSLASH, COLON, endOfString, QUOTE } from "../../transcript/rows/json-scanner.ts";
import { asString, membersOf } from "../../transcript/rows/json-values.ts";
import { leavesOf, WORDLESS } from "./leaves.ts";
import { withoutSequences } from "./row-texts.ts";

/** Maximum size of a stored output that is read at once, bytes. */
const WHOLE_BYTES = 4 * 1024 * 1024;
/** Number of bytes at the beginning of a file that tell its form. */
export const FORM_BYTES = 64;

/**
 * How a stored output of a tool is read: at once, or in pieces, as lines or as a list. MCP servers give lists of text blocks,
 * which the CLI stores as JSON.
 */
export type StoredForm = "whole" | "lines" | "list";

/** Returns the form of a file by its size and its first `FORM_BYTES`. */
export function storedForm(bytes: number, head: string): StoredForm {
  if (bytes <= WHOLE_BYTES) return "whole";
  return /^\[\s*\{\s*"(?:type|text)"\s*:\s*"/.test(head) ? "list" : "lines";
}

/** Returns the text that can be found in a piece of a stored output. `from`: offset of the piece in the file, bytes. */
export function textOfStored(piece: string, form: StoredForm, from: number): string {
  if (form === "lines") return withoutSequences(piece);
  return withoutSequences(form === "list" ? textOfListPiece(piece, from) : (textOfList(piece) ?? piece));
}

/** Returns the texts of a JSON list of blocks; undefined for any other text. */
function textOfList(stored: string): string | undefined {
  if (!stored.startsWith("[")) return undefined;
  try {
    const blocks: unknown = JSON.parse(stored);
    const isList =
      Array.isArray(blocks) && blocks.length > 0 && blocks.every((block) => asString(membersOf(block)["type"]));
    return isList ? leavesOf(blocks, false) : undefined;
  } catch {
    return undefined;
  }
}

/** Length of an open string up to which it is left to the next piece, since it may be a key, bytes. */
const SHORT_BYTES = 1024;

/**
 * Cuts a JSON list into pieces that can be read without what stands before them: all but the first begin with the quote of
 * a string, or inside a string and not with a quote. Only a piece without any string may begin elsewhere.
 */
export class ListCutter {
  #inString = false;
  #isFirst = true;

  /** Returns the length of the next piece. `bytes`: what follows the last piece. `isLast`: whether the file ends there. */
  cut(bytes: Buffer, isLast: boolean): number {
    const hasNoString = !this.#isFirst && !this.#inString && bytes[0] !== QUOTE;
    this.#isFirst = false;
    if (hasNoString) {
      const quote = bytes.indexOf(QUOTE);
      return quote < 0 ? bytes.length : quote;
    }
    if (isLast) return bytes.length;
    const { open, start } = lastStrings(bytes, this.#inString);
    const isShort = open >= 0 && bytes.length - open < SHORT_BYTES;
    this.#inString = open >= 0 && !(isShort && start > 0);
    if (this.#inString) return cutInString(bytes, open);
    return start > 0 ? start : bytes.length;
  }
}

/** Returns where the content of the string begins that is open at the end, or -1, and the last quote before a key or an element. */
function lastStrings(bytes: Buffer, inString: boolean): { readonly open: number; readonly start: number } {
  let start = 0;
  for (let open = inString ? 0 : bytes.indexOf(QUOTE) + 1; ;) {
    if (open === 0 && !inString) return { open: -1, start };
    inString = false;
    if (open > 0 && !isAfterColon(bytes, open - 1)) start = open - 1;
    const end = endOfString(bytes, open, bytes.length);
    if (end < 0) return { open, start };
    open = bytes.indexOf(QUOTE, end) + 1;
  }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function isAfterColon(bytes: Buffer, at: number): boolean {
  let before = at - 1;
  while (isSpace(bytes[before])) before--;
  return bytes[before] === COLON;
}

/** Returns where to cut the open string whose content begins at `open`: after white space, or else a whole character. */
function cutInString(bytes: Buffer, open: number): number {
  const least = Math.max(1, open);
  for (let at = bytes.length - 1; at > least; at--) if (isAfterSpace(bytes, at, open)) return at;
  let at = bytes.length - 1;
  while (at > least && ((bytes[at] as number) & 0xc0) === 0x80) at--;
  for (let back = 1; back <= LONGEST_ESCAPE && at - back >= open; back++) {
    if (!isEscape(bytes, at - back, open)) continue;
    const isInside = back < (bytes[at - back + 1] === SMALL_U ? LONGEST_ESCAPE : SHORTEST_ESCAPE);
    return isInside && at - back > 0 ? at - back : at;
  }
  return at;
}

const SMALL_U = 0x75;
/** Of `\n` and `\u000a`. */
const SHORTEST_ESCAPE = 2;
const LONGEST_ESCAPE = 6;
/** Letters of `\n`, `\r` and `\t`. */
const ESCAPED_SPACES: ReadonlySet<number | undefined> = new Set([0x6e, 0x72, 0x74]);

const isAfterSpace = (bytes: Buffer, at: number, open: number): boolean =>
  isSpace(bytes[at - 1]) || (ESCAPED_SPACES.has(bytes[at - 1]) && isEscape(bytes, at - 2, open));

/** Whether a byte is the backslash of an escape, and not one that is escaped. */
function isEscape(bytes: Buffer, at: number, open: number): boolean {
  let before = at;
  while (before >= open && bytes[before] === BACKSLASH) before--;
  return ((at - before) & 1) === 1;
}

/**
 * Returns the strings and numbers of a piece of a list, joined by newlines, without keys and `WORDLESS` members. What is not
 * JSON is text as well.
 */
function textOfListPiece(piece: string, from: number): string {
  const found: string[] = [];
  let [key, type] = ["", ""];
  let at = 0;
  if (from > 0 && !piece.startsWith('"')) {
    at = endOfText(piece, 0);
    found.push(unescaped(piece.slice(0, at++)));
  }
  while (at < piece.length) {
    const quote = piece.indexOf('"', at);
    const isWordless = WORDLESS.has(key);
    for (const [word] of piece.slice(at, quote < 0 ? undefined : quote).matchAll(BARE_WORDS))
      if (!isWordless && !LITERALS.has(word)) found.push(word);
    if (quote < 0) break;
    const end = endOfText(piece, quote + 1);
    const text = piece.slice(quote + 1, end);
    at = end + 1;
    if (KEY_END.test(piece.slice(at, at + KEY_END_UNITS))) key = text;
    else {
      if (!isWordless && (key !== "data" || type === "text")) found.push(unescaped(text));
      if (key === "type") type = text;
      key = "";
    }
  }
  return found.join("\n");
}

/** What stands between strings, without punctuation. */
const BARE_WORDS = /[^\s,:[\]{}]+/g;
const LITERALS: ReadonlySet<string> = new Set(["true", "false", "null"]);
const KEY_END = /^\s*:/;
const KEY_END_UNITS = 16;

/** Returns where the closing quote of a string is, or the end of the piece. `from` is inside the string. */
function endOfText(piece: string, from: number): number {
  for (let quote = piece.indexOf('"', from); quote >= 0; quote = piece.indexOf('"', quote + 1)) {
    let slash = quote - 1;
    while (slash >= from && piece[slash] === "\\") slash--;
    if (((quote - slash) & 1) === 1) return quote;
  }
  return piece.length;
}

const ESCAPES = /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt]))/g;
const ESCAPED: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Decodes the content of a JSON string. Unknown and cut escapes stand for themselves. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text.replace(ESCAPES, (_all, hex: string | undefined, letter = "") =>
      hex === undefined ? (ESCAPED[letter as string] ?? (letter as string)) : String.fromCharCode(parseInt(hex, 16)),
    );
  }
}
