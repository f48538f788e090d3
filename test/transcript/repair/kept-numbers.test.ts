import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keepNumbers } from "../../../src/transcript/repair/kept-numbers.ts";
import { runs } from "../../support/runs.ts";

/** What becomes of JSON that is parsed and written again. */
const rewritten = (json: string, change = (value: unknown): unknown => value): string => {
  const { json: kept, restore } = keepNumbers(json);
  return restore(JSON.stringify(change(JSON.parse(kept))));
};

describe("numbers that a parser would change", () => {
  test.for([
    '{"id":12345678901234567890,"m":1.10,"z":-0,"e":1e400,"plain":17,"half":-0.5}',
    '[1234567890123456789,"1234567890123456789","a\\"1.10\\\\",1.10]',
    '{"1.10":1.10,"text":"-0 and \\\\\\"1e400"}',
    String.raw`["\uf8ff\uF8FF1.10",1.10]`.replaceAll(String.raw`\u`, "\\u"),
  ])("stay as they are: %s", (json) => {
    const plain = json.replaceAll(/\\uf8ff/gi, "\uf8ff");
    expect(rewritten(json)).toBe(plain);
  });

  test("stay also where a value is quoted in a text", () => {
    const quote = (value: unknown): unknown => JSON.stringify({ text: JSON.stringify(value) });
    expect(rewritten('{"id":12345678901234567890}', quote)).toBe(
      JSON.stringify(JSON.stringify({ text: '{"id":12345678901234567890}' })),
    );
  });

  test("and nothing else changes, whatever the texts are", () => {
    const text = fc.string({ unit: fc.constantFrom("\uf8ff", '"', "\\", "1", ".", "0", "a", "e", "-") });
    const number = fc.constantFrom("1.10", "-0", "1e400", "12345678901234567890", "5", "0.25");
    const member = fc.tuple(
      text,
      fc.oneof(
        number,
        text.map((value) => JSON.stringify(value)),
      ),
    );
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: ([key]) => key }), (members) => {
        // Keys that look like indices would come first.
        const json = `{${members.map(([key, value]) => `${JSON.stringify(`k${key}`)}:${value}`).join(",")}}`;
        expect(rewritten(json)).toBe(json);
      }),
      { numRuns: runs(300) },
    );
  });
});
