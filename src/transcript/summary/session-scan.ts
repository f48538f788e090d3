/**
 * Reads the facts about a session from the head and the tail of a transcript, and from lines between them
 * (official-helpers.md §4). If the edge of a window or the end of the file cuts a row, its whole members in the window count,
 * as they do for the official text search.
 */
import { ANNOTATION_TYPE } from "./annotation.ts";
import { HeadScan, isTrue, memberString } from "./head-scan.ts";
import { humanPromptTime } from "./prompt.ts";
import { type LineVisitor, parseRow, type RowProblem, visitLine } from "../rows/row.ts";
import { RowKeys } from "./summary-keys.ts";
import { AI_TITLE, ASSISTANT, CUSTOM_TITLE, isOfConversation, kindOf, OTHER, USER } from "../rows/row-kinds.ts";
import { OPEN_BRACE, RowScan, scanObject } from "../rows/json-scanner.ts";
import { NEWLINE } from "../rows/line-splitter.ts";
import { type TailFacts, TailScan } from "./tail-scan.ts";

const NOTHING = Buffer.alloc(0);

export class SessionScan implements LineVisitor {
  readonly head = new HeadScan();
  /** Whether a person wrote in the session after it was archived. */
  promptedSinceArchived = false;
  /** Titles in the head, if it is not also the tail. */
  headCustomTitle: string | undefined;
  headAiTitle: string | undefined;
  /** Values in the tail's part of the row that its edge cuts; they count if no whole row of the tail has one. */
  cutGitBranch: string | undefined;
  cutEntrypoint: string | undefined;

  readonly #tail = new TailScan();
  readonly #archivedAt: number;
  #bytes: Buffer = NOTHING;
  #headEnd = 0;
  #tailStart = 0;
  /** Start of the line that the edge of the tail cuts, or -1, and end of the line that is being read. */
  #cutAt = -1;
  #lineEnd = -1;

  /** `archivedAt`: when the session was archived (epoch ms); Infinity if it was not. */
  constructor(archivedAt: number) {
    this.#archivedAt = archivedAt;
  }

  /** Reads both windows from the first `end` bytes: the head ends at `headEnd`, the tail begins at `tailStart`. */
  readWindows(bytes: Buffer, headEnd: number, tailStart: number, end: number): void {
    this.#at(bytes, headEnd, tailStart);
    this.#lines(this.#head(tailStart, end), end);
  }

  readHead(bytes: Buffer, headEnd: number): void {
    this.#at(bytes, headEnd, Infinity);
    this.#lines(this.#head(headEnd, headEnd), headEnd);
  }

  /** Reads the tail. `atRowStart`: it begins with a row. Returns the offset of its first whole line. */
  readTail(bytes: Buffer, tailStart: number, end: number, atRowStart: boolean): number {
    this.#at(bytes, 0, tailStart);
    const from = atRowStart ? tailStart : this.#cutLine(tailStart, end);
    this.#lines(from, end);
    return from;
  }

  /** Reads a line after the head. Returns whether the first prompt is known. */
  readLineAfterHead(bytes: Buffer, start: number, end: number): boolean {
    this.#at(bytes, Infinity, Infinity);
    visitLine(bytes, start, end, rowScan, this);
    return this.head.firstPrompt !== undefined;
  }

  /** Reads the row from `start` to `end` that the tail cuts at `edge`. */
  readRowAcrossEdge(bytes: Buffer, start: number, end: number, edge: number): void {
    if (bytes[start] !== OPEN_BRACE || !scanObject(bytes, start, end, partScan)) return;
    keys.read(bytes, partScan, edge, end);
    this.cutGitBranch = memberString(bytes, partScan, keys.gitBranch);
    this.cutEntrypoint = memberString(bytes, partScan, keys.entrypoint);
  }

  tailFacts(bytes: Buffer): TailFacts {
    return this.#tail.facts(bytes);
  }

  row(start: number, end: number, scan: RowScan): void {
    if (start === this.#cutAt && end !== this.#lineEnd) return;
    const bytes = this.#bytes;
    keys.read(bytes, scan, start, end);
    const { type: at } = keys;
    const type = at < 0 ? OTHER : kindOf(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number);
    const inHead = end <= this.#headEnd;
    const inTail = start >= this.#tailStart;
    if (inHead) this.#headRow(start, end, scan, type, inTail);
    if (inTail) {
      this.#tail.row(bytes, start, end, scan, keys, type);
      if (!inHead && (type === USER || type === ASSISTANT)) this.head.sawMessage(isTrue(bytes, scan, keys.isSidechain));
    }
    if ((inHead || inTail) && type !== ASSISTANT && isOfConversation(type)) this.#lookForPerson(start, end, scan);
    if (!inHead || !inTail) this.#part(start, end, scan, inHead, inTail);
  }

  problem(start: number, end: number, problem: RowProblem): void {
    if (problem !== "cut" || start === this.#cutAt || this.#bytes[start] !== OPEN_BRACE) return;
    scanObject(this.#bytes, start, end, partScan);
    this.#part(start, end, partScan, false, false);
  }

  #at(bytes: Buffer, headEnd: number, tailStart: number): void {
    this.#bytes = bytes;
    this.#headEnd = headEnd;
    this.#tailStart = tailStart;
    this.#cutAt = -1;
  }

  #lines(from: number, end: number): void {
    let start = from;
    while (start < end && !this.#isTailOnly(start)) start = this.#line(start, end);
    if (start < end && this.#readRareLines(start, end)) return;
    while (start < end) start = this.#line(start, end);
  }

  /** Whether only the facts of the tail are missing from here on. */
  #isTailOnly(start: number): boolean {
    return this.head.hasMain && this.#archivedAt === Infinity && (this.head.isComplete || start >= this.#headEnd);
  }

  /** Reads the last answer, what follows it, and earlier lines with a rare key. Returns false if that is not enough. */
  #readRareLines(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const answer = bytes.subarray(start, end).lastIndexOf(ANSWER);
    const last = bytes.lastIndexOf(NEWLINE, start + answer) + 1;
    if (answer < 0 || last <= start) return false;
    const earlier = bytes.subarray(start, last);
    found.fill(-1);
    for (let at = nextRareKey(earlier, 0); at < earlier.length;) {
      const lineEnd = this.#line(start + earlier.lastIndexOf(NEWLINE, at) + 1, end) - start;
      at = nextRareKey(earlier, lineEnd);
    }
    for (let at = last; at < end;) at = this.#line(at, end);
    return !this.#tail.isLacking(bytes, start, last);
  }

  /**
   * Reads the lines that begin before `end` and end before `limit`; once the head is complete, only those with a title.
   * Returns where to go on: no unread line before it counts.
   */
  #head(end: number, limit: number): number {
    if (this.#archivedAt !== Infinity) return 0;
    const bytes = this.#bytes;
    let start = 0;
    while (start < end) {
      if (this.head.isComplete) {
        const title = bytes.subarray(start, end).indexOf(TITLE);
        const last = title < 0 ? end - 1 : start + title;
        start = Math.max(start, bytes.lastIndexOf(NEWLINE, last) + 1);
        if (title < 0) return start;
      }
      start = this.#line(start, limit);
    }
    return start;
  }

  #line(start: number, end: number): number {
    const newline = this.#bytes.indexOf(NEWLINE, start);
    this.#lineEnd = newline < 0 || newline > end ? end : newline;
    visitLine(this.#bytes, start, this.#lineEnd, rowScan, this);
    return this.#lineEnd + 1;
  }

  /** Reads the end of a line. Later rows on it count; one that seems to begin with it is only a part. */
  #cutLine(start: number, end: number): number {
    this.#cutAt = start;
    const next = this.#line(start, end);
    this.#cutAt = -1;
    return Math.min(next, end);
  }

  #headRow(start: number, end: number, scan: RowScan, type: number, inTail: boolean): void {
    const bytes = this.#bytes;
    this.head.row(bytes, start, end, scan, keys, type);
    // If the file is one window, the tail has all titles.
    if (inTail && this.#tailStart === 0) return;
    if (type === CUSTOM_TITLE) {
      this.headCustomTitle = memberString(bytes, scan, keys.customTitle) ?? this.headCustomTitle;
    } else if (type === AI_TITLE) this.headAiTitle = memberString(bytes, scan, keys.aiTitle) ?? this.headAiTitle;
  }

  /** Reads in each window the part of a row that is not wholly in it. */
  #part(start: number, end: number, scan: RowScan, inHead: boolean, inTail: boolean): void {
    if (!inHead && start < this.#headEnd) {
      keys.read(this.#bytes, scan, start, Math.min(end, this.#headEnd));
      this.head.cutRow(this.#bytes, scan, keys);
    }
    if (!inTail && end > this.#tailStart) {
      keys.read(this.#bytes, scan, Math.max(start, this.#tailStart), end);
      this.#tail.cutRow(this.#bytes, scan, keys);
    }
  }

  #lookForPerson(start: number, end: number, scan: RowScan): void {
    if (this.promptedSinceArchived || this.#archivedAt === Infinity || keys.timestamp < 0) return;
    const time = Date.parse(memberString(this.#bytes, scan, keys.timestamp) ?? "");
    if (!(time > this.#archivedAt) || this.#bytes.subarray(start, end).includes(TOOL_RESULT)) return;
    const row = parseRow(this.#bytes, start, end);
    const written = row === undefined ? undefined : humanPromptTime(row);
    this.promptedSinceArchived = written !== undefined && written > this.#archivedAt;
  }
}

/** End of `customTitle"` and `aiTitle"`. */
const TITLE = Buffer.from('Title"');
const ANSWER = Buffer.from('"type":"assistant"');
/** Ends of the keys that `TailScan` reads and that not every answer has; each is long or begins with a rare letter. */
const RARE_KEYS = ['Title"', 'Prompt"', 'Cwd"', "InSe", 'g"', 'y"', ANNOTATION_TYPE].map((word) => Buffer.from(word));
/** Offset at which each of them was found last. */
const found: number[] = RARE_KEYS.map(() => -1);

/** Returns the first offset from `from` on with one of these keys; Infinity if there is none. */
function nextRareKey(bytes: Buffer, from: number): number {
  let next = Infinity;
  for (let i = 0; i < RARE_KEYS.length; i++) {
    let at = found[i] as number;
    if (at < from) {
      at = bytes.indexOf(RARE_KEYS[i] as Buffer, from);
      found[i] = at = at < 0 ? Infinity : at;
    }
    if (at < next) next = at;
  }
  return next;
}

const TOOL_RESULT = Buffer.from('"tool_result"');

/** Reused from row to row. */
const keys = new RowKeys();
const rowScan = RowScan.spare();
const partScan = new RowScan();
