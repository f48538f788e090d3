/** Times are read from bytes; what they mean is what `Date.parse` says, engine by engine. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { timeValue } from "../../../src/transcript/rows/json-string.ts";
import { runs } from "../../support/runs.ts";

function read(json: string): number {
  const bytes = Buffer.from(` ${json} `);
  return timeValue(bytes, 1, bytes.length - 1);
}

const two = (max: number): fc.Arbitrary<string> => fc.nat(max).map((n) => String(n).padStart(2, "0"));
const usual = fc
  .tuple(fc.nat(9999), two(19), two(39), two(29), two(69), two(69), fc.nat(999))
  .map(([year, month, day, hour, minute, second, ms]) => {
    const date = `${String(year).padStart(4, "0")}-${month}-${day}`;
    return `${date}T${hour}:${minute}:${second}.${String(ms).padStart(3, "0")}Z`;
  });
/** One character of it another. */
const spoilt = fc
  .tuple(usual, fc.nat(23), fc.constantFrom(..."0 -:.TZtz+/\\é".split("")))
  .map(([time, at, char]) => time.slice(0, at) + char + time.slice(at + 1));

test("reads the same time from any text as Date.parse", () => {
  const text = fc.oneof({ weight: 6, arbitrary: usual }, { weight: 3, arbitrary: spoilt }, fc.string());
  fc.assert(
    fc.property(text, (time) => {
      expect(read(JSON.stringify(time))).toBe(Date.parse(time));
    }),
    { numRuns: runs(3000) },
  );
});

test.each<[json: string, time: number]>([
  ['"2026-02-03T04:05:06.789Z"', Date.UTC(2026, 1, 3, 4, 5, 6, 789)],
  ['"2024-02-29T00:00:00.000Z"', Date.UTC(2024, 1, 29)],
  ['"2026-02-03T04:05:06+01:00"', Date.UTC(2026, 1, 3, 3, 5, 6)],
  ['"2026-02-03T04:05:06.789\\u005a"', Date.UTC(2026, 1, 3, 4, 5, 6, 789)],
  ['"then"', NaN],
  ['""', NaN],
  ["5", NaN],
  ["null", NaN],
  ["12026-02-03T04:05:06.789Z2", NaN],
])("%s", (json, time) => {
  expect(read(json)).toBe(time);
});
