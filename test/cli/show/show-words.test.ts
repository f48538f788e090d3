import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UsageError } from "../../../src/cli/terminal/command.ts";
import { show } from "../../../src/cli/show/show-run.ts";
import { writeSession } from "../../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { assistant, boundary, jsonl, rewind, type Row, summary, user } from "../../support/rows.ts";

beforeEach(() => void vi.stubEnv("PAGER", "cat"));
afterEach(() => vi.unstubAllEnvs());

const id = sessionId(1);

async function shown(rows: readonly Row[], values: Row, terminal = new FakeTerminal()): Promise<string> {
  const dir = tempConfigDir();
  writeSession(dir, "-w", id, rows);
  expect(await show(invocation(terminal, dir, [id], values))).toBe(0);
  return terminal.out;
}

const TALK: readonly Row[] = [
  user(1, null, "First?\n\n- a\n- b"),
  assistant(2, 1, [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "I'll look." },
    { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls" } },
  ]),
  user(3, 2, [{ type: "tool_result", tool_use_id: "t1", content: "a.txt" }]),
  assistant(4, 3, [{ type: "text", text: "# Answer\n\n```sh\nls\n```\n" }]),
  user(5, 4, "<command-name>/cost</command-name>\n<command-args>all</command-args>"),
  user(6, 5, "<local-command-stdout>$ 1</local-command-stdout>"),
  user(7, 6, "<bash-input>git status</bash-input>"),
  user(8, 7, "<bash-stdout>clean</bash-stdout><bash-stderr></bash-stderr>"),
  user(9, 8, [
    { type: "text", text: "<system-reminder>no</system-reminder>" },
    { type: "text", text: "Second \u001B[31mred" },
    { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
  ]),
  assistant(10, 9, [{ type: "tool_use", id: "t2", name: "Bash", input: { command: "pwd" } }]),
];

describe("--answer", () => {
  test("is what the model wrote last, and nothing else", async () => {
    expect(await shown(TALK, { answer: true })).toBe("# Answer\n\n```sh\nls\n```\n");
    const terminal = new FakeTerminal({ isTty: true, colors: true, columns: 20 });
    expect(await shown(TALK, { answer: true }, terminal)).toBe("# Answer\n\n```sh\nls\n```\n");
    expect(terminal.err).toBe("");
  });

  test("with --json is one document", async () => {
    expect(JSON.parse(await shown(TALK, { answer: true, json: true }))).toEqual({
      number: 3,
      timestamp: "2026-01-01T00:00:04.000Z",
      text: "# Answer\n\n```sh\nls\n```",
    });
  });

  test("is of the branch that goes on, and of the session after its compaction", async () => {
    const left = [user(1, null, "u"), assistant(2, 1, "left"), rewind(1), user(4, 1, "v"), assistant(5, 4, "kept")];
    expect(await shown(left, { answer: true })).toBe("kept\n");
    const compacted = [user(1, null, "u"), assistant(2, 1, "before"), boundary(3, 2), summary(4, 3)];
    expect(await shown(compacted, { answer: true })).toBe("before\n");
    await expect(shown(compacted, { answer: true, current: true })).rejects.toThrow("There is no answer");
  });

  test("fails with a message if there is none", async () => {
    const silent = [user(1, null, "u"), assistant(2, 1, [{ type: "tool_use", id: "t", name: "Bash", input: {} }])];
    for (const json of [false, true]) {
      await expect(shown(silent, { answer: true, json })).rejects.toMatchObject({
        code: "NoMessages",
        message: "There is no answer in this conversation",
      });
    }
  });
});

describe("--prompts", () => {
  const PROMPTS = ["First?\n\n- a\n- b", "/cost all", "! git status", "Second red\n\n[image/png, 3 B]"];

  test("is what the user typed, a rule between", async () => {
    expect(await shown(TALK, { prompts: true })).toBe(`${PROMPTS.join("\n\n---\n\n")}\n`);
    expect(await shown(TALK, { prompts: true, last: "2" })).toBe(`${PROMPTS.slice(2).join("\n\n---\n\n")}\n`);
    expect(await shown(TALK, { prompts: true, from: "5" })).toBe(`${PROMPTS.slice(2).join("\n\n---\n\n")}\n`);
  });

  test("with --json is an array, the text as it stands in the transcript", async () => {
    const prompts = JSON.parse(await shown(TALK, { prompts: true, json: true })) as Row[];
    expect(prompts.map(({ text }) => text)).toEqual([
      ...PROMPTS.slice(0, 3),
      "Second \u001B[31mred\n\n[image/png, 3 B]",
    ]);
    expect(prompts[0]).toEqual({ number: 1, timestamp: "2026-01-01T00:00:01.000Z", text: PROMPTS[0] });
  });

  test("says so without an error if there is none", async () => {
    const terminal = new FakeTerminal();
    expect(await shown([assistant(1, null, "a")], { prompts: true }, terminal)).toBe("");
    expect(terminal.err).toBe("The user typed nothing in this conversation.\n");
    expect(JSON.parse(await shown([assistant(1, null, "a")], { prompts: true, json: true }))).toEqual([]);
  });
});

test("both work for a subagent", async () => {
  const dir = tempConfigDir();
  writeSession(dir, "-w", id, [user(1, null, "u"), assistant(2, 1, "a")]);
  const rows = [user(1, null, "Measure it."), assistant(2, 1, "It is 7.")].map((row) => ({
    ...row,
    isSidechain: true,
  }));
  put(dir, `projects/-w/${id}/subagents/agent-a1.jsonl`, jsonl(rows.map((row) => ({ ...row, agentId: "a1" }))));
  for (const [name, text] of [
    ["answer", "It is 7.\n"],
    ["prompts", "Measure it.\n"],
  ] as const) {
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [id], { subagent: "a1", [name]: true }));
    expect(terminal.out).toBe(text);
  }
});

test.for<[values: Row, message: string]>([
  [{ answer: true, prompts: true }, "--answer and --prompts cannot be used together"],
  [{ answer: true, last: "2" }, "--answer and --last cannot be used together"],
  [{ answer: true, role: ["user"] }, "--answer and --role cannot be used together"],
  [{ prompts: true, thinking: true }, "--prompts and --thinking cannot be used together"],
  [{ prompts: true, format: "jsonl" }, "--prompts and --format jsonl cannot be used together"],
])("%j is misuse", async ([values, message]) => {
  await expect(shown(TALK, values)).rejects.toThrow(new UsageError(message));
});

describe("on a terminal the last line", () => {
  test("is what to type to go on, in one piece however narrow it is", async () => {
    const dir = tempConfigDir();
    writeSession(dir, "-a-project", id, [user(1, null, "u", { cwd: "/a  project" })], { cwd: "/a  project" });
    const last = async (terminal: FakeTerminal, values: Row = {}) => {
      await show(invocation(terminal, dir, [id], values));
      return terminal.out.trimEnd().split("\n").at(-1);
    };
    const line = `Continue it with: cd '/a  project' && CLAUDE_CONFIG_DIR=${dir} claude --resume ${id}`;
    expect(await last(new FakeTerminal({ isTty: true, columns: 30 }))).toBe(line);
    expect(await last(new FakeTerminal())).toBe("u");
    expect(await last(new FakeTerminal({ isTty: true }), { format: "markdown" })).not.toContain("--resume");
    vi.stubEnv("CLAUDE_CONFIG_DIR", dir);
    expect(await last(new FakeTerminal({ isTty: true }))).toBe(
      `Continue it with: cd '/a  project' && claude --resume ${id}`,
    );
  });
});
