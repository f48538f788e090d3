import { expect, test } from "vitest";
import { splitPoint } from "../../../src/transcript/text/surrogates.ts";

test("moves only an index inside a surrogate pair", () => {
  expect([0, 1, 2, 3, 4].map((at) => splitPoint("a😀b", at))).toEqual([0, 1, 1, 3, 4]);
});
