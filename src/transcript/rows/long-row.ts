import { repairStrings } from "./json-repair.ts";
import { BACKSLASH, COLON, COMMA, endOfString, hexNumber, OPEN_BRACE, OPEN_BRACKET, QUOTE } from "./json-scanner.ts";

/** Longest row that is parsed at once, which holds its bytes, its text and its value at the same time. */
export const LONG_ROW = 1024 * 1024;

/** Minimum length in bytes of a text that is decoded by itself. */
const LONG_TEXT = 16 * 1024;

/**
 * Parses a long row like `parsed`, in the memory of its value. Long texts are decoded one by one, straight from the bytes; a
 * mark stands for each in the rest. `mayOverwrite`: escapes may be undone in place. Throws `SyntaxError`.
 */
export function parseLong(bytes: Uint8Array, start: number, end: number, mayOverwrite = false): unknown {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const pieces: string[] = [];
  const texts: string[] = [];
  let from = 0;
  for (let at = row.indexOf(QUOTE); at >= 0;) {
    const close = endOfString(row, at + 1, row.length);
    if (close < 0) break;
    if (close - at > LONG_TEXT && !isKey(row, close)) {
      pieces.push(row.toString("utf8", from, at));
      texts.push(textOf(row, at + 1, close - 1, mayOverwrite));
      from = close;
    }
    at = row.indexOf(QUOTE, close);
  }
  pieces.push(row.toString("utf8", from));
  if (texts.length === 0) return parsed(pieces[0] ?? "");
  const mark = freeMark(pieces);
  const [first = "", ...rest] = pieces;
  const json = rest.reduce((before, piece, i) => `${before}"${mark}${i}"${piece}`, first);
  return withTexts(parsed(json), mark, texts);
}

/** Parses JSON whose strings may have raw control characters and unknown escapes. Throws `SyntaxError`. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return JSON.parse(repairStrings(json));
  }
}

/** Whether the value of a row takes many times the memory of its bytes, as some twenty times in a row of empty objects. */
export function isValueTooLarge(bytes: Uint8Array, start: number, end: number): boolean {
  const most = 2 * (end - start) + ANY_ROW_BYTES;
  let cost = 0;
  for (let i = start; i < end && cost <= most; i++) {
    switch (bytes[i] as number) {
      case QUOTE: {
        const close = endOfString(bytes, i + 1, end);
        if (close < 0) return false;
        cost += STRING_BYTES;
        i = close - 1;
        break;
      }
      case OPEN_BRACE:
        cost += OBJECT_BYTES;
        break;
      case OPEN_BRACKET:
        cost += LIST_BYTES;
        break;
      case COMMA:
        cost += ITEM_BYTES;
    }
  }
  return cost > most;
}

/** Bytes that V8 needs for a value, not counting the characters of a string. */
const OBJECT_BYTES = 64;
const LIST_BYTES = 48;
const STRING_BYTES = 32;
const ITEM_BYTES = 8;
/** Bytes that the value of any row may take. */
const ANY_ROW_BYTES = 64 * 1024 * 1024;

function isKey(bytes: Uint8Array, close: number): boolean {
  let i = close;
  while (i < bytes.length && (bytes[i] as number) <= 0x20) i++;
  return bytes[i] === COLON;
}

/** Returns a character that no text in these pieces can begin with: a lone surrogate that no escape in them stands for. */
function freeMark(pieces: readonly string[]): string {
  for (let unit = 0xdbff; unit >= 0xd800; unit--) {
    const escape = new RegExp(String.raw`\\u${unit.toString(16)}`, "i");
    if (!pieces.some((piece) => escape.test(piece))) return String.fromCharCode(unit);
  }
  throw new SyntaxError("the row has an escape for every high surrogate");
}

/** Replaces the marks with their texts. Not by recursion: rows may be nested deeper than the stack allows. */
function withTexts(root: unknown, mark: string, texts: readonly string[]): unknown {
  const unit = mark.charCodeAt(0);
  const open: object[] = [];
  const textOrOpen = (value: unknown): string | undefined => {
    if (typeof value === "object" && value !== null) open.push(value);
    return typeof value === "string" && value.charCodeAt(0) === unit ? texts[Number(value.slice(1))] : undefined;
  };
  const whole = textOrOpen(root) ?? root;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = textOrOpen(value[i]) ?? value[i];
      continue;
    }
    for (const key of Object.keys(value)) {
      const text = textOrOpen((value as Record<string, unknown>)[key]);
      // Not by assignment, which would set the prototype for `__proto__`.
      if (text !== undefined)
        Object.defineProperty(value, key, { value: text, enumerable: true, configurable: true, writable: true });
    }
  }
  return whole;
}

/** Decodes what is between the quotes of a JSON string. */
function textOf(row: Buffer, start: number, end: number, mayOverwrite: boolean): string {
  const slash = row.subarray(start, end).indexOf(BACKSLASH);
  if (slash < 0) return row.toString("utf8", start, end);
  return mayOverwrite ? unescaped(row, start, end) : unescaped(copied(row.subarray(start, end)), 0, end - start);
}

/** Copies the bytes into a shared buffer, valid until the next call: new copies of long texts would fill memory. */
function copied(bytes: Buffer): Buffer {
  let buffer = spare?.deref();
  if (buffer === undefined || buffer.length < bytes.length) {
    buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes.length)));
    spare = new WeakRef(buffer);
  }
  bytes.copy(buffer);
  return buffer;
}

let spare: WeakRef<Buffer> | undefined;

/** Undoes the escapes in place, and decodes the text. Unknown escapes and raw control characters stand for themselves. */
function unescaped(bytes: Buffer, start: number, end: number): string {
  const parts: string[] = [];
  let from = start;
  let to = start;
  for (let i = start; i < end;) {
    const byte = bytes[i] as number;
    if (byte !== BACKSLASH) {
      bytes[to++] = byte;
      i++;
      continue;
    }
    const next = bytes[i + 1] as number;
    const plain = next < ESCAPES.length ? (ESCAPES[next] as number) : 0;
    if (plain !== 0) {
      bytes[to++] = plain;
      i += 2;
      continue;
    }
    let unit = next === SMALL_U && i + 6 <= end ? hexNumber(bytes, i + 2, 4) : -1;
    if (unit < 0) {
      bytes[to++] = BACKSLASH;
      i++;
      continue;
    }
    i += 6;
    if (unit >= 0xd800 && unit <= 0xdbff && i + 6 <= end && bytes[i] === BACKSLASH && bytes[i + 1] === SMALL_U) {
      const low = hexNumber(bytes, i + 2, 4);
      if (low >= 0xdc00 && low <= 0xdfff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      // A lone surrogate has no form in UTF-8.
      parts.push(bytes.toString("utf8", from, to), String.fromCharCode(unit));
      from = to;
    } else to = putCharacter(bytes, to, unit);
  }
  const last = bytes.toString("utf8", from, to);
  return parts.length === 0 ? last : parts.join("") + last;
}

const SMALL_U = 0x75;
/** Character of each escape, by the character after the backslash; 0 for none. */
const ESCAPES = new Uint8Array(128);
for (const [escape, plain] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[(escape as string).charCodeAt(0)] = (plain as string).charCodeAt(0);
}

/** Writes a code point as UTF-8; returns the offset after it. */
function putCharacter(bytes: Uint8Array, at: number, point: number): number {
  let to = at;
  if (point < 0x80) bytes[to++] = point;
  else {
    if (point < 0x800) bytes[to++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[to++] = 0xe0 | (point >> 12);
      else {
        bytes[to++] = 0xf0 | (point >> 18);
        bytes[to++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[to++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[to++] = 0x80 | (point & 0x3f);
  }
  return to;
}
