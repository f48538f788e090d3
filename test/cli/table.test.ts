import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sessionCells, SESSION_COLUMNS } from "../../src/cli/session-table.ts";
import { type Column, headLine, layOut, tableLine } from "../../src/cli/table.ts";
import { widthOf } from "../../src/cli/width.ts";
import type { ListedSession, OrUndefined } from "../../src/store/types.ts";

const COLUMNS: readonly Column[] = [
  { title: "ID", color: 33 },
  { title: "NAME", least: 4, weight: 2 },
  { title: "WHERE", least: 4, isPath: true, dispensable: 1 },
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
      36,
      [
        "ID  NAME             WHERE      SIZE",
        "1   a name that is…  …/acme     1 kB",
        "22  日本語のタイト…  /w        12 kB",
      ],
    ],
    [20, ["ID  NAME       WHERE", "1   a name t…  …acme", "22  日本語の…  /w"]],
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

describe("the cells of a session", () => {
  const session: ListedSession = {
    sessionId: "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01",
    summary: "\u001B[31mred\u001B[0m\ntitle\u202E",
    lastModified: 0,
    fileSize: 1234,
    gitBranch: "ma\u0007in",
    tag: "t\u001B]0;x\u0007ag",
    archived: true,
    activity: 0,
    configDir: "/c",
    projectKey: "-home-ada",
    transcriptPath: "/c/p",
    entrypoint: undefined,
    programmatic: false,
    model: undefined,
    forkedFrom: undefined,
    agentName: undefined,
    teamName: undefined,
    worktree: undefined,
  };
  const cells = (more: Partial<OrUndefined<ListedSession>>): string[] =>
    sessionCells({ ...session, ...more } as ListedSession, { shortId: (id) => id.slice(0, 8), now: 3_600_000 });

  test("have nothing in them that a terminal would obey", () => {
    expect(cells({})).toEqual(["5d3f2a10", "1 h ago", "red title #tag (archived)", "-home-ada", "ma in", "1.2 kB"]);
    expect(SESSION_COLUMNS).toHaveLength(6);
  });

  test("tell what is not known", () => {
    expect(
      cells({ summary: "", tag: "", archived: false, gitBranch: undefined, fileSize: undefined }).slice(2),
    ).toEqual(["(no title)", "-home-ada", "", ""]);
  });
});
