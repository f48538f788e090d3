import { repairStrings } from "./json-repair.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

/** A longer row is read part by part: of one that is read at once, the text and its value are held beside the bytes. */
export const LONG_ROW = 1024 * 1024;

/** Texts from here on are read apart from the row. */
const LONG_TEXT = 16 * 1024;

/**
 * The value of a long row, as `JSON.parse` gives it, or `repairStrings` and `JSON.parse`. Its long texts are decoded each by
 * itself, straight from the bytes, and put where a mark stands for them in the rest: memory is what the value takes, and the
 * rest of the row. Throws `SyntaxError`.
 *
 * `mayOverwrite`: the bytes are nobody else's and are not needed afterwards. Escapes are then undone in place.
 */
export function parseLong(bytes: Uint8Array, start: number, end: number, mayOverwrite = false): unknown {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const pieces: string[] = [];
  const texts: string[] = [];
  let from = 0;
  for (let at = row.indexOf(QUOTE); at >= 0;) {
    const close = endOfString(row, at, row.length);
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

/** The value of JSON in which strings may hold what JSON forbids. Throws `SyntaxError`. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return JSON.parse(repairStrings(json));
  }
}

/**
 * Whether the value of a row would take many times the memory of its bytes: some twenty times as much in a row of empty
 * objects. Nobody writes such a row on purpose; one that is long enough would end the process.
 */
export function isTooRich(bytes: Uint8Array, start: number, end: number): boolean {
  const most = 2 * (end - start) + RICH_BYTES;
  let cost = 0;
  for (let i = start; i < end && cost <= most; i++) {
    switch (bytes[i] as number) {
      case QUOTE: {
        const close = endOfString(bytes, i, end);
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

/** What V8 takes for a value, beside the characters of a string, and what any row may take. */
const OBJECT_BYTES = 64;
const LIST_BYTES = 48;
const STRING_BYTES = 32;
const ITEM_BYTES = 8;
const RICH_BYTES = 64 * 1024 * 1024;

/** Offset one past the closing quote of the string whose opening quote stands at `at`, or -1 when it is not closed. */
function endOfString(bytes: Uint8Array, at: number, end: number): number {
  let quote = at;
  for (;;) {
    quote = bytes.indexOf(QUOTE, quote + 1);
    if (quote < 0 || quote >= end) return -1;
    let slash = quote - 1;
    while (bytes[slash] === BACKSLASH) slash--;
    // An even run of backslashes escapes itself, so the quote closes. The run cannot pass the opening quote.
    if (((quote - slash) & 1) === 1) return quote + 1;
  }
}

function isKey(bytes: Uint8Array, close: number): boolean {
  let i = close;
  while (i < bytes.length && (bytes[i] as number) <= 0x20) i++;
  return bytes[i] === COLON;
}

/**
 * A character that no text in these pieces can begin with: half of a surrogate pair, which bytes are never decoded to, and
 * which no escape in them stands for.
 */
function freeMark(pieces: readonly string[]): string {
  for (let unit = 0xdbff; unit >= 0xd800; unit--) {
    const escape = new RegExp(String.raw`\\u${unit.toString(16)}`, "i");
    if (!pieces.some((piece) => escape.test(piece))) return String.fromCharCode(unit);
  }
  throw new SyntaxError("every half of a surrogate pair is written in it");
}

/** Puts the texts where their marks are. Not by recursion: rows may be nested deeper than calls. */
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
      // Not by assignment: `__proto__` is a member like any other.
      if (text !== undefined)
        Object.defineProperty(value, key, { value: text, enumerable: true, configurable: true, writable: true });
    }
  }
  return whole;
}

/** What stands between the quotes of a JSON string. */
function textOf(row: Buffer, start: number, end: number, mayOverwrite: boolean): string {
  const slash = row.subarray(start, end).indexOf(BACKSLASH);
  if (slash < 0) return row.toString("utf8", start, end);
  return mayOverwrite ? unescaped(row, start, end) : unescaped(copied(row.subarray(start, end)), 0, end - start);
}

/** A copy of the bytes, valid until the next one: copies of long texts would fill memory before they are collected. */
function copied(bytes: Buffer): Buffer {
  let room = spare?.deref();
  if (room === undefined || room.length < bytes.length) {
    room = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes.length)));
    spare = new WeakRef(room);
  }
  bytes.copy(room);
  return room;
}

let spare: WeakRef<Buffer> | undefined;

/**
 * Undoes the escapes in place, where the text becomes shorter or stays as long, and decodes it. Escapes that JSON does not
 * know stand for themselves, and so do raw control characters.
 */
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
    let unit = next === SMALL_U && i + 6 <= end ? hexUnit(bytes, i + 2) : -1;
    if (unit < 0) {
      bytes[to++] = BACKSLASH;
      i++;
      continue;
    }
    i += 6;
    if (unit >= 0xd800 && unit <= 0xdbff && i + 6 <= end && bytes[i] === BACKSLASH && bytes[i + 1] === SMALL_U) {
      const low = hexUnit(bytes, i + 2);
      if (low >= 0xdc00 && low <= 0xdfff) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    if (unit >= 0xd800 && unit <= 0xdfff) {
      // Half of a pair: no bytes stand for it.
      parts.push(bytes.toString("utf8", from, to), String.fromCharCode(unit));
      from = to;
    } else to = putCharacter(bytes, to, unit);
  }
  const last = bytes.toString("utf8", from, to);
  return parts.length === 0 ? last : parts.join("") + last;
}

const SMALL_U = 0x75;
/** By what stands after the backslash: what the escape stands for, or 0. */
const ESCAPES = new Uint8Array(128);
for (const [escape, plain] of ['""', "\\\\", "//", "b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[(escape as string).charCodeAt(0)] = (plain as string).charCodeAt(0);
}

/** The number that four hexadecimal digits are, or -1. */
function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] as number;
    const letter = byte | 0x20;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** Writes a code point as UTF-8; returns where it ends. */
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
