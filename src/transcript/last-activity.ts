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
   * begins with `from`. Otherwise the first line is left to a search in more bytes, unless its end says enough: the type
   * of a row may stand at its beginning.
   */
  search(bytes: Buffer, from: number, to: number, atLineStart: boolean): void {
    this.#bytes = bytes;
    this.end = to;
    this.time = timeAtEnd(bytes.toString("latin1", Math.max(from, to - GLANCE_BYTES), to));
    while (Number.isNaN(this.time) && this.end > from) {
      const { end } = this;
      const before = end - 2 < from ? -1 : bytes.lastIndexOf(NEWLINE, end - 2);
      const cut = before < from;
      if (cut && !atLineStart) return;
      const start = cut ? from : before + 1;
      visitLine(bytes, start, bytes[end - 1] === NEWLINE ? end - 1 : end, rowScan, this);
      this.end = start;
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

/** Bytes at the end of a transcript in which the members behind the last message and a few short rows have room. */
const GLANCE_BYTES = 640;
const TIMESTAMP_KEY = '"timestamp"';
const OPENING = ':"';
/** Room for the type, the uuid and a short member more. */
const BEFORE_UNITS = 120;
/** A member as Claude Code writes it, and none that would have to be compared with another of its name. */
const MEMBER = String.raw`"(?!type"|timestamp")[A-Za-z]+":(?:"[^"\\]*"|true|false|null|[0-9]+)`;
const BEFORE_TIMESTAMP = new RegExp(
  String.raw`[{,]"type":"(?:user|assistant|system|attachment|progress)",(?:${MEMBER},)*$`,
);
const AFTER_TIMESTAMP = new RegExp(String.raw`^(?:,${MEMBER})*\}\s*$`);

/**
 * Most rows of a conversation end in `"type":…,"uuid":…,"timestamp":…` and a few short members. They are known by that,
 * whatever stands before it: in a list that has to look into every file, reading rows whole takes most of the time. NaN
 * when the last row that has a timestamp is none of these, or is not ended by a newline: it may then be a part of one.
 */
function timeAtEnd(text: string): number {
  const at = text.lastIndexOf(TIMESTAMP_KEY);
  const value = at + TIMESTAMP_KEY.length + OPENING.length;
  const close = text.indexOf('"', value);
  const newline = text.indexOf("\n", close);
  if (at < 0 || close < 0 || newline < 0 || !text.startsWith(OPENING, value - OPENING.length)) return NaN;
  const isEnd =
    AFTER_TIMESTAMP.test(text.slice(close + 1, newline)) &&
    BEFORE_TIMESTAMP.test(text.slice(Math.max(0, at - BEFORE_UNITS), at));
  return isEnd ? Date.parse(text.slice(value, close)) : NaN;
}

const NOTHING = Buffer.alloc(0);
const TYPE = Buffer.from("type");
const TIMESTAMP = Buffer.from("timestamp");
const rowScan = new RowScan();
