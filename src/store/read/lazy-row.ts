import { randomHex } from "../disk/builtins.ts";
import { CWD, MESSAGE, type PartsTable, RESULT } from "../../transcript/rows/part-offsets.ts";
import { parseRow } from "../../transcript/rows/row.ts";
import { equals } from "../../transcript/rows/json-scanner.ts";
import { asObject, parseJson } from "../../transcript/rows/json-values.ts";

/** A long text of a row, and its JSON as stored, with quotes. */
export interface StoredText {
  readonly text: string;
  readonly json: string;
}

type Members = Record<string, unknown>;

/**
 * A user or assistant row of which only the requested parts are parsed, each as by `parseRow`. Valid until the next
 * row. Long strings keep their JSON (`texts`), so that a writer can copy it (update-writer.ts). Both together save 11 %
 * and 9 MB of "ACP load" (60 MB).
 */
export class LazyRow {
  readonly message: unknown;
  /** The long texts of the parts read so far. */
  readonly texts: StoredText[] = [];
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #parts: PartsTable;
  readonly #row: number;

  /** Reads row `row` of the index, which begins at `start`. Undefined if it must be parsed as a whole. */
  static read(bytes: Buffer, start: number, parts: PartsTable, row: number): LazyRow | undefined {
    const apart = new LazyRow(bytes, start, parts, row);
    return apart.message === undefined ? undefined : apart;
  }

  private constructor(bytes: Buffer, start: number, parts: PartsTable, row: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#parts = parts;
    this.#row = row;
    this.message = this.#read(MESSAGE, putIntoMessage);
  }

  get cwd(): unknown {
    const from = this.#parts.at(this.#row, CWD);
    if (from === 0) return undefined;
    const start = this.#start + from;
    const end = this.#start + this.#parts.at(this.#row, CWD + 1);
    // Usually equal to the previous row's cwd: reuse it.
    if (!equals(this.#bytes, start, end, lastCwd.json)) {
      const json = Buffer.from(this.#bytes.subarray(start, end));
      lastCwd = { json, value: wholeValue(json) };
    }
    return lastCwd.value;
  }

  get toolUseResult(): unknown {
    return this.#read(RESULT, putIntoResult);
  }

  /** Returns the value of a part; undefined if it is missing, or the file has changed. */
  #read(part: number, put: PutBack): unknown {
    const parts = this.#parts;
    const from = parts.at(this.#row, part);
    if (from === 0) return undefined;
    const to = parts.at(this.#row, part + 1);
    const whole = this.#slice(from, to);
    // In ASCII, byte offsets are character offsets. Replacing invalid UTF-8 with U+FFFD lengthens nothing.
    const ascii = whole.length === to - from && !whole.includes("\ufffd");
    const texts: StoredText[] = [];
    let json = "";
    let at = from;
    const last = parts.firstText(this.#row + 1);
    for (let i = parts.firstText(this.#row); i < last && texts.length < MAX_TEXTS; i++) {
      const begin = parts.textStart(i);
      const end = parts.textEnd(i);
      if (begin < from || end > to || !isText(this.#bytes, this.#start + begin)) continue;
      const quoted = ascii ? whole.slice(begin - from, end - from) : this.#slice(begin, end);
      const text = parseJson(quoted);
      if (typeof text !== "string") return this.#whole(from, to);
      json += (ascii ? whole.slice(at - from, begin - from) : this.#slice(at, begin)) + quotedMark(texts.length);
      at = end;
      texts.push({ text, json: quoted });
    }
    const value = parseJson(texts.length === 0 ? whole : json + (ascii ? whole.slice(at - from) : this.#slice(at, to)));
    // Duplicate member names, or names with escapes: the texts are not where they are expected.
    if (value === undefined || put(value, texts) !== texts.length) return this.#whole(from, to);
    for (const text of texts) this.texts.push(text);
    return value;
  }

  #slice(from: number, to: number): string {
    return this.#bytes.toString("utf8", this.#start + from, this.#start + to);
  }

  #whole(from: number, to: number): unknown {
    return wholeValue(this.#bytes.subarray(this.#start + from, this.#start + to));
  }
}

let lastCwd: { readonly json: Buffer; readonly value: unknown } = { json: Buffer.alloc(0), value: undefined };

/** Parses JSON as `parseRow` does. */
function wholeValue(json: Buffer): unknown {
  const row = Buffer.concat([OPEN, json, CLOSE]);
  return parseRow(row, 0, row.length)?.["value"];
}

const OPEN = Buffer.from('{"value":');
const CLOSE = Buffer.from("}");

/** Names of members that may be long texts, with quotes and colon, as Claude Code writes them. */
const HEADS = ["text", "content", "thinking", "stdout"].map((name) => Buffer.from(`"${name}":`));

function isText(bytes: Buffer, from: number): boolean {
  for (const head of HEADS) if (from >= head.length && equals(bytes, from - head.length, from, head)) return true;
  return false;
}

/** Maximum number of long texts in a row: it usually has one, rarely two or three. */
const MAX_TEXTS = 16;
const FIRST_NUMBER = 0x61;
let cachedMark: string | undefined;
/** Placeholder for a text, followed by its number. Random per process, so it cannot occur in a transcript. */
const mark = (): string => (cachedMark ??= randomHex(12));
const quotedMark = (i: number): string => `"${mark()}${String.fromCharCode(FIRST_NUMBER + i)}"`;

/** Replaces the marks with their texts; returns how many were found. */
type PutBack = (value: unknown, texts: readonly StoredText[]) => number;

function putIntoMessage(message: unknown, texts: readonly StoredText[]): number {
  const members = texts.length === 0 ? undefined : asObject(message);
  if (members === undefined) return 0;
  let found = put(members, "content", texts);
  if (found > 0 || !Array.isArray(members["content"])) return found;
  for (const item of members["content"]) {
    const block = asObject(item);
    if (block === undefined) continue;
    found += put(block, "text", texts) + put(block, "thinking", texts) + put(block, "content", texts);
    if (!Array.isArray(block["content"])) continue;
    for (const piece of block["content"]) {
      const inner = asObject(piece);
      if (inner !== undefined) found += put(inner, "text", texts);
    }
  }
  return found;
}

function putIntoResult(value: unknown, texts: readonly StoredText[]): number {
  const result = texts.length === 0 ? undefined : asObject(value);
  if (result === undefined) return 0;
  const file = asObject(result["file"]);
  return put(result, "stdout", texts) + (file === undefined ? 0 : put(file, "content", texts));
}

function put(owner: Members, name: string, texts: readonly StoredText[]): number {
  const value = owner[name];
  if (typeof value !== "string" || !value.startsWith(mark())) return 0;
  const stored = texts[value.charCodeAt(mark().length) - FIRST_NUMBER];
  if (stored === undefined) return 0;
  owner[name] = stored.text;
  return 1;
}
