import fc from "fast-check";
import { expect, test } from "vitest";
import { Plan } from "../../../src/acp/replay/plan.ts";
import { Translator } from "../../../src/acp/replay/to-acp.ts";
import { UPDATE_BYTES } from "../../../src/acp/rim/message-limits.ts";
import type { ConversationEntry } from "../../../src/transcript/conversation/visible-messages.ts";
import { problems } from "../../support/acp-schema.ts";
import { runs } from "../../support/runs.ts";

const words = (text: string): string[] => text.trim().split(/\s+/);
const TOOLS = words(`
  Bash Read Write Edit MultiEdit NotebookEdit Grep Glob LS Task Agent TodoWrite TaskCreate TaskUpdate TaskList TaskOutput
  TaskStop WebSearch WebFetch ToolSearch Skill AskUserQuestion ExitPlanMode Workflow ScheduleWakeup constructor __proto__
`);
/** Members that some tool's input, or the record of its result, has. */
const MEMBERS = words(`
  file_path notebook_path filePath content edits structuredPatch lines newStart originalFile old_string new_string pattern
  path filenames mode stdout stderr interrupted type file task tasks taskId status subject todos questions options answers
  results matches agentId isAsync edit_mode cell_id original_file new_source delaySeconds success message text source data
  url title media_type tool_name offset limit command __proto__
`);
const TEXTS = [
  "<command-name>/x</command-name>",
  "<local-command-stdout>\u001b[1mx\u001b[0m</local-command-stdout>",
  "<task-notification><task-id>a1</task-id><result>r</result></task-notification>",
  "a\n<system-reminder>b</system-reminder>",
  "This session is being continued from a previous conversation.\nSummary:\nx",
  "Exit code 3\nno",
  "\ud800",
];

const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ maxLength: 12 }), fc.constantFrom("/w/a", "4:x\na:1:y"));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, "text", "image", "document", "update", "create", "completed"),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...MEMBERS), tie("any"), { maxKeys: 6 }),
  ),
})).any;

const ids = fc.constantFrom("t1", "t2", "t3", "x".repeat(400));
const block = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({ type: fc.constant("thinking"), thinking: text }),
  fc.record({ type: fc.constant("tool_use"), id: ids, name: fc.constantFrom(...TOOLS), input: value }),
  fc.record({ type: fc.constant("tool_result"), tool_use_id: ids, content: value, is_error: value }),
  value,
);
const row = fc.record({
  type: fc.constantFrom("user", "assistant", "system"),
  subtype: fc.constantFrom("compact_boundary", "local_command", "turn_duration"),
  content: value,
  isCompactSummary: fc.boolean(),
  compactMetadata: value,
  cwd: fc.constantFrom("/w", "w", 7, undefined),
  toolUseResult: value,
  message: fc.oneof(
    fc.record({ id: fc.constantFrom("m1", "m2", 7), content: fc.array(block, { maxLength: 4 }) }),
    value,
  ),
});

test("whatever the rows contain, the updates fit the schema, and every call ends", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), fc.boolean(), (rows, compactions) => {
      const translator = new Translator({ plan: new Plan(), compactions });
      const steps = rows.flatMap((entry, n) => {
        const message = { ...entry, uuid: `00000000-0000-4000-8000-00000000000${n}` };
        return translator.translate({ message, entry, compacted: false, branch: 0 } as unknown as ConversationEntry);
      });
      const updates = [...steps, ...translator.end()].flatMap((step) => ("sessionUpdate" in step ? [step] : []));
      const status = new Map<string, unknown>();
      for (const update of updates) {
        expect(problems("SessionUpdate", JSON.parse(JSON.stringify(update)))).toEqual([]);
        expect(Buffer.byteLength(JSON.stringify(update))).toBeLessThan(UPDATE_BYTES);
        if (!("toolCallId" in update)) continue;
        // An update of a call that was not shown would be for nothing.
        expect(status.has(update.toolCallId)).toBe(update.sessionUpdate === "tool_call_update");
        status.set(update.toolCallId, update.status);
      }
      expect([...status.values()].filter((end) => end !== "completed" && end !== "failed")).toEqual([]);
    }),
    { numRuns: runs(1500) },
  );
});
