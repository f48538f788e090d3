import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

test("each fault of scripts/mutations.mjs still fits the sources", () => {
  const script = path.resolve(import.meta.dirname, "../scripts/mutations.mjs");
  const { stdout, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(stdout + stderr).toMatch(/^all \d\d faults fit the sources\n$/);
});
