import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { deleteSession } from "../../src/store/delete.ts";
import { examineStore, type ConfigDirReport } from "../../src/store/doctor.ts";
import { tempName } from "../../src/store/temp.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { jsonl, user } from "../support/rows.ts";
import { snapshot } from "../support/snapshot.ts";

const DAY = 24 * 60 * 60;
const NOW = 1_800_000_000;

async function examine(dir: string): Promise<ConfigDirReport> {
  const { configDirs } = await examineStore({ configDirs: [dir], soonMs: 3 * DAY * 1000, now: NOW * 1000 });
  const [report] = configDirs;
  if (report === undefined) throw new Error("no report");
  return report;
}

const session = (dir: string, n: number, { key = "-w", mtime = NOW, entrypoint = "cli" } = {}): string =>
  put(
    dir,
    `projects/${key}/${sessionId(n)}.jsonl`,
    conversation(sessionId(n), `prompt ${n}`, "answer").replaceAll('"type"', `"entrypoint":"${entrypoint}","type"`),
    { mtime },
  );

const names = (dir: string, things: readonly { path: string }[]): string[] =>
  things.map((thing) => path.relative(dir, thing.path)).sort();

test("an empty store, and one that is not there", async () => {
  const dir = tempConfigDir();
  expect(await examine(dir)).toMatchObject({ path: dir, source: "option", exists: true, projects: [], findings: [] });
  expect(await examine(path.join(dir, "missing"))).toMatchObject({ exists: false, projects: [], unreadable: [] });
});

test("sessions and bytes of every project", async () => {
  const dir = tempConfigDir();
  const [one, two] = [session(dir, 1), session(dir, 2, { mtime: NOW - DAY })];
  put(dir, `projects/-w/${sessionId(1)}/tool-results/a.txt`, "12345");
  put(dir, `projects/-w/memory/MEMORY.md`, "123");
  put(dir, `projects/-w/${sessionId(3)}.jsonl`, "");
  fs.mkdirSync(path.join(dir, "projects", "-empty"));
  const { projects } = await examine(dir);
  expect(projects).toEqual([
    {
      key: "-empty",
      path: path.join(dir, "projects/-empty"),
      cwd: undefined,
      sessions: 0,
      bytes: 0,
      otherBytes: 0,
      lastModified: undefined,
    },
    {
      key: "-w",
      path: path.join(dir, "projects/-w"),
      cwd: "/w",
      sessions: 2,
      bytes: fs.statSync(one).size + fs.statSync(two).size,
      otherBytes: 8,
      lastModified: NOW * 1000,
    },
  ]);
});

test("damage of sessions, of their subagents and of those of older CLIs", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  fs.appendFileSync(session(dir, 2), "nonsense\n");
  put(dir, `projects/-w/${sessionId(1)}/subagents/agent-a.jsonl`, `${jsonl([user(1, null)])}{"cut`);
  put(dir, `projects/-w/${sessionId(1)}/subagents/workflows/wf_1/journal.jsonl`, "not a transcript\n");
  put(dir, `projects/-w/agent-b.jsonl`, jsonl([user(1, 7, "u", { sessionId: sessionId(1) })]));
  const { findings } = await examine(dir);
  expect(names(dir, findings).map((name) => name.slice(12))).toEqual([
    `${sessionId(1)}/subagents/agent-a.jsonl`,
    `${sessionId(2)}.jsonl`,
    "agent-b.jsonl",
  ]);
  const kinds = findings.flatMap((file) => file.findings.map(({ kind, lines }) => `${kind} ${lines.join()}`)).sort();
  expect(kinds).toEqual(["cut_at_end 2", "dangling_parent 1", "not_json 3"]);
});

describe("what Claude Code deletes", () => {
  const expiring = async (dir: string): Promise<string[]> =>
    (await examine(dir)).expiring.map(
      (one) => `${Number(one.sessionId.slice(-2))} ${(one.deletedFrom / 1000 - NOW) / DAY} ${one.title}`,
    );
  const fill = (dir: string): void => {
    for (const [n, days] of [26.9, 27.1, 29, 40].entries()) session(dir, n + 1, { mtime: NOW - days * DAY });
  };

  test.for<[string, string | undefined, string[]]>([
    ["after 30 days", undefined, ["4 -10 prompt 4", "3 1 prompt 3", "2 2.9 prompt 2"]],
    ["after as many as the settings say", '{"cleanupPeriodDays":42}', ["4 2 prompt 4"]],
    ["nothing, where they say very many", '{"cleanupPeriodDays":3650}', []],
    [
      "after 30 days, where they say nothing of it",
      '{"model":"x"}',
      ["4 -10 prompt 4", "3 1 prompt 3", "2 2.9 prompt 2"],
    ],
    ["nothing, where they cannot be read", '{"cleanupPeriodDays":1', []],
    ["nothing, where they are not valid", '{"cleanupPeriodDays":0}', []],
    ["nothing, where it is no number", '{"cleanupPeriodDays":"1"}', []],
  ])("%s", async ([, settings, expected]) => {
    const dir = tempConfigDir();
    fill(dir);
    if (settings !== undefined) put(dir, "settings.json", settings);
    expect((await expiring(dir)).map((text) => text.replace(/(\.\d)\d+/, "$1"))).toEqual(expected);
  });

  test("not what the desktop application wrote", async () => {
    const dir = tempConfigDir();
    session(dir, 1, { mtime: NOW - 40 * DAY, entrypoint: "claude-desktop" });
    session(dir, 2, { mtime: NOW - 40 * DAY, entrypoint: "sdk-ts" });
    expect((await expiring(dir)).map((text) => text[0])).toEqual(["2"]);
  });
});

test("what belongs to no session", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  session(dir, 2, { key: "-other" });
  for (const n of [1, 2, 3]) {
    const id = sessionId(n);
    put(dir, `projects/-w/${id}/custom-title.json`, "{}");
    put(dir, `projects/-w/${id}.desktop-released.json`, "{}");
    put(dir, `projects/-w/agent-${n}.jsonl`, jsonl([user(n, null, "u", { sessionId: id })]));
    for (const kind of ["file-history", "session-env", "tasks", "uploads"]) put(dir, `${kind}/${id}/x`, "12");
    put(dir, `todos/${id}-agent-${id}.json`, "[]");
  }
  put(dir, "projects/-w/memory/MEMORY.md", "x");
  put(dir, "tasks/a-team/1.json", "x");
  const { orphans } = await examine(dir);
  const id = sessionId(3);
  expect(names(dir, orphans)).toEqual([
    `file-history/${id}`,
    `projects/-w/${id}`,
    `projects/-w/${id}.desktop-released.json`,
    "projects/-w/agent-3.jsonl",
    `session-env/${id}`,
    `tasks/${id}`,
    `todos/${id}-agent-${id}.json`,
    `uploads/${id}`,
  ]);
  expect(new Set(orphans.map(({ sessionId: owner }) => owner))).toEqual(new Set([id]));
  expect(orphans.find(({ path: at }) => at.includes("uploads"))?.bytes).toBe(2);
});

test("temporary files whose writer has gone, and not those of one that writes", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  const own = tempName(`${sessionId(2)}.jsonl`);
  const gone = own.replace(/-[0-9]+-[^-]*-([0-9a-f]{8})\.tmp$/, "-999999999-1-$1.tmp");
  for (const name of [own, gone]) put(dir, `projects/-w/${name}`, "1234");
  put(dir, `projects/-w/${sessionId(1)}/.archived.json${gone.slice(gone.indexOf(".ct-"))}`, "12");
  const { temporaries } = await examine(dir);
  expect(temporaries.map(({ bytes }) => bytes).sort()).toEqual([2, 4]);
  expect(temporaries.some(({ path: at }) => at.endsWith(own))).toBe(false);
});

test("the trash", async () => {
  const dir = tempConfigDir();
  for (const n of [1, 2]) session(dir, n);
  await deleteSession(sessionId(1), { configDirs: [dir] });
  const { trash } = await examine(dir);
  expect(trash).toMatchObject({ entries: 1, cutShort: 0, path: path.join(dir, "claude-transcripts/trash") });
  expect(trash.bytes).toBeGreaterThan(100);
});

test("what cannot be read is named, and the rest is looked at", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  fs.mkdirSync(path.join(dir, "projects/-w", `${sessionId(2)}.jsonl`), { recursive: true });
  fs.symlinkSync("nowhere", path.join(dir, "projects/-link"));
  const { unreadable, projects } = await examine(dir);
  expect(unreadable.map(({ path: at, reason }) => `${path.relative(dir, at)} ${reason}`).sort()).toEqual([
    "projects/-link ENOENT",
    `projects/-w/${sessionId(2)}.jsonl no file`,
  ]);
  expect(projects.map(({ sessions }) => sessions)).toEqual([1]);
});

test("a project dir under two names is looked at once", async () => {
  const dir = tempConfigDir();
  fs.appendFileSync(session(dir, 1), "x\n");
  fs.symlinkSync("-w", path.join(dir, "projects/-z"));
  const { projects, findings } = await examine(dir);
  expect({ projects: projects.length, findings: findings.length }).toEqual({ projects: 1, findings: 1 });
});

test("nothing is changed by it", async () => {
  const dir = tempConfigDir();
  fs.appendFileSync(session(dir, 1, { mtime: NOW - 40 * DAY }), '{"cut');
  put(dir, `projects/-w/${sessionId(3)}/subagents/agent-a.jsonl`, "x\n");
  put(dir, `projects/-w/.x.ct-000000000000-1-1-00000000.tmp`, "x", { mtime: 1 });
  await deleteSession(sessionId(1), { configDirs: [dir] });
  session(dir, 2);
  const before = snapshot(dir, { directoryTimes: true });
  await examine(dir);
  expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
});
