import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { longRows, turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { everyFixture } from "../support/every-fixture.ts";

const root = path.resolve(import.meta.dirname, "../..");
const check = (...dirs: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(root, "scripts", "check-acp.mjs"), ...dirs],
    {
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
};

/** Counts of rare things that the fixtures have. */
const COUNTED = [
  "15 results of the API's own tools, 1 in other members, 6 stored outputs, 6 whose file is missing",
  "1 prompts only in the queue, where they were delivered, 1 undelivered, at the end",
  "5 joined",
  "17 rows of a team",
];

test("every session of the fixtures and of a made-up store loads with every text, as the script derives it from the files", () => {
  const dir = tempConfigDir();
  writeSessions(dir, 9);
  writeSession(dir, "-w", sessionId(20), longRows);
  const { status, stdout, stderr } = check(everyFixture(), dir);
  expect(stderr).toBe("");
  expect(stdout).toContain("10 sessions in 2 pages of 7; 10 loaded");
  for (const counted of COUNTED) expect(stdout).toContain(counted);
  expect(stdout).toContain("no differences");
  expect(status).toBe(0);
});

test("the script notices a session that is missing from the list", () => {
  const dir = tempConfigDir();
  // A transcript that the server does not follow, because it is a link; the script counts it as a session.
  const elsewhere = writeSession(tempConfigDir(), "-w", sessionId(1), turnRows("x"));
  fs.mkdirSync(path.join(dir, "projects", "-w"));
  fs.symlinkSync(elsewhere, path.join(dir, "projects", "-w", `${sessionId(1)}.jsonl`));
  const { status, stdout } = check(dir);
  expect(stdout).toContain(`${sessionId(1)}: not listed`);
  expect(status).toBe(1);
});
