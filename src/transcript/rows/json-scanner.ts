/**
 * Finds the top-level members of one JSON row without building it, because `JSON.parse` of every row costs more than reading
 * the file. `indexOf('"')` (memchr) skips strings; everything between them is checked against the JSON grammar.
 *
 * A row that is accepted is one complete JSON object. Only raw control characters and unknown escapes inside strings are not
 * checked. `parseRow` (row.ts) repairs them, so a scan and a parse agree on which rows exist.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Members of one row, as byte offsets into the buffer that was scanned. Reused from row to row. */
export class RowScan {
  /** Number of top-level members found. */
  count = 0;
  /** `[keyStart, keyEnd, valueStart, valueEnd]` of each member; keys without their quotes, values as written. */
  members: Int32Array = new Int32Array(4 * 32);
  /** Offset of the opening brace. */
  open = 0;
  /** Offset one past the closing brace if the row is whole, else where scanning stopped. */
  end = 0;
  /** Value range of `message.id`, or -1. */
  messageIdStart = -1;
  messageIdEnd = -1;
  /** Value range of `attachment.type`, or -1. */
  attachmentTypeStart = -1;
  attachmentTypeEnd = -1;
  /** Whether a top-level key may have escapes: it has a backslash, or is longer than `NEAR`. */
  keyMayHaveEscapes = false;
  /** Whether the last string may have escapes, by the same rule. */
  stringMayHaveEscapes = false;
  /** Number of long texts found in a message or in the record of a tool's result. */
  textCount = 0;
  /** `[start, end]` of each long text, its quotes included. */
  texts: Int32Array = new Int32Array(2 * 8);
  /** Open containers around the current offset: 1 for an object, 0 for an array. */
  containers: Uint8Array = new Uint8Array(64);

  /** Returns a shared scan, for callers that are done with a row before anything else is scanned. */
  static spare(): RowScan {
    let scan = spare?.deref();
    if (scan === undefined) spare = new WeakRef((scan = new RowScan()));
    return scan;
  }

  /** Lets go of a table that a row of very many members left behind. */
  shrink(): void {
    if (this.members.length > KEPT_OFFSETS) this.members = new Int32Array(4 * 32);
  }
}

let spare: WeakRef<RowScan> | undefined;
/** 16 MiB. */
const KEPT_OFFSETS = 4 * 1024 * 1024;

/** Minimum length in bytes of a text that is worth reading lazily. */
const LONG_TEXT = 512;

const VALUE = 0;
const VALUE_OR_CLOSE = 1;
const KEY = 2;
const KEY_OR_CLOSE = 3;
const COLON_NEXT = 4;
const COMMA_OR_CLOSE = 5;

/** Returns the offset after the string whose opening quote is at `at`, or -1 if it is not closed. */
function skipString(bytes: Uint8Array, at: number, end: number, out: RowScan): number {
  // Most strings are keys, ids and times: for them a loop is faster than a call of indexOf.
  const near = Math.min(end, at + NEAR);
  let i = at + 1;
  for (; i < near; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) return i + 1;
    if (byte !== BACKSLASH) continue;
    out.stringMayHaveEscapes = true;
    i++;
  }
  out.stringMayHaveEscapes = true;
  return endOfString(bytes, i, end);
}

/** Length in bytes of an id and its key. */
const NEAR = 48;

/** Returns the offset after the first closing quote at or after `from`, or -1. `from` is inside the string. */
export function endOfString(bytes: Uint8Array, from: number, end: number): number {
  for (let quote = bytes.indexOf(QUOTE, from); quote >= 0 && quote < end; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let slash = quote - 1;
    while (bytes[slash] === BACKSLASH) slash--;
    // An even run of backslashes escapes itself, so the quote closes. The run cannot pass the opening quote.
    if (((quote - slash) & 1) === 1) return quote + 1;
  }
  return -1;
}

/** Returns the offset after the number, `true`, `false` or `null` at `at`, or -1 if there is none. */
function skipScalar(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === 0x74) return matches(bytes, at, end, TRUE);
  if (first === 0x66) return matches(bytes, at, end, FALSE);
  if (first === 0x6e) return matches(bytes, at, end, NULL);
  let i = at;
  if (bytes[i] === 0x2d) i++;
  if (i >= end) return -1;
  if (bytes[i] === 0x30) i++;
  else i = skipDigits(bytes, i, end);
  if (i >= 0 && i < end && bytes[i] === 0x2e) i = skipDigits(bytes, i + 1, end);
  if (i >= 0 && i < end && ((bytes[i] as number) | 0x20) === 0x65) {
    i++;
    if (i < end && (bytes[i] === 0x2b || bytes[i] === 0x2d)) i++;
    i = skipDigits(bytes, i, end);
  }
  return i;
}

/** Returns the offset after the digits at `at`, or -1 if there is none. */
function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (bytes[i] as number) >= 0x30 && (bytes[i] as number) <= 0x39) i++;
  return i === at ? -1 : i;
}

/** Returns the bytes of a word to compare with. Not a `Buffer`: `equals` is faster for arrays of one class. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const TRUE = ascii("true");
const FALSE = ascii("false");
const NULL = ascii("null");

function matches(bytes: Uint8Array, at: number, end: number, word: Uint8Array): number {
  const after = at + word.length;
  return after <= end && equals(bytes, at, after, word) ? after : -1;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Scans the JSON object that begins at `open` (a `{`). Returns true if it closes before `end`; `out.end` is then one past
 * its closing brace, whatever follows. Otherwise `out.end` is where the grammar broke (`end` if the row is only cut).
 */
export function scanObject(bytes: Uint8Array, open: number, end: number, out: RowScan): boolean {
  out.count = 0;
  out.open = open;
  out.messageIdStart = -1;
  out.attachmentTypeStart = -1;
  out.textCount = 0;
  out.keyMayHaveEscapes = false;
  let containers = out.containers;
  let depth = 1;
  containers[0] = 1;
  let state = KEY_OR_CLOSE;
  let i = open + 1;
  // The member being read at depth 1, and what to find inside it: 1 = message.id and long texts, 2 = attachment.type,
  // 3 = long texts.
  let member = 0;
  let wanted = 0;
  let innerWanted = false;

  while (i < end) {
    const byte = bytes[i] as number;
    switch (byte) {
      case QUOTE: {
        out.stringMayHaveEscapes = false;
        const after = skipString(bytes, i, end, out);
        if (after < 0) return broke(out, end);
        if (state === KEY || state === KEY_OR_CLOSE) {
          if (depth === 1) {
            if (out.stringMayHaveEscapes) out.keyMayHaveEscapes = true;
            member = out.count * 4;
            if (member + 4 > out.members.length) out.members = enlarged(out.members);
            out.members[member] = i + 1;
            out.members[member + 1] = after - 1;
            wanted = wantedInside(bytes, i + 1, after - 1);
          } else if (depth === 2 && (wanted === 1 || wanted === 2)) {
            innerWanted = equals(bytes, i + 1, after - 1, wanted === 1 ? ID : TYPE);
          }
          state = COLON_NEXT;
        } else if (state === VALUE || state === VALUE_OR_CLOSE) {
          state = COMMA_OR_CLOSE;
          if (depth === 1) closeMember(out, i, after);
          else if (innerWanted) {
            keepInner(out, wanted, i, after);
            innerWanted = false;
          } else if (after - i >= LONG_TEXT && mayHoldText(wanted, depth)) keepText(out, i, after);
        } else return broke(out, i);
        i = after;
        break;
      }
      case COLON:
        if (state !== COLON_NEXT) return broke(out, i);
        state = VALUE;
        i++;
        break;
      case COMMA:
        if (state !== COMMA_OR_CLOSE) return broke(out, i);
        state = containers[depth - 1] === 1 ? KEY : VALUE;
        i++;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (state !== VALUE && state !== VALUE_OR_CLOSE) return broke(out, i);
        if (depth === 1) out.members[member + 2] = i;
        if (depth === containers.length) containers = out.containers = enlarged(containers);
        containers[depth++] = byte === OPEN_BRACE ? 1 : 0;
        innerWanted = false;
        state = byte === OPEN_BRACE ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
        i++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET: {
        const isObject = byte === CLOSE_BRACE;
        const may = state === COMMA_OR_CLOSE || state === (isObject ? KEY_OR_CLOSE : VALUE_OR_CLOSE);
        if (!may || (containers[depth - 1] === 1) !== isObject) return broke(out, i);
        depth--;
        i++;
        state = COMMA_OR_CLOSE;
        if (depth === 1) {
          out.members[member + 3] = i;
          out.count++;
        } else if (depth === 0) {
          out.end = i;
          return true;
        }
        break;
      }
      default: {
        if (isSpace(byte)) {
          i++;
          break;
        }
        if (state !== VALUE && state !== VALUE_OR_CLOSE) return broke(out, i);
        const after = skipScalar(bytes, i, end);
        if (after < 0) return broke(out, i);
        if (depth === 1) closeMember(out, i, after);
        innerWanted = false;
        state = COMMA_OR_CLOSE;
        i = after;
      }
    }
  }
  return broke(out, end);
}

function broke(out: RowScan, at: number): false {
  out.end = at;
  return false;
}

function closeMember(out: RowScan, valueStart: number, valueEnd: number): void {
  const at = out.count * 4;
  out.members[at + 2] = valueStart;
  out.members[at + 3] = valueEnd;
  out.count++;
}

/** Whether a long text there is kept: in `message.content` and nested blocks, in `toolUseResult` and objects in it. */
function mayHoldText(wanted: number, depth: number): boolean {
  if (wanted === 1) return depth === 2 || depth === 4 || depth === 6;
  return wanted === 3 && (depth === 2 || depth === 3);
}

function keepText(out: RowScan, start: number, end: number): void {
  const at = out.textCount * 2;
  if (at === out.texts.length) out.texts = enlarged(out.texts);
  out.texts[at] = start;
  out.texts[at + 1] = end;
  out.textCount++;
}

const MESSAGE = ascii("message");
const TOOL_USE_RESULT = ascii("toolUseResult");
const ATTACHMENT = ascii("attachment");
const ID = ascii("id");
const TYPE = ascii("type");

function wantedInside(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 7) return equals(bytes, start, end, MESSAGE) ? 1 : 0;
  if (end - start === 10) return equals(bytes, start, end, ATTACHMENT) ? 2 : 0;
  if (end - start === 13) return equals(bytes, start, end, TOOL_USE_RESULT) ? 3 : 0;
  return 0;
}

function keepInner(out: RowScan, wanted: number, start: number, end: number): void {
  if (wanted === 1) {
    out.messageIdStart = start;
    out.messageIdEnd = end;
  } else {
    out.attachmentTypeStart = start;
    out.attachmentTypeEnd = end;
  }
}

/** Whether the bytes from `start` to `end` are exactly `word`. */
export function equals(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

export function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}

/** Returns the number that the hexadecimal digits at `at` are, or -1. */
export function hexNumber(bytes: Uint8Array, at: number, digits: number): number {
  let number = 0;
  for (let i = at; i < at + digits; i++) {
    const byte = bytes[i] as number;
    const letter = byte | 0x20;
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

/** Copies a typed array into a longer one of the same type. */
export function enlarged<T extends { readonly length: number; set(from: T): void }>(
  from: T,
  length = from.length * 2,
): T {
  const to = new (from.constructor as new (length: number) => T)(length);
  to.set(from);
  return to;
}
