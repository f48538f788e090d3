import { expect, test } from "vitest";
import { fence } from "../../../src/view/plain-text.ts";
import { limitSize } from "../../../src/acp/rim/size-limit.ts";
import { UPDATE_BYTES } from "../../../src/acp/rim/message-limits.ts";
import { viewResult } from "../../../src/acp/tools/tool-result.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { ToolResults } from "../../../src/store/read/tool-results.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, user } from "../../support/rows.ts";

type Json = Readonly<Record<string, unknown>>;
const shown = (...texts: string[]) => texts.map((text) => ({ type: "content", content: { type: "text", text } }));
const patch = {
  filePath: "/w/a",
  structuredPatch: [{ newStart: 3, lines: [" a", "-b", "+c", "\\ No newline at end of file"] }, { lines: ["+d"] }],
};
const picture = { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } };

test.for<[string, string, Json, Json, unknown]>([
  [
    "output for a terminal is fenced",
    "Bash",
    { content: "a\n" },
    {},
    { status: "completed", content: shown("```console\na\n```") },
  ],
  [
    "a fence outlasts the fences in it",
    "Read",
    { content: "````\nx\n````" },
    {},
    { status: "completed", content: shown("`````\n````\nx\n````\n`````") },
  ],
  ["prose is not", "WebFetch", { content: "**a**" }, {}, { status: "completed", content: shown("**a**") }],
  [
    "blocks stay apart",
    "mcp__git__log",
    {
      content: [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    },
    {},
    {
      status: "completed",
      content: shown("a", "b"),
    },
  ],
  [
    "a failure is fenced and says so",
    "Edit",
    { content: "no", is_error: true },
    patch,
    { status: "failed", content: shown("```\nno\n```") },
  ],
  [
    "an edit shows its real hunks with their lines",
    "Edit",
    { content: "done" },
    patch,
    {
      status: "completed",
      rawOutput: "done",
      content: [
        {
          type: "diff",
          path: "/w/a",
          oldText: "a\nb",
          newText: "a\nc",
          _meta: { "claude-transcripts": { newStart: 3 } },
        },
        { type: "diff", path: "/w/a", oldText: "", newText: "d" },
      ],
      locations: [{ path: "/w/a", line: 3 }, { path: "/w/a" }],
    },
  ],
  [
    "an edit without hunks keeps what its call showed",
    "Write",
    { content: "done" },
    { filePath: "/w/a", structuredPatch: [] },
    { status: "completed", rawOutput: "done" },
  ],
  [
    "a patch of another shape is no patch",
    "Write",
    { content: "done" },
    { filePath: "a", structuredPatch: {} },
    { status: "completed", rawOutput: "done" },
  ],
  [
    "a picture stands once",
    "Read",
    { content: [picture] },
    {},
    {
      status: "completed",
      content: [{ type: "content", content: { type: "image", data: "AAAA", mimeType: "image/png" } }],
    },
  ],
  [
    "blocks of other kinds are in words, and in the raw output",
    "SomeTool",
    { content: [{ type: "tool_reference", tool_name: "x" }] },
    {},
    { status: "completed", content: shown("x"), rawOutput: [{ type: "tool_reference", tool_name: "x" }] },
  ],
  [
    "an approved plan",
    "ExitPlanMode",
    { content: "ok" },
    {},
    { status: "completed", title: "Exited Plan Mode", rawOutput: "ok" },
  ],
  ["nothing at all", "Bash", {}, {}, { status: "completed", content: [] }],
])("%s", ([, name, block, structured, expected]) => {
  expect(viewResult({ name, input: {}, cwd: "/w" }, block, structured, "urn:x")).toEqual(expected);
});

test.for([
  ["1\ta\n2\tb", "a\nb"],
  ["     9→\n    10→b\n    11→", "\nb\n"],
  ["7\t", ""],
  ["1\ta\n3\tb", undefined],
  ["1\ta\nb", undefined],
  ["1\ta\n", undefined],
  ["a\n1\tb", undefined],
  ["", undefined],
] as const)("a file that was read as %j is shown as %j, or as it is", ([output, plain]) => {
  const { content } = viewResult({ name: "Read", input: {}, cwd: "/w" }, { content: output }, {}, "urn:x");
  expect(content).toEqual(output === "" ? [] : shown(fence(plain ?? output)));
});

test("stored output is complete up to the size of an update, and cut with a note above it", () => {
  const dir = tempConfigDir();
  const stored = (name: string, text: string): void => {
    put(dir, `projects/-w/${sessionId(1)}/tool-results/${name}`, text);
  };
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl([user(1, null)]));
  stored("long.txt", "line\n".repeat(1_000_000));
  stored("longer.txt", "line\n".repeat(2_000_000));
  const outputs = new ToolResults(requireSession(sessionId(1), { configDirs: [dir] }));
  const beside = { toolResult: (name: string) => outputs.find(name), hasSubagent: () => false, hasTeam: false };
  const view = (name: string) => {
    const content = `<persisted-output>\nOutput too large (5MB). Full output saved to: /x/${name}\n\nPreview (first 2KB):\nline\n...\n</persisted-output>`;
    const { place, ...shown } = viewResult({ name: "Bash", input: {}, cwd: "/w" }, { content }, {}, "urn:x", beside);
    const update = limitSize({ sessionUpdate: "tool_call_update", toolCallId: "t", ...shown }, "row", place);
    expect(Buffer.byteLength(JSON.stringify(update))).toBeLessThanOrEqual(UPDATE_BYTES);
    return update;
  };
  const long = view("long.txt");
  expect(JSON.stringify(long).match(/line/g)).toHaveLength(1_000_000);
  expect(long).toMatchObject({ facts: { spilled: { name: "long.txt", bytes: 5_000_000 } } });
  const longer = JSON.stringify(view("longer.txt"));
  expect(longer).toContain("[Cut here: 9.3 MB more is in tool-results/longer.txt of the session]");
  expect(longer).toContain('"omitted":["content"],"length":10000000');
});
