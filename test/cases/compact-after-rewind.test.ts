import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { inOrder } from "../support/in-order.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const PRESERVED = "b83dc565-bc87-4d6e-8f8f-11afdb9ce715";
const PLAIN = "67d8b481-fc20-4873-8573-d548306a81ba";

test.for([
  [PRESERVED, ["Begin", "Ready", "try two"], ["Summary: a plan.", "two works", "go on", "went on", "after", "final"]],
  [PLAIN, ["Begin", "Ready", "try two", "two works", "go on", "went on"], ["Summary: a plan.", "after", "final"]],
] as const)("%s: what stands before the compaction, and what the model has", async ([id, before, now]) => {
  const dir = caseConfigDir("compact-after-rewind");
  const { show: text, updates, mcp, messages } = await onEverySurface(dir, id);
  const shown = text.slice(text.indexOf("#1"));
  for (const one of [shown, mcp, JSON.stringify(updates), JSON.stringify(messages)]) {
    // Over MCP notes and summaries are for who asks for them.
    const wanted = [...before, ...now].filter((said) => one !== mcp || !said.startsWith("Summary"));
    expect(inOrder(one, wanted)).toBe(true);
    expect(one).not.toContain("try one");
  }
  const isCompacted = (message: object): boolean => "compacted" in message;
  expect(inOrder(JSON.stringify(messages.filter(isCompacted)), before)).toBe(true);
  expect(messages.filter(isCompacted)).toHaveLength(before.length);
  expect(shown.match(/· compacted\n/g)).toHaveLength(before.length);
  // The one that was rewound is, and nothing else.
  expect(text).toContain("Not shown: 2 messages on a branch that a rewind left behind");

  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [id], { current: true }));
  const official = await getSessionMessages(id, { configDirs: [dir] });
  expect(official).toHaveLength(now.length);
  const current = terminal.out.slice(terminal.out.indexOf("#"));
  for (const one of [current, JSON.stringify(official)]) {
    expect(inOrder(one, now)).toBe(true);
    for (const gone of before) expect(one).not.toContain(gone);
  }
});
