import { stringValue } from "./json-string.ts";
import { type LineVisitor, visitLine } from "./row.ts";
import { ASSISTANT, LINK, rowType, USER } from "./row-keys.ts";
import { equals, RowScan } from "./row-scan.ts";

const NEWLINE = 0x0a;

/** Where a search from the end stands. */
export interface ActivitySearch {
  /** Timestamp of the last conversation row (epoch ms); NaN while none was found. */
  time: number;
  /** Offset one past what is still to be searched. */
  end: number;
}

/**
 * Looks for the last row of the conversation (user, assistant, system, attachment, progress) that has a timestamp, from
 * `search.end` back to the beginning of `bytes`. Of titles, tags and the like a session does not become active.
 *
 * `atLineStart`: a line begins with `bytes`. Otherwise the first line is left to a search in more bytes, since the type
 * of a row stands at its beginning.
 */
export function lastActivity(bytes: Buffer, atLineStart: boolean, search: ActivitySearch): void {
  let { end } = search;
  visitor.bytes = bytes;
  visitor.time = NaN;
  while (end > 0) {
    const newline = end === 1 ? -1 : bytes.lastIndexOf(NEWLINE, end - 2);
    if (newline < 0 && !atLineStart) break;
    visitLine(bytes, newline + 1, bytes[end - 1] === NEWLINE ? end - 1 : end, rowScan, visitor);
    end = newline + 1;
    if (!Number.isNaN(visitor.time)) break;
  }
  search.time = visitor.time;
  search.end = end;
}

/** Keeps the time of the last row of a line: a line may hold several. */
class TimeVisitor implements LineVisitor {
  bytes: Buffer = Buffer.alloc(0);
  time = NaN;

  row(_start: number, _end: number, scan: RowScan): void {
    const { bytes } = this;
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

const TYPE = Buffer.from("type");
const TIMESTAMP = Buffer.from("timestamp");
const rowScan = new RowScan();
const visitor = new TimeVisitor();
