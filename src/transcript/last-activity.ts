import { stringValue } from "./json-string.ts";
import { type LineVisitor, visitLine } from "./row.ts";
import { ASSISTANT, LINK, rowType, USER } from "./row-keys.ts";
import { equals, RowScan } from "./row-scan.ts";

const NEWLINE = 0x0a;

/** A search for the last conversation row, from the end of a transcript to its beginning. Used for file after file. */
export class ActivitySearch implements LineVisitor {
  /** Timestamp of the row (epoch ms); NaN while none was found. */
  time = NaN;
  /** Offset one past what is still to be searched. */
  end = 0;
  #bytes: Buffer = NOTHING;

  /**
   * Looks for the last row of the conversation (user, assistant, system, attachment, progress) that has a timestamp, in
   * the lines between `from` and `to`, the last one first. A title or a tag makes no session active. `atLineStart`: a line
   * begins with `from`. Otherwise the first line is left to a search in more bytes, for the type of a row stands at its
   * beginning.
   */
  search(bytes: Buffer, from: number, to: number, atLineStart: boolean): void {
    this.#bytes = bytes;
    this.time = NaN;
    this.end = to;
    while (this.end > from) {
      const { end } = this;
      const before = end - 2 < from ? -1 : bytes.lastIndexOf(NEWLINE, end - 2);
      const cut = before < from;
      if (cut && !atLineStart) return;
      const start = cut ? from : before + 1;
      visitLine(bytes, start, bytes[end - 1] === NEWLINE ? end - 1 : end, rowScan, this);
      this.end = start;
      if (!Number.isNaN(this.time)) return;
    }
  }

  /** Of a line with several rows the last one counts. */
  row(_start: number, _end: number, scan: RowScan): void {
    const bytes = this.#bytes;
    const { members } = scan;
    let type = -1;
    let timestamp = -1;
    for (let i = 0; i < scan.count * 4; i += 4) {
      const start = members[i] as number;
      const end = members[i + 1] as number;
      if (end - start === 4 && equals(bytes, start, end, TYPE)) {
        type = rowType(bytes, members[i + 2] as number, members[i + 3] as number);
      } else if (end - start === 9 && equals(bytes, start, end, TIMESTAMP)) timestamp = i;
    }
    if (timestamp < 0 || (type !== USER && type !== ASSISTANT && type !== LINK)) return;
    const text = stringValue(bytes, members[timestamp + 2] as number, members[timestamp + 3] as number);
    const time = Date.parse(text ?? "");
    if (!Number.isNaN(time)) this.time = time;
  }
}

const NOTHING = Buffer.alloc(0);
const TYPE = Buffer.from("type");
const TIMESTAMP = Buffer.from("timestamp");
const rowScan = new RowScan();
