import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runWithin } from "../../../src/catalog/scan/time-limit.ts";
import { sessionId } from "../../support/config-dir.ts";
import { runs } from "../../support/runs.ts";
import { answer, messages, numbers, rowsOf, SearchStore } from "./search-store.ts";

const both = [true, false];
const parts = fc.constantFrom(
  '"',
  "'",
  "*",
  "^",
  "(",
  ")",
  "{",
  "}",
  ":",
  "+",
  "-",
  "AND",
  "OR",
  "NOT",
  "NEAR",
  "NEAR(a b, 2)",
  "said:",
  "{said}",
  "words",
  "needle",
  "a",
  "rowid",
  "; DROP TABLE words",
  "--",
  "/*",
  "%",
  "_",
  "\\",
  "\0",
  "\ue000",
  "\ud800",
  "\u0301",
  "in:said",
  "tool:*",
  "file:%",
  "file:*",
  "branch:'",
  'model:"',
  "project:..",
  "project:/",
  "re:/./",
  "sub:%",
  "数",
  "🎉",
);

describe("no query", () => {
  test("is syntax for the engine, whatever is in it: the index and a scan find the same", async () => {
    const store = new SearchStore()
      .add(1, ["the needle; DROP TABLE words -- %", answer("NEAR(a b) {said} said: rowid")])
      .add(2, ["数 🎉 \\ ' \" * ^", answer("x\u0301 \ue000 end")])
      .add(3, ["words AND OR NOT"]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(parts, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(" ", ""),
        async (all, between) => {
          const query = all.join(between);
          const [indexed, scanned] = [await store.search(query), await store.search(query, { index: false })];
          const sorted = (page: typeof indexed): string[] => numbers(page).split(" ").sort();
          expect({ query, found: sorted(indexed) }).toEqual({ query, found: sorted(scanned) });
          expect(indexed.totalIs === "at most" || indexed.total === indexed.hits.length).toBe(true);
        },
      ),
      { numRuns: runs(400) },
    );
    expect(numbers(await store.search("needle"))).toBe("1");
  });

  test("is too long for the engine", async () => {
    const store = new SearchStore().add(1, ["needle"]);
    for (const query of [
      "needle ".repeat(5000),
      `"${"needle ".repeat(2000)}"`,
      "x OR ".repeat(2000),
      `${"(".repeat(9000)}a`,
    ]) {
      for (const index of both) expect((await store.search(query, { index })).hits.length).toBeLessThanOrEqual(1);
    }
  });
});

describe("a transcript", () => {
  const rows = (): unknown[] => rowsOf(1, ["the needle"]);

  test.each<[what: string, rows: readonly (string | Record<string, unknown>)[]]>([
    [
      "with wrong types",
      [{ type: "user", message: { content: 5 } }, { type: 5 }, { type: "assistant", message: "needle" }],
    ],
    ["that is cut", ['{"type":"user","message":{"role":"user","content":"needle']],
    ["with rows glued together", ['{"type":"tag","tag":"x"}{"type":"tag","tag":"y"}']],
    ["of binary", ["\0\0\u0001", "needle", "[[[["]],
    [
      "with ids that are no ids",
      [{ type: "user", uuid: { a: 1 }, timestamp: [], agentId: 3, message: { content: "x" } }],
    ],
    [
      "with calls whose ids are hostile",
      [
        { type: "assistant", message: { content: [{ type: "tool_use", id: '","', name: "needle2", input: null }] } },
        {
          type: "user",
          message: { content: [{ type: "tool_result", tool_use_id: "x".repeat(10_000), content: "needle" }] },
        },
        { type: "user", message: { content: [{ type: "tool_result", tool_use_id: '","', content: ["needle"] }] } },
      ],
    ],
    ["that is deep", [`{"type":"user","message":{"content":${"[".repeat(5000)}"needle"${"]".repeat(5000)}}}`]],
  ])("%s is searched as far as it can be read", async (_what, hostile) => {
    const store = new SearchStore().addRows(1, [...hostile, ...(rows() as Record<string, unknown>[])]);
    for (const index of both) expect(numbers(await store.search('"the needle"', { index }))).toBe("1");
  });

  test("that is gone, emptied or rewritten since it was indexed gives no wrong hits", async () => {
    const store = new SearchStore()
      .add(1, ["one needle"])
      .add(2, ["two needle"])
      .add(3, ["three needle"])
      .add(4, ["four needle"]);
    expect((await store.search("needle")).total).toBe(4);
    const file = (n: number): string => path.join(store.configDir, "projects", "-w", `${sessionId(n)}.jsonl`);
    fs.rmSync(file(1));
    fs.writeFileSync(file(2), "");
    fs.writeFileSync(file(3), fs.readFileSync(file(3), "utf8").replace("needle", "noodle"));
    const page = await store.search("needle");
    expect(numbers(page).split(" ").sort().join(" ")).toBe("4");
    expect(messages(page)).toEqual(["user said: four [needle]"]);
  });

  test("behind a link is not read", async () => {
    const store = new SearchStore().add(1, ["a needle"]);
    const secret = path.join(store.configDir, "secret.jsonl");
    fs.writeFileSync(secret, "needle in a file elsewhere");
    fs.mkdirSync(path.join(store.configDir, "projects", "-w", sessionId(1), "tool-results"), { recursive: true });
    fs.symlinkSync(secret, path.join(store.configDir, "projects", "-w", sessionId(1), "tool-results", "x.txt"));
    fs.symlinkSync(secret, path.join(store.configDir, "projects", "-w", `${sessionId(2)}.jsonl`));
    for (const index of both) {
      expect(numbers(await store.search("needle", { index }))).toBe("1");
      expect(numbers(await store.search("elsewhere", { index }))).toBe("");
    }
  });
});

describe("a scan", () => {
  test("ends a regular expression that would not end, and says so", async () => {
    const store = new SearchStore().add(1, [`${"a".repeat(60)}!`]).add(2, ["aaa"]);
    const page = await store.search("re:/^(a+)+$/", { index: false });
    expect(numbers(page)).toBe("2");
    expect(page.notes.map(({ code }) => code)).toEqual(["slow"]);
  });

  test("can be aborted, reports progress, and yields to the event loop", async () => {
    const store = new SearchStore();
    for (let n = 1; n <= 30; n++)
      store.add(
        n,
        Array.from({ length: 20 }, (_, i) => `needle ${i} ${"word ".repeat(500)}`),
      );
    const reports: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await store.search("sub:eedl", { index: false, progress: (done) => reports.push(done) });
    clearInterval(timer);
    expect(reports).toEqual([0, 8, 16, 24]);
    expect(turns).toBeGreaterThan(3);
    const controller = new AbortController();
    const search = store.search("sub:eedl", {
      index: false,
      signal: controller.signal,
      progress: () => controller.abort(new Error("enough")),
    });
    await expect(search).rejects.toThrow("enough");
  });

  test("stops when its time is over, and says how far it came", async () => {
    const store = new SearchStore();
    for (let n = 1; n <= 20; n++) store.add(n, ["needle"]);
    const page = await store.search("needle", { index: false, waitMs: 0 });
    expect(page.searched).toBeLessThan(20);
    expect(page.of).toBe(20);
    expect(page.notes.map(({ code }) => code)).toEqual(["partial"]);
  });

  test("is stopped within its time limit", () => {
    let work = 0;
    expect(runWithin(60_000, () => work++)).toBe(true);
    expect(
      runWithin(50, () => {
        for (;;) work++;
      }),
    ).toBe(false);
    expect(() =>
      runWithin(60_000, () => {
        throw new Error("of its own");
      }),
    ).toThrow("of its own");
  });
});
