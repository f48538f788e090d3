import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuery } from "../../../src/catalog/query/parse-query.ts";
import { wantedTerms } from "../../../src/catalog/query/query.ts";
import { TextMatcher } from "../../../src/catalog/query/match-text.ts";
import { withoutSequences } from "../../../src/catalog/extract/row-texts.ts";
import { byteProbe } from "../../../src/catalog/scan/byte-probe.ts";
import { runs } from "../../support/runs.ts";

const mayHave = (query: string, line: string): boolean | undefined => {
  const bytes = Buffer.from(line);
  return byteProbe(wantedTerms(parseQuery(query, 0)))?.(bytes, 0, bytes.length);
};

describe("a line of JSON", () => {
  test.each([
    ["needle", '"a needle"', true],
    ["needle", '"a NeeDle"', true],
    ["needle", '"a noodle"', false],
    ["needle", '"an éclair"', true],
    ["needle", '"— … ✓ “quoted” 数据"', false],
    ["needle", '"\\u006eeedle"', true],
    ["needle", '"\\u0008\\u001f"', false],
    ["needle", '"nee\\u001b[0mdle"', true],
    ["needle", '"nee\u009b0mdle"', true],
    ['"bar.quux"', '"bar foo"', false],
    ["sub:Ⅷx", '"viiix"', true],
    ["sub:fi", '"ﬁne"', true],
    ["cafe", '"café"', true],
    ["a OR needle", '"x"', false],
    ["数据", '"数学"', false],
    ["数据", '"数据"', true],
    ["sub:数据", '"x"', undefined],
    ["re:/x/", '"x"', undefined],
    ["🎉", '"x"', undefined],
  ])("for %s: %s", (query, line, expected) => {
    expect(mayHave(query, line)).toBe(expected);
  });

  test("is never left out if its text has the term", () => {
    const piece = fc.oneof(
      fc.constantFrom(...Array.from('aAbB1_ .-\n"\\éÉåÅKſﬁⅧ½ａ\u0301\u0327\u200d”😀𝐚')),
      fc.constantFrom("\u001b[1m", "\u001b[0;31m", "\u009b1m", "\u001b]8;;x\u0007"),
      fc.string({ unit: "grapheme", maxLength: 2 }),
    );
    const queries = fc.constantFrom("a", "b1", "sub:ab", "sub:e", '"a b"', "fi", "sub:fi", "k", "s*", "viii");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), queries, fc.boolean(), (pieces, query, escapes) => {
        const raw = pieces.join("");
        const text = withoutSequences(raw);
        const terms = wantedTerms(parseQuery(query, 0));
        const json = JSON.stringify(raw);
        const line = escapes
          ? json.replace(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
          : json;
        const isThere = new TextMatcher(terms).matches(text).length > 0;
        expect([query, line, isThere && mayHave(query, line) === false]).toEqual([query, line, false]);
      }),
      { numRuns: runs(20_000) },
    );
  });
});
