import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wrap } from "../../../src/cli/terminal/wrap.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";

describe("a line is wrapped", () => {
  test.for<[string, string, string[]]>([
    ["nothing", "", [""]],
    ["what fits", "x".repeat(20), ["x".repeat(20)]],
    ["at a space", "one two three four five six", ["one two three four", "five six"]],
    ["at the space behind the last cell", `${"x".repeat(20)} y`, ["x".repeat(20), "y"]],
    ["there also if there is one before", `abc ${"x".repeat(16)} y`, [`abc ${"x".repeat(16)}`, "y"]],
    ["in a word that is too long", "x".repeat(45), ["x".repeat(20), "x".repeat(20), "x".repeat(5)]],
    ["behind its indentation", `    ${"x".repeat(30)}`, [`    ${"x".repeat(16)}`, "x".repeat(14)]],
    ["by cells, not letters", "漢".repeat(15), ["漢".repeat(10), "漢".repeat(5)]],
    ["by cells, at a space", `漢字 ${"漢".repeat(9)}`, ["漢字", "漢".repeat(9)]],
    ["never inside of a letter", `${"x".repeat(19)}👩‍👩‍👧 y`, ["x".repeat(19), "👩‍👩‍👧 y"]],
  ])("%s", ([, line, lines]) => {
    expect(wrap(line, 20)).toEqual(lines);
  });

  test("not with tabs in it, and not for a terminal that is too narrow", () => {
    const line = "a b ".repeat(100);
    expect(wrap(`\t${line}`, 20)).toEqual([`\t${line}`]);
    expect(wrap(line, 5)).toEqual([line]);
  });

  test("into lines that fit, and nothing but spaces is lost", () => {
    const text = fc
      .array(fc.constantFrom("a", "bc", " ", "  ", "漢字", "é", "👍", "longer-word", "-"), { maxLength: 60 })
      .map((words) => words.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 40 }), (line, cells) => {
        const lines = wrap(line, cells);
        for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(cells);
        expect(lines.join("").replaceAll(" ", "")).toBe(line.replaceAll(" ", ""));
      }),
    );
  });

  test("of any length", () => {
    expect(wrap("word ".repeat(1_000_000), 30)).toHaveLength(Math.ceil(1_000_000 / 6));
  });
});
