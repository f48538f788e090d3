import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSubagentMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { inOrder } from "../support/in-order.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { readThrough } from "../support/mcp-pages.ts";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

const AGENT = "c0ffee12";
const BEFORE = ["Audit all modules", "cart.ts", "The cart leaks."];
const AFTER = ["tax.ts", "The cart leaks, and tax is fine."];
const SUMMARY = "Summary: the cart leaks.";

test("every surface has what a subagent said before it compacted", async () => {
  const dir = caseConfigDir("subagent-compacted");
  const [id = ""] = sessionIdsIn(dir);
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [id], { subagent: AGENT, full: true }));
  const options = { configDirs: [dir], includeCompacted: true };
  const library = JSON.stringify(await getSubagentMessages(id, AGENT, options));
  for (const shown of [terminal.out, library]) {
    expect(inOrder(shown, [...BEFORE, SUMMARY, ...AFTER])).toBe(true);
    expect(shown.match(/"?compacted"?:true|· compacted$/gm)).not.toBeNull();
  }
  expect(terminal.out).toContain("compacted by itself, 160,000 tokens before");

  const pages = await readThrough(await connectMcpHere(dir), { session: id, agentId: AGENT }, "start");
  const mcp = pages.map(({ text }) => text).join("\n");
  expect(inOrder(mcp, [...BEFORE, ...AFTER])).toBe(true);
  expect(mcp).toContain("2 × notes or reminders (include system)");

  const { updates } = await onEverySurface(dir, id);
  const calls = updates.flatMap((update) => (update.sessionUpdate === "tool_call" ? [update.toolCallId] : []));
  expect(calls).toEqual(["toolu_m", "toolu_cart", "toolu_tax"]);
});

test("what the model has is what is after the boundary", async () => {
  const dir = caseConfigDir("subagent-compacted");
  const [id = ""] = sessionIdsIn(dir);
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [id], { subagent: AGENT, full: true, current: true }));
  const official = JSON.stringify(await getSubagentMessages(id, AGENT, { configDirs: [dir] }));
  for (const shown of [terminal.out, official]) {
    expect(inOrder(shown, [SUMMARY, ...AFTER])).toBe(true);
    expect(shown).not.toContain("cart.ts");
  }
  expect(terminal.out).toMatch(/Not shown: \d messages before the compaction\./);
});
