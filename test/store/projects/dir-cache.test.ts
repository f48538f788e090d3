/** What is remembered of a directory is used only while it is still so. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { listProjectDir } from "../../../src/store/projects/dir-cache.ts";
import { hasReliableDirTimes } from "../../../src/store/disk/platform.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const PROJECT = "projects/-w";

function makeDir(sessions: number): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= sessions; n++) put(dir, `${PROJECT}/${sessionId(n)}.jsonl`, "{}\n");
  return path.join(dir, PROJECT);
}

/** As if nothing had come or gone for a while. */
function settle(dir: string, time = new Date("2026-01-01")): void {
  fs.utimesSync(dir, time, time);
}

const idsIn = (dir: string): readonly string[] => listProjectDir(dir).sessionIds;

test("sessions and the rest are told apart", () => {
  const dir = makeDir(2);
  for (const other of ["x.jsonl", "memory", sessionId(1), `${sessionId(3)}.txt`])
    fs.writeFileSync(path.join(dir, other), "");
  expect(listProjectDir(dir)).toEqual({
    sessionIds: [sessionId(1), sessionId(2)],
    others: new Set(["x.jsonl", "memory", sessionId(1), `${sessionId(3)}.txt`]),
  });
});

test("what comes and goes is seen at once, however often one looks", () => {
  const dir = makeDir(1);
  for (let n = 2; n < 30; n++) {
    expect(idsIn(dir)).toHaveLength(n - 1);
    fs.writeFileSync(path.join(dir, `${sessionId(n)}.jsonl`), "{}\n");
    expect(idsIn(dir)).toHaveLength(n);
    fs.mkdirSync(path.join(dir, sessionId(n)));
    expect(listProjectDir(dir).others.has(sessionId(n))).toBe(true);
  }
  fs.rmSync(path.join(dir, `${sessionId(1)}.jsonl`));
  expect(idsIn(dir)).not.toContain(sessionId(1));
});

test("a directory whose ctime is recent is read again although its mtime is old", () => {
  const dir = makeDir(1);
  settle(dir);
  expect(idsIn(dir)).toHaveLength(1);
  put(path.dirname(path.dirname(dir)), `${PROJECT}/${sessionId(2)}.jsonl`, "{}\n");
  settle(dir);
  expect(idsIn(dir)).toHaveLength(2);
});

test("another directory in its place is another directory", () => {
  const dir = makeDir(1);
  expect(idsIn(dir)).toEqual([sessionId(1)]);
  const other = makeDir(3);
  fs.rmSync(dir, { recursive: true });
  fs.symlinkSync(other, dir);
  expect(idsIn(dir)).toHaveLength(3);
});

test("a directory that cannot be read says so", () => {
  const dir = makeDir(1);
  fs.rmSync(dir, { recursive: true });
  expect(() => listProjectDir(dir)).toThrow(/ENOENT/);
});

test("times of directories are not relied on where file systems keep none", () => {
  expect((["linux", "darwin", "win32"] as const).map((platform) => hasReliableDirTimes(platform))).toEqual([
    true,
    true,
    false,
  ]);
});
