import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { clean, planCleanup } from "../../../src/catalog/select/cleanup-sessions.ts";
import {
  type CleanupOptions,
  cleanupSessions,
  deleteSession,
  renameSession,
  restoreSession,
} from "../../../src/index.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";
import { snapshot } from "../../support/snapshot.ts";
import { writeSpending } from "../../support/spending.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", path.join(tempConfigDir(), "cache"));
  return () => vi.unstubAllEnvs();
});

/** Session 1 is tagged keep, 2 has a title in the middle of its file, 3 one by a model, 4 is open in this process, 5 is plain. */
async function store(): Promise<string> {
  const dir = tempConfigDir();
  const filler = Array.from({ length: 40 }, () => ({ type: "filler", text: "x".repeat(4000) }));
  const title = { type: "custom-title", customTitle: "Mine", sessionId: sessionId(2) };
  writeSpending(dir, 1, 1, { tag: "keep" });
  writeSpending(dir, 2, 1, { middle: [...filler, title, ...filler] });
  writeSpending(dir, 3, 1, { middle: [{ type: "ai-title", aiTitle: "A guess", sessionId: sessionId(3) }] });
  writeSpending(dir, 4, 1);
  writeSpending(dir, 5, 1);
  put(dir, `projects/-w/${sessionId(5)}/tool-results/b1.txt`, "stored");
  openByThisProcess(dir, sessionId(4));
  return dir;
}

const numberOf = (one: { readonly session: { readonly sessionId: string } }): number =>
  Number(one.session.sessionId.slice(-1));

test.for<[string, CleanupOptions, number[], Record<number, string>]>([
  ["by default", {}, [3, 5], { 1: "it is tagged keep", 2: "somebody gave it a title", 4: "it is in use" }],
  ["with those tagged", { includeTagged: true }, [1, 3, 5], { 2: "somebody gave it a title", 4: "it is in use" }],
  ["with those titled", { includeTitled: true }, [2, 3, 5], { 1: "it is tagged keep", 4: "it is in use" }],
  ["with all", { includeTagged: true, includeTitled: true, includeInUse: true }, [1, 2, 3, 4, 5], {}],
])("%s", async ([, options, goes, stays]) => {
  const dir = await store();
  const before = snapshot(dir);
  const chosen = { ...options, until: Date.now(), configDirs: [dir] };

  const plan = await cleanupSessions({ ...chosen, dryRun: true });
  expect(plan.deleted.map(numberOf).sort()).toEqual(goes);
  expect(Object.fromEntries(plan.kept.map((one) => [numberOf(one), one.reason]))).toEqual(stays);
  expect(snapshot(dir)).toEqual(before);

  const done = await cleanupSessions(chosen);
  expect(done.deleted.map(({ trashIds: _ids, ...one }) => one)).toEqual(
    plan.deleted.map(({ trashIds: _ids, ...one }) => one),
  );
  expect({ kept: done.kept, bytes: done.bytes }).toEqual({ kept: plan.kept, bytes: plan.bytes });
  const gone = done.deleted.flatMap(({ items }) => items.map((item) => item.path));
  expect(gone.filter((file) => fs.existsSync(path.join(dir, file)))).toEqual([]);

  for (const { trashIds } of done.deleted) for (const id of trashIds) await restoreSession(id, { configDirs: [dir] });
  expect(snapshot(dir)).toEqual(before);
});

test.for<[string, CleanupOptions, RegExp]>([
  ["without a condition", {}, /a condition is missing/],
  ["only with worktrees", { includeWorktrees: false }, /a condition is missing/],
  ["an age that is no number", { maxAgeDays: NaN }, /maxAgeDays must be a number of days, got null/],
  ["an age below 0", { maxAgeDays: -1 }, /maxAgeDays must be a number of days, got -1/],
  // What JavaScript and environment variables that are not set give.
  ...["dir", "branch", "query", "project", "model"].map((name): [string, CleanupOptions, RegExp] => [
    `an empty ${name}`,
    { [name]: "" },
    new RegExp(`${name} must be a text, got ""`),
  ]),
  ...[
    "dir",
    "branch",
    "query",
    "project",
    "model",
    "since",
    "until",
    "tags",
    "minCost",
    "larger",
    "empty",
    "maxAgeDays",
  ].map((name): [string, CleanupOptions, RegExp] => [`${name} null`, { [name]: null }, /a condition is missing/]),
  ...["empty", "archived", "programmatic"].map((name): [string, CleanupOptions, RegExp] => [
    `a word for ${name}`,
    { [name]: "yes" },
    new RegExp(`${name} must be true or false, got "yes"`),
  ]),
  ["an empty tag", { tags: [""] }, /tags must be a list of tags, got \[""\]/],
])("%s, nothing is deleted", async ([, options, message]) => {
  const dir = await store();
  const before = snapshot(dir);
  await expect(cleanupSessions({ ...options, configDirs: [dir] })).rejects.toThrow(message);
  expect(snapshot(dir)).toEqual(before);
});

test("an age in days counts from now", async () => {
  const dir = tempConfigDir();
  const daysAgo = (days: number): string => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();
  writeSpending(dir, 1, 1, { at: daysAgo(31) });
  writeSpending(dir, 2, 1, { at: daysAgo(29) });
  const { deleted } = await cleanupSessions({ maxAgeDays: 30, dryRun: true, configDirs: [dir] });
  expect(deleted.map(numberOf)).toEqual([1]);
});

test("a session that changes after it was selected stays", async () => {
  const dir = await store();
  const { deleted } = await planCleanup({ until: Date.now(), configDirs: [dir] });
  const [first] = deleted;
  if (first === undefined) throw new Error("nothing was selected");
  await renameSession(first.session.sessionId, "Kept after all", { configDirs: [dir] });
  const before = snapshot(dir);
  await expect(clean(first.session, { configDirs: [dir] })).rejects.toThrow(/has changed since it was selected/);
  expect(snapshot(dir)).toEqual(before);
});

test("a session that another process deletes after it was selected is no failure", async () => {
  const dir = await store();
  const { deleted } = await planCleanup({ until: Date.now(), configDirs: [dir] });
  const [first] = deleted;
  if (first === undefined) throw new Error("nothing was selected");
  await deleteSession(first.session.sessionId, { configDirs: [dir] });
  expect(await clean(first.session, { configDirs: [dir] })).toBeUndefined();
});

describe("a session with copies in several projects", () => {
  /** Session 1 is in two projects; the copy in the other one has more rows, at the end of them. */
  function copies(other: { readonly at: string; readonly rows?: readonly object[] }): string {
    const dir = tempConfigDir();
    const id = sessionId(1);
    writeSpending(dir, 1, 1, { at: "2026-01-01T10:00:00Z" });
    const text = fs.readFileSync(path.join(dir, `projects/-w/${id}.jsonl`), "utf8");
    const more = (other.rows ?? []).map((row) => `${JSON.stringify(row)}\n`).join("");
    put(dir, `projects/-x/${id}.jsonl`, text + more, { mtime: Date.parse(other.at) / 1000 });
    return dir;
  }
  const older = "2026-01-01T10:05:00Z";
  const tag = { type: "tag", tag: "Keep", sessionId: sessionId(1) };
  const title = { type: "custom-title", customTitle: "Mine", sessionId: sessionId(1) };

  test.for<[string, Parameters<typeof copies>[0], RegExp]>([
    ["another copy was changed later", { at: "2026-09-01T10:00:00Z" }, /^it has a copy that was changed later: .*-x/],
    ["another copy is tagged keep", { at: older, rows: [tag] }, /^it is tagged keep$/],
    ["another copy has a title", { at: older, rows: [title] }, /^somebody gave it a title$/],
  ])("stays if %s", async ([, other, reason]) => {
    const dir = copies(other);
    const before = snapshot(dir);
    const options = { dir: "/w", until: Date.parse("2026-02-01"), configDirs: [dir] };
    const { deleted, kept } = await cleanupSessions(options);
    expect(deleted).toEqual([]);
    expect(kept).toEqual([{ session: expect.anything() as object, reason: expect.stringMatching(reason) as string }]);
    expect(snapshot(dir)).toEqual(before);
  });

  test("goes with all of them if nothing says otherwise", async () => {
    const dir = copies({ at: older });
    const { deleted } = await cleanupSessions({ dir: "/w", until: Date.parse("2026-02-01"), configDirs: [dir] });
    expect(deleted.map(({ items }) => items.map((item) => item.path))).toEqual([
      [`projects/-x/${sessionId(1)}.jsonl`, `projects/-w/${sessionId(1)}.jsonl`],
    ]);
  });

  test("stays if another copy changes after it was selected", async () => {
    const dir = copies({ at: older });
    const { deleted } = await planCleanup({ until: Date.parse("2026-02-01"), configDirs: [dir] });
    const [first] = deleted;
    if (first === undefined) throw new Error("nothing was selected");
    fs.appendFileSync(path.join(dir, `projects/-x/${sessionId(1)}.jsonl`), `${JSON.stringify(title)}\n`);
    await expect(clean(first.session, { configDirs: [dir] })).rejects.toThrow(/has changed since it was selected/);
  });
});

test("a session whose directory only has the same project key stays", async () => {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 1, { cwd: "/srv/a/b" });
  writeSpending(dir, 2, 1, { cwd: "/srv/a-b" });
  writeSpending(dir, 3, 1, { cwd: "/srv/a/b/sub" });
  fs.renameSync(path.join(dir, "projects", "-w"), path.join(dir, "projects", "-srv-a-b"));
  const { deleted, kept } = await cleanupSessions({ dir: "/srv/a/b", dryRun: true, configDirs: [dir] });
  expect(deleted.map(numberOf).sort()).toEqual([1, 3]);
  expect(kept.map(({ reason }) => reason)).toEqual(["its directory is /srv/a-b, which only has the same project key"]);
});
