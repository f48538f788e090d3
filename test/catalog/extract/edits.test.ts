import fc from "fast-check";
import { expect, test } from "vitest";
import { changedLines, type Lines } from "../../../src/catalog/extract/edits.ts";
import { runs } from "../../support/runs.ts";

/** Counts by lists of lines: what is between the lines that both begin and those that both end with. */
function byLists(old: string, text: string): Lines {
  const [before, after] = [splitLines(old), splitLines(text)];
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start++;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { added: after.length - start - end, removed: before.length - start - end };
}

function splitLines(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

test.each([
  ["", "", { added: 0, removed: 0 }],
  ["", "one", { added: 1, removed: 0 }],
  ["one\ntwo\n", "", { added: 0, removed: 2 }],
  ["one\ntwo\nthree", "one\n2\nthree", { added: 1, removed: 1 }],
  ["one\none", "one\none\none", { added: 1, removed: 0 }],
  ["one", "one\n", { added: 0, removed: 0 }],
  ["a one", "b one", { added: 1, removed: 1 }],
  ["\n", "\n\n", { added: 1, removed: 0 }],
])("%j becoming %j", (old, text, lines) => {
  expect(changedLines(old, text)).toEqual(lines);
});

test("changed lines are those that lists of lines give", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "ab", "\n", "\n\n"), { maxLength: 12 })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, text, (old, now) => {
      expect(changedLines(old, now)).toEqual(byLists(old, now));
    }),
    { numRuns: runs(2000) },
  );
});
