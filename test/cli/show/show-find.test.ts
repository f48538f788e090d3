import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { runSearch } from "../../../src/cli/search/search-run.ts";
import { show } from "../../../src/cli/show/show-run.ts";
import { writeSession } from "../../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { everyFixture } from "../../support/every-fixture.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { assistant, type Row, user } from "../../support/rows.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

const id = sessionId(1);
const call = (n: number, parent: number, input: Row): Row =>
  assistant(n, parent, [{ type: "tool_use", id: `t${n}`, name: "Bash", input }]);
const result = (n: number, parent: number, content: string, extra: Row = {}): Row =>
  user(n, parent, [{ type: "tool_result", tool_use_id: `t${parent}`, content }], extra);
const lines = (count: number, word: string, at: number): string =>
  Array.from({ length: count }, (_, i) => (i === at ? `${word} here` : `line ${i}`)).join("\n");

/** Eight messages: prompts and answers by turns, the sixth one with a tool call, the eighth one with a thought. */
const ROWS: readonly Row[] = [
  user(1, null, "Where is the walrus?"),
  assistant(2, 1, "In the kitchen, with a Größe of two."),
  user(3, 2, "Feed the walrus fish"),
  assistant(4, 3, "Fed."),
  user(5, 4, "List the files"),
  call(6, 5, { command: "ls /tmp/tusk.txt" }),
  result(7, 6, lines(60, "walrus", 30)),
  user(8, 7, "Thanks"),
  assistant(9, 8, [
    { type: "thinking", thinking: "The narwhal is hidden." },
    { type: "text", text: "You are welcome." },
  ]),
];

interface Shown {
  readonly code: number;
  readonly terminal: FakeTerminal;
}

async function shown(values: Row, rows = ROWS, terminal = new FakeTerminal()): Promise<Shown> {
  const dir = tempConfigDir();
  writeSession(dir, "-w", id, rows);
  const code = await show(invocation(terminal, dir, [id], values));
  return { code, terminal };
}

// oxlint-disable-next-line no-control-regex
const MARKED = /\u001B\[7m[a-z ]+\u001B\[27m/g;
const numbers = ({ terminal }: Shown): number[] =>
  [...terminal.out.matchAll(/ · #(\d+)/g)].map(([, number]) => Number(number));
const uuid = (n: number): string => String(ROWS[n - 1]?.["uuid"]);

describe("--around", () => {
  test.for<[string, Row, number[], string]>([
    ["a number", { around: "4", context: "1" }, [3, 4, 5], "Not shown: 2 earlier messages, 3 later messages"],
    ["a uuid", { around: uuid(3), context: "1" }, [2, 3, 4], "Not shown: 1 earlier message, 4 later messages"],
    ["a row of a message", { around: uuid(7), context: "0" }, [6], "Not shown: 5 earlier messages, 2 later messages"],
    ["the first message", { around: "1", context: "2" }, [1, 2, 3], "Not shown: 5 later messages"],
    ["three neighbours by default", { around: "4" }, [1, 2, 3, 4, 5, 6, 7], "1 later message"],
    ["neighbours with the wanted role", { around: "4", context: "1", role: ["user"] }, [3, 5], "2 earlier messages"],
  ])("shows a message by %s", async ([, values, expected, foot]) => {
    const found = await shown(values);
    expect(found.code).toBe(0);
    expect(numbers(found)).toEqual(expected);
    expect(found.terminal.out).toContain(foot);
  });

  test("takes the eight characters of a uuid that a search shows", async () => {
    const ids = new Map(ROWS.map((row) => [row["uuid"], randomUUID()]));
    const rows = ROWS.map((row) => ({
      ...row,
      uuid: ids.get(row["uuid"]),
      parentUuid: ids.get(row["parentUuid"]) ?? null,
    }));
    const around = String(ids.get(uuid(3))).slice(0, 8);
    expect(numbers(await shown({ around, context: "0" }, rows))).toEqual([3]);
  });

  test("shows the thoughts of the message, where a search may have found something", async () => {
    expect((await shown({ around: "8", context: "0" })).terminal.out).toContain("The narwhal is hidden.");
  });

  test("shows what a rewind left behind, if it is asked for", async () => {
    const rows = [user(1, null, "a"), assistant(2, 1, "b"), user(3, 2, "left"), user(4, 2, "c"), assistant(5, 4, "d")];
    const all = await shown({ branches: true }, rows);
    const [, left = ""] = /#(\d+)[^\n]*\nleft/.exec(all.terminal.out) ?? [];
    expect((await shown({}, rows)).terminal.out).not.toContain("\nleft");
    const found = await shown({ around: left, context: "0" }, rows);
    expect(numbers(found)).toEqual([Number(left)]);
    expect(found.terminal.out).toContain("\nleft");
  });

  test.for<[string, Row[], number]>([
    [
      "before it",
      [user(1, null, "a"), assistant(2, 1, "b"), user(3, 2, "walrus", { isMeta: true }), user(4, 3, "c")],
      2,
    ],
    ["after it, if it is the first row", [user(3, null, "walrus", { isMeta: true }), user(4, 3, "c")], 1],
  ])("shows the message next to a row for the model only: %s", async ([, rows, expected]) => {
    const hidden = String(user(3, 2, "")["uuid"]);
    const found = await shown({ around: hidden, context: "0" }, rows);
    expect(numbers(found)).toEqual([expected]);
    expect(found.terminal.err).toContain("This is the message next to it.");
  });

  test.for<[Row, string]>([
    [{ around: "9" }, "There is no message 9: the conversation has 8"],
    [{ around: "deadbeef" }, 'No message that is shown has a uuid that begins with "deadbeef"'],
    [{ around: uuid(1).slice(0, 8) }, "Several messages have a uuid that begins with"],
    [{ around: "x" }, 'No message that is shown has a uuid that begins with "x"'],
    [{ around: "1", grep: "x" }, "--around and --grep cannot be used together"],
    [{ around: "1", last: "1" }, "--around and --last cannot be used together"],
    [{ context: "1" }, "--context needs --around or --grep"],
    [{ around: "1", context: "-1" }, '--context must be a number of messages, got "-1"'],
    [{ grep: " " }, '--grep must be a query, got " "'],
    [{ grep: "x", answer: true }, "--answer and --grep cannot be used together"],
  ])("%o is refused", async ([values, message]) => {
    await expect(shown(values)).rejects.toThrow(message);
  });
});

describe("--grep", () => {
  test.for<[string, number[]]>([
    ["walrus", [1, 3, 6]],
    ["walrus fish", [3]],
    ['"the walrus"', [1, 3]],
    ["WAL*", [1, 3, 6]],
    ["walrus -fish", [1, 6]],
    ["fish OR kitchen", [2, 3]],
    ["grosse OR größe", [2]],
    ["sub:alru", [1, 3, 6]],
    ["re:/^Fe+d/", [3, 4]],
    ["in:output walrus", [6]],
    ["role:user walrus", [1, 3]],
    ["tool:Bash walrus", [6]],
    ["tool:Bash", [6]],
    ["narwhal", [8]],
    ["in:said narwhal", []],
    ["after:2026-01-01 thanks", [7]],
    ["before:2020-01-01 thanks", []],
    ["tag:x thanks", [7]],
    ["project:/w thanks", [7]],
    ["project:/other thanks", []],
    ["giraffe", []],
  ])("%s", async ([grep, expected]) => {
    const found = await shown({ grep });
    expect(numbers(found)).toEqual(expected);
    expect(found.code).toBe(expected.length > 0 ? 0 : 1);
    const matches = expected.length === 1 ? "matches" : "match";
    expect(found.terminal.err).toContain(`${expected.length} of 8 messages ${matches}.`);
  });

  test("says what is left out, and what it could not look for", async () => {
    const { terminal } = await shown({ grep: "tag:x walrus" });
    expect(terminal.out).toContain("Not shown: 5 messages that do not match");
    expect(terminal.err).toContain("Ignored tag: because it is about sessions, not messages.");
  });

  test.for<[string, Row, number[], string]>([
    ["the last of them", { grep: "walrus", last: "1" }, [6], "2 earlier messages, 5 messages that do not match"],
    [
      "those from a message on",
      { grep: "walrus", from: "2" },
      [3, 6],
      "1 earlier message, 5 messages that do not match",
    ],
    ["their neighbours too", { grep: "fish", context: "1" }, [2, 3, 4], "5 messages that do not match"],
  ])("shows %s", async ([, values, expected, foot]) => {
    const found = await shown(values);
    expect(numbers(found)).toEqual(expected);
    expect(found.terminal.out).toContain(foot);
  });

  test("long output is folded around the lines that match, which are marked", async () => {
    const terminal = new FakeTerminal({ columns: 80, colors: true });
    await shown({ grep: "walrus", last: "1", "no-pager": true }, ROWS, terminal);
    expect(terminal.out).toContain("\u001B[7mwalrus\u001B[27m here");
    expect(terminal.out).toContain("line 29");
    expect(terminal.out).not.toContain("line 27\n");
    expect(terminal.out).toContain("… 28 more lines");
    expect(terminal.out).toContain("… 27 more lines");
  });

  test("marks stay in place where a line is wrapped", async () => {
    const terminal = new FakeTerminal({ columns: 40, colors: true, isTty: true });
    const rows = [user(1, null, `${"word ".repeat(7)}blue walrus ${"word ".repeat(9)}walrus`)];
    vi.stubEnv("PAGER", "cat");
    const found = await shown({ grep: '"blue walrus" OR walrus', "no-pager": true }, rows, terminal);
    expect(found.terminal.out.match(MARKED)).toEqual([
      "\u001B[7mblue\u001B[27m",
      "\u001B[7mwalrus\u001B[27m",
      "\u001B[7mwalrus\u001B[27m",
    ]);
  });

  test("json has the matches of each message", async () => {
    const { terminal } = await shown({ grep: "walrus", json: true });
    const document = JSON.parse(terminal.out) as {
      messages: { number: number; matches: { snippet: string; marks: [number, number][]; column: string }[] }[];
      omitted: Row;
      notes: string[];
    };
    expect(document.messages.map(({ number }) => number)).toEqual([1, 3, 6]);
    expect(
      document.messages.map(({ matches }) =>
        matches.map(({ column, snippet, marks }) => [column, ...marks.map(([from, to]) => snippet.slice(from, to))]),
      ),
    ).toEqual([[["said", "walrus"]], [["said", "walrus"]], [["output", "walrus"]]]);
    expect(document.omitted).toMatchObject({ notMatching: 5, before: 0, after: 0 });
    expect(document.notes).toEqual(["3 of 8 messages match"]);
  });

  test("markdown quotes what was found", async () => {
    const { terminal } = await shown({ grep: "fish", format: "markdown" });
    expect(terminal.out).toContain("> Feed the walrus **fish**\n\nFeed the walrus fish");
  });

  test("jsonl has the rows of the messages, as in the transcript", async () => {
    const { terminal } = await shown({ grep: "walrus", format: "jsonl" });
    expect(
      terminal.out
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as Row)["uuid"]),
    ).toEqual([1, 3, 6, 7].map(uuid));
  });

  test("finds what stands only in the file of a long output", async () => {
    const dir = tempConfigDir();
    const stub = `<persisted-output>\nOutput too large (90KB). Full output saved to: /x/tool-results/out.txt\n\nPreview (first 2KB):\nbeginning\n...\n</persisted-output>`;
    writeSession(dir, "-w", id, [user(1, null, "go"), call(2, 1, { command: "x" }), result(3, 2, stub)]);
    put(dir, `projects/-w/${id}/tool-results/out.txt`, `beginning\n${lines(3000, "walrus", 2000)}`);
    const terminal = new FakeTerminal();
    expect(await show(invocation(terminal, dir, [id], { grep: "walrus" }))).toBe(0);
    expect(numbers({ code: 0, terminal })).toEqual([2]);
    expect(terminal.out).toContain("Found in the rest of the output:");
    expect(terminal.out).toContain("walrus here");
  });
});

test("each match of a search can be opened by the words that it is printed with", async () => {
  const dir = tempConfigDir();
  const queued = {
    type: "queue-operation",
    operation: "enqueue",
    timestamp: "2026-01-01T01:00:00.000Z",
    sessionId: id,
  };
  const stub =
    "<persisted-output>\nOutput too large (90KB). Full output saved to: /x/tool-results/out.txt\n\nPreview (first 2KB):\nbeginning\n...\n</persisted-output>";
  writeSession(dir, "-w", id, [
    ...ROWS,
    call(10, 9, { command: "y" }),
    result(11, 10, stub),
    { ...queued, content: "a zebra waits in the queue" },
  ]);
  put(dir, `projects/-w/${id}/tool-results/out.txt`, `beginning\n${lines(3000, "zebra", 2000)}`);
  const agent = [user(1, null, "Look for a zebra"), assistant(2, 1, "A zebra stands there.")];
  const inside = agent.map((row) => JSON.stringify({ ...row, isSidechain: true, agentId: "a1b2c3" })).join("\n");
  put(dir, `projects/-w/${id}/subagents/agent-a1b2c3.jsonl`, `${inside}\n`);
  const terminal = new FakeTerminal();
  expect(await runSearch({ ...invocation(terminal, dir, ["walrus OR zebra"], { matches: "9" }), json: true })).toBe(0);
  const { hits } = JSON.parse(terminal.out) as { hits: { matches: { open: string; snippet: string }[] }[] };
  const matches = hits.flatMap((hit) => hit.matches);
  expect(matches.length).toBeGreaterThan(5);
  expect(matches.filter(({ open }) => open.includes("--grep")).length).toBeGreaterThan(0);
  for (const { open, snippet } of matches) {
    const [name, session = "", ...rest] = open.replaceAll("'", "").split(" ");
    expect(name).toBe("show");
    const values = Object.fromEntries(
      rest.flatMap((word, i) => (word.startsWith("--") ? [[word.slice(2), rest[i + 1]]] : [])),
    );
    const opened = new FakeTerminal();
    expect(await show(invocation(opened, dir, [session], { ...values, context: "0", full: true }))).toBe(0);
    const [word = ""] = /walrus|zebra/.exec(snippet) ?? [];
    expect(opened.out).toContain(word);
    const shownMessages = numbers({ code: 0, terminal: opened }).length;
    expect(open.includes("--around") ? shownMessages : 1).toBe(1);
  }
});

test("each match of a search in the fixtures that has an id can be opened by it", async () => {
  const dir = everyFixture();
  const terminal = new FakeTerminal();
  const query = ["walrus OR the OR a* OR s*"];
  expect(await runSearch({ ...invocation(terminal, dir, query, { matches: "50", limit: "500" }), json: true })).toBe(0);
  const { hits } = JSON.parse(terminal.out) as { hits: { matches: { open: string; uuid?: string }[] }[] };
  const matches = hits.flatMap((hit) => hit.matches).filter(({ uuid }) => uuid !== undefined);
  expect(matches.length).toBeGreaterThan(100);
  for (const { open } of matches) {
    const [, session = "", ...rest] = open.replaceAll("'", "").split(" ");
    const values = Object.fromEntries(
      rest.flatMap((word, i) => (word.startsWith("--") ? [[word.slice(2), rest[i + 1]]] : [])),
    );
    expect(await show(invocation(new FakeTerminal(), dir, [session], { ...values, context: "0" })), open).toBe(0);
  }
});

test("a subagent that only `progress` rows report leads to the message next to its row", async () => {
  const inner = {
    type: "user",
    uuid: "80000000-1111-4000-8000-000000000000",
    message: { role: "user", content: "hi" },
  };
  const reported = {
    type: "progress",
    parentUuid: null,
    sessionId: id,
    data: { type: "agent_progress", agentId: "abc123", message: inner },
  };
  const { code, terminal } = await shown({ subagent: "abc123", around: "80000000" }, [user(1, null, "go"), reported]);
  expect(code).toBe(0);
  expect(terminal.out).toContain("You · #1");
  expect(terminal.err).toContain("a message of a subagent. This is the message next to it.");
});
