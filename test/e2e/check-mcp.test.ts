import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { longRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { everyFixture } from "../support/every-fixture.ts";
import { assistant, jsonl, result, user } from "../support/rows.ts";

const root = path.resolve(import.meta.dirname, "../..");
const check = (...dirs: readonly string[]) =>
  spawnSync(process.execPath, [path.join(root, "scripts", "check-mcp.mjs"), ...dirs], { encoding: "utf8" });

test("every conversation of the fixtures and of a made-up store is on its pages once, as the script derives it from the files", () => {
  const dir = tempConfigDir();
  writeSessions(dir, 3);
  writeSession(dir, "-w", sessionId(20), longRows);
  const { status, stdout, stderr } = check(everyFixture(), dir);
  expect(stderr).toBe("");
  expect(stdout).toContain("4 conversations");
  expect(stdout).toContain(
    "15 results of the API's own tools, 1 in other members, 6 stored outputs, 6 whose file is missing",
  );
  expect(stdout).toContain(
    "1 prompts only in the queue, where they were delivered, 1 undelivered, at the end; 17 rows of a team",
  );
  expect(stdout).toContain("no differences");
  expect(status).toBe(0);
});

test("the script notices a call that is missing from the pages", () => {
  const dir = tempConfigDir();
  // The host hid this call; the script expects it to be shown.
  const call = [{ type: "tool_use", id: "toolu_a", name: "T", input: { secret: 1 } }];
  const hidden = { hostHiddenToolUseIds: ["toolu_a"] };
  const rows = [user(1, null), assistant(2, 1, call, hidden), result(3, 2, "toolu_a"), assistant(4, 3, "Done.")];
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl(rows));
  const { status, stdout } = check(dir);
  expect(stdout).toContain(`${sessionId(1)}: call of`);
  expect(stdout).toContain("2 differences");
  expect(status).toBe(1);
});
