import fc from "fast-check";
import { expect, test } from "vitest";
import { INDEXED_UNITS, TextIndex } from "../../../src/bundle/redact/text-index.ts";
import { runs } from "../../support/runs.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: INDEXED_UNITS, maxLength: 12 });

test("the first place of any of the texts is found, and the longest one there", () => {
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 8 }),
      fc.array(letters, { maxLength: 8 }),
      fc.nat(20),
      (texts, parts, from) => {
        const text = parts.join("");
        const places = texts
          .map((found) => ({ at: text.indexOf(found, from), found }))
          .filter(({ at }) => at >= 0)
          .sort((a, b) => a.at - b.at || b.found.length - a.found.length);
        expect(new TextIndex(texts).find(text, from)).toEqual(places[0]);
      },
    ),
    { numRuns: runs(200) },
  );
});
