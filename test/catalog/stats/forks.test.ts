import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { usageStats } from "../../../src/catalog/library.ts";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

const fixtures = path.resolve(import.meta.dirname, "../../../fixtures/config");
const projects = fs.readdirSync(path.join(fixtures, "projects"));
const sessions = projects.flatMap((project) =>
  fs
    .readdirSync(path.join(fixtures, "projects", project))
    .filter((name) => /^[0-9a-f-]{36}\.jsonl$/.test(name))
    .map((name) => name.slice(0, 36)),
);

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

test.for(sessions)("a fork of %s counts nothing, as long as its origin is there", async (sessionId) => {
  const dir = tempConfigDir();
  fs.cpSync(fixtures, dir, { recursive: true });
  const count = (index: boolean): ReturnType<typeof usageStats> => usageStats({ configDirs: [dir], index });
  const { totals, groups } = await count(true);
  // Its last row has the time of the fork.
  const fork = await forkSession(sessionId, { configDirs: [dir] });
  for (const index of [true, false]) expect(await count(index)).toMatchObject({ totals, groups });
  const name = projects.find((project) => fs.existsSync(path.join(dir, "projects", project, `${sessionId}.jsonl`)));
  const origin = path.join(dir, "projects", String(name), `${sessionId}.jsonl`);
  expect(fork.sessionId).not.toBe(sessionId);
  // Without the origin, what it said counts for the fork.
  fs.rmSync(origin);
  for (const index of [true, false]) {
    const alone = await count(index);
    // A fork has no subagents' requests from `progress` rows.
    expect(alone.totals.requests).toBeGreaterThan(totals.requests - 5);
    expect(alone.totals.prompts).toBe(totals.prompts);
  }
});
