import fs from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { show } from "../../../src/cli/show/show-run.ts";
import { anyCodePoint } from "../../support/any-text.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { assistant, boundary, jsonl, result, type Row, summary, system, user, uuid } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
  vi.stubEnv("PAGER", "cat");
});
afterEach(() => vi.unstubAllEnvs());

const id = sessionId(1);

async function shown(text: string | Uint8Array, values: Row, terminal = new FakeTerminal()): Promise<string> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${id}.jsonl`, text);
  expect(await show(invocation(terminal, dir, [id], values))).toBe(0);
  return terminal.out;
}

/** A conversation that says the same at every place where something can be said. */
const everywhere = (text: string): Row[] => [
  user(1, null, text, { cwd: text, gitBranch: text }),
  user(2, 1, `<command-name>${text}</command-name><command-args>${text}</command-args>`),
  user(3, 2, `<bash-input>${text}</bash-input>`),
  user(4, 3, `<bash-stdout>${text}</bash-stdout><bash-stderr>${text}</bash-stderr>`),
  user(5, 4, `<task-notification><summary>${text}</summary><result>${text}</result></task-notification>`),
  user(6, 5, [
    { type: text },
    { type: "image", source: { media_type: text, data: text } },
    { type: "document", title: text, source: { type: "text", data: text } },
  ]),
  assistant(7, 6, [
    { type: "thinking", thinking: text },
    { type: "text", text: `${text}\n\n\`\`\`\n${text}\n\`\`\`\n# ${text}\n| ${text} |` },
    { type: "tool_use", id: "a", name: text, input: { [text]: text } },
    { type: "tool_use", id: "b", name: "Bash", input: { command: `${text}\n${text}`, description: text } },
    { type: "tool_use", id: "c", name: "Edit", input: { file_path: text, old_string: text, new_string: text } },
    { type: "tool_use", id: "d", name: "TodoWrite", input: { todos: [{ content: text, status: text }] } },
    { type: "tool_use", id: "e", name: "AskUserQuestion", input: { questions: [{ question: text }] } },
  ]),
  user(8, 7, [{ type: "tool_result", tool_use_id: "a", content: text, is_error: true }]),
  user(9, 8, [{ type: "tool_result", tool_use_id: "b", content: [{ type: "text", text }, { type: text }] }], {
    toolUseResult: { agentId: text },
  }),
  user(10, 9, [{ type: "tool_result", tool_use_id: "c", content: text }], {
    toolUseResult: { structuredPatch: [{ oldStart: 1, newStart: 1, lines: [`+${text}`, `-${text}`] }] },
  }),
  user(11, 10, [{ type: "tool_result", tool_use_id: "nobody", content: text }]),
  system(12, 11, "informational", { content: text }),
  system(13, 12, "api_error", { error: { message: text } }),
  { ...boundary(14, 13), compactMetadata: { trigger: text, preTokens: 1 } },
  { ...summary(15, 14), message: { role: "user", content: text } },
  { type: "custom-title", customTitle: text, sessionId: "s" },
];

/** What a terminal would obey, or be misled by, but for line ends and tabs. */
const DANGEROUS = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;
/** The colours we use ourselves. */
const OURS = new RegExp(`${String.fromCodePoint(0x1b)}\\[(?:1|2|22|3[0-9]|39|1;3[0-9]|22;39)m`, "g");

const HOSTILE = [
  "\u001B[31mred\u001B[0m",
  "\u001B]0;title\u0007",
  "\u001B]8;;http://x\u001B\\link\u001B]8;;\u001B\\",
  "\u009B31m\u009D0;x\u009C",
  "a\rb\bc\u0000d\u007Fe",
  "\u202Eevil\u2066x",
  "\u2028\u2029\u0085",
  "\u001BP+q544e\u001B\\\u001B_x\u001B\\",
  "\u001B[\u001B[31m31m",
  "\uD800 lone",
];

describe("no text of a transcript makes a terminal do anything", () => {
  const formats = ["text", "markdown", "json", "jsonl"];
  const terminals = [
    ["a pipe", {}],
    ["a terminal", { isTty: true, columns: 60 }],
    ["a terminal with colours", { isTty: true, columns: 60, colors: true }],
  ] as const;
  const safe = (text: string): boolean => !DANGEROUS.test(text.replace(OURS, ""));

  test.for(formats.flatMap((format) => terminals.map(([name, terminal]) => ({ format, name, terminal }))))(
    "as $format on $name",
    async ({ format, terminal }) => {
      // Rows go to a pipe byte for byte: JSON has the worst of it escaped, and the reader is no terminal.
      if (format === "jsonl" && !("isTty" in terminal)) return;
      for (const text of [...HOSTILE, HOSTILE.join("\n")]) {
        const fake = new FakeTerminal(terminal);
        const out = await shown(jsonl(everywhere(text)), { format, thinking: true, full: true }, fake);
        const bare = "colors" in terminal ? out.replace(OURS, "") : out;
        expect(DANGEROUS.exec(bare)?.[0], JSON.stringify(text)).toBe(undefined);
      }
    },
  );

  test("whatever it is", async () => {
    const letter = fc.oneof(
      fc.string({ unit: anyCodePoint, maxLength: 20 }),
      fc.constantFrom(...HOSTILE, "\u001B", "[", "]", "m", ";", "\n", "`", "```", "\u009B"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(letter, { maxLength: 12 }),
        fc.constantFrom("text", "markdown", "json"),
        async (letters, format) => {
          const terminal = new FakeTerminal({ isTty: true, colors: true, columns: 40 });
          const out = await shown(jsonl(everywhere(letters.join(""))), { format, thinking: true }, terminal);
          expect(safe(out)).toBe(true);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  test("raw controls in the bytes of a row are escaped on a terminal", async () => {
    const row = `{"type":"user","uuid":"${uuid(1)}","message":{"role":"user","content":"a\u001B[31m\u009Bb\u007F"}}\n`;
    const out = await shown(row, { format: "jsonl" }, new FakeTerminal({ isTty: true }));
    expect(out).toContain(String.raw`"a\u001b[31m\u009bb\u007f"`);
    expect(out).not.toMatch(DANGEROUS);
  });
});

test("jsonl: the rows of the messages, byte for byte", async () => {
  const lines = [
    `{"type":"custom-title","customTitle":"x"}`,
    `{ "type" : "user", "uuid":"${uuid(1)}","parentUuid":null, "message":{"role":"user","content":"\\u00e9 \u2028 é"} }`,
    `{"uuid":"${uuid(2)}","parentUuid":"${uuid(1)}","type":"assistant","message":{"id":"m","content":[{"type":"text","text":"a"}]},"unknown":1.0}`,
  ];
  const bytes = Buffer.concat([Buffer.from(lines.join("\n")), Buffer.from("\n")]);
  expect(await shown(bytes, { format: "jsonl" })).toBe(`${lines.slice(1).join("\n")}\n`);
  expect(await shown(bytes, { format: "jsonl", role: ["assistant"] })).toBe(`${lines[2]}\n`);
});

test("json: everything, one document", async () => {
  const rows = [
    user(1, null, "<system-reminder>r</system-reminder>u"),
    assistant(2, 1, [
      { type: "thinking", thinking: "t" },
      { type: "tool_use", id: "a", name: "T", input: { x: 1 } },
    ]),
    result(3, 2, "a", { toolUseResult: { y: 2 } }),
  ];
  const common = { branch: 0, compacted: false, timestamp: undefined };
  const document: unknown = JSON.parse(await shown(jsonl(rows), { json: true }));
  expect(document).toEqual({
    session: {
      sessionId: id,
      title: "u",
      cwd: "/w",
      path: expect.stringContaining(`${id}.jsonl`) as unknown,
      subagents: [],
      messages: 2,
    },
    messages: [
      {
        ...common,
        number: 1,
        speaker: "user",
        timestamp: "2026-01-01T00:00:01.000Z",
        uuids: [uuid(1)],
        parts: [
          { kind: "hidden", role: "system", text: "r" },
          { kind: "text", role: "user", text: "u" },
        ],
      },
      {
        ...common,
        number: 2,
        speaker: "assistant",
        timestamp: "2026-01-01T00:00:02.000Z",
        uuids: [uuid(2), uuid(3)],
        parts: [
          { kind: "thinking", role: "assistant", text: "t" },
          { kind: "call", role: "tool", id: "a", name: "T", input: { x: 1 } },
          { kind: "result", role: "tool", id: "a", failed: false, text: "ok", media: [], structured: { y: 2 } },
        ],
      },
    ],
    omitted: {
      after: 0,
      notMatching: 0,
      before: 0,
      otherRoles: 0,
      compacted: 0,
      notCurrent: 0,
      branches: 0,
      branchMessages: 0,
      thoughtsWithoutText: 0,
      empty: 0,
      spilled: 0,
      missingOutputs: 0,
      unread: { tooLong: 0, cutShort: 0, notRows: 0, unfinished: false },
    },
  });
});

test("json of nothing is a document too", async () => {
  expect(JSON.parse(await shown("{}\n", { json: true }))).toMatchObject({ messages: [] });
});

test.for([
  ["text", "● X a: [[["],
  ["markdown", "**X** `a: [[["],
  ["json", "[nested deeper than 200 levels]"],
  ["jsonl", '"input":{"a":[[['],
] as const)("values nested very deep cost no other text: %s", async ([format, nested]) => {
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const rows = [
    user(1, null, "DEEP"),
    assistant(2, 1, [{ type: "tool_use", id: "t", name: "X", input: { a: "DEEP" } }]),
    user(3, 2, [{ type: "tool_result", tool_use_id: "t", content: "DEEP" }], { toolUseResult: { b: "DEEP" } }),
    user(4, 3, "said after it"),
  ];
  const out = await shown(jsonl(rows).replaceAll('"DEEP"', deep), { format });
  expect(out).toContain("said after it");
  expect(out).toContain(nested);
});

test("markdown: a document whose fences hold what is in them", async () => {
  const rows = [
    user(1, null, "Do *this*."),
    assistant(2, 1, [
      { type: "text", text: "Yes." },
      { type: "tool_use", id: "a", name: "Bash", input: { command: "cat `x`" } },
    ]),
    result(3, 2, "a", {
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "a\n```\nb\n````" }] },
    }),
    user(4, 3, "<bash-input>ls</bash-input><bash-stdout>f</bash-stdout>"),
  ];
  expect(await shown(jsonl(rows), { format: "markdown" })).toBe(`# Do \\*this\\*.

Session \`${id}\` · \`/w\` · 3 messages

## 1. You · 2026-01-01 00:00

Do *this*.

## 2. Claude · 2026-01-01 00:00

Yes.

**Bash** \`\` cat \`x\` \`\`

\`\`\`\`\`console
a
\`\`\`
b
\`\`\`\`
\`\`\`\`\`

## 3. You · 2026-01-01 00:00

\`! ls\`

\`\`\`console
f
\`\`\`
`);
});

test("on a terminal lines are wrapped at words, code and tables are not, and wide letters count as two cells", async () => {
  const code = `\`\`\`\n${"x".repeat(50)}\n\`\`\``;
  const text = `${"word ".repeat(12).trim()}\n${"漢字".repeat(15)}\n| ${"y".repeat(50)} |\n${code}`;
  const out = await shown(jsonl([user(1, null, text)]), {}, new FakeTerminal({ isTty: true, columns: 30 }));
  const lines = out.split("\n");
  expect(lines[0]).toBe("word word word word word word…");
  expect(lines.slice(lines.indexOf("You · #1 · 2026-01-01 00:00") + 1, -3)).toEqual([
    "word word word word word word",
    "word word word word word word",
    "漢字漢字漢字漢字漢字漢字漢字漢",
    "字漢字漢字漢字漢字漢字漢字漢字",
    `| ${"y".repeat(50)} |`,
    "```",
    "x".repeat(50),
    "```",
  ]);
});

test("nothing is changed by it", async () => {
  const dir = tempConfigDir();
  const file = put(dir, `projects/-w/${id}.jsonl`, jsonl(everywhere("x")), { mtime: 1_700_000_000 });
  await show(invocation(new FakeTerminal(), dir, [id]));
  expect({ names: fs.readdirSync(dir), mtime: fs.statSync(file).mtimeMs }).toEqual({
    names: ["projects"],
    mtime: 1_700_000_000_000,
  });
});
