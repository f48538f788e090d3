import { expect, test } from "vitest";
import { piecesOf, splitPoint } from "../../../src/transcript/text/surrogates.ts";

test("moves only an index inside a surrogate pair", () => {
  expect([0, 1, 2, 3, 4].map((at) => splitPoint("a😀b", at))).toEqual([0, 1, 1, 3, 4]);
});

test.for([
  ["", [""]],
  ["abc", ["abc"]],
  ["abcd", ["abc", "d"]],
  ["ab😀cdef", ["ab", "😀c", "def"]],
] as const)("pieces of %j add up to it and split no character", ([text, expected]) => {
  expect([...piecesOf(text, 3)]).toEqual(expected);
});
