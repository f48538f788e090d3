import { timeValue } from "../rows/json-string.ts";
import { type LineVisitor, visitLine } from "../rows/row.ts";
import { isOfConversation, kindOf, OTHER } from "../rows/row-kinds.ts";
import { CLOSE_BRACE, COLON, COMMA, equals, OPEN_BRACE, QUOTE, RowScan } from "../rows/json-scanner.ts";
import { NEWLINE } from "../rows/line-splitter.ts";

/** Search for the last conversation row, from the end of a transcript to its beginning. Reused from file to file. */
export class ActivitySearch implements LineVisitor {
  /** Timestamp of the row (epoch ms); NaN until one is found. */
  time = NaN;
  /** Offset one past the bytes that are still to be searched. */
  end = 0;
  #bytes: Buffer = NOTHING;

  /**
   * Searches the lines between `from` and `to`, last one first, for a row of the conversation with a timestamp; a title or a
   * tag is not activity. `atLineStart`: `from` begins a line. Else the first line is only read if its end says enough.
   */
  search(bytes: Buffer, from: number, to: number, atLineStart: boolean): void {
    this.#bytes = bytes;
    this.time = NaN;
    this.end = to;
    for (;;) {
      this.#rowsFromTheirEnds(from);
      const { end } = this;
      if (end <= from || !Number.isNaN(this.time)) return;
      const before = end - 2 < from ? -1 : bytes.lastIndexOf(NEWLINE, end - 2);
      const cut = before < from;
      if (cut && !atLineStart) return;
      const start = cut ? from : before + 1;
      visitLine(bytes, start, bytes[end - 1] === NEWLINE ? end - 1 : end, rowScan, this);
      if (!Number.isNaN(this.time)) return;
      this.end = start;
    }
  }

  /**
   * Reads rows backwards as long as they end in members with short plain strings. Of several members of one name the last
   * counts. Reads only lines that end in a newline, because others may end inside a row.
   *
   * Worth 37 % of "copied sessions: first page, fresh process" if type and timestamp follow the message, as in most rows;
   * nothing if they come first. One function, because split into several it took 15 % of that time.
   */
  #rowsFromTheirEnds(from: number): void {
    const bytes = this.#bytes;
    let type = UNREAD;
    let time = NaN;
    let last = this.end - 1;
    if (bytes[last] !== NEWLINE) return;
    while (last > from) {
      if (bytes[last] === NEWLINE) {
        if (bytes[--last] !== CLOSE_BRACE) return;
        type = UNREAD;
        time = NaN;
      }
      // At the brace that ends the row, or at the comma after a member.
      const end = last;
      if (bytes[end - 1] !== QUOTE) return;
      let value = end - 2;
      while (value > from && bytes[value] !== QUOTE && bytes[value] !== NEWLINE) value--;
      // After a backslash it is a quote inside the string.
      if (bytes[value] !== QUOTE || bytes[value - 1] !== COLON || bytes[value - 2] !== QUOTE) return;
      let key = value - 3;
      while (key > from && bytes[key] !== QUOTE && bytes[key] !== NEWLINE) key--;
      if (key <= from || bytes[key] !== QUOTE) return;
      const length = value - key - 3;
      if (length === TYPE.length && type === UNREAD && equals(bytes, key + 1, value - 2, TYPE)) {
        type = kindOf(bytes, value, end);
      } else if (length === TIMESTAMP.length && Number.isNaN(time) && equals(bytes, key + 1, value - 2, TIMESTAMP)) {
        time = timeValue(bytes, value, end);
        if (Number.isNaN(time)) return;
      }
      if (isOfConversation(type) && !Number.isNaN(time)) {
        this.time = time;
        return;
      }
      last = key - 1;
      if (bytes[last] === OPEN_BRACE) {
        if (bytes[--last] !== NEWLINE) return;
        this.end = last + 1;
      } else if (bytes[last] !== COMMA) return;
    }
  }

  /** Records the time of a row; if a line holds several rows, the last one counts. */
  row(_start: number, _end: number, scan: RowScan): void {
    const bytes = this.#bytes;
    const { members } = scan;
    let type = OTHER;
    let timestamp = -1;
    for (let i = 0; i < scan.count * 4; i += 4) {
      const start = members[i] as number;
      const end = members[i + 1] as number;
      if (end - start === 4 && equals(bytes, start, end, TYPE)) {
        type = kindOf(bytes, members[i + 2] as number, members[i + 3] as number);
      } else if (end - start === 9 && equals(bytes, start, end, TIMESTAMP)) timestamp = i;
    }
    if (timestamp < 0 || !isOfConversation(type)) return;
    const time = timeValue(bytes, members[timestamp + 2] as number, members[timestamp + 3] as number);
    if (!Number.isNaN(time)) this.time = time;
  }
}

/** Kind of a row whose `type` was not found yet. */
const UNREAD = -9;
const NOTHING = Buffer.alloc(0);
const TYPE = Buffer.from("type");
const TIMESTAMP = Buffer.from("timestamp");
const rowScan = new RowScan();
