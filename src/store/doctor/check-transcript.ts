import { isUtf8 } from "node:buffer";
import { nodeCrypto } from "../disk/builtins.ts";
import { memberString } from "../../transcript/summary/head-scan.ts";
import { RowIndex, SIDECHAIN } from "../../transcript/rows/row-index.ts";
import { isMessageKind } from "../../transcript/rows/row-kinds.ts";
import { type RowProblem, visitLine } from "../../transcript/rows/row.ts";
import { CONTROLS, ESCAPES, stringFaults, SURROGATES } from "../../transcript/repair/string-faults.ts";
import { uuidIn } from "../../transcript/repair/row-members.ts";
import { RowKeys } from "../../transcript/summary/summary-keys.ts";
import { RowScan, scanObject } from "../../transcript/rows/json-scanner.ts";
import { close, openReadNoFollow, readAt, statOpen } from "../disk/fs.ts";
import { FileLines, ReusableBuffer } from "../disk/file-lines.ts";
import { yieldToEventLoop } from "../timing.ts";

/** Problems of a transcript. */
export type FindingKind =
  /** An incomplete row: its writer was killed. Its content is lost. */
  | "cut"
  /** An incomplete row at the end of the file: its writer may still be writing. */
  | "cut_at_end"
  /** Bytes that are not a row. */
  | "not_json"
  /** A row too long to be read (`ROW_BYTES`), or of too many parts. */
  | "oversized"
  /** Bytes that are not UTF-8; each is read as U+FFFD. */
  | "bad_utf8"
  /** NUL bytes, which a crash of the machine leaves in place of the data. */
  | "nul"
  /** Several rows on one line. Claude Code loses both, we read both. */
  | "glued"
  /** Raw control characters or unknown escapes in a string. Claude Code loses the row, we read it. */
  | "bad_string"
  /** Half of a surrogate pair in a string, which the API has refused. */
  | "lone_surrogate"
  /** A row whose parent is not in the file. */
  | "dangling_parent"
  /** A row that is its own parent. */
  | "own_parent"
  /** A row with the uuid of an earlier one. */
  | "repeated_uuid"
  /** The last line has no newline: a careless program's next row is glued to it. */
  | "no_final_newline";

/** Findings that mean lost data. With the others, everything can still be read. */
export const LOSSES: ReadonlySet<FindingKind> = new Set([
  "cut",
  "cut_at_end",
  "not_json",
  "oversized",
  "bad_utf8",
  "nul",
]);

/** Findings of what Claude Code cannot read, although we can. */
export const LOST_TO_CLAUDE: ReadonlySet<FindingKind> = new Set(["glued", "bad_string"]);

export interface Finding {
  readonly kind: FindingKind;
  readonly count: number;
  /** The first `LISTED_LINES` line numbers, from 1. */
  readonly lines: readonly number[];
}

/** The kind of content in a transcript. Only a conversation makes it a session. */
type Content =
  /** A message of the user or of the assistant. */
  | "conversation"
  /** Messages on sidechains only: the conversation of an agent. */
  | "sidechain"
  /** Rows, but no messages. */
  | "metadata"
  /** No rows. */
  | "nothing";

/** Content and findings of one transcript. */
export interface TranscriptCheck {
  readonly content: Content;
  /** The entrypoints in the first and the last row of the conversation. */
  readonly entrypoints: readonly string[];
  readonly bytes: number;
  readonly findings: readonly Finding[];
  readonly lines: number;
  /** Rows of the conversation. */
  readonly rows: number;
}

/** Maximum number of lines listed for each kind; `count` has all. A file of garbage has millions. */
const LISTED_LINES = 20;
const CHUNKS_PER_TURN = 32;

/**
 * Reads a whole transcript and returns its findings. Memory: a chunk or the longest row, and some 180 bytes a row. Does not
 * follow a link. Throws file-system errors, and `signal.reason` when aborted.
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
  /** Numbers of the uuids of rows that are not in the index, which may be parents. */
  readonly #others = new Set<number>();
  #lines = 0;
  /** Number of rows of any type. */
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
    // Its kind depends on whether anything follows it.
    let lastProblem: RowProblem | undefined;
    const settle = (): void => {
      if (lastProblem !== undefined) this.#note(lastProblem);
      lastProblem = undefined;
    };
    visitLine(bytes, start, end, this.#scan, {
      row: (from, to) => {
        settle();
        rows++;
        const faults = stringFaults(bytes, from, to);
        if ((faults & (CONTROLS | ESCAPES)) !== 0) this.#note("bad_string");
        if ((faults & SURROGATES) !== 0) this.#note("lone_surrogate");
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

  /** Byte ranges of the first and the last row of the conversation. */
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
      if (!isMessageKind(kind[row] as number)) continue;
      if (((flags[row] as number) & SIDECHAIN) === 0) return "conversation";
      content = "sidechain";
    }
    return content;
  }

  #row(bytes: Buffer, from: number, to: number, offset: number): void {
    this.#rows++;
    const known = this.#index.count;
    const uuid = uuidIn(bytes, this.#scan);
    this.#index.add(bytes, from, to, offset, this.#scan);
    if (this.#index.count > known) this.#lineOf.push(this.#lines);
    else if (uuid !== undefined) this.#others.add(this.#index.uuids.addText(uuid));
  }

  /** Checks that every row's uuid is unique and its parent exists. */
  #links(): void {
    const { count, uuid, parent, uuids } = this.#index;
    const present = new Uint8Array(uuids.count);
    for (let row = 0; row < count; row++) {
      const id = uuid[row] as number;
      if (present[id] === 1) this.#note("repeated_uuid", this.#lineOf[row]);
      present[id] = 1;
    }
    for (const id of this.#others) present[id] = 1;
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
