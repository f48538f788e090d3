import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairStrings } from "../../../src/transcript/rows/json-repair.ts";
import { isValueTooLarge, parsed, parseLong } from "../../../src/transcript/rows/long-row.ts";
import { parseRow, visitLine } from "../../../src/transcript/rows/row.ts";
import { RowScan } from "../../../src/transcript/rows/json-scanner.ts";
import { runs } from "../../support/runs.ts";

const MB = 1024 * 1024;

/** What may stand in a JSON string in a transcript, right or wrong. */
const piece = fc.oneof(
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(
    "\u0000",
    "\u001f",
    "\t",
    "\n",
    String.raw`\q`,
    String.raw`\u12`,
    String.raw`\u`,
    "\\\t",
    "\\\\",
    '\\"',
  ),
  fc.constantFrom(
    String.raw`\ud800`,
    String.raw`\udbff`,
    String.raw`\ude00`,
    String.raw`\ud83d\ude00`,
    String.raw`\uD83D`,
  ),
  fc.constantFrom(
    "é",
    "—",
    "\u{1f600}",
    "\u2028",
    String.raw`\u00e9`,
    String.raw`\u2014`,
    String.raw`\u0000`,
    String.raw`\u0022`,
  ),
);
const pieces = fc.array(piece, { maxLength: 6 }).map((all) => all.join(""));
/** A JSON string, long or short. */
const text = fc
  .tuple(pieces, fc.constantFrom(0, 0, 17_000), fc.constantFrom("x", "é", "\\n"))
  .map(([some, padding, sign]) => `"${some}${sign.repeat(padding / sign.length)}${some}"`);
const key = fc.constantFrom('"a"', '"b"', '"__proto__"', '"0"', `"${"k".repeat(17_000)}"`);
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: text },
    fc.constantFrom("1", "true", "null", "-1.5e3"),
    fc.array(tie("json"), { maxLength: 3 }).map((all) => `[${all.join(",")}]`),
    fc
      .array(fc.tuple(key, tie("json")), { maxLength: 3 })
      .map((all) => `{${all.map(([k, v]) => `${k} :${v}`).join(",")}}`),
  ),
}));

const valueOf = (read: () => unknown): unknown => {
  try {
    return { value: read() };
  } catch {
    return "no JSON";
  }
};

describe("a long row", () => {
  test("has the same value as when it is parsed at once, whatever is wrong with its strings", () => {
    fc.assert(
      fc.property(json, fc.boolean(), (row, mayOverwrite) => {
        const bytes = Buffer.from(`--${row}--`);
        const end = bytes.length - 2;
        const atOnce = valueOf(() => parsed(bytes.toString("utf8", 2, end)));
        const before = Buffer.from(bytes);
        const value = valueOf(() => parseLong(bytes, 2, end, mayOverwrite));
        // Not the runner's own comparison, which would print both.
        expect(isDeepStrictEqual(value, atOnce)).toBe(true);
        expect(mayOverwrite || bytes.equals(before)).toBe(true);
      }),
      { numRuns: runs(500) },
    );
  });

  test("reads invalid UTF-8 as U+FFFD", () => {
    const bytes = Buffer.concat([
      Buffer.from(`{"a":"${"x".repeat(2 * MB)}`),
      Buffer.from([0xff, 0xc3, 0x5c, 0x6e, 0xe2, 0x82]),
      Buffer.from('"}'),
    ]);
    const value = parseRow(bytes, 0, bytes.length)?.["a"] as string;
    expect(value.slice(2 * MB)).toBe("\ufffd\ufffd\n\ufffd");
  });

  test.each([1, 8, 40])("of %d MB is read with raw control characters and unknown escapes in it", (megabytes) => {
    const bytes = Buffer.from(`{"type":"user","a":"\t\u0001\\q${"x".repeat(megabytes * MB)}\\u00e9","b":"\u0002"}`);
    const { a, b } = parseRow(bytes, 0, bytes.length) as { a: string; b: string };
    expect([a.length, a.slice(0, 4), a.slice(-1), b]).toEqual([megabytes * MB + 5, "\t\u0001\\q", "é", "\u0002"]);
  });

  test("is read even if it is nested deeper than the stack allows", () => {
    const depth = 600_000;
    const row = Buffer.from(`{"a":${"[".repeat(depth)}"${"x".repeat(20_000)}"${"]".repeat(depth)}}`);
    let value: unknown = parseRow(row, 0, row.length)?.["a"];
    while (Array.isArray(value)) value = value[0];
    expect(value).toHaveLength(20_000);
  });

  test("that would take many times the memory of its bytes is reported, and the row after it is read", () => {
    const rich = `{"type":"user","a":[${"{},".repeat(1_500_000)}{}]}`;
    const plain = `{"type":"user","a":[${"1,".repeat(2_000_000)}1]}`;
    expect([rich, plain].map((row) => isValueTooLarge(Buffer.from(row), 0, row.length))).toEqual([true, false]);
    const bytes = Buffer.from(`${rich}{"type":"user"}`);
    const found: string[] = [];
    visitLine(bytes, 0, bytes.length, new RowScan(), {
      row: (start, end) => found.push(bytes.toString("utf8", start, end)),
      problem: (_start, end, problem) => found.push(`${problem} ${end}`),
    });
    expect(found).toEqual([`oversized ${rich.length}`, '{"type":"user"}']);
  });
});

describe("repairStrings", () => {
  test("leaves valid JSON alone, and repairs JSON that is invalid only inside strings", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 2 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(repairStrings(text)).toBe(text);
      }),
    );
    fc.assert(fc.property(text, (string) => typeof JSON.parse(repairStrings(string)) === "string"));
  });
});
