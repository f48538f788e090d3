import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanLine, escaped, guarded, plain, plainLine, sequencesIn } from "../../../src/mcp/core/hidden.ts";

describe("plain", () => {
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
    expect(plain(text as string)).toBe(expected);
  });

  test("lets no hidden character of the first plane through", () => {
    const hidden = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Cs}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]/u;
    const through = [];
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (character === "\n" || character === "\t" || !hidden.test(character)) continue;
      if (plain(`a${character}b`).includes(character)) through.push(unit.toString(16));
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
  ])("keeps %s", ([, text]) => expect(plain(text as string)).toBe(text));

  test("grows by no more than a bound, and is not changed by itself", () => {
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
      fc.string({ unit: "binary", maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const text = units.join("");
        const shown = plain(text);
        expect(shown.length).toBeLessThanOrEqual(9 * text.length);
        expect(plain(shown)).toBe(shown);
        expect(cleanLine(cleanLine(text))).toBe(cleanLine(text));
      }),
    );
  });

  test("looks a text through once, however long it is, and whatever it is of", () => {
    expect(plain("\u009D\u0090\u001B]".repeat(300_000)).length).toBeLessThan(100_000);
    expect(plain("\u200B".repeat(5_000_000)).length).toBeLessThan(100_000);
    expect(plain("\u{E0100}".repeat(2_000_000)).length).toBeLessThan(100_000);
    expect(plain(`\u001B]${"x".repeat(5_000_000)}\u0007`)).toBe("");
  });
});

test("a line has no breaks and no ends", () => {
  expect(plainLine("  a\u001B[0m\n\t b\u00A0c\u200B\r\n")).toBe("a b c⟨U+200B⟩");
  expect(cleanLine("  a\u001B[0m\n\t b\u00A0c\u200B\r\n")).toBe("a b c");
});

test("JSON means the same afterwards", () => {
  const value = { text: "a\u200Bb\u{E0100}\u202E\u009B👩‍🚀\u0000", "ke\u200By": 1 };
  const json = escaped(JSON.stringify(value));
  expect(json).toBe(String.raw`{"text":"a\u200bb\udb40\udd00\u202e\u009b👩‍🚀\u0000","ke\u200by":1}`);
  expect(JSON.parse(json)).toEqual(value);
});

test("control sequences are counted", () => {
  expect(sequencesIn("a\u001B[1mb\u001B[0mc\u009B0m")).toBe(3);
  expect(sequencesIn("plain [0m")).toBe(0);
});

test("what reached an answer by another way is shown in it", () => {
  const given = { a: ["x\u200By", { b: "\u202E", n: 1, u: undefined }], c: null, t: "👩‍🚀\n" };
  expect(guarded(given)).toEqual({ a: ["x⟨U+200B⟩y", { b: "⟨U+202E⟩", n: 1, u: undefined }], c: null, t: "👩‍🚀\n" });
});
