import { describe, expect, test } from "vitest";
import { markOfFile, titleOfFile } from "../../../src/transcript/summary/sidecar-json.ts";

describe("titleOfFile", () => {
  test.each<[text: string, title: string | undefined]>([
    ['{"customTitle":"A title"}', "A title"],
    [JSON.stringify({ customTitle: " Side\u0007 car\u200b ", more: 1 }), "Side  car"],
    [JSON.stringify({ customTitle: "a\n\t\u2028\u2029b" }), "a b"],
    [JSON.stringify({ customTitle: "x".repeat(300) }), "x".repeat(200)],
    [JSON.stringify({ customTitle: "😀".repeat(300) }), "😀".repeat(200)],
    [JSON.stringify({ customTitle: "\u200b \u0000" }), undefined],
    ['{"customTitle":""}', undefined],
    ['{"customTitle":5}', undefined],
    ['{"title":"x"}', undefined],
    ['["customTitle"]', undefined],
    ["null", undefined],
    ["{", undefined],
    ["", undefined],
  ])("%s → %s", (text, title) => {
    expect(titleOfFile(text)).toBe(title);
  });
});

describe("markOfFile", () => {
  const mark = (at: unknown, archived: unknown = true): unknown =>
    markOfFile(JSON.stringify({ archived, at, by: "sdk" }));

  test.each([
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.1Z",
    "2026-01-01T00:00:00.123456789Z",
    "2026-01-01T00:00:00+01:00",
    "2026-01-01T00:00:00-23:59",
    "2024-02-29T23:59:59Z",
    "2000-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z",
  ])("%s is a time", (at) => {
    expect(mark(at)).toEqual({ archived: true, at: Date.parse(at) });
    expect(mark(at, false)).toEqual({ archived: false, at: Date.parse(at) });
  });

  test.each([
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00+0100",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01t00:00:00z",
    "2026-01-01 00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-13-01T00:00:00Z",
    " 2026-01-01T00:00:00Z",
    "",
    5,
    null,
    undefined,
  ])("%s is none", (at) => {
    expect(mark(at)).toBeUndefined();
  });

  test.each(["{", "null", "[]", '{"at":"2026-01-01T00:00:00Z"}', '{"archived":"true","at":"2026-01-01T00:00:00Z"}'])(
    "%s is no mark",
    (text) => {
      expect(markOfFile(text)).toBeUndefined();
    },
  );
});
