import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  escaped,
  noted,
  notedLine,
  notedValue,
  printable,
  printableLine,
  printableLines,
  sequencesIn,
} from "../../src/view/sanitise.ts";
import { anyCodePoint } from "../support/any-text.ts";

describe("noted", () => {
  test.for([
    ["colours", "a\u001B[1;31mb\u001B[0mc", "abc"],
    ["colours of eight bits", "a\u009B31mb", "ab"],
    ["a title", "a\u001B]0;title\u0007b", "ab"],
    ["a link", "\u001B]8;;http://x\u001B\\text\u001B]8;;\u001B\\", "text"],
    ["a sequence whose end never comes", "a\u001B]0;title\nb\nc", "a0;title\nb\nc"],
    ["a device control string", "a\u001BPq#0\u001B\\b\u0090q\u009Cc", "abc"],
    ["an escape in an escape", "a\u001B\u001B[31mb", "a⟨U+001B⟩b"],
    ["what a stripped sequence would form", "\u001B\u001B[0m[31mx", "⟨U+001B⟩[31mx"],
    ["C0 and C1", "a\u0000\u0008\u007F\u0080b", "a⟨U+0000 +3⟩b"],
    ["line ends", "a\r\nb\rc\u2028d\u0085e\tf", "a\nb\nc\nd\ne\tf"],
    ["what turns the direction", "a\u202Eb\u2066c\u200Fd", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+200F⟩d"],
    ["tags", "a\u{E0001}\u{E0041}b", "a⟨U+E0001 +1⟩b"],
    ["halves of characters", "a\uD800b\uDC00c", "a⟨U+D800⟩b⟨U+DC00⟩c"],
    [
      "zero width",
      "a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf\u00ADg",
      "a⟨U+200B⟩b⟨U+200C⟩c⟨U+200D⟩d⟨U+2060⟩e⟨U+FEFF⟩f⟨U+00AD⟩g",
    ],
    ["fillers", "\u115F\u3164\u034F\u17B4\u180E\uFFA0", "⟨U+115F +5⟩"],
    ["the same again and again", `a${"\u200B".repeat(12)}b`, "a⟨U+200B ×12⟩b"],
    ["a message in variation selectors", "😀\u{E0159}\u{E0157}\u{E015E}", "😀⟨U+E0159 +2⟩"],
    ["a message in the other ones", "😀\uFE01\uFE0F", "😀⟨U+FE01 +1⟩"],
    ["what is no character", "a\uFFFEb\u{1FFFF}c\uFFF9d", "a⟨U+FFFE⟩b⟨U+1FFFF⟩c⟨U+FFF9⟩d"],
    ["a joiner between letters that need none", "da\u200Dta", "da⟨U+200D⟩ta"],
    ["two joiners", "م\u200C\u200Cی", "م⟨U+200C ×2⟩ی"],
    ["a flag of tags", "🏴\u{E0067}\u{E0062}\u{E007F}", "🏴⟨U+E0067 +2⟩"],
  ])("shows %s, or takes it out", ([, text, expected]) => {
    expect(noted(text as string)).toBe(expected);
  });

  test("lets no hidden character of the first plane through", () => {
    const hidden = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]/u;
    const through = [];
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (character === "\n" || character === "\t" || !hidden.test(character)) continue;
      if (noted(`a${character}b`).includes(character)) through.push(unit.toString(16));
    }
    expect(through).toEqual([]);
  });

  test.for([
    ["emoji", "👩‍👩‍👧 🧑🏽‍🚀 ❤️‍🔥 🏳️‍🌈 1️⃣ #️⃣ ☎︎ ❤️"],
    ["Persian", "می‌خواهم"],
    ["Sinhala", "ශ්‍රී ලංකාව"],
    ["Hindi", "क्‍ष क्‌ष"],
    ["Malayalam of old", "അവന്‍ വന്നു"],
    ["Khmer and Thai", "ភាសា\u200Bខ្មែរ ภาษา\u200Bไทย"],
    ["Mongolian", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠋"],
    ["other scripts", "é 日本 ا שלום ñ Å \u00A0 → ▲  "],
  ])("keeps %s", ([, text]) => expect(noted(text as string)).toBe(text));

  test("grows by no more than a bound, and is stable when applied again", () => {
    const unit = fc.oneof(
      fc.constantFrom(
        "a",
        "😀",
        "م",
        "क",
        "्",
        "\n",
        " ",
        "\u200B",
        "\u200C",
        "\u200D",
        "\uFE0F",
        "\u{E0100}",
        "\u001B",
        "[0m",
      ),
      fc.string({ unit: anyCodePoint, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const text = units.join("");
        const shown = noted(text);
        expect(shown.length).toBeLessThanOrEqual(9 * text.length);
        expect(noted(shown)).toBe(shown);
        expect(printable(printable(text))).toBe(printable(text));
        expect(printableLines(printableLines(text))).toBe(printableLines(text));
      }),
    );
  });

  test("shows a long text as it shows each of its paragraphs", () => {
    const unit = fc.constantFrom(
      "a",
      "1",
      "\t",
      "☺",
      "👩‍🚀",
      "م",
      "\u200C",
      "\u200B",
      "\uFE0F",
      "\uD83D",
      "\u0001",
      "\u202E",
    );
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 12 }), (units) => {
        // Text without ASCII is cut elsewhere.
        const paragraph = units.includes("a") ? `begin${units.join("")}end\n` : `日本${units.join("")}😀😀`;
        const times = Math.ceil(200_000 / paragraph.length);
        expect(noted(paragraph.repeat(times)) === noted(paragraph).repeat(times)).toBe(true);
      }),
    );
  });

  test("scans any text once, however long it is", () => {
    expect(noted("\u009D\u0090\u001B]".repeat(100_000)).length).toBeLessThan(100_000);
    expect(noted("\u200B".repeat(1_000_000)).length).toBeLessThan(100_000);
    expect(noted("\u{E0100}".repeat(500_000)).length).toBeLessThan(100_000);
    expect(noted(`\u001B]${"x".repeat(1_000_000)}\u0007`)).toBe("");
  });
});

test("a line has no line breaks", () => {
  expect(notedLine("  a\u001B[0m\n\t b\u00A0c\u200B\r\n")).toBe("a b c⟨U+200B⟩");
  expect(printable("  a\u001B[0m\n\t b\u00A0c\u200B\r\n")).toBe("a b c");
});

test("escaped JSON has the same meaning", () => {
  const value = { text: "a\u200Bb\u{E0100}\u202E\u009B👩‍🚀\u0000", "ke\u200By": 1 };
  const json = escaped(JSON.stringify(value));
  expect(json).toBe(String.raw`{"text":"a\u200bb\udb40\udd00\u202e\u009b👩‍🚀\u0000","ke\u200by":1}`);
  expect(JSON.parse(json)).toEqual(value);
});

test("characters that may be between strings are not escaped", () => {
  expect(escaped('{\r\n\t"a": "\u001B\u007F\u2028"\n}')).toBe('{\n\t"a": "\\u001b\\u007f\\u2028"\n}');
});

test("control sequences are counted", () => {
  expect(sequencesIn("a\u001B[1mb\u001B[0mc\u009B0m")).toBe(3);
  expect(sequencesIn("plain [0m")).toBe(0);
});

test("rows that belong to an answer by another way are shown in it", () => {
  const given = { a: ["x\u200By", { b: "\u202E", n: 1, u: undefined }], c: null, t: "👩‍🚀\n" };
  expect(notedValue(given)).toEqual({ a: ["x⟨U+200B⟩y", { b: "⟨U+202E⟩", n: 1, u: undefined }], c: null, t: "👩‍🚀\n" });
});

test.for<[text: string, line: string]>([
  ["plain", "plain"],
  ["  two\n\tlines  ", "two lines"],
  ["\u001B[31mred\u001B[0m", "red"],
  ["\u001B]0;title\u0007after", "after"],
  ["\u001B]8;;https://x.y\u001B\\link\u001B]8;;\u001B\\", "link"],
  ["\u001B[31merror: \u0007no bell takes words away", "error: no bell takes words away"],
  ["\u001B]0;begun and never ended", "0;begun and never ended"],
  ["\u001BPq#0;2;0\u001B\\picture", "picture"],
  ["\u009B2J\u009D0;t\u009Ctext\u001B(B\u001B=\u001B", "text"],
  ["a\u0000b\u0008c\u007Fd\u0085e", "a b c d e"],
  ["a\u202Eb\u2066c", "abc"],
  ["a\u2028b\u2029c", "a b c"],
  ["half \uD83D", "half"],
  ["日本語 🗾", "日本語 🗾"],
])("%j is printed as %j", ([text, line]) => expect(printable(text)).toBe(line));

test.for<[text: string, line: string]>([
  ["  two   words ", "  two   words"],
  ["cd '/a  b\u00a0c'", "cd '/a  b\u00a0c'"],
  ["a\n\tb\u001B[2J", "a b"],
])("%j is printed as the line %j, its spaces as they are", ([text, line]) => expect(printableLine(text)).toBe(line));

test("line ends and tabs stay where there may be several lines", () => {
  expect(printableLines("a\r\nb\tc\rd\u2028e\u001B[2Jf\u0007")).toBe("a\nb\tc\nd\nef");
});

test("nothing in a file reaches a terminal unsanitised", () => {
  const unit = fc.constantFrom(
    "\u001B",
    "[",
    "]",
    "0",
    ";",
    "m",
    "\u0007",
    "\u009B",
    "\\",
    "\n",
    "\r",
    "\u202E",
    "a",
    "é",
  );
  const orders = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u;
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      expect(printable(text)).not.toMatch(orders);
      for (const line of [printable(text), printableLine(text)]) expect(line).not.toMatch(/[\n\t]/);
      expect(printableLine(text)).not.toMatch(orders);
      expect(printableLines(text)).not.toMatch(orders);
    }),
  );
});
