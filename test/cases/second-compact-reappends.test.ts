import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSessionMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";
import { inOrder } from "../support/in-order.ts";

const ID = "2e8556c5-0cdf-4494-80cf-f6bbf60ff178";

const BEFORE = [
  "alpha one",
  "answer alpha one",
  "alpha two",
  "answer alpha two",
  "Summary one.",
  "/compact",
  "beta one",
  "answer beta one",
  "beta two",
  "answer beta two",
];
const NOW = ["Summary two.", "gamma one", "answer gamma one"];

test("every surface has the whole conversation in order, and no rewind is made up", async () => {
  const { show: text, updates, mcp, messages } = await onEverySurface(caseConfigDir("second-compact-reappends"), ID);
  for (const shown of [text, mcp, JSON.stringify(updates), JSON.stringify(messages)]) {
    // Over MCP notes and summaries are for who asks for them.
    const wanted = [...BEFORE, ...NOW].filter((one) => shown !== mcp || !one.startsWith("Summary"));
    expect(inOrder(shown, wanted)).toBe(true);
    expect(shown.split("answer beta two")).toHaveLength(2);
  }
  expect(text).toContain("15 messages");
  for (const shown of [text, mcp]) expect(shown).not.toMatch(/rewind|Not shown|Left out/);
});

test("what the model has is what was said since the second compaction, for show and for the library", async () => {
  const dir = caseConfigDir("second-compact-reappends");
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [ID], { current: true }));
  const official = JSON.stringify(await getSessionMessages(ID, { configDirs: [dir] }));
  for (const shown of [terminal.out.slice(terminal.out.indexOf("#12")), official]) {
    expect(inOrder(shown, NOW)).toBe(true);
    for (const gone of BEFORE.filter((one) => one !== "/compact")) expect(shown).not.toContain(gone);
  }
  expect(terminal.out).toContain("Not shown: 11 messages before the compaction.");
});
