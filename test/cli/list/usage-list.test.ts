import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { runSearch } from "../../../src/cli/search/search-run.ts";
import { usageOfSessions } from "../../../src/catalog/facts/session-usage.ts";
import { SessionTable } from "../../../src/cli/list/session-table.ts";
import { usageWarnings } from "../../../src/cli/list/usage-list.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { UsageError } from "../../../src/cli/terminal/command.ts";
import { listSessions } from "../../../src/cli/list/list-run.ts";
import { show } from "../../../src/cli/show/show-run.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { snapshot } from "../../support/snapshot.ts";
import { writeSpending } from "../../support/spending.ts";

let cache: string;
beforeEach(() => {
  cache = path.join(tempConfigDir(), "cache");
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("TZ", "UTC");
  return () => vi.unstubAllEnvs();
});

/** Three sessions: the latest is the cheapest by a model without a price, the oldest has the largest file. */
function store(): string {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 2, { at: "2026-08-01T10:00:00Z", middle: [{ type: "filler", text: "x".repeat(50_000) }] });
  writeSpending(dir, 2, 40, { at: "2026-08-02T10:00:00Z" });
  writeSpending(dir, 3, 5, { at: "2026-08-03T10:00:00Z", model: "mystery" });
  return dir;
}

async function listed(dir: string, values: object, terminal = new FakeTerminal()): Promise<FakeTerminal> {
  expect(await listSessions(invocation(terminal, dir, [], { ...values }))).toBe(0);
  return terminal;
}

interface Document {
  readonly sessions: readonly { sessionId: string; usage?: { cost: number; messages: number; isComplete: boolean } }[];
  readonly pending?: number;
}
const json = async (dir: string, values: object): Promise<Document> =>
  JSON.parse((await listed(dir, { ...values, json: true })).out) as Document;
const order = ({ sessions }: Document): number[] => sessions.map(({ sessionId: id }) => Number(id.slice(-1)));

test.for<[string | undefined, number[]]>([
  [undefined, [3, 2, 1]],
  ["activity", [3, 2, 1]],
  ["cost", [2, 1, 3]],
  ["messages", [2, 3, 1]],
  ["size", [1, 2, 3]],
])("--sort %s", async ([sort, expected]) => {
  const dir = store();
  const before = snapshot(dir);
  expect(order(await json(dir, { sort }))).toEqual(expected);
  expect(order(await json(dir, { sort, limit: "2" }))).toEqual(expected.slice(0, 2));
  expect(snapshot(dir)).toEqual(before);
});

test.each([[{}], [{ sort: "size" }], [{ json: true }]])("--wait with %j only is refused", async (values) => {
  const dir = store();
  await expect(listed(dir, { ...values, wait: true })).rejects.toThrow(
    new UsageError("--wait needs --cost, --sort cost or --sort messages"),
  );
});

test.each([[{ cost: true }], [{ sort: "cost" }], [{ sort: "messages" }]])("--wait with %j waits", async (values) => {
  expect(await json(store(), { ...values, wait: true })).toMatchObject({ pending: 0 });
});

test("--cost adds messages and cost, and says what the figures lack", async () => {
  const dir = store();
  const { sessions, pending } = await json(dir, { cost: true });
  expect(pending).toBe(0);
  expect(sessions.map(({ usage }) => [usage?.messages, usage?.cost, usage?.isComplete])).toEqual([
    [10, 0, true],
    [80, 1_000_000, true],
    [4, 50_000, true],
  ]);
  const terminal = await listed(dir, { cost: true });
  expect(terminal.out.split("\n").map((line) => line.split(/ {2,}/).slice(-2).join(" "))).toEqual([
    "10 ≥$0.00",
    "80 $1.00",
    "4 $0.05",
    "",
  ]);
  expect(terminal.err).toContain("Without a known price, and not in the costs: 5.0k tokens of mystery.");
});

test("a plain list, or one by size, neither makes an index nor reads one", async () => {
  const dir = store();
  for (const sort of [undefined, "size"]) {
    const { sessions } = await json(dir, { sort });
    expect(sessions.every(({ usage }) => usage === undefined)).toBe(true);
  }
  expect(fs.existsSync(cache)).toBe(false);
});

test("on a terminal, messages and cost have columns", async () => {
  const terminal = await listed(store(), { sort: "cost", limit: "1" }, new FakeTerminal({ isTty: true, columns: 100 }));
  const [head = "", first = ""] = terminal.out.split("\n");
  expect(head).toMatch(/MESSAGES +COST$/);
  expect(first).toMatch(/80 +\$1\.00$/);
});

test("without an index the transcripts are read", async () => {
  vi.stubEnv("CLAUDE_TRANSCRIPTS_INDEX", "off");
  expect(order(await json(store(), { sort: "cost" }))).toEqual([2, 1, 3]);
  expect(fs.existsSync(cache)).toBe(false);
});

test("an unknown order is refused", async () => {
  await expect(json(store(), { sort: "name" })).rejects.toThrow(
    '--sort must be activity, cost, messages or size, got "name"',
  );
});

test("show says what a session cost if an index has it, and reads none anew", async () => {
  const dir = store();
  const head = async (): Promise<string> => {
    const terminal = new FakeTerminal({ isTty: true, columns: 200 });
    await show(invocation(terminal, dir, [sessionId(2)], { "no-pager": true }));
    return terminal.out.split("\n")[1] ?? "";
  };
  expect(await head()).toMatch(/ · 80 messages$/);
  expect(fs.existsSync(cache)).toBe(false);
  await runSearch(invocation(new FakeTerminal(), dir, ["prompt"]));
  expect(await head()).toMatch(/ · 80 messages · 40 tool calls · 1h 19m active · \$1\.00$/);
  const file = path.join(dir, `projects/-w/${sessionId(2)}.jsonl`);
  put(dir, path.relative(dir, file), `${fs.readFileSync(file, "utf8")}\n`);
  expect(await head()).toMatch(/ · ≥\$1\.00$/);
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [sessionId(2)], { json: true }));
  const { session } = JSON.parse(terminal.out) as { session: { usage: object } };
  expect(session.usage).toMatchObject({ cost: 1_000_000, isComplete: false, models: ["claude-opus-4-5"] });
});

test("says how many sessions are not counted yet, and marks them", async () => {
  const dir = store();
  const usages = await usageOfSessions({ configDirs: [dir] });
  const usage = new Map(usages.usage);
  const known = usage.get(sessionId(2));
  usage.delete(sessionId(1));
  if (known !== undefined) usage.set(sessionId(2), { ...known, isComplete: false });
  const table = new SessionTable({
    width: undefined,
    heads: false,
    colors: false,
    shortId: (id) => id,
    now: 0,
    ofOneProject: false,
    usage,
  });
  const { sessions } = await openStore([dir]).page({});
  expect(table.lines(sessions, true).map((line) => line.split(/ {2,}/).slice(-2))).toEqual([
    ["10", "≥$0.00"],
    ["≥80", "≥$1.00"],
    ["?", "?"],
  ]);
  const warnings = usageWarnings({ ...usages, usage, pending: 2 }, [sessionId(2)]);
  expect(warnings).toEqual([
    "2 sessions are not counted completely yet: ? stands for what is not known, ≥ for what may be more. To wait for it, use --wait.",
    expect.stringMatching(/^Prices of /),
  ]);
});
