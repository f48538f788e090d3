import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRow, visitLine } from "../../../src/transcript/rows/row.ts";
import { RowScan } from "../../../src/transcript/rows/json-scanner.ts";
import { runs } from "../../support/runs.ts";

function read(line: Buffer | string): { rows: unknown[]; problems: string[] } {
  const bytes = Buffer.from(line as string);
  const rows: unknown[] = [];
  const problems: string[] = [];
  visitLine(bytes, 0, bytes.length, new RowScan(), {
    row: (start, end) => rows.push(parseRow(bytes, start, end)),
    problem: (start, end, problem) => problems.push(`${problem}:${bytes.toString("utf8", start, end)}`),
  });
  return { rows, problems };
}

const title = { type: "custom-title", customTitle: "T" };
const row = JSON.stringify(title);
const message = { parentUuid: null, type: "user", message: { content: "{" } };
const said = JSON.stringify(message);

describe("visitLine", () => {
  test.for([
    ["one row", row, [title], []],
    ["white space and padding around it", `\0\0 \t${row}\r`, [title], []],
    ["nothing", " \0 ", [], []],
    ["two rows glued", row + row, [title, title], []],
    ["three rows with space between", `${row} ${row}  ${row}`, [title, title, title], []],
    ["a row glued to one cut inside a string", `{"type":"user","mess${row}`, [title], ['cut:{"type":"user","mess']],
    ["a row glued to one cut behind a comma of an object", `{"type":"user",${row}`, [title], ['cut:{"type":"user",']],
    ["a row glued to one cut behind a value", `{"type":"user"${row}`, [title], ['cut:{"type":"user"']],
    ["a cut row alone", '{"type":"user","mess', [], ['cut:{"type":"user","mess']],
    ["an object that could be a part of the cut row", `{"x":[1,${row}`, [], [`cut:{"x":[1,${row}`]],
    [
      "a row of a conversation where the cut one had a value",
      `{"type":"user","x":[{"parentUuid":null},{"name":${said}`,
      [message],
      ['cut:{"type":"user","x":[{"parentUuid":null},{"name":'],
    ],
    ["a row inside of a whole one", `{"type":"progress","data":${said}}`, [{ type: "progress", data: message }], []],
    [
      "a row inside of a cut one",
      `{"type":"progress","data":${said},"x`,
      [],
      [`cut:{"type":"progress","data":${said},"x`],
    ],
    ["garbage before a row", `garbage ${row}`, [title], ["not_json:garbage "]],
    ["a byte order mark before a row", `\ufeff${row}`, [title], ["not_json:\ufeff"]],
    ["garbage behind a row", `${row}garbage`, [title], ["not_json:garbage"]],
    ["no object", '[{"type":"user"}]', [], ['not_json:[{"type":"user"}]']],
    [
      "a nested object behind a fault",
      '{"a":\u0001,"b":{"type":"user"}}',
      [],
      ['cut:{"a":\u0001,"b":{"type":"user"}}'],
    ],
  ] as [string, string, unknown[], string[]][])("%s", ([, line, rows, problems]) => {
    expect(read(line)).toEqual({ rows, problems });
  });

  test("never throws, and accounts for every byte that is not white space", () => {
    const piece = fc.constantFrom(
      row,
      row.slice(0, 9),
      '{"',
      "}",
      '"',
      "\\",
      "[",
      ",",
      "x",
      " ",
      "\0",
      "\ufeff",
      '{"a":1}',
    );
    const any = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((all) => Buffer.from(all.join(""))),
      fc.uint8Array({ maxLength: 60 }).map((all) => Buffer.from(all)),
    );
    const holds = fc.property(any, (bytes) => {
      const seen = new Uint8Array(bytes.length);
      visitLine(bytes, 0, bytes.length, new RowScan(), {
        row: (start, end) => seen.fill(1, start, end),
        problem: (start, end) => seen.fill(1, start, end),
      });
      expect(bytes.every((byte, i) => byte <= 0x20 || seen[i] === 1)).toBe(true);
    });
    fc.assert(holds, { numRuns: runs(3000) });
  });

  test("finds a whole row after any cut one", () => {
    const whole = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify({ type: "user", ...value }));
    fc.assert(
      fc.property(whole, fc.nat(), (text, at) => {
        const cut = text.slice(0, 1 + (at % (text.length - 1)));
        // Where a value may stand, an object is a part of the cut row, as for the official reader.
        fc.pre(!/[:,[]\s*$/.test(cut));
        expect(read(cut + row).rows.at(-1)).toEqual(title);
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe("parseRow", () => {
  test.for([
    ["raw control characters", '{"a":"x\u0000\u0007\ty"}', { a: "x\u0000\u0007\ty" }],
    ["unknown escapes", String.raw`{"a":"\q \u12 \\"}`, { a: String.raw`\q \u12 \ `.trimEnd() }],
    ["an escape of a control character", '{"a":"\\\t"}', { a: "\\\t" }],
    ["lone surrogates", String.raw`{"a":"\ud800"}`, { a: "\ud800" }],
    ["own __proto__", '{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ] as [string, string, unknown][])("reads %s", ([, text, expected]) => {
    const bytes = Buffer.from(text);
    expect(parseRow(bytes, 0, bytes.length)).toEqual(expected);
  });

  test("reads invalid UTF-8 as U+FFFD", () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]);
    expect(parseRow(bytes, 0, bytes.length)).toEqual({ a: "\ufffd\ufffd" });
  });
});
