import fs from "node:fs";
import { expect, test } from "vitest";
import { problems } from "../support/acp-schema.ts";
import { caseConfigDir, caseNames, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

test.for(caseNames)("fixtures/cases/%s can be read on every surface, and reading changes nothing", async (name) => {
  const dir = caseConfigDir(name);
  const files = (): string[] => fs.readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  const before = files();
  for (const id of sessionIdsIn(dir)) {
    const { show, updates, mcp } = await onEverySurface(dir, id);
    expect(show).toContain(id);
    expect(updates.flatMap((update) => problems("SessionUpdate", update))).toEqual([]);
    expect(mcp).not.toBe("");
  }
  expect(files()).toEqual(before);
});
