/**
 * Changes to a transcript after which the official helpers read from it what ours read from it as it is. Written for
 * this purpose alone, so that nothing of src is tested with itself.
 */
import { bytesOf, line, type Row, rowOf, type Transcript } from "./model.ts";
import { breakOf } from "./grammar.ts";
import { memo } from "./memo.ts";

const CONVERSATION_TYPES = new Set<unknown>(["user", "assistant", "system", "attachment", "progress"]);
const BIG_FILE = 5 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/** A conversation row and the line it stands on. */
export interface Placed {
  readonly at: number;
  readonly row: Row;
}

export const conversationRows = memo((lines: readonly Buffer[]): readonly Placed[] =>
  lines.flatMap((bytes, at) => {
    // Parsing all would cost more than all else here; these words are in every such row.
    if (!bytes.includes('"uuid"')) return [];
    const row = rowOf(bytes);
    return row !== undefined && CONVERSATION_TYPES.has(row["type"]) && typeof row["uuid"] === "string"
      ? [{ at, row }]
      : [];
  }),
);

export const uuidOf = ({ row }: Placed): string => row["uuid"] as string;
export const parentOf = ({ row }: Placed): string | undefined =>
  typeof row["parentUuid"] === "string" && row["parentUuid"] !== "" ? row["parentUuid"] : undefined;

/** Whether the row can carry the conversation on. */
export const isMain = ({ row }: Placed): boolean =>
  !row["isSidechain"] && !row["teamName"] && row["type"] !== "progress" && !isBriefing(row);

const isBriefing = (row: Row): boolean =>
  row["type"] === "attachment" && field(row["attachment"], "type") === "fork_briefing";

export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Row)[key] : undefined;
}

/** The last row of each uuid, by uuid, in file order. */
export function lastRows(rows: readonly Placed[]): Map<string, Placed> {
  const last = new Map<string, Placed>();
  for (const placed of rows) {
    last.delete(uuidOf(placed));
    last.set(uuidOf(placed), placed);
  }
  return last;
}

export function withLines(transcript: Transcript, lines: readonly Buffer[]): Transcript {
  return lines === transcript.lines ? transcript : { ...transcript, lines };
}

export function changeRows(transcript: Transcript, change: (placed: Placed) => Row | undefined): Transcript {
  const lines = [...transcript.lines];
  let changed = false;
  for (const placed of conversationRows(transcript.lines)) {
    const row = change(placed);
    if (row === undefined) continue;
    lines[placed.at] = line(row);
    changed = true;
  }
  return changed ? { ...transcript, lines } : transcript;
}

// ── lines ──────────────────────────────────────────────────────────────────

const isRow = (bytes: Buffer): boolean => rowOf(bytes) !== undefined;
const hasType = (bytes: Buffer): boolean => typeof rowOf(bytes)?.["type"] === "string";
/** The line without blanks and control characters around it. */
const text = (bytes: Buffer): string => {
  const start = bytes.findIndex((byte) => byte > 0x20);
  return start < 0 ? "" : bytes.toString("latin1", start, bytes.findLastIndex((byte) => byte > 0x20) + 1);
};
const trimmedOf = (bytes: Buffer): Buffer => Buffer.from(text(bytes), "latin1");

/** Places where `{"` stands, but for the first byte, and where it may be a value inside the row that is begun there. */
function* openings(bytes: Buffer): Generator<number> {
  for (let at = bytes.indexOf('{"', 1); at >= 0; at = bytes.indexOf('{"', at + 1)) {
    if (bytes[0] !== 0x7b || !":,[".includes(String.fromCharCode(bytes[at - 1] ?? 0))) yield at;
  }
}

/** The rows of a line on which a killed writer, or one without a final newline before it, left more or less than one. */
export function piecesOf(bytes: Buffer): Buffer[] {
  const trimmed = trimmedOf(bytes);
  if (trimmed.length === 0 || isRow(bytes)) return [bytes];
  if (trimmed[0] === 0x7b) {
    for (const at of openings(trimmed)) {
      const first = trimmedOf(trimmed.subarray(0, at));
      if (first.at(-1) === 0x7d && isRow(first)) return [first, ...piecesOf(trimmed.subarray(at))];
    }
  }
  for (const at of openings(trimmed)) {
    const rest = trimmed.subarray(at);
    // What is left of the cut row says something of the session all the same.
    const cut = trimmed.subarray(0, at);
    if (hasType(rest)) return [cut, rest];
    const pieces = trimmed[at - 1] === 0x7d ? [] : piecesAfterBreak(rest);
    if (pieces.length > 0) return [cut, ...pieces];
  }
  return [bytes];
}

/** Several whole rows behind a cut one. */
function piecesAfterBreak(bytes: Buffer): Buffer[] {
  for (const at of openings(bytes)) {
    const first = trimmedOf(bytes.subarray(0, at));
    if (first.at(-1) !== 0x7d || !hasType(first)) continue;
    const rest = piecesOf(bytes.subarray(at));
    if (rest.some(hasType)) return [first, ...rest];
  }
  return [];
}

/** More than one row, or a row behind a cut one. */
export const isGlued = memo((bytes: Buffer): boolean => {
  const first = trimmedOf(bytes)[0];
  return (
    first === 0x7b && bytes.includes('{"', bytes.indexOf("{") + 1) && isBroken(bytes) && piecesOf(bytes).some(isRow)
  );
});

/** A row behind bytes that are none. */
export const hasGarbageBefore = memo((bytes: Buffer): boolean => {
  const first = trimmedOf(bytes)[0];
  return (
    first !== undefined && first !== 0x7b && bytes.includes('{"') && isBroken(bytes) && piecesOf(bytes).some(isRow)
  );
});

const isBroken = memo((bytes: Buffer): boolean => {
  try {
    JSON.parse(text(bytes));
    return false;
  } catch {
    return true;
  }
});

/** The row that a line begins with, where something else than a row follows; undefined for any other line. */
export const rowBeforeGarbage = memo((bytes: Buffer): Buffer | undefined => {
  if (trimmedOf(bytes)[0] !== 0x7b || !isBroken(bytes) || isGlued(bytes)) return undefined;
  const trimmed = trimmedOf(bytes);
  const row = trimmed.subarray(0, breakOf(trimmed));
  return isRow(row) ? row : undefined;
});

// oxlint-disable-next-line no-control-regex -- raw control characters are the subject
const CONTROL = /[\u0000-\u001f]/g;
const STRING = /"[^"\\]*(?:\\[^][^"\\]*)*"/g;
const ESCAPE = /\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|([^]))/g;

/** The line with what JSON does not allow in strings written as it allows it: raw control characters, unknown escapes. */
export const escapedControls = memo((bytes: Buffer): Buffer | undefined => {
  if (isRow(bytes) || !isBroken(bytes)) return undefined;
  const body = bytes
    .toString(
      "utf8",
      Math.max(
        0,
        bytes.findIndex((byte) => byte > 0x20),
      ),
    )
    .trimEnd();
  const escaped = body.replace(STRING, (string) =>
    string
      .replace(ESCAPE, (escape, known: string | undefined) => (known === undefined ? `\\${escape}` : escape))
      .replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
  return isRow(Buffer.from(escaped)) ? Buffer.from(escaped) : undefined;
});

// ── links ──────────────────────────────────────────────────────────────────

/** Index of the first line that the official reader sees of a large file (official-helpers.md §5.1). */
export function firstSeenLine(transcript: Transcript): number {
  if (bytesOf(transcript).length <= BIG_FILE) return 0;
  let first = 0;
  transcript.lines.forEach((bytes, at) => {
    if (isPlainBoundary(bytes)) first = at;
  });
  return first;
}

function isPlainBoundary(bytes: Buffer): boolean {
  const at = bytes.indexOf('"compact_boundary"');
  if (at < 0 || at >= 256) return false;
  const row = rowOf(bytes);
  const metadata = row?.["compactMetadata"];
  return (
    row?.["type"] === "system" &&
    row["subtype"] === "compact_boundary" &&
    !field(metadata, "preservedSegment") &&
    !field(metadata, "preservedMessages")
  );
}

/** Rows whose parent is nowhere in the file, themselves, or no uuid, and the row of the main chain that stands nearest before each. */
export function danglingRows(transcript: Transcript, from = 0): Map<Placed, string> {
  const all = conversationRows(transcript.lines);
  const known = new Set(all.map(uuidOf));
  const dangling = new Map<Placed, string>();
  let nearest: string | undefined;
  for (const placed of lastRows(all.filter(({ at }) => at >= from)).values()) {
    const parent = placed.row["parentUuid"];
    const off = Boolean(placed.row["isSidechain"]) || Boolean(placed.row["teamName"]);
    const broken = typeof parent === "string" ? !known.has(parent) || parent === uuidOf(placed) : parent !== null;
    // A boundary begins a new tree all the same, as it does officially.
    const begins = placed.row["type"] === "system" && placed.row["subtype"] === "compact_boundary";
    if (broken && nearest !== undefined && !off && !begins) dangling.set(placed, nearest);
    if (isMain(placed)) nearest = uuidOf(placed);
  }
  return dangling;
}

export function relinked(transcript: Transcript, from = 0): Transcript {
  const dangling = danglingRows(transcript, from);
  if (dangling.size === 0) return transcript;
  const lines = [...transcript.lines];
  for (const [{ at, row }, parentUuid] of dangling) lines[at] = line({ ...row, parentUuid });
  return { ...transcript, lines };
}

/** Offsets of the lines that stand across a border of the official reader's chunks. */
export function straddlingBoundaries(transcript: Transcript): number[] {
  if (bytesOf(transcript).length <= BIG_FILE) return [];
  const found: number[] = [];
  let offset = 0;
  transcript.lines.forEach((bytes, at) => {
    const end = offset + bytes.length;
    const across = Math.floor(offset / CHUNK) !== Math.floor(end / CHUNK);
    if (across && isPlainBoundary(bytes) && !bytes.subarray(0, 16).equals(Buffer.from('{"type":"system"')))
      found.push(at);
    offset = end + 1;
  });
  return found;
}

/** uuid of a row that stand-ins end with. */
export const END = "eeeeeeee-0000-4000-8000-000000000000";

/** Blocks of one type in a row's message. */
export const blocks = (row: Row, type: string): Row[] => {
  const content = field(row["message"], "content");
  return Array.isArray(content) ? content.filter((block) => field(block, "type") === type) : [];
};
