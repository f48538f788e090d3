import fc from "fast-check";
import { expect, test } from "vitest";
import { findConversation } from "../../../src/transcript/conversation/conversation.ts";
import { MessageMaker, visibleRows } from "../../../src/transcript/conversation/visible-messages.ts";
import { RowScan } from "../../../src/transcript/rows/json-scanner.ts";
import { RowIndex } from "../../../src/transcript/rows/row-index.ts";
import { parseRow, visitLine } from "../../../src/transcript/rows/row.ts";
import { repaired } from "../../support/repaired.ts";
import { assistant, attachment, boundary, call, jsonl, result, type Row, summary, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

/** The uuids of the messages that readers show. */
function shown(bytes: Buffer, includeCompacted: boolean): string[] {
  const index = new RowIndex();
  const scan = new RowScan();
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    visitLine(bytes, start, end, scan, { row: (from, to) => index.add(bytes, from, to, from, scan) });
    start = end + 1;
  }
  const load = (row: number): Row => {
    const offset = index.offset[row] as number;
    return parseRow(bytes, offset, offset + (index.length[row] as number)) ?? {};
  };
  const conversation = findConversation(index, load, { fileSize: bytes.length, includeCompacted });
  const maker = new MessageMaker(conversation, load);
  return Array.from(visibleRows(conversation, load, {}), (row) => maker.make(row).message.uuid);
}

const calls = fc.integer({ min: 0, max: 3 });
const turn = fc.record({ calls, notice: fc.boolean() });

/** A conversation without rewinds, as Claude Code writes it; perhaps compacted. */
function rowsOf(turns: readonly { calls: number; notice: boolean }[], compactAt: number): Row[] {
  const rows: Row[] = [];
  let n = 0;
  let last: number | null = null;
  const add = (make: (n: number, parent: number | null) => Row): void => {
    rows.push(make(++n, last));
    last = n;
  };
  for (const [at, { calls: count, notice }] of turns.entries()) {
    if (at === compactAt && last !== null) {
      const logical: number = last;
      add((id) => boundary(id, logical));
      add((id, up) => summary(id, up as number));
    }
    add((id, up) => user(id, up));
    if (notice) add((id, up) => attachment(id, up));
    const message = `msg_${n}`;
    const made: number[] = [];
    for (let i = 0; i < count; i++) {
      add((id, up) => call(id, up, `t${id}`, message));
      made.push(n);
    }
    for (const caller of made) {
      last = caller;
      add((id, up) => result(id, up, `t${caller}`));
    }
    add((id, up) => assistant(id, up));
  }
  return rows;
}

const damage = fc.record({
  kind: fc.constantFrom("drop", "half", "glue", "nul", "copy", "copies"),
  at: fc.nat(),
  to: fc.nat(),
});

const transcript = fc
  .record({
    turns: fc.array(turn, { minLength: 1, maxLength: 5 }),
    compactAt: fc.option(fc.nat(4), { nil: -1 }),
    damages: fc.array(damage, { minLength: 1, maxLength: 4 }),
  })
  .map(({ turns, compactAt, damages }) => {
    const lines = rowsOf(turns, compactAt).map((row) => jsonl([row]));
    for (const { kind, at: from, to } of damages) {
      const at = from % lines.length;
      const line = lines[at] as string;
      const other = to % (lines.length + 1);
      if (kind === "drop") lines[at] = "";
      else if (kind === "half") lines[at] = line.slice(0, to % (line.length + 1));
      else if (kind === "glue") lines[at] = line.trimEnd();
      else if (kind === "nul") lines[at] = `\0\0${line}`;
      else if (compactAt >= 0) continue;
      else if (kind === "copy") lines.splice(other, 0, line);
      else lines.splice(Math.max(at, other), 0, ...lines.slice(Math.min(at, other), Math.max(at, other)));
    }
    return Buffer.from(lines.join(""));
  });

test("what is shown before a repair is shown after it", () => {
  fc.assert(
    fc.property(transcript, fc.boolean(), (bytes, includeCompacted) => {
      const before = shown(bytes, includeCompacted);
      const after = new Set(shown(repaired(bytes).bytes, includeCompacted));
      expect(before.filter((uuid) => !after.has(uuid))).toEqual([]);
    }),
    { numRuns: runs(400) },
  );
});
