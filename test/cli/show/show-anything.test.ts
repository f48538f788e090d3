import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { show } from "../../../src/cli/show/show-run.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { assistant, jsonl, type Row, system, user } from "../../support/rows.ts";
import { runs } from "../../support/runs.ts";

const TOOLS = [
  "Bash",
  "Read",
  "Write",
  "Edit",
  "MultiEdit",
  "Glob",
  "Grep",
  "Agent",
  "WebFetch",
  "Skill",
  "TodoWrite",
  "TaskUpdate",
  "ExitPlanMode",
  "AskUserQuestion",
  "__proto__",
  "mcp__x__y",
];

const KEYS = [
  "command",
  "description",
  "file_path",
  "offset",
  "limit",
  "content",
  "old_string",
  "new_string",
  "edits",
  "pattern",
  "path",
  "todos",
  "questions",
  "options",
  "plan",
  "structuredPatch",
  "lines",
  "oldStart",
  "newStart",
  "agentId",
  "type",
  "text",
  "source",
  "data",
  "title",
  "url",
  "is_error",
  "toString",
  "__proto__",
];

/** Any JSON, and objects that have the names that are looked for. */
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, 0, -1, 1e300, "", "x", "tool_result", "text", "image"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** A conversation in which one thing after another is something that nobody expects. */
const rows = fc
  .record({ tool: fc.constantFrom(...TOOLS), values: fc.array(value, { minLength: 14, maxLength: 14 }) })
  .map(({ tool, values: [a, b, c, d, e, f, g, h, i, j, k, l, m, n] }): Row[] => [
    user(1, null, "the first that was said"),
    user(2, 1, a),
    user(3, 2, [b, { type: "text", text: c }, { type: "image", source: d }], { timestamp: e, cwd: f }),
    assistant(4, 3, [{ type: "tool_use", id: "t", name: tool, input: g }, { type: "thinking", thinking: h }, i]),
    user(5, 4, [{ type: "tool_result", tool_use_id: "t", content: j, is_error: k }], { toolUseResult: l }),
    system(6, 5, "compact_boundary", { compactMetadata: m, content: n }),
    system(7, 6, "api_error", { error: m, content: n }),
    { ...assistant(8, 7), message: n },
    user(9, 8, "the last that was said"),
  ]);

test("whatever is in a row, the others are shown", async () => {
  vi.stubEnv("TZ", "UTC");
  const dir = tempConfigDir();
  const id = sessionId(1);
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom("text", "markdown", "json", "jsonl"), async (all, format) => {
      put(dir, `projects/-w/${id}.jsonl`, jsonl(all));
      const terminal = new FakeTerminal({ columns: 40 });
      expect(await show(invocation(terminal, dir, [id], { format, branches: true }))).toBe(0);
      expect(terminal.out).toContain("the first that was said");
      expect(terminal.out).toContain("the last that was said");
    }),
    { numRuns: runs(150) },
  );
  vi.unstubAllEnvs();
});
