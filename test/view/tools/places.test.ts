import { expect, test } from "vitest";
import { foundPlaces } from "../../../src/view/tools/places.ts";

const at = (path: string, line?: number) => ({ path, ...(line !== undefined && { line }) });

test.for<[string, Record<string, unknown>, string | undefined, unknown]>([
  ["files", { filenames: ["a", "/b", 7, ""] }, undefined, [at("/w/a"), at("/b")]],
  ["each once", { filenames: ["a", "a"] }, undefined, [at("/w/a")]],
  ["matches of many files", { content: "a:1:x\nb/c.ts:20:y: 3:" }, undefined, [at("/w/a", 1), at("/w/b/c.ts", 20)]],
  ["two matches on one line of one file", { content: "a:1:x\na:1:y" }, undefined, [at("/w/a", 1)]],
  ["matches of one file", { content: "4:x\n9:y" }, "/w/a", [at("/w/a", 4), at("/w/a", 9)]],
  ["matches of nobody knows which file", { content: "4:x" }, undefined, []],
  ["lines around, and breaks between", { content: "a-1-x\n--\n12-y" }, "/w/a", []],
  ["counts", { mode: "count", content: "a:3\nb:0" }, "/w", [at("/w/a"), at("/w/b")]],
  ["line 0 is none", { content: "a:0:x" }, undefined, [at("/w/a")]],
  ["text without places", { content: "x\n\ny" }, "/w/a", []],
  ["another shape", { content: 7, filenames: {} }, "/w/a", []],
])("%s", ([, structured, path, expected]) => {
  expect(foundPlaces(structured, path, "/w")).toEqual(expected);
});

test("a very long line without a place takes linear time", () => {
  expect(foundPlaces({ content: `${"x".repeat(1_000_000)}\n${"1".repeat(1_000_000)}` }, "/w/a", "/w")).toEqual([]);
});
