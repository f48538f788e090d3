import fc from "fast-check";
import Libsql from "libsql";
import { describe, expect, test } from "vitest";
import { forIndex, phraseOf, tokensOf } from "../../../src/catalog/extract/index-tokens.ts";
import { anyCodePoint } from "../../support/any-text.ts";
import { runs, SEED } from "../../support/runs.ts";

/** Splits texts with FTS5 itself. */
function fts5(): (text: string) => string[] {
  const database = new Libsql(":memory:");
  database.exec(`
    CREATE VIRTUAL TABLE words USING fts5(text, content='', contentless_delete=1,
      tokenize="unicode61 remove_diacritics 2 tokenchars '_'");
    CREATE VIRTUAL TABLE terms USING fts5vocab(words, instance)`);
  const insert = database.prepare("INSERT INTO words(rowid, text) VALUES (1, ?)");
  const clear = database.prepare("DELETE FROM words WHERE rowid = 1");
  const terms = database.prepare("SELECT term FROM terms ORDER BY offset").raw();
  return (text) => {
    insert.run([text]);
    const found = (terms.all() as [string][]).map(([term]) => term);
    clear.run();
    return found;
  };
}

const split = fts5();
const ours = (text: string): string[] => tokensOf(text).map((token) => token.text);

/** Characters at which a tokenizer may go wrong. */
const HOSTILE = [
  ...Array.from("aZ_09 .-\n\0éÉñßẞİıﬁﬀǅΣςσЁёЙй"),
  ...Array.from("\u0301\u0308\u0327\u0345\u0483\u0591\u064b\u0e31\u200d\ufe0f\u00ad\u2028"),
  ...Array.from("กำไทย한글각ᄒ\u1161\u11ab가나다漢字中文かがカガｶﾞー々〆〇\u3099\u309a、。「」"),
  ...Array.from("🎉👩🏽🇩🇪𝒳𐐀𐐨𠀀𰀀\u{e0001}\ue000\uf8ff\u{100000}\ufffd\ufffe\u{1faf8}ꬰ߀٣²½Ⅷ"),
  "\ud800",
  "\udc00",
];
const hostileText = fc.array(fc.constantFrom(...HOSTILE), { maxLength: 24 }).map((chars) => chars.join(""));
const text = fc.oneof(hostileText, fc.string({ unit: anyCodePoint, maxLength: 12 }), fc.string({ maxLength: 12 }));

describe("the tokens of a text", () => {
  test("are those that FTS5 makes of what is put into the index", () => {
    fc.assert(
      fc.property(text, (it) => {
        expect(ours(it)).toEqual(split(forIndex(it)));
      }),
      { numRuns: runs(2000), seed: SEED },
    );
  });

  test("are those of FTS5 for each character, alone and in a word", () => {
    const wrong: string[] = [];
    const points = Array.from({ length: 0x11_0000 - 1 }, (_, i) => i + 1).filter(
      // All below U+3400, then samples: planes are mostly alike.
      (point) => (point < 0x3400 || point % 61 === 0 || (point > 0xa000 && point < 0xac00)) && point >> 11 !== 27,
    );
    for (let i = 0; i < points.length; i += 512) {
      const many = points.slice(i, i + 512).map((point) => String.fromCodePoint(point));
      const words = many.map((char) => `0${char}1 ${char}`).join(" ");
      if (ours(words).join(" ") === split(forIndex(words)).join(" ")) continue;
      wrong.push(
        ...many.filter(
          (char) => ours(`0${char}1 ${char}`).join(" ") !== split(forIndex(`0${char}1 ${char}`)).join(" "),
        ),
      );
    }
    expect(wrong).toEqual([]);
  });

  test("have the range of what they were made of", () => {
    fc.assert(
      fc.property(text, (it) => {
        let last = -1;
        for (const token of tokensOf(it)) {
          expect(token.start).toBeGreaterThan(last);
          last = token.start;
          expect(ours(it.slice(token.start, token.end))[0]).toBe(token.text);
        }
      }),
      { numRuns: runs(200), seed: SEED },
    );
  });

  test.for([
    ["API_Key=Straße, naïve Ünïcödé", "api_key straße naive unicode"],
    ["node:sqlite --dry-run C++ foo.bar()", "node sqlite dry run c foo bar"],
    ["中文abc混合", "中文 文 abc 混合 合"],
    ["数据", "数据 据"],
    ["データを検索", "デー ータ タを を検 検索 索"],
    ["로그인 오류", "로그 그인 인 오류 류"],
    ["字", "字"],
    // Decomposed, as the file systems of macOS write names.
    ["か\u3099く", "がく く"],
    ["\u1112\u1161\u11ab\u1100\u1173\u11af", "한글 글"],
  ] as const)("%s", ([it, expected]) => {
    expect(ours(it).join(" ")).toBe(expected);
  });
});

describe("the phrase of a query", () => {
  /** Whether FTS5 finds the query in the text. */
  function finds(query: string, it: string): boolean {
    const { tokens, isPrefix } = phraseOf(query);
    if (tokens.length === 0) return false;
    const database = new Libsql(":memory:");
    database.exec(
      `CREATE VIRTUAL TABLE words USING fts5(text, tokenize="unicode61 remove_diacritics 2 tokenchars '_'")`,
    );
    database.prepare("INSERT INTO words(text) VALUES (?)").run([forIndex(it)]);
    const found = database
      .prepare("SELECT count(*) AS n FROM words WHERE words MATCH ?")
      .get([`"${tokens.join(" ")}"${isPrefix ? "*" : ""}`]) as { n: number };
    return found.n === 1;
  }

  test.for([
    ["文", "中文字"],
    ["字", "中文字"],
    ["中文", "中文"],
    ["中文", "前中文字"],
    ["中文字", "一中文字二"],
    ["文abc", "中文abc混合"],
    ["abc混", "中文abc混合"],
    ["中文abc混合", "中文abc混合"],
    ["그인", "로그인하다"],
    ["が", "か\u3099く"],
    ["Größe", "die GRÖSSE oder Größe"],
  ] as const)("%s is found in %s", ([query, it]) => {
    expect(finds(query, it)).toBe(true);
  });

  test.for([
    ["中字", "中文字"],
    ["文中", "中文字"],
    ["中文字", "中文 字"],
    ["🎉", "🎉 done"],
    ["++", "C++"],
  ] as const)("%s is not found in %s", ([query, it]) => {
    expect(finds(query, it)).toBe(false);
  });

  test("finds each part of a run of Chinese, Japanese and Korean", () => {
    const run = fc.array(fc.constantFrom(...Array.from("中文字かがカー한글々")), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(run, fc.nat(), fc.nat(), (chars, a, b) => {
        const [from, to] = [a % chars.length, b % chars.length].sort((x, y) => x - y) as [number, number];
        expect(finds(chars.slice(from, to + 1).join(""), `x ${chars.join("")}y`)).toBe(true);
      }),
      { numRuns: runs(200), seed: SEED },
    );
  });
});
