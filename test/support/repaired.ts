import { isUtf8 } from "node:buffer";
import { RepairRows } from "../../src/transcript/repair/repair-rows.ts";
import { type RepairPlan, RepairScan } from "../../src/transcript/repair/repair-scan.ts";
import { LineBuffer } from "../../src/transcript/rows/line-splitter.ts";
import type { SourceLine } from "../../src/transcript/repair/line-parts.ts";

export interface Repaired {
  readonly plan: RepairPlan;
  readonly bytes: Buffer;
  /** The changes in short: `cut 3, glued 3`. */
  readonly brief: string;
}

/** Ids that count up, from a number that no test has. */
const freshIds = (): (() => string) => {
  let n = 0xf00;
  return () => `00000000-0000-4000-8000-${(n++).toString(16).padStart(12, "0")}`;
};

/** Repairs a transcript in memory. */
export function repaired(transcript: string | Uint8Array, { isSubagent = false } = {}): Repaired {
  const source = Buffer.from(transcript as Uint8Array);
  const scan = new RepairScan({
    sessionId: "s",
    isSubagent,
    isUtf8,
    freshId: freshIds(),
    read: (offset, length) => Buffer.from(source.subarray(offset, offset + length)),
  });
  eachLine(source, (line) => scan.line(line));
  const plan = scan.finish();
  const pieces: Buffer[] = [];
  const rows = new RepairRows(plan, isUtf8, {
    write: (bytes) => pieces.push(Buffer.from(bytes)),
    copy: (offset, length) => pieces.push(source.subarray(offset, offset + length)),
  });
  eachLine(source, (line) => rows.line(line));
  const brief = plan.changes.listed.map(({ kind, line }) => `${kind} ${line}`).join(", ");
  return { plan, bytes: Buffer.concat(pieces), brief };
}

function eachLine(source: Buffer, visit: (line: SourceLine) => void): void {
  const lines = new LineBuffer(0);
  const next = (terminated: boolean): void =>
    visit({
      bytes: lines.bytes,
      start: lines.start,
      end: lines.end,
      offset: lines.offset,
      oversized: lines.oversized,
      terminated,
      nulBefore: false,
    });
  for (let at = 0; at < source.length;) {
    const space = lines.space();
    const count = source.copy(space, 0, at, at + space.length);
    at += count;
    lines.filled(count);
    while (lines.next()) next(true);
  }
  if (lines.finish()) next(false);
}

/** The rows of a repaired transcript, each of which must be JSON. */
export const rowsIn = (bytes: Buffer): Record<string, unknown>[] =>
  bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
