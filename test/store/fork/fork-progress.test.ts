import { expect, test } from "vitest";
import { forkSession } from "../../../src/store/fork/fork-session.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const MB = 1_000_000;

test("a fork of a long transcript reports its progress through both passes", async () => {
  const dir = tempConfigDir();
  const id = sessionId(1);
  const texts = Array.from({ length: 400 }, (_, n) => `${n} ${"lorem ipsum ".repeat(4000)}`);
  const rows = conversation(id, ...texts);
  expect(rows.length).toBeGreaterThan(16 * MB);
  put(dir, `projects/-w/${id}.jsonl`, rows);
  const told: [number, number][] = [];
  await forkSession(id, { configDirs: [dir], progress: (done, total) => told.push([done, total]) });
  const total = 2 * Buffer.byteLength(rows);
  expect(new Set(told.map(([, all]) => all))).toEqual(new Set([total]));
  const done = told.map(([bytes]) => bytes);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.some((bytes) => bytes < total / 2)).toBe(true);
  expect(done.some((bytes) => bytes > total / 2)).toBe(true);
  expect(done.at(-1)).toBeLessThanOrEqual(total);
});
