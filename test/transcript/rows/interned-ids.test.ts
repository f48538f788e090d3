import fc from "fast-check";
import { expect, test } from "vitest";
import { IdTable, hexPrefixOf } from "../../../src/transcript/rows/interned-ids.ts";
import { runs } from "../../support/runs.ts";

/** Texts of every kind, and so few that they come again. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.uuid() },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "a",
      "b",
      "ab",
      "\\",
      '"',
      "é",
      "\ud800",
      "a\n",
      "\u0000",
      "x".repeat(255),
      "x".repeat(256),
    ),
  },
  { weight: 1, arbitrary: fc.string() },
);

/** As a transcript has it: between quotes, and decoded where it must be. */
function add(table: IdTable, value: string): number {
  const bytes = Buffer.from(JSON.stringify(value));
  const number = table.add(bytes, 1, bytes.length - 1);
  return number === -1 ? table.addText(value) : number;
}

test("gives ids the same numbers as a Map, however they are written", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3000, size: "max" }), fc.integer(), (values, seed) => {
      const table = new IdTable(seed);
      const known = new Map<string, number>();
      const wrong: unknown[] = [];
      for (const [i, value] of values.entries()) {
        const before = known.get(value) ?? -1;
        if (before === -1) known.set(value, known.size);
        const now = known.get(value);
        // As numbers, because an expectation takes longer than what it is about, and there are a hundred thousand.
        const found = [table.find(value), i % 2 === 0 ? add(table, value) : table.addText(value), table.count];
        if (found[0] !== before || found[1] !== now || found[2] !== known.size)
          wrong.push({ value, found, expected: [before, now, known.size] });
      }
      expect(wrong).toEqual([]);
      const numbered = [...known].map(([value, number]) => [table.text(number), table.find(value)] as const);
      expect(numbered).toEqual([...known]);
    }),
    { numRuns: runs(30) },
  );
});

test.for<[string, number]>([
  ["0123abcd-0000-4000-8000-000000000000", 0x0123abcd],
  ["FFFFFFFF-0000-4000-8000-000000000000", 0xffffffff],
  ["89abcdef", 0x89abcdef],
  ["89abcde", 0],
  ["89abcdeg-0000", 0],
  ["0000000/-0000", 0],
  ["0000000:-0000", 0],
  ["msg_01ab-0000", 0],
  ["é9abcdef-0000", 0],
  ["", 0],
])("the start of %j is %d", ([id, start]) => {
  const table = new IdTable(1);
  add(table, "before");
  expect([table.hexPrefix(add(table, id)), hexPrefixOf(id)]).toEqual([start, start]);
});

test("many ids keep their numbers while the table grows", () => {
  const table = new IdTable(1);
  const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const numbers = Array.from({ length: 20_000 }, (_, n) => n);
  expect(numbers.map((n) => add(table, id(n)))).toEqual(numbers);
  expect(numbers.map((n) => table.find(id(n)))).toEqual(numbers);
  expect(numbers.map((n) => table.text(n))).toEqual(numbers.map(id));
  expect(table.find(id(20_000))).toBe(-1);
});
