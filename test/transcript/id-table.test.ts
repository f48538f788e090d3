import fc from "fast-check";
import { expect, test } from "vitest";
import { IdTable } from "../../src/transcript/id-table.ts";

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

test("numbers are those of a map, in whatever way an id is written", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3000, size: "max" }), fc.integer(), (values, seed) => {
      const table = new IdTable(seed);
      const known = new Map<string, number>();
      for (const [i, value] of values.entries()) {
        expect(table.find(value)).toBe(known.get(value) ?? -1);
        if (!known.has(value)) known.set(value, known.size);
        expect(i % 2 === 0 ? add(table, value) : table.addText(value)).toBe(known.get(value));
        expect(table.count).toBe(known.size);
      }
      for (const [value, number] of known) expect([table.text(number), table.find(value)]).toEqual([value, number]);
    }),
    { numRuns: 30 },
  );
});

test("many ids keep their numbers while the table grows", () => {
  const table = new IdTable(1);
  const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  for (let n = 0; n < 20_000; n++) expect(add(table, id(n))).toBe(n);
  for (let n = 0; n < 20_000; n += 7) expect([table.find(id(n)), table.text(n)]).toEqual([n, id(n)]);
  expect(table.find(id(20_000))).toBe(-1);
});
