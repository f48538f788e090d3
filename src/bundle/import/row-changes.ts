import { equals, type RowScan } from "../../transcript/rows/json-scanner.ts";
import { stringValue } from "../../transcript/rows/json-string.ts";

/** What an import changes in the rows of a session. */
export interface RowChanges {
  /** Returns where a directory of the other machine is here; undefined if it stays as it is. */
  readonly mapCwd?: ((cwd: string) => string | undefined) | undefined;
  /** Ids to replace, in lower case, with the ids that replace them. */
  readonly newIds?: ReadonlyMap<string, string> | undefined;
}

/** A value to replace: its range in the bytes that were scanned, and its new JSON. */
export interface ValueChange {
  readonly start: number;
  readonly end: number;
  readonly json: string;
}

const WORDS = new Map(["type", "cwd", "relocatedCwd", "sessionId"].map((name) => [name, Buffer.from(name)]));
const RELOCATED = '"relocated"';

/**
 * Returns the values of a row to replace, in order: the top-level `cwd` of any row, `relocatedCwd` of the row that says where a
 * session moved to, and `sessionId`. Nothing in a message, an attachment or a result is touched: it says what was.
 */
export function changesIn(
  bytes: Buffer,
  { members, count, keyMayHaveEscapes }: RowScan,
  to: RowChanges,
): ValueChange[] {
  const found: ValueChange[] = [];
  let isRelocation = false;
  const candidates: { readonly name: string; readonly start: number; readonly end: number }[] = [];
  for (let i = 0; i < count * 4; i += 4) {
    const name = wordAt(bytes, members[i] as number, members[i + 1] as number, keyMayHaveEscapes);
    if (name === undefined) continue;
    const [start, end] = [members[i + 2] as number, members[i + 3] as number];
    if (name === "type") isRelocation = bytes.toString("latin1", start, end) === RELOCATED;
    else candidates.push({ name, start, end });
  }
  for (const { name, start, end } of candidates) {
    if (name === "relocatedCwd" && !isRelocation) continue;
    const value = stringValue(bytes, start, end);
    if (value === undefined) continue;
    const next = name === "sessionId" ? to.newIds?.get(value.toLowerCase()) : to.mapCwd?.(value);
    if (next !== undefined && next !== value) found.push({ start, end, json: JSON.stringify(next) });
  }
  return found;
}

function wordAt(bytes: Buffer, start: number, end: number, mayHaveEscapes: boolean): string | undefined {
  const key = mayHaveEscapes ? stringValue(bytes, start - 1, end + 1) : undefined;
  for (const [name, word] of WORDS) if (key === undefined ? equals(bytes, start, end, word) : key === name) return name;
  return undefined;
}
