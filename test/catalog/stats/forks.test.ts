import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { usageStats } from "../../../src/catalog/library.ts";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

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

test.for(sessions)("a fork of %s counts nothing, as long as its origin is there", async (origin) => {
  const dir = tempConfigDir();
  fs.cpSync(fixtures, dir, { recursive: true });
  const count = (index: boolean): ReturnType<typeof usageStats> => usageStats({ configDirs: [dir], index });
  const { totals, groups } = await count(true);
  // Its last row has the time of the fork.
  const fork = await forkSession(origin, { configDirs: [dir] });
  for (const index of [true, false]) expect(await count(index)).toMatchObject({ totals, groups });
  const name = projects.find((project) => fs.existsSync(path.join(dir, "projects", project, `${origin}.jsonl`)));
  expect(fork.sessionId).not.toBe(origin);
  // Without the origin, what it said counts for the fork.
  fs.rmSync(path.join(dir, "projects", String(name), `${origin}.jsonl`));
  for (const index of [true, false]) {
    const alone = await count(index);
    // A fork has no subagents' requests from `progress` rows.
    expect(alone.totals.requests).toBeGreaterThan(totals.requests - 5);
    expect(alone.totals.prompts).toBe(totals.prompts);
  }
});

test("what a fork goes on with counts, also in the quarter of an hour of its origin", async () => {
  const dir = tempConfigDir();
  const at = "2026-01-01T00:00:0";
  const usage = { input_tokens: 1, output_tokens: 1 };
  const write = (n: number, rows: readonly object[]): void => {
    const common = { sessionId: sessionId(n), cwd: "/w", isSidechain: false };
    put(
      dir,
      `projects/-w/${sessionId(n)}.jsonl`,
      rows.map((row) => `${JSON.stringify({ ...common, ...row })}\n`).join(""),
    );
  };
  const prompt = (uuid: string, second: number): object => ({
    type: "user",
    uuid,
    timestamp: `${at}${second}Z`,
    message: { role: "user", content: `prompt ${uuid}` },
  });
  const answer = { type: "assistant", uuid: "a", timestamp: `${at}2Z`, requestId: "r" };
  const answered = { ...answer, message: { id: "m", role: "assistant", model: "claude-opus-4-5", usage, content: [] } };
  const rows = [prompt("p", 1), answered];
  write(1, rows);
  write(2, [
    ...rows.map((row) => ({ ...row, forkedFrom: { sessionId: sessionId(1), messageUuid: "x" } })),
    prompt("q", 5),
  ]);
  for (const index of [true, false]) {
    const { totals, groups } = await usageStats({ configDirs: [dir], index, by: "session" });
    expect([totals.prompts, totals.requests]).toEqual([2, 1]);
    expect(groups.map(({ key, prompts }) => [key, prompts]).sort()).toEqual([1, 2].map((n) => [sessionId(n), 1]));
  }
});
