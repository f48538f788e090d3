import { isUtf8 } from "node:buffer";
import { nodeCrypto } from "../disk/builtins.ts";
import { memberString } from "../../transcript/summary/head-scan.ts";
import { RowIndex, SIDECHAIN } from "../../transcript/rows/row-index.ts";
import { ASSISTANT, USER } from "../../transcript/rows/row-kinds.ts";
import { type RowProblem, visitLine } from "../../transcript/rows/row.ts";
import { RowKeys } from "../../transcript/summary/summary-keys.ts";
import { RowScan, scanObject } from "../../transcript/rows/json-scanner.ts";
import { close, openReadNoFollow, readAt, statOpen } from "../disk/fs.ts";
import { FileLines, ReusableBuffer } from "../disk/file-lines.ts";
import { yieldToEventLoop } from "../timing.ts";

/** What can be wrong with a transcript. */
export type FindingKind =
  /** A row ends before it is complete: its writer was killed. What it said is lost. */
  | "cut"
  /** The same at the end of the file: its writer may still be at it. */
  | "cut_at_end"
  /** Bytes that are no row. */
  | "not_json"
  /** A row too long to be read (`ROW_BYTES`), or of too many parts. */
  | "oversized"
  /** Bytes that are no UTF-8; each is read as U+FFFD. */
  | "bad_utf8"
  /** NUL bytes, which a crash of the machine leaves in place of what was written. */
  | "nul"
  /** Several rows on one line. Claude Code loses both, we read both. */
  | "glued"
  /** A row whose parent is not in the file. */
  | "dangling_parent"
  /** A row that is its own parent. */
  | "own_parent"
  /** A row with the uuid of one before it. */
  | "repeated_uuid"
  /** The last line does not end: what a careless program appends is glued to it. */
  | "no_final_newline";

/** Of these, something that was written is lost. The others are odd, and everything can be read. */
export const LOSSES: ReadonlySet<FindingKind> = new Set([
  "cut",
  "cut_at_end",
  "not_json",
  "oversized",
  "bad_utf8",
  "nul",
]);

export interface Finding {
  readonly kind: FindingKind;
  /** How many times. */
  readonly count: number;
  /** Where, counted from 1: the first `LISTED_LINES` of them. */
  readonly lines: readonly number[];
}

/** What a transcript has in it. Only a conversation makes it a session. */
type Content =
  /** A message of the user or of the assistant. */
  | "conversation"
  /** The same, but all of it on the side: the conversation of an agent. */
  | "sidechain"
  /** Rows, and none of them a message. */
  | "metadata"
  /** No row at all. */
  | "nothing";

/** What one transcript holds, and what is wrong or odd in it. */
export interface TranscriptCheck {
  readonly content: Content;
  /** What the first and the last row of the conversation say that they were written by. */
  readonly entrypoints: readonly string[];
  readonly bytes: number;
  readonly findings: readonly Finding[];
  readonly lines: number;
  /** Rows of the conversation. */
  readonly rows: number;
}

/** So many places are named of each kind; `count` has all. A file of garbage has millions. */
const LISTED_LINES = 20;
const CHUNKS_PER_TURN = 32;

/**
 * Reads a transcript from its beginning to its end and says what is wrong with it. Memory is a chunk, or the longest
 * row, and some 180 bytes a row. A link is not followed. Throws file-system errors, and `signal.reason` when aborted.
 */
export async function checkTranscript(path: string, signal?: AbortSignal): Promise<TranscriptCheck> {
  const fd = openReadNoFollow(path);
  try {
    const { size } = statOpen(fd);
    const check = new Check();
    const buffer = ReusableBuffer.shared();
    const lines = new FileLines(fd, { to: size, buffer });
    for (let chunk = 1; lines.step(); chunk++) {
      while (lines.next()) check.line(lines);
      if (chunk % CHUNKS_PER_TURN === 0) await yieldToEventLoop();
      signal?.throwIfAborted();
    }
    const ends = check.ends.map(({ offset, length }) => entrypointAt(fd, offset, buffer.take(length)));
    const entrypoints = ends.filter((name) => name !== undefined);
    return { bytes: lines.at, ...check.result(), entrypoints };
  } finally {
    close(fd);
  }
}

class Check {
  readonly #index = new RowIndex(nodeCrypto().randomInt(2 ** 32));
  readonly #scan = new RowScan();
  readonly #found = new Map<FindingKind, { count: number; lines: number[] }>();
  /** Line of each row of the index. */
  readonly #lineOf: number[] = [];
  #lines = 0;
  /** Of any type. */
  #rows = 0;

  line(buffer: FileLines): void {
    this.#lines++;
    const { bytes, start, end, terminated: ends } = buffer;
    const line = bytes.subarray(start, end);
    if (buffer.nulBefore || line.includes(0)) this.#note("nul");
    if (buffer.oversized > 0) {
      this.#note("oversized");
      return;
    }
    if (!isUtf8(line)) this.#note("bad_utf8");
    let rows = 0;
    let problems = 0;
    // Known for what it is only when it is known whether something follows it.
    let lastProblem: RowProblem | undefined;
    const settle = (): void => {
      if (lastProblem !== undefined) this.#note(lastProblem);
      lastProblem = undefined;
    };
    visitLine(bytes, start, end, this.#scan, {
      row: (from, to) => {
        settle();
        rows++;
        this.#row(bytes, from, to, buffer.offset + from - start);
      },
      problem: (_from, _to, problem) => {
        settle();
        problems++;
        lastProblem = problem;
      },
    });
    if (lastProblem === "cut" && !ends) this.#note("cut_at_end");
    else if (lastProblem === undefined && !ends) this.#note("no_final_newline");
    else settle();
    if (rows > 0 && rows + problems > 1) this.#note("glued");
  }

  /** Where the first and the last row of the conversation stand. */
  get ends(): readonly { offset: number; length: number }[] {
    const { count, offset, length } = this.#index;
    const rows = [...new Set([0, count - 1])].filter((row) => row >= 0 && row < count);
    return rows.map((row) => ({ offset: offset[row] as number, length: length[row] as number }));
  }

  result(): Pick<TranscriptCheck, "content" | "lines" | "rows" | "findings"> {
    this.#links();
    const findings = [...this.#found].map(([kind, { count, lines }]) => ({ kind, count, lines }));
    return { content: this.#content(), lines: this.#lines, rows: this.#index.count, findings };
  }

  #content(): Content {
    const { count, kind, flags } = this.#index;
    let content: Content = this.#rows === 0 ? "nothing" : "metadata";
    for (let row = 0; row < count; row++) {
      if (kind[row] !== USER && kind[row] !== ASSISTANT) continue;
      if (((flags[row] as number) & SIDECHAIN) === 0) return "conversation";
      content = "sidechain";
    }
    return content;
  }

  #row(bytes: Buffer, from: number, to: number, offset: number): void {
    this.#rows++;
    const known = this.#index.count;
    this.#index.add(bytes, from, to, offset, this.#scan);
    if (this.#index.count > known) this.#lineOf.push(this.#lines);
  }

  /** Whether every row hangs on one that is there. */
  #links(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const present = new Uint8Array(uuids.count);
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      if (present[id] === 1) this.#note("repeated_uuid", this.#lineOf[row]);
      present[id] = 1;
    }
    for (let row = 0; row < count; row++) {
      const above = parent[row] as number;
      if (above < 0) continue;
      if (above === uuid[row]) this.#note("own_parent", this.#lineOf[row]);
      else if (present[above] === 0) this.#note("dangling_parent", this.#lineOf[row]);
    }
  }

  #note(kind: FindingKind, line: number = this.#lines): void {
    const found = this.#found.get(kind) ?? { count: 0, lines: [] };
    found.count++;
    if (found.lines.length < LISTED_LINES) found.lines.push(line);
    this.#found.set(kind, found);
  }
}

function entrypointAt(fd: number, offset: number, bytes: Buffer): string | undefined {
  const have = readAt(fd, bytes, offset);
  const scan = new RowScan();
  if (!scanObject(bytes, 0, have, scan)) return undefined;
  const keys = new RowKeys();
  keys.read(bytes, scan, -1, have);
  return keys.entrypoint < 0 ? undefined : memberString(bytes, scan, keys.entrypoint);
}
