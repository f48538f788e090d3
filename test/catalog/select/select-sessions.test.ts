import fc from "fast-check";
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { listSessions as runList } from "../../../src/cli/list/list-run.ts";
import { runExport } from "../../../src/cli/export/export-run.ts";
import { cleanUp } from "../../../src/cli/cleanup/cleanup-run.ts";
import { searchTranscripts, selectSessions, type SelectionOptions } from "../../../src/index.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";
import { writeSpending } from "../../support/spending.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", path.join(tempConfigDir(), "cache"));
  vi.stubEnv("TZ", "UTC");
  return () => vi.unstubAllEnvs();
});

/** A session as it was written. Prompts cost 2.5 cents each. */
interface Written {
  readonly prompts: number;
  readonly day: number;
  readonly tag?: string;
  readonly branch: string;
  readonly cwd: string;
  readonly model: string;
}

const SESSIONS: readonly Written[] = [
  { prompts: 1, day: 1, tag: "keep", branch: "main", cwd: "/src/acme", model: "claude-opus-4-5" },
  { prompts: 8, day: 2, branch: "next", cwd: "/src/acme/lib", model: "claude-opus-4-5" },
  { prompts: 4, day: 3, tag: "old", branch: "main", cwd: "/src/other", model: "claude-sonnet-4-5" },
  { prompts: 2, day: 4, tag: "old", branch: "next", cwd: "/src/other", model: "claude-opus-4-5" },
  { prompts: 3, day: 5, branch: "main", cwd: "/src/acme", model: "claude-opus-4-5" },
];

/** The five sessions, the last one archived. */
function store(): string {
  const dir = tempConfigDir();
  for (const [at, { prompts, day, ...options }] of SESSIONS.entries())
    writeSpending(dir, at + 1, prompts, { ...options, at: `2026-08-0${day}T10:00:00Z` });
  const mark = JSON.stringify({ archived: true, at: "2026-09-01T00:00:00Z", by: "sdk" });
  put(dir, `projects/-w/${sessionId(5)}/archived.json`, mark);
  return dir;
}

const numbersOf = (sessions: readonly { readonly sessionId: string }[]): number[] =>
  sessions.map((session) => Number(session.sessionId.slice(-1)));
const day = (n: number): number => Date.parse(`2026-08-0${n}T12:00:00Z`);

describe.each([true, false])("with an index: %s", (index) => {
  test.for<[string, SelectionOptions, number[]]>([
    ["everything", {}, [5, 4, 3, 2, 1]],
    ["since", { since: day(3) }, [5, 4]],
    ["until", { until: day(3) }, [3, 2, 1]],
    ["one of several tags", { tags: ["keep", "old"] }, [4, 3, 1]],
    ["a branch", { branch: "next" }, [4, 2]],
    ["a project by name", { project: "acme" }, [5, 2, 1]],
    ["a project by path", { project: "/src/acme/lib" }, [2]],
    ["a model", { model: "Sonnet" }, [3]],
    ["costs", { minCost: 50_000, maxCost: 75_000 }, [5, 4, 3]],
    ["larger", { larger: 3000 }, [3, 2]],
    ["with a message", { empty: false }, [5, 4, 3, 2, 1]],
    ["without a message", { empty: true }, []],
    ["a text", { query: '"prompt 2 of"' }, [5, 3, 2]],
    ["a text that stands nowhere", { query: "nowhere" }, []],
    ["archived", { archived: true }, [5]],
    ["not archived", { archived: false }, [4, 3, 2, 1]],
    ["of programs", { programmatic: true }, []],
    ["all conditions", { tags: ["old"], branch: "main", query: "answer", maxCost: 300_000, until: day(3) }, [3]],
  ])("%s", async ([, options, expected]) => {
    const dir = store();
    const before = snapshot(dir);
    const { sessions, notes, skipped } = await selectSessions({ ...options, index, configDirs: [dir] });
    expect({ sessions: numbersOf(sessions), notes, skipped }).toEqual({
      sessions: expected,
      notes: [],
      skipped: [],
    });
    expect(snapshot(dir)).toEqual(before);
  });
});

test.for<[string, RegExp]>([
  [" ", /the query has nothing to look for/],
  ["prompt before:2026-13-01", /ignored before:2026-13-01: "2026-13-01" is not a time/],
  ["prompt in:sad", /ignored in:sad: "sad" is none of/],
  ["prompt archived:maybe", /ignored archived:maybe: it must be yes or no/],
  ['prompt "', /there is nothing to look for/],
  ["-brnch:main", /did you mean -branch:main\?/],
  ["-re:/(/", /not a regular expression/],
  ["-tag:", /-tag: has no value directly after it/],
  ["prompt branch: main", /branch: has no value directly after it/],
])("a query of which a part is not understood, %j, selects nothing", async ([query, message]) => {
  await expect(selectSessions({ query, configDirs: [store()] })).rejects.toThrow(message);
});

test.for<[string, number[]]>([
  ["answer -walrus", [5, 4, 3, 1]],
  ["walrus", [2]],
  ["giraffe", []],
])("of copies in several config dirs, the text of the latest counts: %s", async ([query, expected]) => {
  const [dir, other] = [store(), tempConfigDir()];
  const title = (customTitle: string): object => ({ type: "custom-title", customTitle, sessionId: sessionId(2) });
  writeSpending(dir, 2, 1, { at: "2026-08-02T10:00:00Z", middle: [title("giraffe")] });
  writeSpending(other, 2, 1, { at: "2026-08-02T11:00:00Z", middle: [title("walrus")] });
  const { sessions } = await selectSessions({ query, configDirs: [dir, other] });
  expect(numbersOf(sessions)).toEqual(expected);
});

test("what the index has not read yet is read, also if a search has just looked at all files of a large store", async () => {
  const dir = store();
  for (let n = 0; n < 2000; n++) put(dir, `projects/-w/${sessionId(1000 + n)}.jsonl`, `{"type":"filler"}\n`);
  const search = async (): Promise<number> =>
    (await searchTranscripts({ query: "prompt -walrus", configDirs: [dir] })).total;
  // The first one builds the index, the second one finds it up to date.
  expect([await search(), await search()]).toEqual([5, 5]);
  const row = { type: "custom-title", customTitle: "walrus", sessionId: sessionId(3) };
  fs.appendFileSync(path.join(dir, `projects/-w/${sessionId(3)}.jsonl`), `${JSON.stringify(row)}\n`);
  const { sessions } = await selectSessions({ query: "prompt -walrus", configDirs: [dir] });
  expect(numbersOf(sessions)).toEqual([5, 4, 2, 1]);
});

describe("a session with nothing but a notice for the model", () => {
  const row = (n: number, more: object = {}): object => ({
    type: "user",
    uuid: `00000000-0000-4000-8000-00000000000${n}`,
    parentUuid: null,
    isMeta: true,
    isSidechain: false,
    sessionId: sessionId(7),
    timestamp: `2026-08-07T10:0${n}:00Z`,
    message: { role: "user", content: "only a notice" },
    ...more,
  });
  const text = (...rows: object[]): string => rows.map((one) => `${JSON.stringify(one)}\n`).join("");
  const answer = row(2, {
    type: "assistant",
    isMeta: undefined,
    parentUuid: "00000000-0000-4000-8000-000000000001",
    message: { role: "assistant", id: "m", content: [{ type: "text", text: "an answer" }] },
  });
  const queued = { type: "queue-operation", operation: "enqueue", content: "a prompt", sessionId: sessionId(7) };
  const agent = text(row(4, { isMeta: undefined, isSidechain: true, agentId: "a1" }));

  test.for<[string, Record<string, string>, { empty: number[]; others: number[]; notes?: string[] }]>([
    ["is empty", { "": text(row(1)) }, { empty: [7], others: [] }],
    ["is not if a rewind cut off an answer", { "": text(row(1), answer, row(3)) }, { empty: [], others: [7] }],
    ["is not if a prompt was never delivered", { "": text(queued, row(1)) }, { empty: [], others: [7] }],
    ["is not if a subagent worked", { "": text(row(1)), "/subagents/agent-a1": agent }, { empty: [], others: [7] }],
    [
      "is neither if a row is cut short",
      { "": `${text(row(1))}{"type":"user","message":{"role":"user","content":"A long pro\n` },
      { empty: [], others: [], notes: ["1 session has no message that can be read, but rows that cannot"] },
    ],
  ])("%s", async ([, files, { empty, others, notes = [] }]) => {
    const dir = store();
    for (const [name, content] of Object.entries(files)) put(dir, `projects/-w/${sessionId(7)}${name}.jsonl`, content);
    const first = await selectSessions({ empty: true, configDirs: [dir] });
    expect({ sessions: numbersOf(first.sessions), notes: first.notes }).toEqual({ sessions: empty, notes });
    const second = await selectSessions({ empty: false, configDirs: [dir] });
    expect(numbersOf(second.sessions)).toEqual([...others, 5, 4, 3, 2, 1]);
  });
});

test.for<[SelectionOptions, RegExp]>([
  [{ larger: -1 }, /larger must be a number of bytes, got -1/],
  [{ minCost: NaN }, /minCost must be a number/],
  [{ until: NaN }, /until must be a time/],
])("a wrong condition %j is an error", async ([options, message]) => {
  await expect(selectSessions({ ...options, configDirs: [store()] })).rejects.toThrow(message);
});

test("any filter selects the same sessions in lists, in a clean-up and in an export", async () => {
  const dir = store();
  const condition = fc.record(
    {
      since: fc.integer({ min: 1, max: 6 }),
      before: fc.integer({ min: 1, max: 6 }),
      tag: fc.subarray(["keep", "old", "none"], { minLength: 1 }),
      branch: fc.constantFrom("main", "next"),
      project: fc.constantFrom("acme", "/src/other", "lib"),
      model: fc.constantFrom("opus", "SONNET"),
      "min-cost": fc.constantFrom("0.05", "0.06", "$.1"),
      "max-cost": fc.constantFrom("0.05", "0.075", "1"),
      larger: fc.constantFrom("1kB", "2.5kB", "4000"),
      query: fc.constantFrom("prompt", '"prompt 2 of"', "answer -sonnet", "nowhere"),
      archived: fc.constant(true),
    },
    { requiredKeys: [] },
  );
  const filter = condition.filter((one) => Object.keys(one).length > 0);
  await fc.assert(
    fc.asyncProperty(filter, async ({ since, before, ...others }) => {
      const date = (n: number): string => `2026-08-0${n}T12:00Z`;
      const values = {
        ...others,
        ...(since !== undefined && { since: date(since) }),
        ...(before !== undefined && { before: date(before) }),
      };
      if (since !== undefined && before !== undefined && since >= before) return;
      const bytes = (n: number): number => fs.statSync(path.join(dir, `projects/-w/${sessionId(n)}.jsonl`)).size;
      const expected = SESSIONS.map((session, at) => ({ ...session, n: at + 1, bytes: bytes(at + 1) }))
        .filter((one) => isWanted(one, { since, before, ...others }))
        .map(({ n }) => n)
        .sort((a, b) => b - a);
      expect(await listed(dir, values)).toEqual(expected);
      expect(await cleaned(dir, values)).toEqual(expected);
      const oldestFirst = expected.toSorted((a, b) => a - b);
      // As other commands that take several sessions, an export has no --archived.
      expect(others.archived === undefined ? await exported(dir, values) : oldestFirst).toEqual(oldestFirst);
    }),
    { numRuns: runs(200) },
  );
});

interface Conditions {
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  readonly tag?: readonly string[];
  readonly branch?: string;
  readonly project?: string;
  readonly model?: string;
  readonly "min-cost"?: string;
  readonly "max-cost"?: string;
  readonly larger?: string;
  readonly query?: string;
  readonly archived?: boolean;
}

/** Decides each condition by what was written, without any code of the product. */
function isWanted(
  { n, ...session }: Written & { readonly n: number; readonly bytes: number },
  given: Conditions,
): boolean {
  const cents = session.prompts * (session.model.includes("sonnet") ? 1.5 : 2.5);
  const dollars = (text: string): number => Number(text.replace("$", "")) * 100;
  const { since = 0, before = 9, tag, branch, project, model, larger, query } = given;
  const sizes: Readonly<Record<string, number>> = { "1kB": 1000, "2.5kB": 2500, "4000": 4000 };
  return (
    session.day >= since + 1 &&
    session.day <= before &&
    (tag === undefined || tag.includes(session.tag ?? "")) &&
    (branch === undefined || session.branch === branch) &&
    (project === undefined || session.cwd.split("/").includes(project) || session.cwd === project) &&
    (model === undefined || session.model.includes(model.toLowerCase())) &&
    cents >= dollars(given["min-cost"] ?? "0") &&
    cents <= dollars(given["max-cost"] ?? "9") &&
    (larger === undefined || session.bytes > (sizes[larger] ?? 0)) &&
    (query === undefined ||
      query.startsWith("prompt") ||
      query.startsWith("answer") ||
      (query !== "nowhere" && session.prompts > 2)) &&
    (given.archived !== true || n === 5)
  );
}

async function listed(dir: string, values: object): Promise<number[]> {
  const terminal = new FakeTerminal();
  await runList(invocation(terminal, dir, [], { json: true, all: !("archived" in values), ...values }));
  return numbersOf((JSON.parse(terminal.out) as { sessions: { sessionId: string }[] }).sessions);
}

async function cleaned(dir: string, values: object): Promise<number[]> {
  const terminal = new FakeTerminal();
  const all = { "dry-run": true, "include-tagged": true, ...values };
  await cleanUp(invocation(terminal, dir, [], { json: true, ...all }));
  return numbersOf((JSON.parse(terminal.out) as { results: { sessionId: string }[] }).results);
}

/** By id, as in the manifest. */
async function exported(dir: string, values: object): Promise<number[]> {
  const terminal = new FakeTerminal();
  await runExport(invocation(terminal, dir, [], { json: true, "dry-run": true, ...values }));
  return numbersOf((JSON.parse(terminal.out) as { results: { sessionId: string }[] }).results);
}
