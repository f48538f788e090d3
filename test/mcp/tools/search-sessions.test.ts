/** Searches of everything, and that each hit is shown by the call that it has. */
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { searchSessions } from "../../../src/mcp/tools/search-sessions.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { turnRows, writeSession } from "../../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere as here, type McpClient } from "../../support/mcp-client.ts";
import { tokensOf } from "../../support/mcp-pages.ts";
import { ids, quietContext, rows, store, titled, withOwnIds } from "../../support/mcp-store.ts";
import { assistant, result, type Row, user } from "../../support/rows.ts";
import { caseConfigDir, caseNames } from "../../support/surfaces.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

interface Hit {
  readonly id: string;
  readonly matches: readonly {
    readonly read: Readonly<Record<string, unknown>>;
    readonly who: string;
    readonly snippet: string;
    readonly alsoIn?: readonly string[];
  }[];
  readonly more?: number;
}

async function hitsOf({ call }: McpClient, query: string, more: Row = {}): Promise<readonly Hit[]> {
  const told = await call("search_sessions", { query, scope: "all", ...more });
  expect(told.isError ? told.text : "").toBe("");
  return rows(told, "hits") as unknown as readonly Hit[];
}

test("the best come first, each match with its speaker, its words marked, and the call that shows it", async () => {
  const { call } = await here(store());
  const told = await call("search_sessions", { query: "parser", scope: "all" });
  expect(rows(told, "hits")).toMatchObject([
    {
      id: "22222222",
      title: "Parser by table",
      branch: "parser",
      matches: [
        { who: "title", snippet: "«Parser» by table", read: { session: "22222222" } },
        { who: "user", time: "2026-01-02T00:00Z", snippet: "fix the «parser»" },
        { who: "assistant", snippet: "answer to fix the «parser»" },
      ],
    },
    { id: "44444444", title: "parser of dates" },
  ]);
  expect(told.structured).toMatchObject({ total: 2, totalIs: "exact", searched: 4, outside: 0 });
  const [, token = ""] = /^--- transcript data ([a-z]{4}): /m.exec(told.text) ?? [];
  expect(told.text).toContain(
    `\n${token} user 2026-01-02T00:00Z: read_session {"session":"22222222","around":"00000002-0000-4000-8000-000000000001"}  fix the «parser»\n`,
  );
});

/** All of the same store, whose index is built once. */
const FOUND: readonly (readonly [args: Row, ids: readonly string[]])[] = [
  [{ query: "dates PARSER" }, ["44444444"]],
  [{ query: "dates table" }, []],
  [{ query: "dates OR table" }, ["22222222", "44444444"]],
  [{ query: "parser -dates" }, ["22222222"]],
  [{ query: "CAFÉ closed?" }, ["11111111"]],
  [{ query: "cafe" }, ["11111111"]],
  [{ query: "arse" }, []],
  [{ query: "sub:arse" }, ["22222222", "44444444"]],
  [{ query: "re:/d.tes$/" }, ["44444444"]],
  [{ query: "keep" }, ["11111111"]],
  [{ query: "branch:parser" }, ["22222222"]],
  [{ query: '"let me see" café' }, ["11111111"]],
  [{ query: "tool:Bash ls parser" }, []],
  [{ query: "parser", project: "elsewhere" }, ["44444444"]],
  [{ query: "parser", scope: "here" }, ["22222222"]],
  [{ query: "dates", scope: "here" }, []],
];

test("a query finds the sessions that match all of it", async () => {
  const { call } = await here(store());
  for (const [args, expected] of FOUND) {
    const told = await call("search_sessions", { scope: "all", ...args });
    expect({ args, found: ids(told, "hits").sort() }).toEqual({ args, found: expected });
    expect(told.structured, JSON.stringify(args)).toMatchObject({ total: expected.length, totalIs: "exact" });
  }
});

test.each(["", "  ", "in:said", "after:whenever"])("a query with nothing to look for is refused: %j", async (query) => {
  const { call } = await here(store());
  expect(await call("search_sessions", { query })).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^query/),
  });
});

test("a message that another session repeats is shown once, with the sessions that have it too", async () => {
  const one = await here(store());
  const hits = await hitsOf(one, '"I shall look"');
  expect(hits.map(({ id, matches }) => [id, matches[0]?.alsoIn]).toSorted()).toEqual([
    ["22222222", undefined],
    ["22222223", ["11111111"]],
    ["44444444", undefined],
  ]);
  const { text } = await one.call("search_sessions", { query: "shall", scope: "all" });
  expect(text).toContain(", also in 11111111: read_session {");
  expect(text).toContain("4 of 4 sessions match.");
  expect(text).toContain("1 more session matches, not shown because it only repeats messages of these.");
});

test("without words the call shows the session", async () => {
  const { call } = await here(store());
  const told = await call("search_sessions", { query: "tag:keep" });
  expect(rows(told, "hits")).toMatchObject([{ id: "11111111", matches: [], read: { session: "11111111" } }]);
  expect(told.text).toContain(' read_session {"session":"11111111"}\n');
});

test("a part of a query that is left out is named", async () => {
  const { call } = await here(store());
  const { text } = await call("search_sessions", { query: "parser after:whenever", scope: "all" });
  expect(text).toContain('Ignored after:whenever: "whenever" is not a time');
});

test("where nothing here matches, all projects are searched, which is said; not if a scope is given", async () => {
  const { call } = await here(store());
  const widened = "all projects, since nothing matches in /w and its git worktrees";
  const told = await call("search_sessions", { query: "dates" });
  expect(ids(told, "hits")).toEqual(["44444444"]);
  expect(told.structured).toMatchObject({ scope: widened, outside: 0 });
  const nothing = await call("search_sessions", { query: "giraffe" });
  expect(nothing.structured).toMatchObject({ scope: "here (/w and its git worktrees)", hits: [], outside: 1 });
  expect(nothing.text).toContain("0 of 3 sessions match.");
});

test.each([
  ["/w", {}],
  ["/empty", {}],
  ["/elsewhere", {}],
  ["/elsewhere", { scope: "all" }],
])("pages have each session once, from %s with %j", async (projectDir, more) => {
  const dir = tempConfigDir();
  const SESSIONS = 12;
  for (let n = 1; n <= SESSIONS; n++) {
    const prompt = `${"lorem ipsum ".repeat(13)} needle ${"dolor ".repeat(50)}`;
    writeSession(dir, "-w", sessionId(n), withOwnIds([...turnRows(prompt, n), titled(`Session ${n}`)], n));
  }
  writeSession(dir, "-elsewhere", sessionId(99), withOwnIds(turnRows("another", 1), 99), { cwd: "/elsewhere" });
  const { call } = await here(dir, { projectDir });
  const seen: string[] = [];
  let cursor: unknown;
  do {
    const told = await call("search_sessions", { query: "needle", limit: 5, cursor: cursor ?? null, ...more });
    seen.push(...rows(told, "hits").map(({ title }) => title));
    expect(told.structured).toMatchObject({ total: SESSIONS, totalIs: "exact" });
    const hits = rows(told, "hits") as unknown as readonly Hit[];
    for (const { snippet } of hits.flatMap(({ matches }) => matches)) {
      expect(snippet).toContain("«needle»");
      expect(snippet.length).toBeLessThanOrEqual(260);
    }
    cursor = told.structured?.["nextCursor"];
    expect(told.text.includes("Next page: the same arguments with cursor:")).toBe(cursor !== undefined);
  } while (cursor !== undefined && seen.length < 99);
  expect(new Set(seen).size).toBe(SESSIONS);
  expect(seen).toHaveLength(SESSIONS);
});

test("a cursor of another search is refused", async () => {
  const { call } = await here(store());
  const told = await call("search_sessions", { query: "parser", scope: "all", limit: 1 });
  const cursor = told.structured?.["nextCursor"];
  for (const args of [
    { query: "parsers", cursor },
    { query: "parser", cursor: "x" },
  ]) {
    expect(await call("search_sessions", { scope: "all", ...args })).toMatchObject({
      isError: true,
      text: expect.stringMatching(/cursor/i),
    });
  }
});

test("the budget holds: matches go first, and are counted; then sessions, which are on the next page", async () => {
  const dir = tempConfigDir();
  const SESSIONS = 8;
  for (let n = 1; n <= SESSIONS; n++) {
    const said = Array.from({ length: 6 }, (_, i) => `${"word ".repeat(40)} needle ${i} ${"数据 ".repeat(20)}`);
    const own = said.map((text, i) => (i % 2 === 0 ? user : assistant)(i + 1, i === 0 ? null : i, text));
    writeSession(dir, "-w", sessionId(n), withOwnIds([...own, titled(`Session ${n}`)], n));
  }
  const { call } = await here(dir);
  for (const maxTokens of [600, 1500, 4000, 20_000]) {
    const seen: string[] = [];
    let cursor: unknown;
    do {
      const told = await call("search_sessions", { query: "needle", maxTokens, cursor: cursor ?? null });
      expect(tokensOf(told.text)).toBeLessThanOrEqual(maxTokens);
      expect(tokensOf(JSON.stringify(told.structured))).toBeLessThanOrEqual(maxTokens);
      const hits = rows(told, "hits") as unknown as readonly (Hit & { title: string })[];
      for (const { matches, more = 0 } of hits) expect(matches.length + more).toBeGreaterThanOrEqual(6);
      seen.push(...hits.map(({ title }) => title));
      cursor = told.structured?.["nextCursor"];
      expect(told.text.includes("because its rows are long")).toBe(cursor !== undefined);
    } while (cursor !== undefined && seen.length < 99);
    expect([...seen].sort()).toEqual(Array.from({ length: SESSIONS }, (_, n) => `Session ${n + 1}`));
  }
});

test("progress is told while transcripts are read", async () => {
  const told: number[] = [];
  const service = {
    store: openStore([store()]),
    options: { projectDir: "/w", cwd: "/w", sessionId: undefined, includeProgrammatic: true, startedByClient: false },
  };
  const progress = (done: number): void => void told.push(done);
  await searchSessions.call({ query: "re:/parser/", scope: "all" }, { ...quietContext(service), progress });
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

test.each([
  ["CLAUDE_TRANSCRIPTS_ENGINE", "none"],
  ["CLAUDE_TRANSCRIPTS_INDEX", "off"],
])("without an index (%s=%s) the transcripts are read, which is said", async (name, value) => {
  vi.stubEnv(name, value);
  const one = await here(store());
  expect((await hitsOf(one, "parser")).map(({ id }) => id).sort()).toEqual(["22222222", "44444444"]);
  expect((await one.call("search_sessions", { query: "parser" })).text).toContain("no search index here");
});

const PLANTED = "The walrus of the harbour sleeps at noon";
const far = (units: number): string => `${"plain words of no interest\n".repeat(units / 27)}${PLANTED}, they say.\n`;
const ID = sessionId(1);
const thinking = (text: string): Row => assistant(2, 1, [{ type: "thinking", thinking: text, signature: "x" }]);
const bash = (command: string): Row =>
  assistant(2, 1, [{ type: "tool_use", id: "toolu_1", name: "Bash", input: { command } }]);
const output = (text: string): Row => user(3, 2, [{ type: "tool_result", tool_use_id: "toolu_1", content: text }]);

/** Rows after the first prompt, and how the match is told. */
const PLACES: Readonly<Record<string, readonly [who: string, ...rows: Row[]]>> = {
  "a prompt": ["user", user(2, 1, PLANTED)],
  "a long prompt": ["user", user(2, 1, far(90_000))],
  "an answer": ["assistant", assistant(2, 1, PLANTED)],
  "a thought": ["thinking", thinking(far(300))],
  "the input of a tool": ["Bash input", bash(PLANTED), result(3, 2, "toolu_1")],
  "a long input": ["Bash input", bash(far(90_000)), result(3, 2, "toolu_1")],
  "the output of a tool": ["Bash output", bash("ls"), output(PLANTED)],
  "an output that a page cuts": ["Bash output", bash("ls"), output(far(4000))],
  "an output of several pages": ["Bash output", bash("ls"), output(far(150_000))],
  "the first of two outputs at once": [
    "Bash output",
    bash("ls"),
    assistant(3, 2, [{ type: "tool_use", id: "toolu_2", name: "Bash", input: { command: "ls" } }], {
      message: "msg_2",
    }),
    user(4, 3, [{ type: "tool_result", tool_use_id: "toolu_1", content: far(60_000) }]),
    user(5, 4, [{ type: "tool_result", tool_use_id: "toolu_2", content: "plain words\n".repeat(5000) }]),
  ],
  "a note to the model": ["note", user(2, 1, PLANTED, { isMeta: true })],
  "a subagent in progress rows": [
    "assistant",
    bash("ls"),
    {
      type: "progress",
      uuid: "00000000-0000-4000-8000-0000000000aa",
      timestamp: "2026-01-01T00:00:05.000Z",
      parentToolUseID: "toolu_1",
      data: { type: "agent_progress", agentId: "a1b2c3", message: assistant(7, null, PLANTED), prompt: "go" },
    },
    result(3, 2, "toolu_1"),
  ],
};

describe("two calls lead to the sentence in", () => {
  async function readFirst(one: McpClient): Promise<string> {
    const [hit] = await hitsOf(one, '"walrus of the harbour"');
    const [match] = hit?.matches ?? [];
    expect(match?.snippet).toContain("«walrus of the harbour» sleeps");
    const told = await one.call("read_session", match?.read);
    expect(told.isError ? told.text : "").toBe("");
    expect(told.text.replaceAll(/\s+/g, " ")).toContain(PLANTED);
    return match?.who ?? "";
  }

  test.each(Object.entries(PLACES))("%s", async (_, [who, ...more]) => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", ID, [user(1, null, "go"), ...more, assistant(8, 1, "done")]);
    expect(await readFirst(await here(dir))).toBe(who);
  });

  test("a subagent's own file", async () => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", ID, [user(1, null, "go")]);
    const sidechain = [user(11, null, "look"), assistant(12, 11, PLANTED)].map((row) => ({
      ...row,
      isSidechain: true,
      agentId: "a7f3",
      sessionId: ID,
    }));
    const file = path.join("projects", "-w", ID, "subagents", "agent-a7f3.jsonl");
    put(dir, file, sidechain.map((row) => `${JSON.stringify(row)}\n`).join(""));
    expect(await readFirst(await here(dir))).toBe("assistant");
  });
});

describe("every hit is shown by its call", () => {
  test.each(caseNames)("%s", async (name) => {
    const one = await here(caseConfigDir(name));
    // A scan finds words in texts of every kind.
    const hits = await hitsOf(one, "re:/\\p{L}{4}/u", { limit: 50, maxTokens: 20_000 });
    for (const { read } of hits.flatMap(({ matches }) => matches)) {
      const told = await one.call("read_session", read);
      expect({ read, said: told.isError ? told.text : "" }).toEqual({ read, said: "" });
    }
  });

  test("of the transcripts of tools", async () => {
    const dir = tempConfigDir();
    const replays = fs.readdirSync("fixtures/replay").filter((file) => file.endsWith(".jsonl"));
    for (const [n, file] of replays.entries()) {
      put(dir, `projects/-w/${sessionId(n + 1)}.jsonl`, fs.readFileSync(path.join("fixtures/replay", file)));
    }
    const one = await here(dir);
    for (const place of ["said", "thinking", "input", "output"]) {
      const hits = await hitsOf(one, `re:/\\p{L}{4}/u in:${place}`, { limit: 50, maxTokens: 20_000 });
      for (const { read } of hits.flatMap(({ matches }) => matches)) {
        const told = await one.call("read_session", read);
        expect({ read, said: told.isError ? told.text : "" }).toEqual({ read, said: "" });
      }
    }
  });
});
