import fs from "node:fs";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { listTrash } from "../../src/index.ts";
import { type DailyCleanup, startDailyCleanup } from "../../src/servers/daily-cleanup.ts";
import { takeTurnOfDay } from "../../src/store/retention/turn-of-day.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { writeSpending } from "../support/spending.ts";

/** For a machine that does other things too. */
const LONG = { timeout: 10_000, interval: 5 };
const DAY = 24 * 60 * 60 * 1000;

/** Session 1 is old, 2 is old and tagged keep, 3 is old and open, 4 is new. */
function store(): string {
  const dir = tempConfigDir();
  for (const n of [1, 2, 3]) writeSpending(dir, n, 1, { at: "2026-01-01T10:00:00Z", ...(n === 2 && { tag: "keep" }) });
  writeSpending(dir, 4, 1, { at: new Date(Date.now() - DAY).toISOString() });
  openByThisProcess(dir, sessionId(3));
  return dir;
}

const trashed = async (dir: string): Promise<string[]> =>
  (await listTrash({ configDirs: [dir] })).map((entry) => entry.sessionId);
const stamps = (dir: string): string[] =>
  fs.readdirSync(path.join(dir, "claude-transcripts")).filter((name) => name.startsWith("cleanup-"));

const begin = (dir: string, log: string[], more: object = {}): DailyCleanup =>
  startDailyCleanup({
    configDirs: [dir],
    maxAgeDays: 90,
    log: (line) => log.push(line),
    firstMs: 0,
    againMs: 1,
    ...more,
  });

test("of several servers one cleans up on a day, as the command does, and says how to undo it", async () => {
  const dir = store();
  const log: string[] = [];
  const servers = [1, 2, 3].map(() => begin(dir, log));
  await vi.waitFor(() => expect(log).toHaveLength(2), LONG);
  // They look again every millisecond.
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const server of servers) await server.stop();
  expect(await trashed(dir)).toEqual([sessionId(1)]);
  expect(log).toEqual([
    expect.stringMatching(
      /^Clean-up of .*: moved 1 session, .*B, not active for 90 days, to the trash; kept 2 \(1: it is/,
    ),
    expect.stringMatching(/^To undo: claude-transcripts restore --deleted-since \S+ --deleted-until \S+ --config-dir /),
  ]);
  expect(stamps(dir)).toHaveLength(1);
});

test("it begins only after a while, and not at all without an age or once it is stopped", async () => {
  const dir = store();
  const log: string[] = [];
  for (const more of [{ firstMs: undefined }, { maxAgeDays: undefined }]) await begin(dir, log, more).stop();
  const late = begin(dir, log, { firstMs: 60_000 });
  begin(dir, log, { maxAgeDays: undefined });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await late.stop();
  expect(log).toEqual([]);
  expect(fs.existsSync(path.join(dir, "claude-transcripts"))).toBe(false);
});

test("a failure is said", async () => {
  const dir = store();
  fs.writeFileSync(path.join(dir, "claude-transcripts"), "a file in the place of the directory");
  const log: string[] = [];
  const server = begin(dir, log, { againMs: 60_000 });
  await vi.waitFor(() => expect(log).toEqual([expect.stringMatching(/^The clean-up failed: /)]), LONG);
  await server.stop();
});

test("the turn of a day is taken once, its stamp goes with the next, and a place without projects has none", () => {
  const dir = store();
  const now = Date.UTC(2026, 5, 1, 12);
  const asked = [now, now + 1, now + DAY, now + DAY, now].map((at) => takeTurnOfDay(dir, at));
  expect(asked).toEqual([true, false, true, false, true]);
  expect(stamps(dir)).toEqual(["cleanup-2026-06-01", "cleanup-2026-06-02"]);
  expect(takeTurnOfDay(dir, now + 2 * DAY)).toBe(true);
  expect(stamps(dir)).toEqual(["cleanup-2026-06-03"]);
  const empty = path.join(dir, "empty");
  fs.mkdirSync(empty);
  expect([takeTurnOfDay(empty), fs.readdirSync(empty)]).toEqual([false, []]);
});
