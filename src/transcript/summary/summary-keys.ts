import type { RowScan } from "../rows/json-scanner.ts";
import { lookUp, wordTable } from "../rows/word-table.ts";

/** Members of a row that a list reads: indexes into `scan.members`, -1 if missing. Of equal keys the last one counts. */
export class RowKeys {
  type = -1;
  tag = -1;
  cwd = -1;
  isMeta = -1;
  message = -1;
  summary = -1;
  aiTitle = -1;
  teamName = -1;
  agentName = -1;
  timestamp = -1;
  gitBranch = -1;
  entrypoint = -1;
  parentUuid = -1;
  lastPrompt = -1;
  forkedFrom = -1;
  sessionKind = -1;
  customTitle = -1;
  isSidechain = -1;
  pluginPrompt = -1;
  relocatedCwd = -1;
  isCompactSummary = -1;
  continuedInSessionId = -1;

  /** Finds the members that are between two offsets, from the quote before the key to the end of the value. */
  read(bytes: Uint8Array, { count, members }: RowScan, from: number, to: number): void {
    for (let n = 0; n < KEYS.length; n++) this[KEYS[n] as Key] = -1;
    for (let i = 0; i < count * 4; i += 4) {
      const start = members[i] as number;
      if (start <= from || (members[i + 3] as number) > to) continue;
      const key = lookUp(KEY_TABLE, bytes, start, members[i + 1] as number);
      if (key !== undefined) this[key] = i;
    }
  }
}

type Key = Exclude<keyof RowKeys, "read">;
const KEYS = Object.keys(new RowKeys()) as Key[];
const KEY_TABLE = wordTable(Object.fromEntries(KEYS.map((key) => [key, key])));
