import fc from "fast-check";
import { countTokens as truth } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { countTokens } from "../../../src/mcp/core/tokens.ts";
import { anyCodePoint } from "../../support/any-text.ts";

/** The pieces of a text, again and again, so that no single one decides. */
const much = (...pieces: readonly string[]): string => Array.from({ length: 20 }, () => pieces.join("")).join("\n");

const KINDS: Readonly<Record<string, string>> = {
  English: much("The first prompt of a session stands in for its title, unless somebody gave it another one. "),
  Markdown: much(
    "## What changed\n\n- **Dates** are parsed with [`parseDate`](src/parse-date.js)\n\n| a | b |\n| --- | --- |\n",
  ),
  TypeScript: much(
    "export const isLetter = (unit: number): boolean => (unit >= 97 && unit <= 122) || codes.has(unit);\n",
  ),
  JSON: much(
    '{"parentUuid":null,"isSidechain":false,"type":"user","message":{"role":"user","content":[{"type":"text"}]}}\n',
  ),
  "JSON of rows": much(
    '"timestamp":"2026-08-21T15:40:12.345Z","usage":{"input_tokens":12034,"cache_read":0},"cwd":"/home/ada"',
  ),
  logs: much("2026-11-21 17:15:04.123 INFO  [worker-3] GET /api/v1/items/83021 200 12.3ms\n"),
  paths: much("/home/ada/acme/packages/core/src/parse-date.test.mjs:114:23\n"),
  uuids: much("c27a9d34-1e68-4b95-a1d7-3b8e6f0d5c03 e84b0f46-5a29-4d13-b6c8-4c9f7a1e6d04 "),
  hex: much("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 "),
  base64: much("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg== "),
  shell: much("git log --oneline -n 20 | grep -v '^#' > /dev/null 2>&1 && echo \"done: $?\"\n"),
  diff: much("@@ -12,7 +12,9 @@\n-  const old = read(path);\n+  const text = read(path, { encoding: 'utf8' });\n"),
  table: much("| name      | size |  mtime |\n+-----------+------+--------+\n│ ▏ a      │   12 │      3 │\n"),
  indented: much("        return {\n            value,\n\t\t\tnext: undefined,\n        };\n\n\n"),
  German: much(
    "Die Würde des Menschen ist unantastbar. Sie zu achten und zu schützen ist Verpflichtung aller Gewalt. ",
  ),
  Chinese: much("人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。"),
  Japanese: much("すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"),
  Korean: much("모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. "),
  Russian: much("Все люди рождаются свободными и равными в своем достоинстве и правах. "),
  Arabic: much("يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. "),
  Hindi: much("सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। "),
  emoji: much("✅ 🚀 👩‍💻 🇩🇪 ❤️ 🎉"),
  "terminal escapes": much("\u001b[31mred\u001b[0m \u001b[1;32mok\u001b[0m \u001b[2K\r"),
  rules: "-".repeat(500) + "=".repeat(500) + " ".repeat(500) + "\n".repeat(200),
};

describe("an estimate of tokens", () => {
  test.each(Object.entries(KINDS))("is not below what o200k counts, nor far above: %s", (_kind, text) => {
    const ratio = countTokens(text) / truth(text);
    expect(ratio).toBeGreaterThanOrEqual(0.95);
    expect(ratio).toBeLessThan(4);
  });

  test("of nothing is 0", () => expect(countTokens("")).toBe(0));

  test("holds for anything that a transcript may hold, but for words drawn by lot", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 200, maxLength: 600 }),
      fc.string({ unit: anyCodePoint, minLength: 200, maxLength: 600 }),
      fc.string({ unit: "grapheme-ascii", minLength: 200, maxLength: 600 }),
      fc.base64String({ minLength: 200, maxLength: 600 }),
      fc.uint8Array({ minLength: 200, maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString("utf16le")),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(countTokens(one)).toBeGreaterThanOrEqual(truth(one, { allowedSpecial: "all" }) * 0.95 - 5);
      }),
    );
  });

  test("of two texts on lines of their own is that of both", () => {
    const word = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("const a = 1;", "word", "12", "}", ""));
    fc.assert(
      fc.property(fc.array(word), fc.array(word), (before, behind) => {
        const [a, b] = [before.join(" "), behind.join(" ")];
        expect(Math.abs(countTokens(`${a}\n${b}`) - countTokens(a) - countTokens(b))).toBeLessThanOrEqual(5);
      }),
    );
  });
});
