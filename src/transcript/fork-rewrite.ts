import { equals, type RowScan } from "./row-scan.ts";

/**
 * A row's bytes as they stand in a fork. Members are copied as they are written; only the ones that say which row this is,
 * whose session it belongs to and where it hangs are replaced, removed or added (sdk-spec §6.4). So a payload keeps every
 * byte, whatever it holds.
 */
export class RowWriter {
  bytes: Buffer;
  length = 0;
  /** Of the row at hand: what comes next. */
  #text = "";

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /**
   * Appends a row and a newline. `values` holds the JSON of members to replace, `null` for members to remove (undefined is
   * like none); those in `added` that the row does not have are appended in that order.
   */
  row(
    source: Buffer,
    scan: RowScan,
    values: ReadonlyMap<ForkKey, string | null | undefined>,
    added: readonly ForkKey[],
  ): void {
    this.#reserve(scan.end - scan.open + 2);
    this.#text += "{";
    // What is copied as it stands, with the commas in it, is copied in one piece.
    let from = 0;
    let to = 0;
    let written = 0;
    /** Where the member before this one ended, if it was written: the comma and the next key follow. */
    let before = -1;
    const { members } = scan;
    for (let i = 0; i < scan.count * 4; i += 4) {
      const keyStart = members[i] as number;
      const key = knownKey(source, keyStart, members[i + 1] as number);
      const value = key === undefined ? undefined : values.get(key);
      if (value === null) {
        before = -1;
        continue;
      }
      if (keyStart - 2 !== before) {
        this.#copy(source, from, to);
        from = keyStart - 1;
        if (written > 0) this.#text += ",";
      }
      written++;
      before = to = members[i + 3] as number;
      if (value === undefined) continue;
      this.#copy(source, from, members[i + 2] as number);
      this.#text += value;
      from = to;
    }
    this.#copy(source, from, to);
    for (const key of added) {
      const value = values.get(key);
      if (value === undefined || value === null || memberAt(source, scan, key) >= 0) continue;
      if (written++ > 0) this.#text += ",";
      this.#text += `"${key}":${value}`;
    }
    this.#text += "}\n";
    this.#flush();
  }

  /** Appends a value as a row. */
  value(row: object): void {
    this.text(`${JSON.stringify(row)}\n`);
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, "utf8");
  }

  #flush(): void {
    if (this.#text === "") return;
    this.text(this.#text);
    this.#text = "";
  }

  #copy(source: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#flush();
    this.#reserve(end - start);
    source.copy(this.bytes, this.length, start, end);
    this.length += end - start;
  }

  #reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + bytes));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Every key that a fork reads, replaces, removes or adds at the top level of a row. */
export type ForkKey = (typeof FORK_KEYS)[number];

const FORK_KEYS = [
  "uuid",
  "slug",
  "fold",
  "cwd",
  "subtype",
  "teamName",
  "sessionId",
  "agentName",
  "timestamp",
  "parentUuid",
  "attachment",
  "forkedFrom",
  "isSidechain",
  "sessionKind",
  "sentAsUuid",
  "compactMetadata",
  "droppedPromptUuids",
  "requestSessionId",
  "logicalParentUuid",
  "neutralizedByFork",
  "rowsAheadOfPutBack",
  "turnAttributionKey",
  "sourceToolAssistantUUID",
  "summarizedTurnPromptUuids",
] as const;

const WORDS = new Map(FORK_KEYS.map((key) => [key, Uint8Array.from(key, (char) => char.charCodeAt(0))] as const));
const BY_LENGTH: (readonly [ForkKey, Uint8Array])[][] = Array.from({ length: 32 }, () => []);
for (const [key, word] of WORDS) BY_LENGTH[word.length]?.push([key, word]);

function knownKey(source: Buffer, start: number, end: number): ForkKey | undefined {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return undefined;
  for (const [key, word] of candidates) if (equals(source, start, end, word)) return key;
  return undefined;
}

/** JSON of a top-level member, or undefined when the row has none; the last one counts where there are two. */
export function memberText(source: Buffer, scan: RowScan, key: ForkKey): string | undefined {
  const i = memberAt(source, scan, key);
  return i < 0 ? undefined : source.toString("utf8", scan.members[i + 2], scan.members[i + 3]);
}

function memberAt(source: Buffer, scan: RowScan, key: ForkKey): number {
  const word = WORDS.get(key) as Uint8Array;
  for (let i = scan.count * 4 - 4; i >= 0; i -= 4) {
    if (equals(source, scan.members[i] as number, scan.members[i + 1] as number, word)) return i;
  }
  return -1;
}

/** Whether any top-level key is written with escapes; such a row has to be written out anew before it is rewritten. */
export function hasEscapedKey(source: Buffer, scan: RowScan): boolean {
  for (let i = 0; i < scan.count * 4; i += 4) {
    const end = scan.members[i + 1] as number;
    for (let at = scan.members[i] as number; at < end; at++) if (source[at] === 0x5c) return true;
  }
  return false;
}
