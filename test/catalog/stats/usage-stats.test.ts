import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { usageStats } from "../../../src/catalog/stats/usage-stats.ts";
import {
  type Usage,
  USAGE_GROUPINGS,
  type UsageCounts,
  type UsageOptions,
} from "../../../src/catalog/stats/usage-types.ts";
import { generateStore } from "../../../scripts/check-cost/generate.mjs";
import { readCharges, spendOf, unrecordedOf } from "../../../scripts/check-cost/truth.mjs";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { runs, SEED } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

interface RequestOptions {
  readonly model?: string;
  readonly branch?: string;
  readonly cwd?: string;
  readonly request?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly calls?: readonly string[];
}

/** Rows of a prompt and its answer, one minute later. Opus 4.5 answers with 1000 output tokens: 2.5 cents. */
function exchange(id: string, time: string, options: RequestOptions = {}): object[] {
  const { model = "claude-opus-4-5", branch = "main", cwd = "/w", request = `${id}${time}`, calls = [] } = options;
  const at = Date.parse(time);
  const common = { sessionId: id, cwd, gitBranch: branch, isSidechain: false };
  const blocks = calls.map((name, n) => ({ type: "tool_use", id: `${request}${n}`, name, input: {} }));
  const usage = { input_tokens: 0, output_tokens: 1000, ...options.usage };
  const content = [{ type: "text", text: "answer" }, ...blocks];
  return [
    { ...common, type: "user", timestamp: new Date(at).toISOString(), message: { role: "user", content: "prompt" } },
    {
      ...common,
      type: "assistant",
      requestId: request,
      timestamp: new Date(at + 60_000).toISOString(),
      message: { id: `m${request}`, role: "assistant", model, content, stop_reason: "end_turn", usage },
    },
  ];
}

function session(configDir: string, n: number, rows: readonly object[], key = "-w"): string {
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  return put(configDir, `projects/${key}/${sessionId(n)}.jsonl`, text, { mtime: Date.parse("2026-11-30") / 1000 + n });
}

const stats = (configDir: string, options: UsageOptions = {}): Promise<Usage> =>
  usageStats({ timeZone: "UTC", ...options, configDirs: [configDir] });

/** Cents by key. */
const cents = ({ groups }: Usage): Record<string, number> =>
  Object.fromEntries(groups.map(({ key, cost }) => [key, cost / 10_000]));

const ADDITIVE = [
  "prompts",
  "turns",
  "messages",
  "toolCalls",
  "requests",
  "webSearches",
  "cost",
  "unrecordedCost",
  "unpricedTokens",
  "lowerBounds",
  "active",
  "linesAdded",
  "linesRemoved",
] as const satisfies readonly (keyof UsageCounts)[];

describe("made-up stores with forks, copies, subagents and records of the CLI", () => {
  test("cost what a second implementation says, with and without the index", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 12 }), async (seed, sessions) => {
        const configDir = tempConfigDir();
        generateStore(configDir, { seed, sessions });
        const charges = readCharges(configDir);
        const { spend } = spendOf(charges);
        const all = [...spend, ...unrecordedOf(charges, spend)];
        const expected: readonly [by: "session" | "model" | "day", keyOf: (of: (typeof all)[number]) => string][] = [
          ["session", ({ session }) => session],
          ["model", ({ model }) => model],
          ["day", ({ ts }) => (ts === 0 ? "" : new Date(ts * 1000).toISOString().slice(0, 10))],
        ];
        for (const [by, keyOf] of expected) {
          const sums = new Map<string, number>();
          for (const one of all) sums.set(keyOf(one), (sums.get(keyOf(one)) ?? 0) + one.micros);
          const usage = await stats(configDir, { by });
          for (const { key, cost } of usage.groups)
            expect(Math.abs(cost - (sums.get(key) ?? 0))).toBeLessThanOrEqual(2);
          for (const key of sums.keys()) expect(usage.groups.map((group) => group.key)).toContain(key);
          expect(usage.totals.requests).toBe(spend.length);
        }
        for (const by of USAGE_GROUPINGS) {
          const usage = await stats(configDir, { by });
          expect(await stats(configDir, { by, index: false })).toEqual(usage);
          const counted = by === "tool" ? (["toolCalls"] as const) : ADDITIVE;
          for (const name of counted)
            expect(usage.groups.reduce((sum, group) => sum + group[name], 0)).toBe(usage.totals[name]);
        }
      }),
      { numRuns: runs(40) },
    );
  });

  test("nothing below the config dir changes", async () => {
    const configDir = tempConfigDir();
    generateStore(configDir, { seed: SEED, sessions: 5 });
    const before = snapshot(configDir);
    await stats(configDir);
    await stats(configDir, { index: false });
    expect(snapshot(configDir)).toEqual(before);
  });
});

describe("groups by time", () => {
  const configDir = (): string => {
    const dir = tempConfigDir();
    session(dir, 1, [
      ...exchange(sessionId(1), "2026-03-28T23:10:00Z"),
      ...exchange(sessionId(1), "2026-03-29T00:40:00Z"),
      ...exchange(sessionId(1), "2026-03-30T00:40:00Z"),
    ]);
    session(dir, 2, exchange(sessionId(2), "2026-04-01T12:00:00Z"));
    return dir;
  };

  test.for<[by: "day" | "week" | "month", timeZone: string, cents: Record<string, number>]>([
    ["day", "UTC", { "2026-03-28": 2.5, "2026-03-29": 2.5, "2026-03-30": 2.5, "2026-04-01": 2.5 }],
    ["day", "Europe/Berlin", { "2026-03-29": 5, "2026-03-30": 2.5, "2026-04-01": 2.5 }],
    ["day", "Asia/Kathmandu", { "2026-03-29": 5, "2026-03-30": 2.5, "2026-04-01": 2.5 }],
    ["day", "America/Los_Angeles", { "2026-03-28": 5, "2026-03-29": 2.5, "2026-04-01": 2.5 }],
    ["week", "UTC", { "2026-03-23": 5, "2026-03-30": 5 }],
    ["week", "America/Los_Angeles", { "2026-03-23": 7.5, "2026-03-30": 2.5 }],
    ["month", "UTC", { "2026-03": 7.5, "2026-04": 2.5 }],
  ])("by %s in %s", async ([by, timeZone, expected]) => {
    const usage = await stats(configDir(), { by, timeZone });
    expect(cents(usage)).toEqual(expected);
    expect(usage.groups.map(({ key }) => key)).toEqual(Object.keys(expected).sort());
  });

  test("since and until count whole quarters of an hour, and sessions that did something then", async () => {
    const dir = configDir();
    const of = async (since: string, until: string): Promise<[number, number]> => {
      const times = { since: Date.parse(since), until: Date.parse(until) };
      const { totals } = await stats(dir, times);
      return [totals.requests, totals.sessions];
    };
    expect(await of("2026-03-29T00:00:00Z", "2026-03-29T23:59:59.999Z")).toEqual([1, 1]);
    expect(await of("2026-03-29T00:44:00Z", "2026-04-01T12:00:00Z")).toEqual([3, 2]);
    expect(await of("2026-03-29T00:45:00Z", "2026-04-01T11:59:00Z")).toEqual([1, 1]);
    expect(await of("2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z")).toEqual([0, 0]);
  });

  test("requests without a time have no day", async () => {
    const dir = tempConfigDir();
    const rows = exchange(sessionId(1), "2026-03-28T23:10:00Z").map((row) => ({ ...row, timestamp: "never" }));
    session(dir, 1, rows);
    expect(cents(await stats(dir))).toEqual({ "": 2.5 });
  });
});

test("a subagent's request without a time, in the session's file, is of the row before it", async () => {
  const dir = tempConfigDir();
  const id = sessionId(1);
  const message = { ...exchange(id, "2026-03-28T10:00:00Z", { request: "inner" })[1], timestamp: undefined };
  const progress = { type: "progress", sessionId: id, data: { type: "agent_progress", agentId: "a1", message } };
  session(dir, 1, [...exchange(id, "2026-03-28T10:00:00Z"), progress]);
  for (const index of [true, false]) expect(cents(await stats(dir, { index }))).toEqual({ "2026-03-28": 5 });
});

describe("groups and filters", () => {
  const configDir = (): string => {
    const dir = tempConfigDir();
    session(dir, 1, [
      ...exchange(sessionId(1), "2026-03-01T10:00:00Z", { calls: ["Read", "Read", "Bash"] }),
      ...exchange(sessionId(1), "2026-03-01T11:00:00Z", { model: "claude-haiku-4-5", branch: "next" }),
      { type: "tag", tag: "keep", sessionId: sessionId(1) },
    ]);
    session(dir, 2, exchange(sessionId(2), "2026-03-02T10:00:00Z", { model: "glm-5", cwd: "/v" }), "-v");
    return dir;
  };

  test.for<[by: NonNullable<UsageOptions["by"]>, cents: Record<string, number>]>([
    ["model", { "claude-opus-4-5": 2.5, "claude-haiku-4-5": 0.5, "glm-5": 0 }],
    ["branch", { main: 2.5, next: 0.5 }],
    ["tag", { keep: 3, "": 0 }],
    ["project", { "/w": 3, "/v": 0 }],
    ["repository", { "/w": 3, "/v": 0 }],
    ["session", { [sessionId(1)]: 3, [sessionId(2)]: 0 }],
    ["tool", { Read: 0, Bash: 0 }],
  ])("by %s, the dearest first", async ([by, expected]) => {
    const usage = await stats(configDir(), { by });
    expect(cents(usage)).toEqual(expected);
    expect(usage.groups.map(({ key }) => key)).toEqual(Object.keys(expected));
    expect(usage.totals.cost).toBe(30_000);
  });

  test.each([true, false])("by tag, a session counts under each of its tags (index: %s)", async (index) => {
    const dir = configDir();
    const file = path.join(dir, "projects", "-w", `${sessionId(1)}.jsonl`);
    fs.appendFileSync(file, `${JSON.stringify({ type: "claude-transcripts-annotation", tags: ["keep", "bug"] })}\n`);
    const usage = await stats(dir, { by: "tag", index });
    expect(cents(usage)).toEqual({ bug: 3, keep: 3, "": 0 });
    expect(usage.totals).toMatchObject({ cost: 30_000, sessions: 2 });
    expect(usage.notes).toEqual(["A session with several tags counts under each of them, in the totals once."]);
    expect((await stats(dir, { by: "tag", index, dir: "/v" })).notes).toEqual([]);
    expect((await stats(dir, { index, tag: "bug" })).totals.requests).toBe(2);
  });

  test("models without a price are named, and what they used is counted", async () => {
    const { totals } = await stats(configDir());
    expect(totals).toMatchObject({ unpricedModels: ["glm-5"], unpricedTokens: 1000, requests: 3, sessions: 2 });
  });

  test("by tool, the calls of each are counted", async () => {
    const { groups, totals } = await stats(configDir(), { by: "tool" });
    expect(groups.map(({ key, toolCalls, sessions }) => [key, toolCalls, sessions])).toEqual([
      ["Read", 2, 1],
      ["Bash", 1, 1],
    ]);
    expect(totals).toMatchObject({ toolCalls: 3, prompts: 3, cost: 30_000 });
  });

  test("prompts and calls count for the model and the branch of their quarter of an hour", async () => {
    const { groups } = await stats(configDir(), { by: "branch" });
    expect(groups.map(({ key, prompts, toolCalls }) => [key, prompts, toolCalls])).toEqual([
      ["main", 2, 3],
      ["next", 1, 0],
    ]);
    expect((await stats(configDir(), { branch: "next" })).totals).toMatchObject({
      prompts: 1,
      toolCalls: 0,
      requests: 1,
    });
  });

  test.for<[options: UsageOptions, requests: number]>([
    [{ model: "OPUS" }, 1],
    [{ model: "claude" }, 2],
    [{ tag: "keep" }, 2],
    [{ tag: "kee" }, 0],
    [{ branch: "main" }, 2],
    [{ branch: "mai" }, 0],
    [{ dir: "/w" }, 2],
    [{ dir: "/v" }, 1],
    [{ dir: "/w", moreDirs: ["/v"] }, 3],
    [{ dir: "/nowhere" }, 0],
    [{ dir: "" }, 3],
    [{ dir: "/w", model: "haiku", tag: "keep" }, 1],
  ])("%j: %d requests", async ([options, requests]) => {
    expect((await stats(configDir(), options)).totals.requests).toBe(requests);
  });

  test.for<[options: object, message: string]>([
    [{ by: "year" }, `by must be one of ${USAGE_GROUPINGS.join(", ")}, got "year"`],
    [{ since: Number.NaN }, 'since must be a time in milliseconds since 1970, got "NaN"'],
    [{ timeZone: "Mars" }, 'timeZone must be the name of a time zone such as Europe/Berlin, got "Mars"'],
  ])("%j is refused", async ([options, message]) => {
    await expect(stats(tempConfigDir(), options)).rejects.toThrow(message);
  });
});

describe("worktrees", () => {
  test("are of one repository, also those that are gone", async () => {
    const dir = tempConfigDir();
    const repository = path.join(dir, "acme");
    fs.mkdirSync(path.join(repository, ".git", "objects"), { recursive: true });
    fs.mkdirSync(path.join(repository, ".git", "refs"));
    fs.writeFileSync(path.join(repository, ".git", "HEAD"), "ref: refs/heads/main\n");
    const key = (cwd: string): string => cwd.replaceAll(/[^a-zA-Z0-9]/g, "-");
    const gone = path.join(repository, ".claude", "worktrees", "fix");
    for (const [n, cwd] of [repository, gone].entries())
      session(dir, n, exchange(sessionId(n), "2026-03-01T10:00:00Z", { cwd }), key(cwd));
    expect(cents(await stats(dir, { by: "repository" }))).toEqual({ [repository]: 5 });
    expect(cents(await stats(dir, { by: "project" }))).toEqual({ [repository]: 2.5, [gone]: 2.5 });
    expect((await stats(dir, { dir: repository })).totals.sessions).toBe(2);
    expect((await stats(dir, { dir: repository, includeWorktrees: false })).totals.sessions).toBe(1);
  });
});

describe("records of the CLI", () => {
  const record = (n: number, totalCostUSD: number): object => ({
    type: "cost-state",
    sessionId: sessionId(n),
    totalCostUSD,
  });
  const rows = (n: number, time = "2026-03-01T10:00:00Z", request = "r"): object[] =>
    exchange(sessionId(n), time, { request });

  test("a higher one counts, and the difference is shown", async () => {
    const dir = tempConfigDir();
    session(dir, 1, [...rows(1), record(1, 1), record(1, 0.04)]);
    const usage = await stats(dir, { by: "session" });
    expect(usage.totals).toMatchObject({ cost: 40_000, unrecordedCost: 15_000 });
    expect(usage.groups).toMatchObject([{ cost: 40_000, unrecordedCost: 15_000 }]);
    expect(cents(await stats(dir, { by: "model" }))).toEqual({ "claude-opus-4-5": 4 });
    expect((await stats(dir, { model: "haiku" })).totals.cost).toBe(0);
  });

  test("a lower one is older than the last requests, and does not count", async () => {
    const dir = tempConfigDir();
    session(dir, 1, [...rows(1), record(1, 0.001)]);
    expect((await stats(dir)).totals).toMatchObject({ cost: 25_000, unrecordedCost: 0 });
  });

  test("that of a fork has the cost of its origin in it, which is counted once", async () => {
    const dir = tempConfigDir();
    session(dir, 1, [...rows(1), record(1, 0.03)]);
    const copied = rows(1).map((row) => ({ ...row, sessionId: sessionId(2) }));
    session(dir, 2, [...copied, ...rows(2, "2026-03-02T10:00:00Z", "r2"), record(2, 0.06)]);
    expect(cents(await stats(dir, { by: "session" }))).toEqual({ [sessionId(1)]: 3, [sessionId(2)]: 2.5 });
  });
});

test("prompts and calls that a fork repeats count once", async () => {
  const dir = tempConfigDir();
  const origin = exchange(sessionId(1), "2026-03-01T10:00:00Z", { request: "r1", calls: ["Bash"] });
  session(dir, 1, origin);
  const own = exchange(sessionId(2), "2026-03-01T12:00:00Z", { request: "r2", calls: ["Bash", "Read"] });
  session(dir, 2, [...origin.map((row) => ({ ...row, sessionId: sessionId(2) })), ...own]);
  for (const index of [true, false]) {
    const { groups, totals } = await stats(dir, { by: "session", index });
    expect(totals).toMatchObject({ prompts: 2, turns: 2, toolCalls: 3, requests: 2 });
    expect(groups.map(({ key, prompts, toolCalls }) => [key, prompts, toolCalls])).toEqual([
      [sessionId(2), 1, 2],
      [sessionId(1), 1, 1],
    ]);
    const { groups: tools } = await stats(dir, { by: "tool", index });
    expect(tools.map(({ key, toolCalls }) => [key, toolCalls])).toEqual([
      ["Bash", 2],
      ["Read", 1],
    ]);
  }
});

test("a session whose requests only have the ids of another one's is no fork", async () => {
  const dir = tempConfigDir();
  for (const n of [1, 2]) {
    const rows = exchange(sessionId(n), `2026-03-0${n}T10:00:00Z`, { request: "again" });
    session(dir, n, [...rows, { type: "cost-state", sessionId: sessionId(n), totalCostUSD: 0.025 }]);
  }
  for (const index of [true, false])
    expect((await stats(dir, { index })).totals).toMatchObject({ sessions: 2, prompts: 2, requests: 1, cost: 50_000 });
});

test("of a session in two config dirs, the one that was active last counts", async () => {
  const dirs = [tempConfigDir(), tempConfigDir()];
  const first = exchange(sessionId(1), "2026-03-01T10:00:00Z");
  session(dirs[0] as string, 1, [...first, ...exchange(sessionId(1), "2026-03-02T10:00:00Z")]);
  session(dirs[1] as string, 1, first);
  session(dirs[1] as string, 2, exchange(sessionId(2), "2026-03-02T10:00:00Z"));
  for (const configDirs of [dirs, dirs.toReversed()]) {
    const { totals } = await usageStats({ configDirs, timeZone: "UTC" });
    expect(totals).toMatchObject({ sessions: 2, requests: 3, cost: 75_000 });
  }
});

test("an empty store has nothing", async () => {
  const usage = await stats(tempConfigDir());
  expect(usage).toMatchObject({ by: "day", groups: [], notes: [], skipped: [], totals: { sessions: 0, cost: 0 } });
});
