import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextMatcher } from "../../../src/catalog/query/match-text.ts";
import { parseQuery } from "../../../src/catalog/query/parse-query.ts";
import { wantedTerms } from "../../../src/catalog/query/query.ts";
import { snippetOf } from "../../../src/catalog/query/snippet.ts";

/** The snippet of a text, with `[` and `]` around the matches. */
function shown(text: string, query: string, around = 20): string {
  const matches = new TextMatcher(wantedTerms(parseQuery(query, 0))).matches(text);
  const { text: line, marks } = snippetOf(text, matches, around);
  let out = "";
  let at = 0;
  for (const [from, to] of marks) {
    out += `${line.slice(at, from)}[${line.slice(from, to)}]`;
    at = to;
  }
  return out + line.slice(at);
}

describe("a snippet", () => {
  test.each([
    ["one two three", "two", "one [two] three"],
    ["one Two three", "two", "one [Two] three"],
    ["le café ouvert", "CAFE", "le [café] ouvert"],
    ["a\n\n  b\tc", "b", "a [b] c"],
    ["  lead", "lead", "[lead]"],
    ["one two", "one two", "[one] [two]"],
    ["one two", '"one two"', "[one two]"],
    ["one, two", '"one two"', "[one, two]"],
    ["one\ntwo", '"one two"', "[one two]"],
    ["call foo.bar(x) now", "foo.bar(", "call [foo.bar](x) now"],
    ["call foo.bar() now", '"foo.bar()"', "call [foo.bar()] now"],
    ["use --dry-run here", '"--dry-run"', "use [--dry-run] here"],
    ["he said “it’s”", `"it's"`, "he said “[it’s]”"],
    ["prefixes and prefix", "pref*", "[prefixes] and [prefix]"],
    ["machine", "sub:chin", "ma[chin]e"],
    ["Ａｂｃ def", "sub:abc", "[Ａｂｃ] def"],
    ["a ⇒ b", "⇒", "a [⇒] b"],
    ["year 2026 and 1999", "re:/\\d{4}/", "year [2026] and [1999]"],
    ["数据库连接", "数据", "[数据]库连接"],
    ["数据库连接", "据库连", "数[据库连]接"],
    ["数据库", "库", "数据[库]"],
    [`${"x ".repeat(50)}needle${" y".repeat(50)}`, "needle", "…x x x x x x x x [needle] y y y y y y y y y…"],
    [`needle${" y".repeat(50)}`, "needle", "[needle] y y y y y y y y y y y y y y y y y…"],
    [`a b a ${"x ".repeat(50)} a b c`, "a b c", "…x x x x x x x x x x x x x x x x x [a] [b] [c]"],
    [`${"w".repeat(100)} needle`, "needle", "…wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww [needle]"],
    [`😀${"😀".repeat(40)} z`, "z", "…😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀 [z]"],
  ])("of %j for %j", (text, query, expected) => {
    expect(shown(text, query)).toBe(expected);
  });

  test("is no longer than asked for, has its marks in it, and is made of the text", () => {
    const part = fc.constantFrom("a", "b", "ab", " ", "\n", "é", "😀", "数", "据", "x", ".");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (parts, around) => {
        const text = parts.join("");
        const matches = new TextMatcher(wantedTerms(parseQuery("a b* sub:x 数据", 0))).matches(text);
        const { text: line, marks } = snippetOf(text, matches, around);
        expect(line.length).toBeLessThanOrEqual(2 * around + 2 + 24);
        expect(text.replaceAll(/\s+/g, " ")).toContain(line.replace(/^…/, "").replace(/…$/, "").trim());
        expect(marks.length > 0).toBe(matches.length > 0);
        let at = 0;
        for (const [from, to] of marks) {
          expect(from >= at && to > from && to <= line.length).toBe(true);
          expect(/^[\ud800-\udfff]/.test(line.slice(from, from + 1)) && from === 0).toBe(false);
          at = to;
        }
      }),
    );
  });
});
