import { CHUNK_BYTES } from "../../transcript/rows/limits.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";
import { type LineVisitor, parseRow, visitLine } from "../../transcript/rows/row.ts";
import { RowKeys } from "../../transcript/summary/summary-keys.ts";
import { type Annotation, ANNOTATION_TYPE, readAnnotation } from "../../transcript/summary/annotation.ts";
import { AI_TITLE, ANNOTATION, CUSTOM_TITLE, kindOf, TAG } from "../../transcript/rows/row-kinds.ts";
import { RowScan } from "../../transcript/rows/json-scanner.ts";
import type { EarlierTitles } from "../../transcript/summary/session-metadata.ts";
import { readAt } from "../disk/fs.ts";
import { NEWLINE } from "../../transcript/rows/line-splitter.ts";

/** What to search for. */
type Wanted = { readonly [Key in keyof EarlierTitles]-?: boolean };

/**
 * Searches an open transcript backwards from `before`, where a line begins, for the last title, tag and annotation rows.
 * Parses only lines that contain the bytes of such a row. Yields after each megabyte; a longer row is not a title.
 */
export function* earlierTitles(fd: number, before: number, wanted: Wanted): Generator<void, EarlierTitles> {
  const found = new TitleVisitor(wanted);
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, before));
  // Set while `end` is within a row that is longer than a chunk: the bytes before it, up to a newline, are part of that row.
  let insideRow = false;
  for (let end = before; end > 0 && !found.complete;) {
    const start = Math.max(0, end - buffer.length);
    const have = readAt(fd, buffer.subarray(0, end - start), start);
    const to = insideRow ? buffer.lastIndexOf(NEWLINE, have - 1) + 1 : have;
    const newline = to === 0 ? -1 : buffer.subarray(0, to - 1).indexOf(NEWLINE);
    const from = start === 0 ? 0 : newline + 1;
    if (start > 0 && newline < 0) {
      // No line begins in this chunk after its first byte: there is at most a row glued to the end of a long one.
      if (to > 0) found.search(buffer, 0, to, true);
      insideRow = true;
      end = start;
    } else {
      found.search(buffer, from, to, false);
      insideRow = false;
      end = start + from;
    }
    yield;
  }
  return found;
}

class TitleVisitor implements LineVisitor, EarlierTitles {
  customTitle: string | undefined;
  aiTitle: string | undefined;
  tag: string | undefined;
  annotation: Annotation | undefined;
  readonly #wanted: Wanted;
  readonly #scan = new RowScan();
  readonly #keys = new RowKeys();
  #bytes: Buffer = Buffer.alloc(0);
  #seen: EarlierTitles = {};
  /** Offset of a row whose beginning is missing, but which may look like a row. */
  #cutAt = -1;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  get complete(): boolean {
    return !this.#lacksTitle() && !this.#lacksTag() && !this.#lacksAnnotation();
  }

  /** Searches whole lines. `cut`: it is a single line whose beginning is missing. */
  search(bytes: Buffer, from: number, to: number, cut: boolean): void {
    this.#bytes = bytes;
    this.#cutAt = cut ? from : -1;
    this.#seen = {};
    const region = bytes.subarray(from, to);
    if (this.#lacksTitle()) this.#visitLinesWith(TITLE, region, from);
    if (this.#lacksTag()) this.#visitLinesWith(TAG_TYPE, region, from);
    if (this.#lacksAnnotation()) this.#visitLinesWith(ANNOTATION_WORD, region, from);
    this.customTitle ??= this.#wanted.customTitle ? this.#seen.customTitle : undefined;
    this.aiTitle ??= this.#wanted.aiTitle ? this.#seen.aiTitle : undefined;
    this.tag ??= this.#wanted.tag ? this.#seen.tag : undefined;
    this.annotation ??= this.#wanted.annotation ? this.#seen.annotation : undefined;
  }

  row(start: number, end: number, scan: RowScan): void {
    if (start === this.#cutAt) return;
    const bytes = this.#bytes;
    const keys = this.#keys;
    keys.read(bytes, scan, start, end);
    if (keys.type < 0) return;
    const text = (at: number): string | undefined =>
      at < 0 ? undefined : stringValue(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number);
    const seen = this.#seen;
    switch (kindOf(bytes, scan.members[keys.type + 2] as number, scan.members[keys.type + 3] as number)) {
      case CUSTOM_TITLE:
        this.#seen = { ...seen, customTitle: text(keys.customTitle) ?? seen.customTitle };
        break;
      case AI_TITLE:
        this.#seen = { ...seen, aiTitle: text(keys.aiTitle) ?? seen.aiTitle };
        break;
      case TAG:
        this.#seen = { ...seen, tag: text(keys.tag) ?? seen.tag };
        break;
      case ANNOTATION:
        this.#seen = { ...seen, annotation: readAnnotation(parseRow(bytes, start, end)) ?? seen.annotation };
    }
  }

  /** Reports whether a title is still wanted. An AI title is not, if there is a given one that is not empty. */
  #lacksTitle(): boolean {
    const lacksCustom = this.#wanted.customTitle && this.customTitle === undefined;
    return lacksCustom || (this.#wanted.aiTitle && !this.customTitle && this.aiTitle === undefined);
  }

  #lacksTag(): boolean {
    return this.#wanted.tag && this.tag === undefined;
  }

  #lacksAnnotation(): boolean {
    return this.#wanted.annotation && this.annotation === undefined;
  }

  #visitLinesWith(word: Buffer, region: Buffer, offset: number): void {
    for (let at = region.indexOf(word); at >= 0;) {
      const start = at === 0 ? 0 : region.lastIndexOf(NEWLINE, at - 1) + 1;
      const newline = region.indexOf(NEWLINE, at);
      const end = newline < 0 ? region.length : newline;
      visitLine(this.#bytes, offset + start, offset + end, this.#scan, this);
      at = newline < 0 ? -1 : region.indexOf(word, newline);
    }
  }
}

/** `customTitle"` and `aiTitle"`. */
const TITLE = Buffer.from('Title"');
const TAG_TYPE = Buffer.from('"tag"');
const ANNOTATION_WORD = Buffer.from(ANNOTATION_TYPE);
