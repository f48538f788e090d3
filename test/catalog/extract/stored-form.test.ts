import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ListCutter, storedForm, textOfStored } from "../../../src/catalog/extract/stored-form.ts";

const MB = 1024 * 1024;

test.each([
  [4 * MB, '[{"type":"text"', "whole"],
  [4 * MB + 1, '[{"type":"text"', "list"],
  [5 * MB, '[\n  {\n    "text": "x', "list"],
  [5 * MB, '[{"id":1', "lines"],
  [5 * MB, ' [{"type":"text"', "lines"],
  [5 * MB, "[info] started", "lines"],
  [5 * MB, "", "lines"],
])("a file of %i bytes that begins with %j is read as %s", (bytes, head, form) => {
  expect(storedForm(bytes, head)).toBe(form);
});

/** The pieces of a list, as a reader with buffers of `size` bytes has them. */
function piecesIn(list: string, size: number): { text: string; from: number }[] {
  const bytes = Buffer.from(list);
  const cutter = new ListCutter();
  const pieces: { text: string; from: number }[] = [];
  for (let from = 0; from < bytes.length;) {
    const length = cutter.cut(bytes.subarray(from, from + size), from + size >= bytes.length);
    expect(length).toBeGreaterThan(0);
    pieces.push({ text: bytes.toString("utf8", from, from + length), from });
    from += length;
  }
  expect(pieces.map(({ text }) => text).join("")).toBe(list);
  return pieces;
}

/** Each piece is read on its own. */
const readInPieces = (list: string, size: number, border = "\n"): string =>
  piecesIn(list, size)
    .map(({ text, from }) => textOfStored(text, "list", from))
    .join(border);

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

const text = fc
  .array(fc.constantFrom("word", "nine", "true", "Élan", "数据", "7", '"', '": "', "\\", "\\n", "{", "[", ","))
  .chain((words) => fc.constantFrom(" ", "\n", "\t", " \n\r\n").map((space) => words.join(space)));
const block = fc.oneof(
  text.map((one) => ({ type: "text", text: one })),
  text.map((one) => ({ text: one, type: "text", annotations: { priority: 0.5, audience: ["user", "model"] } })),
  fc.constant({ type: "image", data: "QUJD", mimeType: "image/png" }),
  text.map((one) => ({ type: "resource", resource: { uri: "file:x", mimeType: "text/plain", text: one } })),
);
const forms: readonly [string, (value: unknown) => string][] = [
  ["on one line", (value) => JSON.stringify(value)],
  ["on many lines", (value) => JSON.stringify(value, undefined, 2)],
  [
    "without other letters than ASCII",
    (value) =>
      JSON.stringify(value).replace(
        /[^ -~]/g,
        (letter) => String.raw`\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
  ],
];

describe.each(forms)("a list %s", (_name, write) => {
  test("has the same words in pieces of any size as at once", () => {
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 60, max: 400 }),
        (blocks, size) => {
          const list = write(blocks);
          expect(wordsOf(readInPieces(list, size))).toEqual(wordsOf(textOfStored(list, "whole", 0)));
        },
      ),
    );
  });
});

test.each([
  ["escapes", String.raw`\b`.repeat(200)],
  ["escaped backslashes", String.raw`\\`.repeat(200)],
  ["escaped quotes", String.raw`\"`.repeat(200)],
  ["letters as escapes", String.raw`\u6570`.repeat(200)],
  ["letters of several bytes", "数".repeat(200)],
])("%s without white space are not cut in two", (_name, content) => {
  const list = `[{"type":"text","text":"${content}"}]`;
  const whole = (JSON.parse(list) as { text: string }[])[0]?.text;
  for (let size = 40; size < 60; size++) {
    expect(readInPieces(list, size, "")).toBe(whole);
  }
});

test.each([
  ["a list that was cut", String.raw`[{"type":"text","text":"one\ntwo \u00`, "one\ntwo \\u00"],
  ["words after it", '[{"type":"text","text":"one"}] three', "one\nthree"],
  ["unknown escapes", String.raw`[{"type":"text","text":"\d one\N"}]`, String.raw`\d one\N`],
  ["numbers without any string", `[{"type":"x","data":[${"12,".repeat(4)}3]}]`, "12\n12\n12\n12\n3"],
])("%s: nothing is lost", (_name, list, expected) => {
  expect(textOfStored(list, "list", 0)).toBe(expected);
});

test("a stretch of numbers is longer than a piece", () => {
  const list = `[{"type":"x","values":[${"12,".repeat(100)}3]},{"type":"text","text":"one two"}]`;
  expect(wordsOf(readInPieces(list, 50)).slice(-3)).toEqual(["3", "one", "two"]);
});

test("a plain text stays as it is", () => {
  expect(textOfStored(String.raw`a\nb "c": d`, "lines", 0)).toBe(String.raw`a\nb "c": d`);
});
