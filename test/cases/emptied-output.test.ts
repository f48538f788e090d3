import { expect, test } from "vitest";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

test("a file that has less than the row hides nothing of the row, and is counted as missing", async () => {
  const dir = caseConfigDir("emptied-output");
  const [id = ""] = sessionIdsIn(dir);
  const { show, updates, mcp, facts, pages } = await onEverySurface(dir, id);
  for (const shown of [show, JSON.stringify(updates), mcp]) {
    for (const name of ["empty.txt", "short.txt"]) expect(shown).toContain(`${name}: line 1 of the log`);
    expect(shown).toContain("is not in this store");
  }
  expect(facts.notShown).toMatchObject({ missingOutputs: 2 });
  expect(pages.join("\n")).toContain("2 × outputs that are not in this store");
});
