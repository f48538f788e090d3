import fc from "fast-check";
import { expect, test } from "vitest";
import { fitTitles, type TitleCell } from "../../../src/cli/terminal/titles.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";

const fitted = (cells: number, ...texts: string[]): string[] =>
  fitTitles(
    texts.map((text) => ({ text, marks: "" })),
    cells,
  );

test("there may be more titles that begin alike than a call may have arguments", () => {
  const titles = ["Fix the parser, 1", "Fix the parser, 2"].map((text) => ({ text, marks: "" }));
  const shown = fitTitles(
    Array.from({ length: 150_000 }, (_, n) => titles[n % 2] as TitleCell),
    14,
  );
  expect(new Set(shown).size).toBe(2);
});

test.for<[cells: number, texts: string[], shown: string[]]>([
  [30, ["Short", "A title that is longer than it"], ["Short", "A title that is longer than it"]],
  [20, ["A title that is longer than it"], ["A title that is lon…"]],
  [
    27,
    ["Implement the auth refactor, step 1 in core", "Implement the auth refactor, step 2 in core"],
    ["Implement th…step 1 in core", "Implement th…step 2 in core"],
  ],
  // The same is the same.
  [12, ["Hello and again", "Hello and again"], ["Hello and a…", "Hello and a…"]],
  // Where two of three go on together, these are cut once more.
  [
    30,
    [
      "Review the pull request for the parser of dates, first part",
      "Review the pull request for the parser of dates, second part",
      "Review the pull request for the lexer",
    ],
    ["Review the…of dates, first pa…", "Review the…of dates, second p…", "Review the pull…for the lexer"],
  ],
  // A long word is no reason to show it all.
  [24, [`see ${"x".repeat(40)}1`, `see ${"x".repeat(40)}2`], ["see xxxxxxxxxxxxxxxxxx…1", "see xxxxxxxxxxxxxxxxxx…2"]],
  [16, ["日本語のタイトルです一", "日本語のタイトルです二"], ["日本語のタイ…一", "日本語のタイ…二"]],
  [12, [`${"a".repeat(20)}🗾`, `${"a".repeat(20)}🗿`], ["aaaaaaaaa…🗾", "aaaaaaaaa…🗿"]],
])("within %i cells: %j", ([cells, texts, shown]) => {
  expect(fitted(cells, ...texts)).toEqual(shown);
});

test("marks stay, and count", () => {
  const titles = [1, 2].map((n) => ({ text: `The same beginning of both, ${n}`, marks: "#keep" }));
  expect(fitTitles(titles, 24)).toEqual(["The same b…both, 1 #keep", "The same b…both, 2 #keep"]);
  expect(fitTitles([{ text: "A title", marks: "#a-tag-that-is-long" }], 12)).toEqual(["A title #a-…"]);
});

test("any titles fit, and none that is short enough is cut", () => {
  const text = fc
    .array(fc.constantFrom("review", "the", "parser", "of", "日本", "x".repeat(30), "🗾", "1", "2"), { maxLength: 8 })
    .map((words) => words.join(" "));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.integer({ min: 1, max: 60 }), (texts, cells) => {
      for (const [at, shown] of fitted(cells, ...texts).entries()) {
        const whole = texts[at] ?? "";
        expect(widthOf(shown)).toBeLessThanOrEqual(cells);
        expect(widthOf(whole) > cells || shown === whole).toBe(true);
      }
    }),
  );
});
