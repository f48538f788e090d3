import { describe, expect, test } from "vitest";
import { terminalJson } from "../../../src/cli/terminal/terminal-json.ts";

describe("JSON for a terminal", () => {
  test.for([
    ["plain text and other scripts", 'a "b" é 漢字 🗾', String.raw`"a \"b\" é 漢字 🗾"`],
    ["what JSON escapes itself", "\u001B[31m\n\t\u0000", String.raw`"\u001b[31m\n\t\u0000"`],
    ["what it leaves, and a terminal obeys", "\u009B31m\u007F\u0085", String.raw`"\u009b31m\u007f\u0085"`],
    ["what turns the direction", "a\u202Eb\u2066", String.raw`"a\u202eb\u2066"`],
    ["what ends a line", "\u2028\u2029", String.raw`"\u2028\u2029"`],
    ["what is not shown", "a\u200Bb\u{E0041}", String.raw`"a\u200bb\udb40\udc41"`],
    ["half a letter", "\uD800", String.raw`"\ud800"`],
  ] as const)("%s", ([, text, json]) => {
    expect(terminalJson(text)).toBe(json);
    expect(JSON.parse(json)).toBe(text);
  });

  test("is indented on request", () => {
    expect(terminalJson({ a: ["\u009B"] }, 1)).toBe('{\n "a": [\n  "\\u009b"\n ]\n}');
  });
});
