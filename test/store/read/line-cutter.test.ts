import fc from "fast-check";
import { expect, test } from "vitest";
import { LineCutter } from "../../../src/store/read/line-cutter.ts";
import { runs } from "../../support/runs.ts";

const STRING_BYTES = 40;
const LINE_BYTES = 4000;

function cut(text: string, sizes: readonly number[], lineBytes = LINE_BYTES): string | undefined {
  const bytes = Buffer.from(text);
  const cutter = new LineCutter(STRING_BYTES, lineBytes);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    cutter.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cutter.line?.toString();
}

const long = "x".repeat(STRING_BYTES);

test.each([
  ["short strings", `{"a":"b","c":["${long}"]}`, `{"a":"b","c":["${long}"]}`],
  ["a long string", `{"a":"${long}y","b":"c"}`, `{"a":"${long}","b":"c"}`],
  ["an escape at the limit", `{"a":"${long.slice(1)}\\"y"}`, `{"a":"${long.slice(1)}"}`],
  ["half a code", `{"a":"${long.slice(3)}\\u0041y"}`, `{"a":"${long.slice(3)}"}`],
  ["half a character", `{"a":"${long.slice(1)}üy"}`, `{"a":"${long.slice(1)}"}`],
  ["a quote after an escaped backslash", `{"a":"\\\\","b":1}`, `{"a":"\\\\","b":1}`],
])("%s", (_, line, expected) => {
  for (const size of [1, 2, 3, 7, 1000]) expect(cut(line, [size])).toBe(expected);
});

test("a line that is too long without the ends of its strings is given up", () => {
  expect(cut(`[${"1,".repeat(100)}1]`, [10], 100)).toBeUndefined();
});

/** Whether a value is that of the whole line, but for the ends of long strings. */
function isBeginning(value: unknown, whole: unknown): boolean {
  if (typeof value === "string" && typeof whole === "string")
    return whole.startsWith(value) && (value === whole || Buffer.byteLength(JSON.stringify(whole)) > STRING_BYTES);
  if (typeof value !== "object" || value === null) return Object.is(value, whole);
  const [keys, others] = [Object.entries(value), Object.entries(whole as object)];
  return keys.length === others.length && keys.every(([, one], i) => isBeginning(one, others[i]?.[1]));
}

test("what is left is the row without the ends of its long strings, however it is read", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\\", '"', "ü", "🎉", "\n", "\u0001"), maxLength: 60 });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "small" }, text, fc.integer(), fc.array(tie("value"), { maxLength: 4 })),
  }));
  fc.assert(
    fc.property(value, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }), (row, sizes) => {
      const whole = { row: row ?? null };
      expect(isBeginning(JSON.parse(cut(JSON.stringify(whole), sizes, 1e6) ?? ""), whole)).toBe(true);
    }),
    { numRuns: runs(1000) },
  );
});
