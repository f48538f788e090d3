import { expect, test } from "vitest";
import { inOrder } from "../support/in-order.ts";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

test("the summary is on the line although the boundary does not name it, and no rewind is made up", async () => {
  const dir = caseConfigDir("kept-without-anchor");
  const [id = ""] = sessionIdsIn(dir);
  const { show, updates, mcp, facts, messages, pages } = await onEverySurface(dir, id);
  const all = ["Begin", "Ready", "go on", "went on", "Summary: a plan.", "Summary, continued", "after", "final"];
  for (const shown of [show, JSON.stringify(updates), JSON.stringify(messages)]) expect(inOrder(shown, all)).toBe(true);
  expect(inOrder(mcp, ["went on", "after", "final"])).toBe(true);
  expect(facts.hiddenBranches).toBe(0);
  for (const shown of [show, ...pages]) expect(shown).not.toContain("rewind");
});
