import { beforeEach, describe, expect, test, vi } from "vitest";
import { stats } from "../../../src/cli/stats/stats-run.ts";
import { widthOf } from "../../../src/cli/terminal/width.ts";
import { USAGE_GROUPINGS } from "../../../src/catalog/stats/usage-types.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  vi.stubEnv("TZ", "UTC");
  vi.stubEnv("COLUMNS", "");
  return () => vi.unstubAllEnvs();
});

interface StoreOptions {
  readonly branch?: string;
  readonly model?: string;
  readonly stop?: string | null;
}

/** A config dir with a session of `days` days, each of which cost 2.5 cents more than the one before. */
function store(days = 3, { branch = "main", model = "claude-opus-4-5", stop = "end_turn" }: StoreOptions = {}): string {
  const dir = tempConfigDir();
  const id = sessionId(1);
  const rows = Array.from({ length: days }, (_, n) => {
    const timestamp = new Date(Date.UTC(2026, 0, 1 + 2 * n, 12)).toISOString();
    const common = { sessionId: id, cwd: "/w/acme", gitBranch: branch, timestamp };
    const usage = { input_tokens: 10, output_tokens: 1000 * (n + 1) };
    const message = { id: `m${n}`, model, content: [], stop_reason: stop, usage };
    return [
      { ...common, type: "user", message: { role: "user", content: "A question" } },
      { ...common, type: "assistant", requestId: `r${n}`, message },
    ];
  }).flat();
  put(dir, `projects/-w-acme/${id}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return dir;
}

async function run(dir: string, values: object = {}, terminal = new FakeTerminal()): Promise<FakeTerminal> {
  expect(await stats(invocation(terminal, dir, [], { ...values }))).toBe(0);
  return terminal;
}

describe("a pipe", () => {
  test("gets the table and the totals, and the remarks on stderr", async () => {
    const { out, err } = await run(store());
    expect(out).toBe(
      [
        "DAY          COST  TOKENS  SESSIONS  PROMPTS  TURNS  CALLS  ACTIVE  ADDED  REMOVED",
        "2026-01-01  $0.03    1.0k         1        1      1      0      0m",
        "2026-01-03  $0.05    2.0k         1        1      1      0      0m",
        "2026-01-05  $0.08    3.0k         1        1      1      0      0m",
        "Total       $0.15    6.0k         1        3      3      0      0m",
        "",
      ].join("\n"),
    );
    expect(err).toBe("Prices of 2026-09-23.\n");
  });

  test("is told what has no price, and what may have cost more", async () => {
    const unpriced = await run(store(1, { model: "glm-5" }), { by: "model" });
    expect(unpriced.out).toMatch(/^glm-5 +≥\$0\.00 /m);
    expect(unpriced.err).toContain("Without a known price, and not in the costs: 1.0k tokens of glm-5.\n");
    const open = await run(store(2, { stop: null }));
    expect(open.out).toMatch(/^Total +≥\$0\.08 /m);
    expect(open.err).toContain("≥: 2 requests may have cost more");
  });

  test("gets all groups, or as many as it asks for, with the totals of all", async () => {
    const { out, err } = await run(store(40), { limit: "2" });
    expect(out.split("\n").map((line) => line.split(/ {2,}/)[0])).toEqual([
      "DAY",
      "2026-03-18",
      "2026-03-20",
      "Total",
      "",
    ]);
    expect(out).toMatch(/^Total +\$20\.50 /m);
    expect(err).toContain("Showing the last 2 of 40 groups.");
    expect((await run(store(40))).out.split("\n")).toHaveLength(43);
  });

  test("gets JSON that is what the library returns", async () => {
    const { out } = await run(store(), { json: true, by: "session" });
    expect(JSON.parse(out)).toMatchObject({
      by: "session",
      groups: [{ key: sessionId(1), title: "A question", cwd: "/w/acme", cost: 150_150, requests: 3 }],
      totals: { sessions: 1, cost: 150_150, tokens: { input: 30, output: 6000 } },
      prices: { published: "2026-09-23" },
    });
  });

  test("gets CSV, of which a spreadsheet runs nothing", async () => {
    const { out } = await run(store(1, { branch: '=HYPERLINK("x"),\u001B[31m' }), { csv: true, by: "branch" });
    const [head, row, end] = out.split("\r\n");
    expect(head).toMatch(/^branch,sessions,prompts,.*,cost_usd,/);
    expect(row).toMatch(/^"'=HYPERLINK\(""x""\),[^"]*",1,1,1,2,0,1,10,1000,0,0,0,0,0\.025050,0\.000000,0,,0,0,0,0$/);
    expect(end).toBe("");
    expect(out).not.toContain("\u001B");
  });

  test("is told that there is nothing", async () => {
    const dir = tempConfigDir();
    const { out } = await run(dir, { tag: "none" });
    expect(out).toBe(`nothing to count in ${dir} with --tag none\n`);
  });
});

describe("a terminal", () => {
  const terminal = (columns: number, colors = false): FakeTerminal =>
    new FakeTerminal({ columns, isTty: true, colors });

  test("gets bars, and a line of the costs of all days", async () => {
    const { out } = await run(store(), {}, terminal(100));
    expect(out.split("\n").slice(0, 4)).toEqual([
      "2026-01-01 ▃ ▆ █ 2026-01-05",
      "",
      "DAY          COST                TOKENS  SESSIONS  PROMPTS  TURNS  CALLS  ACTIVE",
      "2026-01-01  $0.03  ████            1.0k         1        1      1      0      0m",
    ]);
  });

  test("gets the last 30 days", async () => {
    const { out, err } = await run(store(40), {}, terminal(100));
    expect(out.match(/^2026-\d\d-\d\d {2}/gm)).toHaveLength(30);
    expect(out).toMatch(/^2026-01-01 .* 2026-03-20$/m);
    expect(err).toContain("Showing the last 30 of 40 groups. To see more, use --limit N.");
  });

  test.each(USAGE_GROUPINGS)("of any width gets lines that fit it, by %s", async (by) => {
    const dir = store(5, { branch: "日本語の長い名前".repeat(9) });
    for (const columns of [20, 40, 60, 80, 120, 200]) {
      const { out } = await run(dir, { by }, terminal(columns));
      for (const line of out.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, 24));
    }
  });

  test("has colours only if it can show them", async () => {
    expect((await run(store(), {}, terminal(100))).out).not.toContain("\u001B");
    expect((await run(store(), {}, terminal(100, true))).out).toContain("\u001B[1mTotal");
  });
});

test.for<[values: object, message: string]>([
  [
    { by: "year" },
    '--by must be day, week, month, project, repository, model, branch, tag, tool or session, got "year"',
  ],
  [{ limit: "0" }, '--limit must be a positive integer, got "0"'],
  [{ csv: true, json: true }, "--csv and --json cannot be used together"],
  [{ since: "today", until: "yesterday" }, '--since "today" is later than --until "yesterday"'],
  [{ since: "soon" }, '--since must be a time, got "soon"'],
])("%j is wrong", async ([values, message]) => {
  await expect(stats(invocation(new FakeTerminal(), tempConfigDir(), [], { ...values }))).rejects.toThrow(message);
});
