import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, cutPath, cutStart, pad, widthOf } from "../../../src/cli/terminal/width.ts";

describe("widthOf", () => {
  test.for<[text: string, cells: number]>([
    ["", 0],
    ["plain", 5],
    ["naïve", 5],
    ["nai\u0308ve", 5],
    ["日本語", 6],
    ["한국어", 6],
    ["\u1112\u1161\u11ab", 2],
    ["ｆｕｌｌ", 8],
    ["ﾊﾝｶｸ", 4],
    ["🗾", 2],
    ["👩‍👩‍👧‍👦", 2],
    ["👍🏽", 2],
    ["🇩🇪", 2],
    ["1️⃣", 2],
    ["❤️", 2],
    ["❤", 1],
    ["©", 1],
    ["…", 1],
    ["a\u200bb", 2],
    ["\u0301", 0],
    ["𠮷", 2],
  ])("%s: %i", ([text, cells]) => expect(widthOf(text)).toBe(cells));
});

test("what is a picture or a mark by its properties counts as one", () => {
  const letters = Array.from({ length: 0x3_00_00 - 0x20 }, (_, i) => i + 0x20)
    .filter((code) => code < 0xd8_00 || code >= 0xe0_00)
    .map((code) => String.fromCodePoint(code));
  const pictures = letters.filter((letter) => /\p{Emoji_Presentation}/u.test(letter) && !/\p{RI}/u.test(letter));
  expect(pictures.length).toBeGreaterThan(1000);
  expect(pictures.filter((letter) => widthOf(letter) !== 2)).toEqual([]);
  const marks = letters.filter((letter) => /[\p{Mn}\p{Me}]/u.test(letter));
  expect(marks.length).toBeGreaterThan(1500);
  expect(marks.filter((mark) => widthOf(mark) !== 0 || widthOf(`日${mark}`) !== 2)).toEqual([]);
});

describe("cut", () => {
  test.for<[text: string, most: number, start: string, end: string]>([
    ["abc", 3, "abc", "abc"],
    ["abcd", 3, "ab…", "…cd"],
    ["ab cd", 4, "ab…", "…cd"],
    ["日本語", 6, "日本語", "日本語"],
    ["日本語", 5, "日本…", "…本語"],
    ["日本語", 4, "日…", "…語"],
    ["abc", 1, "…", "…"],
    ["abc", 0, "", ""],
    ["👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, "👩‍👩‍👧‍👦…", "…👩‍👩‍👧‍👦"],
  ])("%s within %i", ([text, most, start, end]) => {
    expect(cut(text, most)).toBe(start);
    expect(cutStart(text, most)).toBe(end);
  });

  test.for<[path: string, most: number, short: string]>([
    ["/home/ada/acme", 14, "/home/ada/acme"],
    ["/home/ada/acme", 13, "…/ada/acme"],
    ["/home/ada/acme", 9, "…/acme"],
    ["/home/ada/acme", 4, "…cme"],
    ["C:\\Users\\ada", 9, "…\\ada"],
    ["~/日本語/acme", 11, "…/acme"],
  ])("the path %s within %i", ([path, most, short]) => expect(cutPath(path, most)).toBe(short));

  test("never takes more than it may, and pad fills to the cell", () => {
    const texts = fc.string({ unit: fc.constantFrom("a", " ", "日", "é", "🗾", "\u0301", "👍🏽", "…") });
    fc.assert(
      fc.property(texts, fc.nat(20), (text, most) => {
        for (const short of [cut(text, most), cutStart(text, most), cutPath(text, most)]) {
          expect(widthOf(short)).toBeLessThanOrEqual(most);
          expect(widthOf(pad(short, most))).toBe(most);
        }
      }),
    );
  });
});
