/**
 * Reads the two windows of a transcript, and what is read beyond them, for the facts about a session (official-helpers.md §4).
 *
 * A row belongs to a window when it lies in it wholly. Of a row that the edge of a window cuts, or that its writer left
 * unfinished, the members that are whole count where the official helpers find them in the text: in the head those that
 * end before the edge, in the tail those that begin behind it.
 */
import { HeadScan, isTrue, memberString } from "./head-scan.ts";
import { humanPromptTime } from "./prompt.ts";
import { type LineVisitor, parseRow, type RowProblem, visitLine } from "../rows/row.ts";
import { RowKeys } from "./summary-keys.ts";
import { AI_TITLE, ASSISTANT, CUSTOM_TITLE, isOfConversation, kindOf, OTHER, USER } from "../rows/row-kinds.ts";
import { RowScan, scanObject } from "../rows/json-scanner.ts";
import { type TailFacts, TailScan } from "./tail-scan.ts";

const NEWLINE = 0x0a;
const OPEN_BRACE = 0x7b;
const NOTHING = Buffer.alloc(0);

export class SessionScan implements LineVisitor {
  readonly head = new HeadScan();
  /** A person wrote in the session after it was archived. */
  promptedSinceArchived = false;
  /** Titles in the head, which stand before the tail. */
  headCustomTitle: string | undefined;
  headAiTitle: string | undefined;
  /** What a row that begins before the tail says behind its edge; of the tail's facts the last to be asked. */
  cutGitBranch: string | undefined;
  cutEntrypoint: string | undefined;

  readonly #tail = new TailScan();
  readonly #archivedAt: number;
  #bytes: Buffer = NOTHING;
  #headEnd = 0;
  #tailStart = 0;
  /** The line that the edge of the tail cuts; -1 for none. */
  #cutAt = -1;
  #cutEnd = -1;

  /** `archivedAt`: when the session was archived, epoch ms; Infinity when it was not. */
  constructor(archivedAt: number) {
    this.#archivedAt = archivedAt;
  }

  /** Reads the first `end` bytes, which hold both windows: the head ends at `headEnd`, the tail begins at `tailStart`. */
  bothWindows(bytes: Buffer, headEnd: number, tailStart: number, end: number): void {
    this.#at(bytes, headEnd, tailStart);
    this.#lines(this.#head(tailStart, end), end);
  }

  headWindow(bytes: Buffer, headEnd: number): void {
    this.#at(bytes, headEnd, Infinity);
    this.#lines(this.#head(headEnd, headEnd), headEnd);
  }

  /** `atRowStart`: a row begins with the window. Returns where its first whole line does. */
  tailWindow(bytes: Buffer, tailStart: number, end: number, atRowStart: boolean): number {
    this.#at(bytes, 0, tailStart);
    const from = atRowStart ? tailStart : this.#cutLine(tailStart, end);
    this.#lines(from, end);
    return from;
  }

  /** Reads a line behind the head window; true when that has given the first prompt. */
  lineBeyond(bytes: Buffer, start: number, end: number): boolean {
    this.#at(bytes, Infinity, Infinity);
    visitLine(bytes, start, end, rowScan, this);
    return this.head.firstPrompt !== undefined;
  }

  /** Reads the row from `start` to `end` that the edge of the tail cuts at `edge`. */
  rowAcrossEdge(bytes: Buffer, start: number, end: number, edge: number): void {
    if (bytes[start] !== OPEN_BRACE || !scanObject(bytes, start, end, partScan)) return;
    keys.read(bytes, partScan, edge, end);
    if (keys.gitBranch >= 0) this.cutGitBranch = memberString(bytes, partScan, keys.gitBranch);
    if (keys.entrypoint >= 0) this.cutEntrypoint = memberString(bytes, partScan, keys.entrypoint);
  }

  tailFacts(bytes: Buffer): TailFacts {
    return this.#tail.facts(bytes);
  }

  row(start: number, end: number, scan: RowScan): void {
    if (start === this.#cutAt && end !== this.#cutEnd) return;
    const bytes = this.#bytes;
    keys.read(bytes, scan, start, end);
    const { type: at } = keys;
    const type = at < 0 ? OTHER : kindOf(bytes, scan.members[at + 2] as number, scan.members[at + 3] as number);
    const inHead = end <= this.#headEnd;
    const inTail = start >= this.#tailStart;
    if (inHead) this.#headRow(start, end, scan, type, inTail);
    if (inTail) {
      this.#tail.row(bytes, start, end, scan, keys, type);
      if (!inHead && (type === USER || type === ASSISTANT)) this.head.heard(isTrue(bytes, scan, keys.isSidechain));
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
    this.#cutAt = this.#cutEnd = -1;
  }

  #lines(from: number, end: number): void {
    let start = from;
    while (start < end && !this.#isTailOnly(start)) start = this.#line(start, end);
    if (start < end && this.#passOver(start, end)) return;
    while (start < end) start = this.#line(start, end);
  }

  /** Whether the rows from here on are asked for nothing but what the tail wants of them. */
  #isTailOnly(start: number): boolean {
    return this.head.main && this.#archivedAt === Infinity && (this.head.settled || start >= this.#headEnd);
  }

  /**
   * Reads the last answer and what follows it, and of the lines before only those with a word that seldom occurs: the last
   * row that says something counts, and most rows say nothing more than the answer does. False when that is not enough.
   */
  #passOver(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const answer = bytes.subarray(start, end).lastIndexOf(ANSWER);
    const last = bytes.lastIndexOf(NEWLINE, start + answer) + 1;
    if (answer < 0 || last <= start) return false;
    const passed = bytes.subarray(start, last);
    found.fill(-1);
    for (let at = nextSeldom(passed, 0); at < passed.length;) {
      const lineEnd = this.#line(start + passed.lastIndexOf(NEWLINE, at) + 1, end) - start;
      at = nextSeldom(passed, lineEnd);
    }
    for (let at = last; at < end;) at = this.#line(at, end);
    return !this.#tail.isLacking(bytes, start, last);
  }

  /**
   * Reads the lines that begin before `end`, of those that end before `limit`, until they can say nothing more, which is
   * mostly soon: a title may still stand among the others, and is searched for by its word. Returns where to go on: no
   * line that ends before `end` is left that counts.
   */
  #head(end: number, limit: number): number {
    if (this.#archivedAt !== Infinity) return 0;
    const bytes = this.#bytes;
    let start = 0;
    while (start < end) {
      if (this.head.settled) {
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
    const lineEnd = newline < 0 || newline > end ? end : newline;
    visitLine(this.#bytes, start, lineEnd, rowScan, this);
    return lineEnd + 1;
  }

  /** The end of a line. Rows glued to it count; what looks like a row at its very beginning is a part of one. */
  #cutLine(start: number, end: number): number {
    const newline = this.#bytes.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 || newline > end ? end : newline;
    this.#cutAt = start;
    this.#cutEnd = lineEnd;
    visitLine(this.#bytes, start, lineEnd, rowScan, this);
    this.#cutAt = this.#cutEnd = -1;
    return Math.min(lineEnd + 1, end);
  }

  #headRow(start: number, end: number, scan: RowScan, type: number, inTail: boolean): void {
    const bytes = this.#bytes;
    this.head.row(bytes, start, end, scan, keys, type);
    // Where the file is one window, the titles of the tail are all there are.
    if (inTail && this.#tailStart === 0) return;
    if (type === CUSTOM_TITLE && keys.customTitle >= 0) {
      this.headCustomTitle = memberString(bytes, scan, keys.customTitle) ?? this.headCustomTitle;
    } else if (type === AI_TITLE && keys.aiTitle >= 0) {
      this.headAiTitle = memberString(bytes, scan, keys.aiTitle) ?? this.headAiTitle;
    }
  }

  /** What is left in each window of a row that does not lie in it wholly. */
  #part(start: number, end: number, scan: RowScan, inHead: boolean, inTail: boolean): void {
    if (!inHead && start < this.#headEnd) {
      keys.read(this.#bytes, scan, start, Math.min(end, this.#headEnd));
      this.head.part(this.#bytes, scan, keys);
    }
    if (!inTail && end > this.#tailStart) {
      keys.read(this.#bytes, scan, Math.max(start, this.#tailStart), end);
      this.#tail.part(this.#bytes, scan, keys);
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

/** In `customTitle"` and `aiTitle"`. */
const TITLE = Buffer.from('Title"');
const ANSWER = Buffer.from('"type":"assistant"');
/**
 * The keys of what `TailScan` looks for, but for those that every answer has, or as much of their ends as occurs seldom and
 * begins with a rare letter: custom and AI titles, `lastPrompt`, `relocatedCwd`, `continuedInSessionId`, `tag`, `summary`.
 */
const SELDOM = ['Title"', 'Prompt"', 'Cwd"', "InSe", 'g"', 'y"'].map((word) => Buffer.from(word));
/** Where each of them was found last. */
const found: number[] = SELDOM.map(() => -1);

/** The first place at or behind `from` with one of these words; Infinity when there is none. */
function nextSeldom(bytes: Buffer, from: number): number {
  let next = Infinity;
  for (let i = 0; i < SELDOM.length; i++) {
    let at = found[i] as number;
    if (at < from) {
      at = bytes.indexOf(SELDOM[i] as Buffer, from);
      found[i] = at = at < 0 ? Infinity : at;
    }
    if (at < next) next = at;
  }
  return next;
}

const TOOL_RESULT = Buffer.from('"tool_result"');

/** Used for row after row; nothing of them outlives a row. */
const keys = new RowKeys();
const rowScan = new RowScan();
const partScan = new RowScan();
