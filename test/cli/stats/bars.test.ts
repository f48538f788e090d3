import fc from "fast-check";
import { expect, test } from "vitest";
import { bar, sparkline } from "../../../src/cli/stats/bars.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";

test("bars are as long as their values, visible above 0, and never too long", () => {
  expect([0, 1, 50, 100].map((value) => bar(value, 100, 8))).toEqual(["", "▏", "████", "████████"]);
  expect(bar(1, 1_000_000, 8)).toBe("▏");
  expect(bar(1, 0, 8)).toBe("");
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 40 }), (a, b, cells) => {
      expect(widthOf(bar(Math.min(a, b), Math.max(a, b), cells))).toBeLessThanOrEqual(cells);
    }),
  );
});

test("a sparkline has a cell for each value, and sums neighbours if they are too many", () => {
  expect(sparkline([0, 1, 4, 8], 10)).toBe(" ▁▄█");
  expect(sparkline([1, 1, 1, 1, 8], 3)).toBe("▁▂█");
  expect(sparkline([], 10)).toBe("");
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 40 }), (values, cells) => {
      expect(widthOf(sparkline(values, cells))).toBeLessThanOrEqual(cells);
    }),
  );
});
