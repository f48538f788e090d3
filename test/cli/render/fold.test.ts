import { expect, test } from "vitest";
import { fold } from "../../../src/cli/render/fold.ts";

const lines = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test.for([
  [14, lines(14), 0, []],
  [15, lines(8), 3, [11, 12, 13, 14]],
] as const)("%i lines are folded only if that saves more than the line about it", ([count, head, hidden, tail]) => {
  const folded = fold(lines(count), false);
  expect([[...folded.head], folded.hidden, [...folded.tail]]).toEqual([head, hidden, tail]);
});
