import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { show } from "../../../src/cli/show/show-run.ts";
import { writeSession } from "../../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { assistant, boundary, rewind, type Row, summary, system, user } from "../../support/rows.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
  vi.stubEnv("PAGER", "cat");
});
afterEach(() => vi.unstubAllEnvs());

const id = sessionId(1);
const call = (n: number, parent: number, name: string, input: Row, toolId = `t${n}`): Row =>
  assistant(n, parent, [{ type: "tool_use", id: toolId, name, input }]);
const answer = (n: number, parent: number, toolId: string, content: unknown, extra: Row = {}, failed = false): Row =>
  user(n, parent, [{ type: "tool_result", tool_use_id: toolId, content, ...(failed && { is_error: true }) }], extra);
const count = (n: number): string => Array.from({ length: n }, (_, i) => `line ${i + 1}`).join("\n");

/** What `show` prints of these rows. */
async function shown(
  rows: readonly Row[],
  values: Row = {},
  terminal: FakeTerminal = new FakeTerminal(),
): Promise<string> {
  const dir = tempConfigDir();
  writeSession(dir, "-w", id, rows);
  expect(await show(invocation(terminal, dir, [id.slice(0, 8)], values))).toBe(0);
  return terminal.out;
}

/** The same without the lines about the session. */
const body = async (rows: readonly Row[], values: Row = {}): Promise<string> => {
  const text = await shown(rows, values);
  return text.slice(text.indexOf("\n\n") + 2).trimEnd();
};

describe("a message", () => {
  test("what a person and the model said", async () => {
    expect(await shown([user(1, null, "Hello.\n\nThere."), assistant(2, 1, "# Hi\n\n- there")])).toBe(
      `Hello. There.
${id} · /w · 2 messages

You · #1 · 2026-01-01 00:00
Hello.

There.

Claude · #2 · 00:00
# Hi

- there
`,
    );
  });

  test.for<[string, Row[], string]>([
    [
      "a command and what it printed are one message",
      [
        user(1, null, "<local-command-caveat>Caveat</local-command-caveat>", { isMeta: true }),
        user(
          2,
          1,
          "<command-name>/cost</command-name>\n<command-message>cost</command-message>\n<command-args>all</command-args>",
        ),
        user(3, 2, "<local-command-stdout>$ 0.10</local-command-stdout>"),
        assistant(4, 3, "ok"),
      ],
      "You · #1 · 2026-01-01 00:00\n/cost all\n  │ $ 0.10\n\nClaude · #2 · 00:00\nok",
    ],
    [
      "bash mode",
      [
        user(1, null, "<bash-input>ls &amp;&amp; pwd</bash-input>"),
        user(2, 1, "<bash-stdout>a &lt;b&gt;</bash-stdout><bash-stderr>no</bash-stderr>"),
      ],
      "You · #1 · 2026-01-01 00:00\n! ls && pwd\n  │ a <b>\n  │ no",
    ],
    [
      "reminders are left out, and counted",
      [
        user(1, null, [
          { type: "text", text: "<system-reminder>x</system-reminder>" },
          { type: "text", text: "do it" },
        ]),
      ],
      "You · #1 · 2026-01-01 00:00\ndo it\n\nNot shown: 1 reminder to the model (--format json).",
    ],
    [
      "thoughts are left out, and counted",
      [
        user(1, null, "u"),
        assistant(2, 1, [{ type: "thinking", thinking: "hm" }], { message: "m" }),
        assistant(3, 2, "a", { message: "m" }),
      ],
      "You · #1 · 2026-01-01 00:00\nu\n\nClaude · #2 · 00:00\na\n\nNot shown: 1 thought (--thinking).",
    ],
    [
      "messages with nothing in them have numbers, and are counted",
      [user(1, null, "u"), assistant(2, 1, []), assistant(3, 2, " "), assistant(4, 3, "a")],
      "You · #1 · 2026-01-01 00:00\nu\n\nClaude · #4 · 00:00\na\n\nNot shown: 2 empty messages.",
    ],
    [
      "rows of one answer, with the results between them, are one message",
      [
        user(1, null, "u"),
        assistant(2, 1, "both", { message: "m" }),
        assistant(3, 2, [{ type: "tool_use", id: "a", name: "Bash", input: { command: "ls" } }], { message: "m" }),
        assistant(4, 3, [{ type: "tool_use", id: "b", name: "Bash", input: { command: "pwd" } }], { message: "m" }),
        answer(5, 3, "a", "x", { toolUseResult: {} }),
        answer(6, 4, "b", "y"),
        assistant(7, 6, "done", { message: "n" }),
      ],
      "You · #1 · 2026-01-01 00:00\nu\n\nClaude · #2 · 00:00\nboth\n\n● Bash ls\n  │ x\n\n● Bash pwd\n  │ y\n\nClaude · #3 · 00:00\ndone",
    ],
    [
      "a result that comes later names its call; one without a call says so",
      [
        call(1, 0, "Agent", { description: "Look", prompt: "p" }, "a"),
        user(2, 1, "u"),
        answer(3, 2, "a", "found"),
        answer(4, 3, "z", "lost"),
      ],
      "Claude · #1 · 2026-01-01 00:00\n● Agent Look\n  │ p\n  │ no result in this message\n\nYou · #2 · 00:00\nu\n\nClaude · #3 · 00:00\n● Result of Agent Look\n  │ found\n\nClaude · #4 · 00:00\n● Result of a call that is not in this transcript\n  │ lost",
    ],
    [
      "an interruption, an error of the API and a note of the CLI",
      [
        user(1, null, "[Request interrupted by user for tool use]"),
        assistant(2, 1, "API Error: 500", { isApiErrorMessage: true }),
        system(3, 2, "informational", { content: "Careful." }),
        system(4, 3, "turn_duration", { content: undefined }),
      ],
      "Note · #1 · 2026-01-01 00:00\nRequest interrupted by user for tool use\n\nNote · #2 · 00:00\nAPI Error: 500\n\nNote · #3 · 00:00\nCareful.",
    ],
    [
      "pictures, documents and blocks we do not know",
      [
        user(1, null, [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "A".repeat(4000) } },
          { type: "document", title: "Plan", source: { type: "text", data: "abc" } },
          { type: "hologram" },
        ]),
      ],
      "You · #1 · 2026-01-01 00:00\n[image/png, 3.0 kB]\n\n[document Plan, 3 B]\n\n[hologram]",
    ],
  ])("%s", async ([, rows, text]) => {
    expect(await body(rows)).toBe(text);
  });

  test("thoughts are distinguished from messages", async () => {
    const rows = [
      assistant(1, null, [
        { type: "thinking", thinking: "hm\nwell" },
        { type: "text", text: "yes" },
      ]),
    ];
    const said = "Claude · #1 · 2026-01-01 00:00\nThought:\n  │ hm\n  │ well\n\nyes";
    expect(await body(rows, { thinking: true })).toBe(said);
    expect(await body(rows, { thinking: true, format: "markdown" })).toContain("*Thought:*\n\n> hm\n> well\n\nyes");
  });

  test("a session without a message says so", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${id}.jsonl`, '{"type":"summary"}\n');
    const terminal = new FakeTerminal();
    expect(await show(invocation(terminal, dir, [id]))).toBe(0);
    expect(terminal.out).toBe(`${id} · 0 messages\n\nno messages\n`);
  });
});

describe("tools", () => {
  test.for<[string, string, Row, unknown, Row, string]>([
    [
      "a path below the directory is short",
      "Read",
      { file_path: "/w/src/a.ts", offset: 3, limit: 2 },
      "x",
      {},
      "● Read src/a.ts:3-4\n  │ x",
    ],
    ["another is not", "Read", { file_path: "/etc/hosts" }, "x", {}, "● Read /etc/hosts\n  │ x"],
    [
      "a command of several lines",
      "Bash",
      { command: "a\nb", description: "Both" },
      "x",
      {},
      "● Bash Both\n  │ a\n  │ b\n  │ x",
    ],
    [
      "a search",
      "Grep",
      { pattern: "foo", path: "/w/src", glob: "*.ts" },
      "a.ts",
      {},
      "● Grep foo in src *.ts\n  │ a.ts",
    ],
    [
      "an edit shows the change with its lines in the file",
      "Edit",
      { file_path: "/w/a.ts", old_string: "b", new_string: "c" },
      "The file has been updated",
      { structuredPatch: [{ oldStart: 9, oldLines: 2, newStart: 9, newLines: 2, lines: [" a", "-b", "+c"] }] },
      "● Edit a.ts\n  │ @@ line 9 @@\n  │  9  a\n  │ 10 -b\n  │ 10 +c",
    ],
    [
      "an edit without a record shows what the call says",
      "Edit",
      { file_path: "/w/a.ts", old_string: "b", new_string: "c\nd" },
      "ok",
      {},
      "● Edit a.ts\n  │ - b\n  │ + c\n  │ + d",
    ],
    [
      "a new file",
      "Write",
      { file_path: "/w/a", content: "x\ny\n" },
      "ok",
      { type: "create", structuredPatch: [] },
      "● Write a\n  │ 1 +x\n  │ 2 +y",
    ],
    [
      "a cell that went, of which the call has no text",
      "NotebookEdit",
      { notebook_path: "/w/n.ipynb", cell_id: "c", edit_mode: "delete", new_source: "gone" },
      "Deleted cell c",
      {},
      "● NotebookEdit n.ipynb\n  │ Deleted cell c",
    ],
    [
      "a question with what may be answered",
      "AskUserQuestion",
      { questions: [{ question: "a?", options: [{ label: "x", description: "y" }] }, { question: "b?" }] },
      "ok",
      {},
      "● AskUserQuestion\n  │ a?\n  │ - x: y\n  │\n  │ b?\n  │ ok",
    ],
    [
      "todos",
      "TodoWrite",
      { todos: [{ content: "a", status: "completed" }, { content: "b" }] },
      "ok",
      {},
      "● TodoWrite\n  │ [x] a\n  │ [ ] b",
    ],
    [
      "a subagent that has no transcript is not offered",
      "Agent",
      { description: "D" },
      "r",
      { agentId: "a1" },
      "● Agent D\n  │ r",
    ],
    [
      "a tool that we do not know",
      "mcp__x__y",
      { q: "a\n b", n: 1 },
      [{ type: "text", text: "r" }],
      {},
      "● mcp__x__y q: a b, n: 1\n  │ r",
    ],
    ["a tool with the name of a property", "constructor", {}, "r", {}, "● constructor\n  │ r"],
    [
      "output without end",
      "Bash",
      { command: "c" },
      count(20),
      {},
      `● Bash c\n${[...Array(8).keys()].map((i) => `  │ line ${i + 1}`).join("\n")}\n  │ … 8 more lines\n  │ line 17\n  │ line 18\n  │ line 19\n  │ line 20`,
    ],
  ])("%s", async ([, name, input, content, structured, text]) => {
    const rows = [call(1, 0, name, input), answer(2, 1, "t1", content, { toolUseResult: structured })];
    expect((await body(rows)).replace(/\n\nNot shown[^]*/, "")).toBe(`Claude · #1 · 2026-01-01 00:00\n${text}`);
  });

  test("a failure, without the tag around it", async () => {
    const rows = [
      call(1, 0, "Edit", { file_path: "/w/a" }),
      answer(2, 1, "t1", "<tool_use_error>no</tool_use_error>", {}, true),
    ];
    expect(await body(rows)).toContain("● Edit a\n  │ no");
  });

  test("what is folded is counted, and --full shows it", async () => {
    const rows = [call(1, 0, "Bash", { command: "c" }), answer(2, 1, "t1", `${count(40)}\n${"x".repeat(3000)}`)];
    const folded = await body(rows);
    expect(folded).toContain("… 29 more lines");
    expect(folded).toContain(`${"x".repeat(500)}… (2,500 more characters)`);
    expect(folded).toMatch(/Not shown: 29 lines of output \(--full\)\.$/);
    const full = await body(rows, { full: true });
    for (const line of [...count(40).split("\n"), "x".repeat(3000)]) expect(full).toContain(`  │ ${line}`);
    expect(full).not.toContain("Not shown");
  });
});

describe("which messages", () => {
  const rows = [
    user(1, null, "one"),
    assistant(2, 1, "two"),
    boundary(3, 2),
    summary(4, 3),
    user(5, 4, "three"),
    assistant(6, 5, "four"),
    user(7, 6, "gone"),
    assistant(8, 7, "gone too"),
    rewind(6),
    user(9, 6, "five"),
    call(10, 9, "Bash", { command: "ls" }),
    answer(11, 10, "t10", "out"),
  ];
  const numbers = async (values: Row): Promise<string> => {
    const text = await shown(rows, values);
    const found = [...text.matchAll(/^(\w)\w+ · #(\d+)/gm)].map(([, who, number]) => `${who}${number}`).join(" ");
    return `${found}; ${/Not shown: (.*)\.$/m.exec(text)?.[1] ?? ""}`;
  };
  const gone = "2 messages on a branch that a rewind left behind (--branches)";

  test.for<[Row, string]>([
    [{}, `Y1 C2 N3 N4 Y5 C6 Y7 C8; ${gone}`],
    [{ branches: true }, "Y1 C2 N3 N4 Y5 C6 Y7 C8 Y9 C10; "],
    [{ current: true }, `N3 N4 Y5 C6 Y7 C8; 2 messages before the compaction, ${gone}`],
    [{ last: "2" }, `Y7 C8; 6 earlier messages, ${gone}`],
    [{ last: "99" }, `Y1 C2 N3 N4 Y5 C6 Y7 C8; ${gone}`],
    [{ from: "6" }, `C6 Y7 C8; 5 earlier messages, ${gone}`],
    [{ from: "6", last: "1" }, `C8; 7 earlier messages, ${gone}`],
    [{ from: "00000000-0000-4000-8000-00000000000b" }, `C8; 7 earlier messages, ${gone}`],
    [{ from: "2026-01-01T00:00:09" }, `Y7 C8; 6 earlier messages, ${gone}`],
    [{ role: ["user"] }, `Y1 Y5 Y7; 5 messages with other roles, ${gone}`],
    [{ role: ["user"], last: "2" }, `Y5 Y7; 4 earlier messages, 2 messages with other roles, ${gone}`],
    [{ role: ["assistant,tool"] }, `C2 C6 C8; 5 messages with other roles, ${gone}`],
    [{ role: ["tool"] }, `C8; 7 messages with other roles, ${gone}`],
    [{ role: ["system"] }, `N3 N4; 6 messages with other roles, ${gone}`],
  ])("%j", async ([values, expected]) => {
    expect(await numbers(values)).toBe(expected);
  });

  test.for<[Row, string]>([
    [{ from: "99" }, "There is no message 99: the conversation has 10"],
    [{ from: "0" }, "There is no message 0"],
    [{ from: "abcdef01" }, 'begins with "abcdef01"'],
    [{ from: "2030-01-01" }, 'There are no messages since "2030-01-01"'],
    [{ from: "soon" }, '--from must be a time, got "soon"'],
    [{ last: "0" }, '--last must be a positive integer, got "0"'],
    [{ last: "x" }, '--last must be a positive integer, got "x"'],
    [{ role: ["robot"] }, '--role must be user, assistant, tool, peer or system, got "robot"'],
    [{ format: "pdf" }, '--format must be text, markdown, json or jsonl, got "pdf"'],
    [{ format: "text", json: true }, "cannot be used together"],
    [{ subagent: "nobody" }, 'No subagent id begins with "nobody"'],
  ])("%j is an error that says why", async ([values, message]) => {
    await expect(shown(rows, values)).rejects.toThrow(message);
  });
});

describe("a subagent", () => {
  const sidechain = (n: number, parent: number | null, text: string, make = user): Row =>
    make(n, parent, text, { isSidechain: true, agentId: "abc123" });

  test("of an older CLI, whose rows are in the transcript itself", async () => {
    const rows = [
      user(1, null, "u"),
      assistant(2, 1, "a"),
      sidechain(3, null, "the task"),
      sidechain(4, 3, "done", assistant),
    ];
    expect(await body(rows, { subagent: "abc" })).toBe(
      "Prompt · #1 · 2026-01-01 00:00\nthe task\n\nClaude · #2 · 00:00\ndone",
    );
    expect(await body(rows)).not.toContain("the task");
  });

  test("is named at the end of the session, and in its own head", async () => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", id, [user(1, null, "u")]);
    put(dir, `projects/-w/${id}/subagents/agent-a1.jsonl`, `${JSON.stringify(sidechain(5, null, "the task"))}\n`);
    put(dir, `projects/-w/${id}/subagents/agent-a1.meta.json`, '{"description":"Look\\u001b[31m there"}');
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [id]));
    expect(terminal.out).toMatch(/\nSubagents, shown by --subagent ID: a1 \(Look there\)\.\n$/);
    const own = new FakeTerminal();
    await show(invocation(own, dir, [id], { subagent: "a1" }));
    expect(own.out.split("\n").slice(0, 2)).toEqual(["Look there", `subagent a1 of ${id} · /w · 1 message`]);
  });
});
