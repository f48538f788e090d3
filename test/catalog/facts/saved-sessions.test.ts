import path from "node:path";
import { expect, test } from "vitest";
import {
  cleanupSessions,
  deleteSession,
  listSessions,
  loadSession,
  saveSession,
  searchSessions,
} from "../../../src/index.ts";
import { sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { Stream } from "../../support/sdk-messages.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = Date.now();

test("saved sessions are found by tag, date and cost, deleted, and cleaned up by age", async () => {
  const where = { storageDir: path.join(tempConfigDir(), "sessions"), index: false };
  const save = async (n: number, daysAgo: number, usd: number, tags: readonly string[]): Promise<void> => {
    const stream = new Stream(sessionId(n));
    const timestamp = new Date(NOW - daysAgo * DAY_MS).toISOString();
    const messages = [
      stream.user(`Prompt ${n}`, { timestamp }),
      stream.answer([{ type: "text", text: "Yes" }], { timestamp }),
      stream.result(usd),
    ];
    await saveSession(sessionId(n), messages, { ...where, cwd: `/w${n}`, tags });
  };
  await save(1, 40, 0.5, ["a"]);
  await save(2, 20, 2, ["a", "b"]);
  await save(3, 1, 0.01, []);
  await save(4, 50, 3, ["keep"]);
  const found = async (conditions: Parameters<typeof searchSessions>[0]): Promise<string[]> => {
    const { sessions } = await searchSessions({ ...where, ...conditions });
    return sessions.map(({ session }) => session.sessionId.slice(-1));
  };
  expect(await found({ tags: ["a"] })).toEqual(["2", "1"]);
  expect(await found({ tags: ["b", "keep"] })).toEqual(["2", "4"]);
  expect(await found({ after: NOW - 30 * DAY_MS })).toEqual(["3", "2"]);
  expect(await found({ before: NOW - 30 * DAY_MS })).toEqual(["1", "4"]);
  expect(await found({ minCost: 500_000, sort: "cost" })).toEqual(["4", "2", "1"]);
  expect(await found({ maxCost: 500_000, project: "w3" })).toEqual(["3"]);
  expect((await loadSession(sessionId(2), where)).metadata).toMatchObject({
    createdAt: NOW - 20 * DAY_MS,
    totalCost: 2_000_000,
    tags: ["a", "b"],
  });
  const { deleted, kept } = await cleanupSessions({ ...where, maxAgeDays: 30 });
  expect(deleted.map(({ session }) => session.sessionId)).toEqual([sessionId(1)]);
  expect(kept.map(({ session, reason }) => [session.sessionId, reason])).toEqual([[sessionId(4), "it is tagged keep"]]);
  await deleteSession(sessionId(2), where);
  expect((await listSessions(where)).map(({ firstPrompt }) => firstPrompt).sort()).toEqual(["Prompt 3", "Prompt 4"]);
});
