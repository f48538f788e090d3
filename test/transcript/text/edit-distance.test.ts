import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance } from "../../../src/transcript/text/edit-distance.ts";

test.for([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "", 3],
  ["list", "lst", 1],
  ["list", "lisst", 1],
  ["list", "lost", 1],
  ["list", "lsit", 1],
  ["ab", "ba", 1],
  ["abcd", "badc", 2],
  ["kitten", "sitting", 3],
] as const)("from %j to %j: %i", ([a, b, expected]) => {
  expect(editDistance(a, b)).toBe(expected);
});

test("is symmetric, and between the difference of the lengths and the longer length", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const distance = editDistance(a, b);
      expect(editDistance(b, a)).toBe(distance);
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
