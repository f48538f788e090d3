import fc from "fast-check";
import { expect, test } from "vitest";
import { LineBuffer } from "../../../src/transcript/rows/line-splitter.ts";
import { RowScan } from "../../../src/transcript/rows/json-scanner.ts";
import { asString } from "../../../src/transcript/rows/json-values.ts";
import { parseRow, visitLine } from "../../../src/transcript/rows/row.ts";
import { repaired, rowsIn } from "../../support/repaired.ts";
import {
  assistant,
  attachment,
  boundary,
  call,
  progress,
  result,
  type Row,
  summary,
  user,
  uuid,
} from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

/** A word that each row has once, in a place of its own. */
const WORD = /w[0-9]{4}w/g;
const word = (n: number): string => `w${String(n).padStart(4, "0")}w`;

const UUIDS = 12;
const id = fc.integer({ min: 1, max: UUIDS });
const parent = fc.option(id, { freq: 4 });
type Make = (n: number, parent: number | null, text: string) => Row;
const kinds: readonly Make[] = [
  (n, up, text) => user(n, up, text),
  (n, up, text) => assistant(n, up, text),
  (n, up, text) => assistant(n, up, [{ type: "text", text }], { message: `msg_${n % 3}` }),
  (n, up, text) => ({ ...call(n, up, `t${n % 4}`, `msg_${n % 3}`), text }),
  (n, up, text) => ({ ...result(n, up, `t${n % 4}`), toolUseResult: text }),
  (n, up, text) => user(n, up, [{ type: "tool_result", tool_use_id: `t${n % 5}`, content: [{ type: "text", text }] }]),
  (n, up, text) =>
    user(n, up, ["bare", null, { type: "image", source: { type: "base64", data: "AAA" } }, { type: "text", text }]),
  (n, up, text) => user(n, up, "", { text, isSidechain: n % 2 === 0 }),
  (n, up, text) => attachment(n, up, { type: "x", text }),
  (n, up, text) => ({ ...progress(n, up), text }),
  (n, up, text) => ({ ...boundary(n, up), parentUuid: up === null ? null : uuid(up), text }),
  (n, up, text) => ({ ...summary(n, up ?? n), text }),
  (_n, _up, text) => ({ type: "custom-title", customTitle: text }),
  (n, _up, text) => ({ type: "last-prompt", leafUuid: uuid(n), explicit: true, lastPrompt: text }),
  (_n, _up, text) => ({ text, deep: { type: "user", uuid: uuid(1) } }),
];
const row = fc.record({ make: fc.constantFrom(...kinds), n: id, up: parent, lead: fc.boolean() });

const damage = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(), length: fc.nat(400) }),
  fc.record({ kind: fc.constant("put" as const), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
  fc.record({
    kind: fc.constant("put" as const),
    at: fc.nat(),
    bytes: fc
      .constantFrom("\0\0\0", "\n", "\\", '"', '{"', "}", ",", "\\ud83d", "\u0001", "\ufeff", "]", '{"type":"x"}')
      .map((text) => Buffer.from(text)),
  }),
  fc.record({ kind: fc.constant("glue" as const), at: fc.nat() }),
);

const transcript = fc
  .record({
    rows: fc.array(row, { minLength: 1, maxLength: 14 }),
    damages: fc.array(damage, { maxLength: 6 }),
    ends: fc.boolean(),
  })
  .map(({ rows, damages, ends }) => {
    const lines = rows.map(({ make, n, up, lead }, at) => {
      const { parentUuid, ...rest } = make(n, up, `${word(at)} é`);
      // As Claude Code writes it, or as anybody may.
      return JSON.stringify(lead && parentUuid !== undefined ? { parentUuid, ...rest } : make(n, up, `${word(at)} é`));
    });
    let bytes = Buffer.from(lines.join("\n") + (ends ? "\n" : ""));
    for (const one of damages) {
      const at = one.at % (bytes.length + 1);
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
      if (one.kind === "cut") bytes = Buffer.concat([before, after.subarray(one.length)]);
      else if (one.kind === "put") bytes = Buffer.concat([before, one.bytes, after]);
      else {
        const newline = bytes.indexOf(0x0a, at);
        if (newline >= 0) bytes = Buffer.concat([bytes.subarray(0, newline), bytes.subarray(newline + 1)]);
      }
    }
    return bytes;
  });

/** The rows that can be read in a transcript, with their lines. */
function readable(bytes: Buffer): { text: string; row: Row | undefined; line: number }[] {
  const found: { text: string; row: Row | undefined; line: number }[] = [];
  const scan = new RowScan();
  let line = 0;
  const lines = new LineBuffer(0, { size: bytes.length + 1 });
  bytes.copy(lines.space());
  lines.filled(bytes.length);
  const take = (): void => {
    line++;
    visitLine(lines.bytes, lines.start, lines.end, scan, {
      row(start, end) {
        found.push({ text: lines.bytes.toString("latin1", start, end), row: parseRow(lines.bytes, start, end), line });
      },
    });
  };
  while (lines.next()) take();
  if (lines.finish()) take();
  return found;
}

/** What a repair leaves of a row that is damaged: all but links, the message, and what no string can hold. */
const kept = (row: Row): string => {
  const { uuid: _uuid, parentUuid: _parent, message: _message, ...rest } = row;
  return JSON.stringify(rest).replace(/(?:\\u0000)+|\\ud[89a-f][0-9a-f]{2}/g, "\ufffd");
};

const RUNS = { numRuns: runs(600) };

test("a repair loses no row that can be read and no word, keeps their order, and is done once", () => {
  fc.assert(
    fc.property(transcript, (bytes) => {
      const { plan, bytes: out } = repaired(bytes);
      const again = repaired(out);
      expect(again.brief).toBe("");
      expect(again.bytes.equals(out)).toBe(true);
      // Without any row it is left as it is.
      if (plan.changes.leftTotal > 0) return;

      const lines = out
        .toString("latin1")
        .split("\n")
        .filter((line) => line.trim() !== "");
      const values = rowsIn(out);
      const changed = new Set(plan.changes.listed.map(({ line }) => line));
      let at = 0;
      for (const { text, row: value, line } of readable(bytes)) {
        if (changed.has(line)) while (at < values.length && kept(values[at] ?? {}) !== kept(value ?? {})) at++;
        else while (at < lines.length && lines[at]?.trim() !== text) at++;
        expect(at, `${text} is in the result`).toBeLessThan(lines.length);
        at++;
      }

      const remains = values.map((one) => Buffer.from(asString(one["base64"]) ?? "", "base64").toString("latin1"));
      const said = [out.toString("latin1"), ...remains].join("\n");
      // Of a key that a row has twice, no reader has the first value.
      const unread = new Set(
        readable(bytes).flatMap(({ text, row: value }) => {
          const json = JSON.stringify(value);
          return (text.match(WORD) ?? []).filter((one) => !json.includes(one));
        }),
      );
      const words = new Set(bytes.toString("latin1").match(WORD) ?? []);
      const lost = [...words].filter((one) => !said.includes(one) && !unread.has(one));
      expect(lost).toEqual([]);
    }),
    RUNS,
  );
});
