import { splitPoint } from "../../transcript/text/surrogates.ts";
import type { Column, RowText } from "./row-texts.ts";
import { forIndex } from "./index-tokens.ts";

/**
 * Texts of consecutive rows of one file, by column: one row of the index. The rows are in the bytes `[off, off + len)`,
 * perhaps among others. A row that is too long for one segment is in several with the same range.
 */
export interface Segment extends Readonly<Record<Column, string>> {
  readonly off: number;
  readonly len: number;
  /** Time of its last row, epoch seconds; 0 if no row had one. */
  readonly ts: number;
}

/** Maximum length of the texts of a segment, without the borders between them, in UTF-16 units. */
const SEGMENT_UNITS = 32 * 1024;
/** Length at which a new prompt begins a new segment. */
const PROMPT_UNITS = 8 * 1024;
/** Number of units that are also in the next segment when a text is cut. Words and phrases up to this length are whole. */
const OVERLAP_UNITS = 256;

/** Stands between two texts of a column: a token of its own, so that no phrase reaches from one text into the next. */
export const BORDER = " \ue000 ";

/** Collects texts into segments. */
export class SegmentBuilder {
  #done: Segment[] = [];
  #columns = emptyColumns();
  #units = 0;
  #off = 0;
  #end = 0;
  #ts: number;

  /** `ts`: time of the row before the first, epoch seconds. */
  constructor(ts = 0) {
    this.#ts = ts;
  }

  /**
   * Adds the texts of a row. `off`, `len`: its bytes in the file. `ts`: epoch seconds, or 0. `isPrompt`: whether a new
   * segment may begin here, because the row is a prompt.
   */
  add(texts: readonly RowText[], off: number, len: number, ts: number, isPrompt: boolean): void {
    if (texts.length === 0) return;
    let units = 0;
    for (const { text } of texts) units += text.length;
    if (this.#units + units > SEGMENT_UNITS || (isPrompt && this.#units >= PROMPT_UNITS)) this.close();
    if (this.#units === 0) this.#off = off;
    this.#end = off + len;
    this.#ts = ts || this.#ts;
    if (units <= SEGMENT_UNITS) for (const { column, text } of texts) this.#append(column, text);
    else {
      for (const { column, text } of texts) this.#appendCut(column, text, off, len);
      this.close();
    }
  }

  /** Ends the open segment. */
  close(): void {
    if (this.#units > 0) {
      const { output, input, said, thinking, title } = this.#columns;
      this.#done.push({
        off: this.#off,
        len: this.#end - this.#off,
        ts: this.#ts,
        output,
        input,
        said,
        thinking,
        title,
      });
    }
    this.#columns = emptyColumns();
    this.#units = 0;
  }

  /** Returns the segments that ended since the last call. */
  take(): Segment[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #append(column: Column, text: string): void {
    const before = this.#columns[column];
    // Text by text: the check of a text that is all ASCII, as most are, costs nothing.
    const words = forIndex(text);
    this.#columns[column] = before === "" ? words : before + BORDER + words;
    this.#units += text.length;
  }

  /** Adds a text of a row that is too long for one segment. */
  #appendCut(column: Column, text: string, off: number, len: number): void {
    for (let from = 0; from < text.length;) {
      const free = SEGMENT_UNITS - this.#units;
      const rest = text.length - from;
      // A short piece at the end of a segment is not worth its overlap.
      if (rest > free && free < SEGMENT_UNITS / 2) {
        this.#reopen(off, len);
        continue;
      }
      const to = rest <= free ? text.length : cutBefore(text, from + free);
      this.#append(column, text.slice(from, to));
      if (to === text.length) return;
      this.#reopen(off, len);
      from = cutAfter(text, to - OVERLAP_UNITS, to);
    }
  }

  #reopen(off: number, len: number): void {
    this.close();
    this.#off = off;
    this.#end = off + len;
  }
}

const emptyColumns = (): Record<Column, string> => ({ output: "", input: "", said: "", thinking: "", title: "" });

const BLANK = /\s/;

/** Returns where to end a piece: after white space that is near `to`, so that no part of a word is taken for a word. */
function cutBefore(text: string, to: number): number {
  for (let at = to; at > to - OVERLAP_UNITS / 2; at--) if (BLANK.test(text.charAt(at - 1))) return at;
  return splitPoint(text, to);
}

/** Returns where to begin the next piece: at the first word from `from` on, as long as it begins well before `to`. */
function cutAfter(text: string, from: number, to: number): number {
  for (let at = from; at < to - OVERLAP_UNITS / 2; at++) if (BLANK.test(text.charAt(at - 1))) return at;
  return splitPoint(text, from);
}
