import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuery } from "../../../src/catalog/query/parse-query.ts";
import type { Atom, Query, Term } from "../../../src/catalog/query/query.ts";
import { anyCodePoint } from "../../support/any-text.ts";

const NOW = Date.UTC(2026, 7, 21, 12);
const DAY = 24 * 60 * 60 * 1000;

/** A query in few words: clauses with `&` between, atoms with `|`. */
function brief({ clauses, scope }: Query): string {
  const shown = clauses.map((atoms) => atoms.map(atomText).join(" | ")).join(" & ");
  const parts = [
    scope.columns && `in ${[...scope.columns].join(",")}`,
    scope.roles && `role ${[...scope.roles].join(",")}`,
    scope.tools && `tool ${scope.tools.join(",")}`,
    scope.notTools.length > 0 && `not tool ${scope.notTools.join(",")}`,
  ].filter(Boolean);
  return [shown, ...parts].join(" ; ");
}

const atomText = ({ term, not }: Atom): string => `${not ? "!" : ""}${termText(term)}`;

function termText(term: Term): string {
  switch (term.kind) {
    case "words":
      return `[${term.text}${term.prefix ? "*" : ""}]${term.literal ? "=" : ""}`;
    case "substring":
      return `sub(${term.text})`;
    case "regex":
      return `/${term.source}/${term.flags}`;
    case "after":
    case "before":
      return `${term.kind}(${(NOW - term.time) / DAY}d)`;
    default:
      return `${term.kind}(${String(term.value)})`;
  }
}

describe("a query", () => {
  test.each([
    ["flaky", "[flaky]"],
    ["flaky test", "[flaky] & [test]"],
    ["  flaky\t\ntest  ", "[flaky] & [test]"],
    ['"flaky test"', "[flaky test]"],
    ['"flaky test" retry', "[flaky test] & [retry]"],
    ["“flaky test”", "[flaky test]"],
    ['"flaky test', "[flaky test]"],
    ['say"hi"', '[say"hi"]'],
    ["-retry", "![retry]"],
    ['flaky -"give up"', "[flaky] & ![give up]"],
    ["--dry-run", "[--dry-run]"],
    ['"-v"', "[-v]="],
    ["prefix*", "[prefix*]"],
    ['"flaky te"*', "[flaky te*]"],
    ['"flaky*"', "[flaky*]="],
    ["foo()*", "[foo()]"],
    ["a OR b", "[a] | [b]"],
    ["x a OR b OR c y", "[x] & [a] | [b] | [c] & [y]"],
    ["a OR -b", "[a] | ![b]"],
    ["a AND b", "[a] & [b]"],
    ["OR", "[OR]"],
    ["OR a", "[OR] & [a]"],
    ["a OR", "[a] & [OR]"],
    ["a OR OR b", "[a] | [OR] & [b]"],
    ["a or b", "[a] & [or] & [b]"],
    ["foo.bar()", "[foo.bar()]"],
    ['"foo.bar()"', "[foo.bar()]="],
    ["src/cli/main.ts", "[src/cli/main.ts]"],
    ["node:sqlite", "[node:sqlite]"],
    ["https://example.com/a?b=c", "[https://example.com/a?b=c]"],
    ["foo:bar", "[foo:bar]"],
    ["files://x", "[files://x]"],
    ["tools::run", "[tools::run]"],
    ["id:7 is:x red:x", "[id:7] & [is:x] & [red:x]"],
    ["cmd:ls tab:2", "[cmd:ls] & [tab:2]"],
    ["batch:1 product:1", "[batch:1] & [product:1]"],
    ["brnach: x", "[brnach:] & [x]"],
    ['"brnach:main"', "[brnach:main]="],
    ["api_key", "[api_key]"],
    ["数据", "[数据]"],
    ["🎉", "sub(🎉)"],
    ["++", "sub(++)"],
    ['"=>"', "sub(=>)"],
    ["C++", "[C++]"],
    ['"C++"', "[C++]="],
    ["sub:chine", "sub(chine)"],
    ['sub:"two words"', "sub(two words)"],
    ["-sub:chine", "!sub(chine)"],
    ["re:/fo+ba?r/i", "/fo+ba?r/i"],
    ["re:/two words/ next", "/two words/ & [next]"],
    ["re:/[/]/ x", "/[/]/ & [x]"],
    ["re:/a\\/b/gi", "/a\\/b/i"],
    ["re:fo+", "/fo+/"],
    ["-re:/x/", "!/x/"],
    ["re:/a/b c", "//a/b/ & [c]"],
    ["flaky in:said", "[flaky] ; in said"],
    ["flaky in:said,title", "[flaky] ; in said,title"],
    ["flaky in:said in:title", "[flaky] ; in said,title"],
    ["flaky -in:output", "[flaky] ; in input,said,thinking,title"],
    ["flaky role:user", "[flaky] ; role user"],
    ["flaky tool:Bash", "[flaky] ; tool bash"],
    ["flaky -tool:Bash", "[flaky] ; not tool bash"],
    ["tool:Bash", "tool(bash)"],
    ["tool:Bash tool:mcp__x*", "tool(bash) | tool(mcp__x*)"],
    ["-tool:Bash", "!tool(bash)"],
    ["project:shop", "project(shop)"],
    ["cwd:/home/me/shop", "project(/home/me/shop)"],
    ["project:a OR project:b", "project(a) | project(b)"],
    ["branch:main tag:wip", "branch(main) & tag(wip)"],
    ['tag:"in review"', "tag(in review)"],
    ["-tag:wip", "!tag(wip)"],
    ["model:opus file:src/a.ts", "model(opus) & file(src/a.ts)"],
    ["file:*.sql", "file(*.sql)"],
    ["after:7d", "after(7d)"],
    ["since:7d", "after(7d)"],
    ["before:2d", "before(2d)"],
    ['after:"2 days ago"', "after(2d)"],
    ["archived:yes programmatic:no", "archived(true) & programmatic(false)"],
    ["archived:any x", "[x]"],
    ["in: x", "[in:] & [x]"],
    ["file: not found", "[file:] & [not] & [found]"],
    ["Tool:Bash x", "[x] ; tool bash"],
  ])("%s", (query, expected) => {
    const parsed = parseQuery(query, NOW);
    expect(brief(parsed)).toBe(expected);
    expect(parsed.notes).toEqual([]);
  });

  test.each([
    ["", "", "the query has nothing to look for"],
    ["  ", "", "the query has nothing to look for"],
    ["-", "", 'ignored "-": it must stand directly before a word'],
    ["in:said", "", "without a word to look for, in: and role: do nothing"],
    ["x in:prose", "[x]", 'ignored in:prose: "prose" is none of output, input, said, thinking, title'],
    ["x role:me", "[x]", 'ignored role:me: "me" is none of user, assistant, system'],
    ["x after:whenever", "[x]", 'ignored after:whenever: "whenever" is not a time; give a duration'],
    ["x archived:maybe", "[x]", "ignored archived:maybe: it must be yes or no"],
    ["re:/(/", "sub(()", "not a regular expression, and looked for as it stands: re:/(/ ("],
    ['sub:""', "", 'ignored sub:"": there is nothing to look for'],
    ["brnach:main x", "[brnach:main] & [x]", "did you mean branch:main? brnach:main is looked for as words"],
    ["-Toool:Bash*", "![Toool:Bash*]", "did you mean -tool:Bash*?"],
    ['files:"a b"', '[files:"a] & [b"]', 'did you mean file:"a?'],
    ["x OR tags:wip", "[x] | [tags:wip]", "did you mean tag:wip?"],
    ["programatc:yes", "[programatc:yes]", "did you mean programmatic:yes?"],
    ["*chine", "[*chine]", "a star is read only at the end of a word; sub:chine finds it inside words"],
    [
      "word ".repeat(70),
      "[word] & ".repeat(64).slice(0, -3),
      "only the first 64 terms are searched for; 6 more are left",
    ],
  ])("%s is told", (query, expected, note) => {
    const { notes, ...parsed } = parseQuery(query, NOW);
    expect(brief({ notes, ...parsed })).toBe(expected);
    expect(notes.map(({ text }) => text).join("\n")).toContain(note);
  });

  test("times are read as lists read them", () => {
    const time = (query: string): unknown => parseQuery(query, NOW).clauses[0]?.[0]?.term;
    const day = new Date(2026, 7, 20).getTime();
    expect(time("after:2026-08-20")).toEqual({ kind: "after", time: day });
    expect(time("before:2026-08-20")).toEqual({ kind: "before", time: day });
    expect(time("until:2026-08-20")).toEqual({ kind: "before", time: day + DAY - 1 });
  });
});

const words = fc.constantFrom(
  "a",
  "foo.bar()",
  '"',
  "-",
  "--x",
  "OR",
  "AND",
  "*",
  "in:",
  "in:said",
  "role:",
  "tool:T",
  "re:/",
  "re:/(/",
  "/i",
  "sub:",
  "after:",
  "after:7d",
  "archived:",
  "🎉",
  "\ud800",
  "\0",
  "\ue000",
  "(",
  ")",
  "NEAR",
  "^",
  "{",
  "'",
  "\\",
);

describe("any string", () => {
  test.each([
    ["of any characters", fc.string({ unit: anyCodePoint, maxLength: 200 })],
    ["of parts of the language", fc.array(words, { maxLength: 20 }).map((all) => all.join(" "))],
    ["of parts without spaces", fc.array(words, { maxLength: 20 }).map((all) => all.join(""))],
  ])("%s is a query, or says why it looks for nothing", (_name, strings) => {
    fc.assert(
      fc.property(strings, (query) => {
        const { clauses, notes } = parseQuery(query, NOW);
        expect(clauses.length > 0 || notes.length > 0).toBe(true);
        expect(clauses.every((atoms) => atoms.length > 0)).toBe(true);
      }),
    );
  });

  test("of words is looked for word by word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z0-9_]{1,8}$/), { minLength: 1, maxLength: 10 }), (all) => {
        const { clauses, notes } = parseQuery(all.join(" "), NOW);
        expect(clauses.map(([atom]) => atom && termText(atom.term))).toEqual(all.map((word) => `[${word}]`));
        expect(notes).toEqual([]);
      }),
    );
  });

  test("however long, is read at once", () => {
    for (const part of ['"', "re:/[", "re:/a", "-", "a*", "OR ", "in:x "]) {
      const began = process.cpuUsage().user;
      parseQuery(part.repeat(200_000 / part.length), NOW);
      expect((process.cpuUsage().user - began) / 1000).toBeLessThan(500);
    }
  });
});
