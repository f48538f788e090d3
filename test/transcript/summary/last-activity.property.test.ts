/** Most rows are known by their ends; the same is found as by reading every row whole. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ActivitySearch } from "../../../src/transcript/summary/last-activity.ts";
import { runs } from "../../support/runs.ts";

const CONVERSATION = new Set<unknown>(["user", "assistant", "system", "attachment", "progress"]);
const LOOK_ALIKE = '"type":"user","timestamp":"2030-01-01T00:00:00.000Z"';

const type = fc.constantFrom(...CONVERSATION, "assistant", "ai-title", "last-prompt", "", 5, null, { type: "user" });
const time = fc.oneof(
  { weight: 5, arbitrary: fc.nat(1e9).map((n) => new Date(Date.UTC(2026, 0) + n).toISOString()) },
  fc.constantFrom("2026-02-29T00:00:00.000Z", "2026-03-01T00:00:00+02:00", "1969-12-31T00:00:00.000Z", "then", "", 5),
);
const other = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<unknown>("plain", "", "/w", "b0a1c2d3-0000-4000-8000-000000000000") },
  fc.constantFrom<unknown>(
    'quoted "',
    "back\\",
    "\\",
    '\\"',
    "two\nlines",
    "grün",
    '""b',
    '":"',
    `{${LOOK_ALIKE}}`,
    `x",${LOOK_ALIKE}`,
  ),
  fc.constantFrom<unknown>(true, null, 12, -1.5, [], {}, ["a"], { type: "user", timestamp: "2030-01-01" }),
);
const member = fc.oneof(
  { weight: 2, arbitrary: type.map((value) => ["type", value] as const) },
  { weight: 2, arbitrary: time.map((value) => ["timestamp", value] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("uuid", "cwd", "", "xtype", "xtimestamp", 'a"b', "typo"), other) },
);
const row = fc
  .tuple(fc.array(member, { minLength: 1, maxLength: 5 }), fc.constantFrom("", "", "", "", " "))
  .map(([members, blank]) => {
    const texts = members.map(([key, value]) => `${JSON.stringify(key)}:${blank}${JSON.stringify(value)}`);
    return `{${texts.join(`,${blank}`)}}`;
  });
/** A line, and when that was said which it says. */
const line = fc
  .tuple(
    fc.oneof({ weight: 6, arbitrary: fc.tuple(row) }, { weight: 2, arbitrary: fc.tuple(row, row) }, fc.constant([])),
    fc.constantFrom("\n", "\n", "\n", "\r\n", " \n", "cut"),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([rows, end, at]) => {
    const text = rows.join("");
    const cut = text.slice(0, Math.floor(at * text.length));
    // Cut behind an object in it, a row cannot be told from a whole one by its end.
    const isCut = end === "cut" && rows.length === 1 && !cut.endsWith("}");
    return isCut
      ? { text: `${cut}\n`, time: NaN }
      : { text: `${text}${end === "cut" ? "\n" : end}`, time: timeIn(rows) };
  });

function timeIn(rows: readonly string[]): number {
  const times = rows.map((text) => JSON.parse(text) as { type?: unknown; timestamp?: unknown });
  const said = times.filter((one) => CONVERSATION.has(one.type) && typeof one.timestamp === "string");
  return said.map((one) => Date.parse(one.timestamp as string)).findLast((found) => !Number.isNaN(found)) ?? NaN;
}

test("finds the last row that counts, wherever the search begins and however rows end", () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), fc.boolean(), (lines, isEnded) => {
      const whole = Buffer.from(lines.map(({ text }) => text).join(""));
      const bytes = isEnded ? whole : whole.subarray(0, whole.findLastIndex((byte) => byte > 0x20) + 1);
      const wrong: [from: number, found: number, right: number][] = [];
      for (let from = 0; from <= bytes.length; from++) {
        const search = new ActivitySearch();
        search.search(bytes, from, bytes.length, from === 0 || bytes[from - 1] === 0x0a);
        let start = 0;
        let expected = NaN;
        let cut = NaN;
        for (const { text, time: said } of lines) {
          const end = start + Buffer.byteLength(text);
          if (start >= from && !Number.isNaN(said)) expected = said;
          // Of a line whose beginning is missing the end may say enough; if it does not, it is left.
          if (start < from && end > from) cut = said;
          start = end;
        }
        const isLeft = Number.isNaN(expected) && Number.isNaN(search.time);
        const right = Number.isNaN(expected) ? cut : expected;
        // Asserting each by itself would take longer than all the searches.
        if (!Object.is(search.time, isLeft ? NaN : right)) wrong.push([from, search.time, right]);
      }
      expect(wrong).toEqual([]);
    }),
    { numRuns: runs(1500) },
  );
});

test("reads each byte of many rows outside the conversation fewer than ten times", () => {
  const title = Buffer.from('{"type":"ai-title","aiTitle":"a"}\n');
  const odd = Buffer.from('{"type":"x","n":5}\n');
  const bytes = Buffer.concat(Array.from({ length: 10_000 }, (_, i) => (i % 200 === 0 ? odd : title)));
  let reads = 0;
  const counted = new Proxy(bytes, {
    get(target, key) {
      reads++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
  const search = new ActivitySearch();
  search.search(counted, 0, bytes.length, true);
  expect(search.time).toBeNaN();
  expect(reads / bytes.length).toBeLessThan(10);
});
