import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { inOrder } from "../support/in-order.ts";
import { brief } from "../support/rows.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const ID = "48ed5d2d-b392-47d7-8e5e-829b17581629";

const ALL = ["Q1 before", "A1", "Q2 before", "A2", "Summary: two", "Q3 after", "A3"];

test("copies at the end of the file hide nothing on any surface, and no rewind is made up", async () => {
  const { show: text, updates, mcp, messages } = await onEverySurface(caseConfigDir("branch-duplicated-rows"), ID);
  for (const shown of [text.slice(text.indexOf("#1")), mcp, JSON.stringify(updates), JSON.stringify(messages)]) {
    // Over MCP notes and summaries are for who asks for them.
    expect(inOrder(shown, shown === mcp ? ALL.filter((one) => !one.startsWith("Summary")) : ALL)).toBe(true);
    expect(shown.split("Q3 after")).toHaveLength(2);
  }
  for (const shown of [text, mcp]) expect(shown).not.toMatch(/rewind|not connected|Not shown|Left out/);
});

test("the model has the last copy alone when the session goes on, as the CLI has it", async () => {
  const dir = caseConfigDir("branch-duplicated-rows");
  const official = await getSessionMessages(ID, { configDirs: [dir] });
  expect(brief(official)).toMatch(/^a\d+$/);
  expect(JSON.stringify(official)).toContain("A2");
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [ID], { current: true, json: true }));
  const { messages, omitted } = JSON.parse(terminal.out) as { messages: { speaker: string }[]; omitted: object };
  expect(messages.filter(({ speaker }) => speaker !== "system")).toMatchObject([{ number: 4 }]);
  expect(omitted).toMatchObject({ compacted: 3, notCurrent: 3, branches: 0 });
});
