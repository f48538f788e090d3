import { BAD_UTF8, CONTROLS, ESCAPES, NULS, SURROGATES } from "./string-faults.ts";

/** What a repair mends. */
export type RepairKind =
  /** A row that was cut: what can be read of it is a row again. */
  | "cut"
  /** Bytes that are not a row: kept in a row of ours that nothing reads. */
  | "not_json"
  /** Several rows on one line. */
  | "glued"
  /** Bytes between rows that say nothing: NULs, control characters, a byte order mark, commas. */
  | "debris"
  /** NULs in a string, which a crash leaves in place of the data. */
  | "nul"
  /** Raw control characters in a string. */
  | "control"
  /** Unknown escapes in a string. */
  | "escape"
  /** Half of a surrogate pair in a string. */
  | "surrogate"
  | "bad_utf8"
  | "no_final_newline"
  /** A row whose parent is not in the file. */
  | "dangling_parent"
  | "own_parent"
  /** Rows that are their own ancestors. */
  | "cycle"
  /** A row with the uuid of an earlier, different one. */
  | "repeated_uuid"
  /** A tool's result without its call. */
  | "orphan_result"
  /** A tool call without its result, in the middle of the conversation. */
  | "missing_result"
  /** Empty content that the API refuses. */
  | "empty_content"
  /** An image or a document that the API refuses. */
  | "media";

export interface RepairChange {
  readonly kind: RepairKind;
  /** Line in the file before the repair, from 1. */
  readonly line: number;
  /** Offset of the bytes in that file, and their number. */
  readonly offset: number;
  readonly bytes: number;
  /** What was wrong, and what becomes of it. */
  readonly text: string;
}

/** Bytes that a repair cannot mend, and leaves as they are. */
export interface LeftBytes {
  readonly line: number;
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

const STRINGS: readonly (readonly [flag: number, kind: RepairKind, text: string])[] = [
  [NULS, "nul", "NULs in a string, in place of lost data: now U+FFFD"],
  [CONTROLS, "control", "raw control characters in a string: escaped"],
  [ESCAPES, "escape", "unknown escapes in a string: now a backslash"],
  [SURROGATES, "surrogate", "half of a surrogate pair in a string: now U+FFFD"],
  [BAD_UTF8, "bad_utf8", "bytes that are not UTF-8: now U+FFFD"],
];

/** Returns the kind and the words of each of the faults of a row's strings. */
export const stringChanges = (faults: number): (readonly [RepairKind, string])[] =>
  STRINGS.flatMap(([flag, kind, text]) => ((faults & flag) === 0 ? [] : [[kind, text] as const]));

/** Most changes that are listed one by one; all are counted. */
const LISTED = 1000;

/** Counts changes, and lists the first of them. */
export class ChangeList {
  readonly counts = new Map<RepairKind, number>();
  readonly left: LeftBytes[] = [];
  #left = 0;
  #listed: RepairChange[] = [];

  add(change: RepairChange): void {
    this.counts.set(change.kind, (this.counts.get(change.kind) ?? 0) + 1);
    if (this.#listed.length < LISTED) this.#listed.push(change);
  }

  leave(left: LeftBytes): void {
    this.#left++;
    if (this.left.length < LISTED) this.left.push(left);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get leftTotal(): number {
    return this.#left;
  }

  /** The listed changes, by line. */
  get listed(): readonly RepairChange[] {
    return this.#listed.toSorted((a, b) => a.line - b.line || a.offset - b.offset);
  }
}
