import { FileLines, ReusableBuffer } from "../../store/disk/file-lines.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { visitLine } from "../../transcript/rows/row.ts";
import { stringsIn } from "./json-strings.ts";
import { takeMetadata, withoutMetadata } from "./picture-metadata.ts";
import { type FileKind, readJson, segmentsOf, textOfFile } from "./read-texts.ts";
import { useOf } from "./row-strings.ts";
import type { TextMasker } from "./text-masker.ts";

/** Receives what masking does with a file. */
export interface MaskingReport {
  /** A place was masked. */
  found(kind: string): void;
  /** A part of a line is no row that can be masked, and was left out. */
  leave(bytes: number): void;
  /** A picture, or another file in a row, whose contents nobody looked into. */
  unseen(): void;
}

/** Yields the masked bytes of a file. Rows in which nothing is masked are the same, byte for byte. */
export function* maskedFile(
  fd: number,
  bytes: number,
  kind: FileKind,
  masker: TextMasker,
  report: MaskingReport,
): Generator<Buffer> {
  if (kind === "rows") return yield* maskedRows(fd, bytes, masker, report);
  if (kind === "json") {
    const json = readJson(fd, bytes);
    const out = new Output();
    putMasked(out, json, 0, json.length, masker, report);
    yield* out.take();
    return;
  }
  for (const segment of segmentsOf(fd, bytes))
    yield masker.places(segment.toString("latin1")).next(0) >= 0
      ? Buffer.from(maskedText(segment.toString(), masker, report))
      : segment;
}

function* maskedRows(fd: number, bytes: number, masker: TextMasker, report: MaskingReport): Generator<Buffer> {
  const lines = new FileLines(fd, { to: bytes, buffer: new ReusableBuffer() });
  const scan = new RowScan();
  const out = new Output();
  let rows: [number, number][] = [];
  let isWhole = true;
  const visitor = {
    row: (start: number, end: number): void => void rows.push([start, end]),
    problem: (start: number, end: number): void => {
      isWhole = false;
      report.leave(end - start);
    },
  };
  while (lines.step()) {
    while (lines.next()) {
      if (lines.oversized > 0) {
        report.leave(lines.oversized);
        continue;
      }
      rows = [];
      isWhole = true;
      const { bytes: line, start, end } = lines;
      visitLine(line, start, end, scan, visitor);
      if (isWhole) {
        let at = start;
        for (const [from, to] of rows) {
          out.put(line, at, from);
          putMasked(out, line, from, to, masker, report);
          at = to;
        }
        out.put(line, at, end);
        if (lines.terminated) out.put(NEWLINE);
      } else {
        for (const [from, to] of rows) {
          putMasked(out, line, from, to, masker, report);
          out.put(NEWLINE);
        }
      }
      if (out.length >= OUTPUT_BYTES) yield* out.take();
    }
    // A step without a line, so that others get their turn.
    if (out.length > 0) yield* out.take();
  }
  yield* out.take();
}

const NEWLINE = Buffer.from("\n");

/** Puts out a JSON value with its strings masked. */
function putMasked(
  out: Output,
  bytes: Buffer,
  from: number,
  to: number,
  masker: TextMasker,
  report: MaskingReport,
): void {
  const places = masker.places(bytes.toString("latin1", from, to));
  let place = places.next(0);
  if (place < 0) return out.put(bytes, from, to);
  let at = from;
  const keys = new MaskedKeys();
  for (const string of stringsIn(bytes, from, to)) {
    // Most strings of a row have nothing to mask: they are not decoded.
    if (from + place > string.end) continue;
    // A file is known by its key.
    place = places.next((string.isKey ? string.start : string.end) - from);
    const text = stringValue(bytes, string.start, string.end);
    let masked = text === undefined ? undefined : maskedString(text, useOf(text, string), masker, report);
    if (masked === undefined || masked === text) continue;
    if (string.isKey) masked = keys.nameFor(string.object, masked);
    out.put(bytes, at, string.start);
    out.put(Buffer.from(JSON.stringify(masked)));
    at = string.end;
    if (place < 0) break;
  }
  out.put(bytes, at, to);
}

/** Masked keys of the objects of a value. Two that are masked alike stay two. */
class MaskedKeys {
  readonly #names = new Map<number, Set<string>>();

  nameFor(object: number, masked: string): string {
    const names = this.#names.get(object) ?? new Set();
    this.#names.set(object, names);
    let name = masked;
    for (let n = 2; names.has(name); n++) name = `${masked}-${n}`;
    names.add(name);
    return name;
  }
}

function maskedString(text: string, use: ReturnType<typeof useOf>, masker: TextMasker, report: MaskingReport): string {
  const found = (kind: string): void => report.found(kind);
  switch (use) {
    case "kept":
      return text;
    case "format":
      return masker.mask(text, found, { words: false });
    case "key":
      return masker.maskKey(text, found);
    case "text":
      return maskedText(text, masker, report);
    case "picture": {
      report.unseen();
      const taken = takeMetadata(Buffer.from(text, "base64"));
      if (taken === undefined) return text;
      for (const metadata of taken.texts) masker.mask(metadata, found);
      report.found("picture-metadata");
      return taken.picture.toString("base64");
    }
    case "file": {
      const inside = textOfFile(text);
      if (inside === undefined) {
        report.unseen();
        return masker.mask(text, found);
      }
      const masked = masker.mask(inside, found);
      return masked === inside ? text : Buffer.from(masked).toString("base64");
    }
  }
}

/** Masks a text, and what the pictures in it say of themselves. */
function maskedText(text: string, masker: TextMasker, report: MaskingReport): string {
  const found = (kind: string): void => report.found(kind);
  const bare = withoutMetadata(text, (texts) => {
    for (const one of texts) masker.mask(one, found);
    found("picture-metadata");
  });
  return masker.mask(bare, found);
}

const OUTPUT_BYTES = 256 * 1024;

/** Collects bytes, so that there are few and large parts. */
class Output {
  #bytes: Buffer = Buffer.allocUnsafe(2 * OUTPUT_BYTES);
  length = 0;

  put(bytes: Buffer, from = 0, to = bytes.length): void {
    const end = this.length + to - from;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.length, from, to);
    this.length = end;
  }

  /** Yields what was collected, and begins anew. */
  *take(): Generator<Buffer> {
    if (this.length === 0) return;
    const bytes = this.#bytes.subarray(0, this.length);
    this.#bytes = Buffer.allocUnsafe(2 * OUTPUT_BYTES);
    this.length = 0;
    yield bytes;
  }
}
