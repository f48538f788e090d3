import { isUtf8 } from "node:buffer";
import { readAt } from "../../store/disk/fs.ts";
import { FileLines, ReusableBuffer } from "../../store/disk/file-lines.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { stringsIn } from "./json-strings.ts";
import { takeMetadata, withoutMetadata } from "./picture-metadata.ts";
import { useOf } from "./row-strings.ts";

/** Largest document that is read as one: a JSON document, or a line of a text. */
const DOCUMENT_BYTES = 64 * 1024 * 1024;
/** How much of a text is read at once; up to the end of a line. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

const SHARED_UNITS = 64 * 1024;

/** What a file is taken for, by its name. */
export type FileKind = "rows" | "json" | "text";

export const kindOf = (path: string): FileKind =>
  path.endsWith(".jsonl") ? "rows" : path.endsWith(".json") ? "json" : "text";

/** A file that cannot be masked for a reason, which completes `it was left out: …`. */
export class NotMaskable extends Error {}

/** Receives what is said in a file. */
export interface TextReader {
  text(text: string): void;
  /** The directory that a row names. */
  cwd(path: string): void;
}

/** Gives a reader all texts of a file; a step is a row, or a part of a text. Throws `NotMaskable`. */
export function* readTexts(fd: number, bytes: number, kind: FileKind, reader: TextReader): Generator<undefined> {
  if (kind === "rows") yield* readRows(fd, bytes, reader);
  else {
    if (kind === "json") {
      const json = readJson(fd, bytes);
      yield* readStrings(json, 0, json.length, reader);
      return;
    }
    let before = "";
    for (const segment of segmentsOf(fd, bytes)) {
      const text = segment.toString();
      // A private key may begin in one segment and end in the next.
      reader.text(before + text);
      withoutMetadata(text, (found) => found.forEach((one) => reader.text(one)));
      before = text.slice(-SHARED_UNITS);
      yield;
    }
  }
}

function* readRows(fd: number, bytes: number, reader: TextReader): Generator<undefined> {
  // Others may read between the steps.
  const lines = new FileLines(fd, { to: bytes, buffer: new ReusableBuffer() });
  const scan = new RowScan();
  let rows: [number, number][] = [];
  const row = (start: number, end: number): void => void rows.push([start, end]);
  while (lines.step()) {
    while (lines.next()) {
      rows = [];
      visitLine(lines.bytes, lines.start, lines.end, scan, { row });
      for (const [start, end] of rows) yield* readStrings(lines.bytes, start, end, reader);
    }
  }
}

/** Shortest string in which a secret may be, with its quotes. */
const LEAST_BYTES = 10;
/** Strings between two steps: with a step for each, most of the time would go into them. */
const STRINGS_PER_STEP = 64;

function* readStrings(bytes: Buffer, from: number, to: number, reader: TextReader): Generator<undefined> {
  let list: string[] = [];
  let count = 0;
  for (const string of stringsIn(bytes, from, to)) {
    const { path, isKey, start, end } = string;
    // Most keys, and words of the format: too short for a secret, but a line of one may be short.
    if (end - start < LEAST_BYTES && path.at(-1) !== "[]") continue;
    const text = stringValue(bytes, start, end);
    if (text === undefined) continue;
    // The lines of a diff are strings of their own, with a sign before each.
    if (path.at(-1) === "[]") list.push(path.at(-2) === "lines" ? text.slice(1) : text);
    else if (list.length > 0) {
      if (list.length > 1) reader.text(list.join("\n"));
      list = [];
    }
    const use = useOf(text, string);
    // Some programs write JSON so.
    if (text.includes(String.raw`\/`)) reader.text(text.replaceAll(String.raw`\/`, "/"));
    if (use === "picture") {
      const file = Buffer.from(text, "base64");
      for (const found of takeMetadata(file)?.texts ?? []) reader.text(found);
    } else if (use === "file") reader.text(textOfFile(text) ?? text);
    else if (use !== "kept") {
      reader.text(text);
      withoutMetadata(text, (found) => found.forEach((one) => reader.text(one)));
    }
    if (!isKey && path.length === 1 && path[0] === "cwd") reader.cwd(text);
    if (++count % STRINGS_PER_STEP === 0) yield;
  }
  if (list.length > 1) reader.text(list.join("\n"));
  yield;
}

/** Returns the text that base64 stands for; undefined if it is none. */
export function textOfFile(base64: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  return bytes.includes(0) || !isUtf8(bytes) ? undefined : bytes.toString();
}

/** Returns the bytes of a file that is a JSON document. Throws `NotMaskable` if it is none: an escape may hide a secret. */
export function readJson(fd: number, bytes: number): Buffer {
  if (bytes > DOCUMENT_BYTES) throw new NotMaskable("too large to be checked for secrets");
  const all = Buffer.allocUnsafe(bytes);
  const json = all.subarray(0, readAt(fd, all, 0));
  if (json.length === 0) return json;
  try {
    JSON.parse(json.toString());
    return json;
  } catch {
    throw new NotMaskable("not valid JSON: it cannot be checked for secrets");
  }
}

/** Yields the bytes of a text in parts that end at the end of a line. Throws `NotMaskable` if it is not UTF-8. */
export function* segmentsOf(fd: number, bytes: number): Generator<Buffer> {
  let size = SEGMENT_BYTES;
  for (let at = 0; at < bytes;) {
    const buffer = Buffer.allocUnsafe(Math.min(size, bytes - at));
    const chunk = buffer.subarray(0, readAt(fd, buffer, at));
    if (chunk.length === 0) return;
    const isLast = at + chunk.length >= bytes;
    const end = isLast ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      size *= 2;
      if (size > DOCUMENT_BYTES) throw new NotMaskable("it has a line too long to be checked for secrets");
      continue;
    }
    const segment = chunk.subarray(0, end);
    if (segment.includes(0) || !isUtf8(segment)) throw new NotMaskable("not a text: it cannot be checked for secrets");
    yield segment;
    at += end;
    size = SEGMENT_BYTES;
  }
}
