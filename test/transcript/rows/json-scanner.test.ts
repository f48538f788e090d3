import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RowScan, scanObject } from "../../../src/transcript/rows/json-scanner.ts";
import { parseRow } from "../../../src/transcript/rows/row.ts";
import { runs } from "../../support/runs.ts";

const scan = new RowScan();
const accepts = (text: string): boolean => {
  const bytes = Buffer.from(text);
  return (
    bytes[0] === 0x7b && scanObject(bytes, 0, bytes.length, scan) && bytes.subarray(scan.end).toString().trim() === ""
  );
};
const members = (text: string): [string, string][] => {
  const bytes = Buffer.from(text);
  expect(scanObject(bytes, 0, bytes.length, scan)).toBe(true);
  return Array.from({ length: scan.count }, (_, i) => [
    bytes.toString("utf8", scan.members[4 * i], scan.members[4 * i + 1]),
    bytes.toString("utf8", scan.members[4 * i + 2], scan.members[4 * i + 3]),
  ]);
};
const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

describe("scanObject", () => {
  test.for([
    ["{}", []],
    ['{"a":1}', [["a", "1"]]],
    [
      '{ "a" : [1, {"b":2}] , "c":"x" }',
      [
        ["a", '[1, {"b":2}]'],
        ["c", '"x"'],
      ],
    ],
    [
      String.raw`{"a":"q\"\\","b\"":null}`,
      [
        ["a", String.raw`"q\"\\"`],
        [String.raw`b\"`, "null"],
      ],
    ],
    ['{"é":"日本\u2028"}', [["é", '"日本\u2028"']]],
    [
      '{"a":{"a":{"a":[]}},"a":-0.5e+10}',
      [
        ["a", '{"a":{"a":[]}}'],
        ["a", "-0.5e+10"],
      ],
    ],
  ] as [string, [string, string][]][])("finds the members of %s", ([text, expected]) => {
    expect(members(text)).toEqual(expected);
  });

  test.for([
    "{",
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":tru}',
    '{"a":nul}',
    '{"a":True}',
    "{a:1}",
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a":[1 2]}',
    '{"a":[1,]}',
    '{"a":]}',
    '{"a":[}',
    '{"a":{]}',
    '{"a":"x}',
    String.raw`{"a":"x\"}`,
    '{,"a":1}',
    '{"a"::1}',
    '{"a":"b":"c"}',
    '{"a":[{"b":1]}',
    '{"a":1}}',
  ])("refuses %s, as JSON.parse does", (text) => {
    expect(isObject(text)).toBe(false);
    expect(accepts(text)).toBe(false);
  });

  test("holds 20,000 open containers", () => {
    const text = `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    expect(accepts(text)).toBe(true);
    expect(accepts(text.slice(0, -2))).toBe(false);
  });

  test("finds message.id and attachment.type at their own depth only", () => {
    const text =
      '{"message":{"content":[{"id":"deep"}],"id":"m1","x":{"id":"no"}},"attachment":{"a":{"type":"no"},"type":"queued"}}';
    const bytes = Buffer.from(text);
    scanObject(bytes, 0, bytes.length, scan);
    expect(bytes.toString("utf8", scan.messageIdStart, scan.messageIdEnd)).toBe('"m1"');
    expect(bytes.toString("utf8", scan.attachmentTypeStart, scan.attachmentTypeEnd)).toBe('"queued"');
    const without = Buffer.from('{"message":{"content":{"id":"deep"}}}');
    scanObject(without, 0, without.length, scan);
    expect(scan.messageIdStart).toBe(-1);
  });

  test("reads the members of any object as JSON.parse reads them", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const found = members(text).map(([key, json]) => [JSON.parse(`"${key}"`), JSON.parse(json)]);
        expect(found).toEqual(Object.entries(JSON.parse(text) as object));
      }),
      { numRuns: runs(500) },
    );
  });

  test("accepts whatever JSON.parse accepts, and whatever it accepts can be parsed", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      '"b\\n"',
      "\\",
      "1",
      "-2.5e3",
      "true",
      "null",
      " ",
      "\u0001",
      "\\q",
      "é",
    );
    const holds = fc.property(fc.array(pieces, { maxLength: 14 }), (inner) => {
      const text = `{"k":${inner.join("")}}`;
      const bytes = Buffer.from(text);
      const accepted = accepts(text);
      const isParsed = accepted && parseRow(bytes, 0, bytes.length) !== undefined;
      expect([text, isParsed]).toEqual([text, accepted || isObject(text)]);
    });
    fc.assert(holds, { numRuns: runs(5000) });
  });
});
