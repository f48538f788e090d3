import { expect, test } from "vitest";
import { cutLine, fold } from "../../../src/cli/render/fold.ts";

const lines = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const folded = (count: number, isWanted?: (line: number) => boolean): unknown[] =>
  fold(lines(count), false, isWanted).map((piece) => ("lines" in piece ? [...piece.lines] : piece.hidden));

test.for([
  [14, [lines(14)]],
  [15, [lines(8), 3, [11, 12, 13, 14]]],
] as const)("%i lines are folded only if that saves more than the line about it", ([count, pieces]) => {
  expect(folded(count)).toEqual(pieces);
});

test.for<[string, number[], unknown[]]>([
  ["in the middle", [10], [8, [8, 9, 10, 11, 12], 7]],
  ["at both ends", [0, 19], [[0, 1, 2], 14, [17, 18, 19]]],
  ["close to each other", [5, 9, 11], [3, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 6]],
  ["nowhere", [], [lines(8), 8, [16, 17, 18, 19]]],
])("wanted lines %s are shown with their neighbours", ([, wanted, pieces]) => {
  expect(folded(20, (line) => wanted.includes(line))).toEqual(pieces);
});

test("only the first wanted lines of many are shown", () => {
  expect(folded(1000, () => true).map((piece) => (Array.isArray(piece) ? piece.length : piece))).toEqual([42, 958]);
});

test("a long line is cut around what was looked for", () => {
  const line = `${"a".repeat(2000)}walrus${"b".repeat(2000)}`;
  expect(cutLine(line, false)).toBe(`${"a".repeat(500)}… (3,506 more characters)`);
  expect(cutLine(line, false, 2000)).toBe(`…${"a".repeat(125)}walrus${"b".repeat(369)}… (3,506 more characters)`);
  expect(cutLine(line, false, 4005)).toBe(`…${"b".repeat(126)}… (3,880 more characters)`);
});
