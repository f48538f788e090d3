import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SessionTable } from "../../../src/cli/list/session-table.ts";
import { type Column, headLine, layOut, tableLine } from "../../../src/cli/terminal/table.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";
import type { ListedSession, OrUndefined } from "../../../src/store/types.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID", color: 33 },
  { title: "NAME", min: 4, share: 0.5 },
  { title: "WHERE", min: 8, isPath: true, dispensable: 1 },
  { title: "SIZE", right: true, dispensable: 2 },
];
const ROWS = [
  ["1", "a name that is long", "/home/ada/acme", "1 kB"],
  ["22", "日本語のタイトル", "/w", "12 kB"],
];

const print = (width: number | undefined, colors = false): string[] => {
  const widths = layOut(COLUMNS, ROWS, { width, heads: true });
  const cuts = width !== undefined;
  return [
    headLine(COLUMNS, widths, { colors }),
    ...ROWS.map((row) => tableLine(COLUMNS, widths, row, { cuts, colors })),
  ];
};

describe("a table", () => {
  test("may have more lines than a call may have arguments", () => {
    const rows = Array.from({ length: 300_000 }, () => ["1", "a name", "/w", "1 kB"]);
    expect(layOut(COLUMNS, rows, { width: undefined, heads: false })).toEqual([1, 6, 2, 4]);
  });

  test.for<[width: number | undefined, lines: string[]]>([
    [
      undefined,
      [
        "ID  NAME                 WHERE            SIZE",
        "1   a name that is long  /home/ada/acme   1 kB",
        "22  日本語のタイトル     /w              12 kB",
      ],
    ],
    [
      43,
      [
        "ID  NAME                 WHERE         SIZE",
        "1   a name that is long  …/ada/acme    1 kB",
        "22  日本語のタイトル     /w           12 kB",
      ],
    ],
    // Nothing is cut below what it is owed: the last columns go first.
    [38, ["ID  NAME                 WHERE", "1   a name that is long  …/ada/acme", "22  日本語のタイトル     /w"]],
    [29, ["ID  NAME             WHERE", "1   a name that is…  …/acme", "22  日本語のタイト…  /w"]],
    [26, ["ID  NAME", "1   a name that is long", "22  日本語のタイトル"]],
    [20, ["ID  NAME", "1   a name that is…", "22  日本語のタイトル"]],
    [10, ["ID  NAME", "1   a nam…", "22  日本…"]],
    [3, ["ID  NAME", "1   a n…", "22  日…"]],
  ])("in %s cells", ([width, lines]) => expect(print(width)).toEqual(lines));

  test("colours a cell and not its space", () => {
    const [head, first] = print(undefined, true);
    expect(head).toBe(`\u001B[2m${print(undefined)[0]}\u001B[22m`);
    expect(first).toBe(print(undefined)[1]?.replace("1 ", "\u001B[33m1\u001B[39;22m "));
  });

  test("fits whatever width leaves room for the columns that cannot go", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "日", " ", "🗾"), maxLength: 40 });
    const rows = fc.array(fc.tuple(fc.constantFrom("1", "22"), cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 8, max: 120 }), (some, width) => {
        const widths = layOut(COLUMNS, some, { width, heads: false });
        for (const row of some) {
          expect(widthOf(tableLine(COLUMNS, widths, row, { cuts: true, colors: false }))).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

type Facts = Partial<OrUndefined<ListedSession>>;

const session: Facts = {
  sessionId: "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01",
  title: "A title",
  lastModified: 0,
  fileSize: 1234,
  customTitle: undefined,
  firstPrompt: undefined,
  gitBranch: undefined,
  cwd: "/home/ada/acme",
  tags: [],
  createdAt: undefined,
  archived: undefined,
  activity: 0,
  configDir: "/c",
  projectKey: "-home-ada",
  transcriptPath: "/c/p",
  entrypoint: undefined,
  programmatic: false,
  model: undefined,
  forkedFrom: undefined,
  worktree: undefined,
};

/** The lines of a list of these sessions. */
function listed(width: number | undefined, sessions: readonly Facts[], ofOneProject = false): string[] {
  const table = new SessionTable({
    width,
    heads: false,
    colors: false,
    shortId: (id) => id.slice(0, 8),
    now: 3_600_000,
    ofOneProject,
  });
  const rows = sessions.map((more) => ({ ...session, ...more }) as ListedSession);
  return table.lines(rows, true).map((line) => line.replace(/^5d3f2a10  (?:1 h ago  )?/, ""));
}

describe("the lines of sessions", () => {
  const hostile = {
    title: "\u001B[31mred\u001B[0m\ntitle\u202E",
    gitBranch: "ma\u0007in",
    tags: ["t\u001B]0;x\u0007ag"],
    archived: true,
  };

  test("have nothing in them that a terminal would obey", () => {
    for (const width of [undefined, 200]) {
      expect(listed(width, [{ ...hostile, cwd: undefined }])).toEqual([
        "red title #tag (archived)  -home-ada  ma in  1.2 kB",
      ]);
    }
    expect(listed(200, [{ cwd: "/w/\u001B[31ma\nb" }])).toEqual(["A title  a b  1.2 kB"]);
  });

  test("say what is not known", () => {
    expect(listed(undefined, [{ title: "", cwd: undefined, fileSize: undefined }])).toEqual(["(no title)  -home-ada"]);
  });

  const worktrees: Facts[] = [1, 2, 3].map((n) => ({
    title: `A title of some forty letters, number ${n}`,
    cwd: `/home/ada/src/cli/.claude/worktrees/${n}`,
    gitBranch: n === 2 ? "fix/the-long-way-round" : `worktree-${n}`,
  }));
  const main = { title: "Short", cwd: "/home/ada/src/cli", gitBranch: "main" };

  test.for<[width: number | undefined, lines: string[]]>([
    [
      undefined,
      [
        "A title of some forty letters, number 1  /home/ada/src/cli/.claude/worktrees/1  worktree-1              1.2 kB",
        "A title of some forty letters, number 2  /home/ada/src/cli/.claude/worktrees/2  fix/the-long-way-round  1.2 kB",
        "A title of some forty letters, number 3  /home/ada/src/cli/.claude/worktrees/3  worktree-3              1.2 kB",
        "Short                                    /home/ada/src/cli                      main                    1.2 kB",
      ],
    ],
    [
      120,
      [
        "A title of some forty letters, number 1  cli#1                          1.2 kB",
        "A title of some forty letters, number 2  cli#2  fix/the-long-way-round  1.2 kB",
        "A title of some forty letters, number 3  cli#3                          1.2 kB",
        "Short                                    cli    main                    1.2 kB",
      ],
    ],
    [
      80,
      [
        "A title of some forty letters, number 1  cli#1",
        "A title of some forty letters, number 2  cli#2",
        "A title of some forty letters, number 3  cli#3",
        "Short                                    cli",
      ],
    ],
    [
      60,
      [
        "A title of some forty letters, number 1",
        "A title of some forty letters, number 2",
        "A title of some forty letters, number 3",
        "Short",
      ],
    ],
    [40, ["A title of s…number 1", "A title of s…number 2", "A title of s…number 3", "Short"]],
  ])("within %s cells", ([width, lines]) => expect(listed(width, [...worktrees, main])).toEqual(lines));

  test("leave out a column with one value, if that is known or the width is small", () => {
    const two = [main, { ...main, title: "Another" }];
    expect(listed(80, two)).toEqual(["Short", "Another"]);
    expect(listed(110, two)).toEqual(["Short    cli", "Another  cli"]);
    expect(listed(110, two, true)).toEqual(["Short", "Another"]);
    expect(listed(130, two)).toEqual(["Short    cli  main  1.2 kB", "Another  cli  main  1.2 kB"]);
  });

  test("distinguish directories of one name, if there is room", () => {
    const two = ["/home/ada/shop/web", "/home/ada/blog/web"].map((cwd) => ({ cwd }));
    expect(listed(90, two)).toEqual(["A title", "A title"]);
    expect(listed(110, two)).toEqual(["A title  shop/web", "A title  blog/web"]);
  });

  test("keep a tag and a mark, whatever the length of the title", () => {
    expect(listed(60, [{ title: "x".repeat(80), tags: ["keep"], archived: true }])).toEqual([
      `${"x".repeat(23)}… #keep (archived)`,
    ]);
    expect(listed(60, [{ title: "x".repeat(80), agentName: "cook" }])).toEqual([`${"x".repeat(27)}… (agent cook)`]);
  });

  test("fit, and the title has half of the width if it needs that", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b ", "日", "🗾", "/"), maxLength: 60 });
    const some = fc.array(
      fc.record({ title: text, cwd: text, gitBranch: text, tags: fc.array(text, { maxLength: 3 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 30, max: 150 }), (sessions, width) => {
        const table = new SessionTable({
          width,
          heads: true,
          colors: false,
          shortId: (id) => id.slice(0, 8),
          now: 0,
          ofOneProject: false,
        });
        const [head = "", ...lines] = table.lines(
          sessions.map((more) => ({ ...session, ...more }) as ListedSession),
          true,
        );
        for (const line of [head, ...lines]) expect(widthOf(line)).toBeLessThanOrEqual(width);
        const columns = /TITLE( *)(?=[A-Z]|$)/.exec(head)?.[0].length ?? 0;
        const needs = Math.max(
          ...sessions.map(({ title, tags }) => widthOf([title, ...tags.map((tag) => `#${tag}`)].join(" ").trim())),
        );
        const has = head.endsWith("TITLE") ? width - head.indexOf("TITLE") : columns;
        expect(has).toBeGreaterThanOrEqual(Math.min(needs, width / 2));
      }),
    );
  });
});
