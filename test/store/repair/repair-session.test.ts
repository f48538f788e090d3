import { fork } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  deleteSession,
  describeSession,
  getSessionMessages,
  listSessionPage,
  listTrash,
  repairSession,
  type RepairReport,
  restoreSession,
} from "../../../src/index.ts";
import { checkTranscript } from "../../../src/store/doctor/check-transcript.ts";
import { timing } from "../../../src/store/timing.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { writeHostileSessions } from "../../support/hostile.ts";
import { openByThisProcess } from "../../support/live.ts";
import { runs, SEED } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const transcript = `projects/-w/${ID}.jsonl`;
const agent = `projects/-w/${ID}/subagents/agent-x.jsonl`;
const sound = conversation(ID, "one", "two", "three", "four");
/** The second and the third row are on one line. */
const glued = sound.replace(/\n(?=.*"three")/, "");

beforeAll(() => {
  timing.quietMs = 0;
  timing.lockMs = 50;
});

function store(content: string | Uint8Array = glued): string {
  const dir = tempConfigDir();
  put(dir, transcript, content, { mtime: 1_790_000_000, mode: 0o644 });
  return dir;
}
const repair = (dir: string, options: Parameters<typeof repairSession>[1] = {}): Promise<RepairReport> =>
  repairSession(ID, { configDirs: [dir], ...options });
const read = (dir: string, file = transcript): string => fs.readFileSync(path.join(dir, file), "utf8");
const versions = async (dir: string): Promise<string[]> =>
  (await listTrash({ configDirs: [dir] })).flatMap(({ id, replacedBy }) => (replacedBy === undefined ? [] : [id]));

test("says what a repair would change, and changes nothing", async () => {
  const dir = store();
  const before = snapshot(dir);
  const report = await repair(dir, { dryRun: true });
  expect(report).toMatchObject({ dryRun: true, changes: 1, examined: 1, trashId: undefined, deletions: [] });
  expect(report.files).toMatchObject([
    { path: path.join(dir, transcript), bytesBefore: glued.length, bytesAfter: undefined, counts: { glued: 1 } },
  ]);
  expect(snapshot(dir)).toEqual(before);
});

test("replaces the file, keeps its time, and has nothing to do the second time", async () => {
  const dir = store();
  const report = await repair(dir);
  expect(read(dir)).toBe(sound);
  const { mtimeMs, mode } = fs.statSync(path.join(dir, transcript));
  expect([mtimeMs, mode & 0o777]).toEqual([1_790_000_000_000, 0o600]);
  expect(await versions(dir)).toEqual([report.trashId]);
  const after = snapshot(dir);
  expect(await repair(dir)).toMatchObject({ changes: 0, files: [], trashId: undefined });
  expect(snapshot(dir)).toEqual(after);
});

test("a sound session is left alone, with no trace of the look", async () => {
  const dir = store(sound);
  const before = snapshot(dir, { directoryTimes: false });
  expect(await repair(dir)).toMatchObject({ changes: 0, files: [] });
  expect(snapshot(dir)).toEqual(before);
});

describe("the earlier version in the trash", () => {
  test("is exchanged for the repaired one, to and fro", async () => {
    const dir = store();
    const { trashId = "" } = await repair(dir);
    const { replacedTrashId = "", items } = await restoreSession(trashId, { configDirs: [dir] });
    expect([read(dir), items.length]).toEqual([glued, 1]);
    expect(await versions(dir)).toEqual([replacedTrashId]);
    await restoreSession(replacedTrashId, { configDirs: [dir] });
    expect(read(dir)).toBe(sound);
    expect(await versions(dir)).toHaveLength(1);
  });

  test("comes back with the rows that were added since", async () => {
    const dir = store();
    const { trashId = "" } = await repair(dir);
    const later = `${JSON.stringify({ type: "custom-title", customTitle: "Later" })}\n`;
    fs.appendFileSync(path.join(dir, transcript), later);
    const { replacedTrashId = "" } = await restoreSession(trashId, { configDirs: [dir] });
    expect(read(dir)).toBe(glued + later);
    await restoreSession(replacedTrashId, { configDirs: [dir] });
    expect(read(dir)).toBe(sound + later);
  });

  test("is not what the session's id means, and stays when the session is deleted and restored", async () => {
    const dir = store();
    const { trashId = "" } = await repair(dir);
    await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "TrashEntryNotFound",
      message: expect.stringContaining(trashId),
    });
    await deleteSession(ID, { configDirs: [dir] });
    expect(await restoreSession(ID, { configDirs: [dir] })).toMatchObject({ otherTrashIds: [] });
    expect([read(dir), await versions(dir)]).toEqual([sound, [trashId]]);
  });

  test("is put back where the session is gone", async () => {
    const dir = store();
    const { trashId = "" } = await repair(dir);
    fs.rmSync(path.join(dir, transcript));
    expect(await restoreSession(trashId, { configDirs: [dir] })).not.toHaveProperty("replacedTrashId");
    expect(read(dir)).toBe(glued);
  });

  test("is not put where a link leads out of the project", async () => {
    const dir = store();
    put(dir, agent, glued);
    const { trashId = "" } = await repair(dir);
    const [there, elsewhere] = [path.join(dir, path.dirname(agent)), path.join(dir, "elsewhere")];
    fs.renameSync(there, elsewhere);
    fs.symlinkSync(elsewhere, there);
    const before = snapshot(dir);
    await expect(restoreSession(trashId, { configDirs: [dir] })).rejects.toMatchObject({
      code: "RestoreConflict",
      data: { conflicts: [there] },
    });
    expect(snapshot(dir)).toEqual(before);
  });

  test("is not exchanged while the session is in use", async () => {
    const dir = store();
    const { trashId = "" } = await repair(dir);
    openByThisProcess(dir, ID);
    await expect(restoreSession(trashId, { configDirs: [dir] })).rejects.toMatchObject({ code: "SessionInUse" });
    expect(read(dir)).toBe(sound);
  });
});

test("repairs the subagents too, and undoes both at once", async () => {
  const dir = store();
  put(dir, agent, glued.replace('"uuid"', '"isSidechain":true,"uuid"'));
  const before = snapshot(dir);
  const { files, examined, trashId = "" } = await repair(dir);
  expect([examined, files.map(({ isSubagent }) => isSubagent)]).toEqual([2, [false, true]]);
  expect(read(dir, agent).split("\n")).toHaveLength(5);
  await restoreSession(trashId, { configDirs: [dir] });
  const files_ = (tree: Record<string, string>): (string | undefined)[] => [tree[transcript], tree[agent]];
  expect(files_(snapshot(dir))).toEqual(files_(before));
});

test.for<[what: string, spoil: (dir: string) => void, code: string]>([
  ["in use", (dir) => openByThisProcess(dir, ID), "SessionInUse"],
  [
    "a link",
    (dir) => {
      fs.renameSync(path.join(dir, transcript), path.join(dir, "elsewhere"));
      fs.symlinkSync(path.join(dir, "elsewhere"), path.join(dir, transcript));
    },
    "Io",
  ],
  ["not there", (dir) => fs.rmSync(path.join(dir, transcript)), "SessionNotFound"],
])("a session that is %s is refused, and nothing changes", async ([, spoil, code]) => {
  const dir = store();
  spoil(dir);
  const before = snapshot(dir);
  await expect(repair(dir)).rejects.toMatchObject({ code });
  expect(snapshot(dir)).toEqual(before);
});

test("repairs a session in use if it is told to", async () => {
  const dir = store();
  openByThisProcess(dir, ID);
  expect(await repair(dir, { force: true })).toMatchObject({ changes: 1 });
});

test("says where the session is of which only rows about it are in place", async () => {
  const dir = store(sound);
  const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
  put(dir, transcript, '{"type":"custom-title","customTitle":"t"}\n');
  expect(await repair(dir)).toMatchObject({ changes: 0, deletions: trashIds });
});

test("lists still have the description, whose row has moved", async () => {
  const long = conversation(ID, "x".repeat(200_000), "y");
  const dir = store(`${"\0".repeat(100_000)}\n${long}`);
  await describeSession(ID, "What it was about", { configDirs: [dir] });
  fs.appendFileSync(
    path.join(dir, transcript),
    conversation(ID, "x".repeat(200_000)).replace(/"uuid":"[^"]*"/, '"uuid":"z"'),
  );
  const descriptions = async (): Promise<unknown[]> =>
    (await listSessionPage({ configDirs: [dir] })).sessions.map(({ description }) => description);
  const { trashId = "" } = await repair(dir);
  expect(await descriptions()).toEqual(["What it was about"]);
  await restoreSession(trashId, { configDirs: [dir] });
  expect(await descriptions()).toEqual(["What it was about"]);
});

test("rows that are appended while it is repaired are in both versions, once", async () => {
  const dir = store(`\ufeff${sound}`);
  const file = path.join(dir, transcript);
  const note = (n: number): string => `${JSON.stringify({ type: "note", n })}\n`;
  // When the files have been read for the last time, and before they are exchanged.
  const spy = vi.spyOn(fs, "mkdirSync").mockImplementationOnce((...args: Parameters<typeof fs.mkdirSync>) => {
    fs.appendFileSync(file, note(1));
    spy.mockRestore();
    return fs.mkdirSync(...args);
  });
  // Without it the trash is made first.
  put(dir, "claude-transcripts/trash/something", "");
  const { trashId = "" } = await repair(dir);
  expect(read(dir)).toBe(sound + note(1));
  fs.appendFileSync(file, note(2));
  await restoreSession(trashId, { configDirs: [dir] });
  expect(read(dir)).toBe(`\ufeff${sound}${note(1)}${note(2)}`);
});

test("stops when it is aborted, and leaves nothing", async () => {
  const dir = store(conversation(ID, "one", "two").repeat(12_000) + glued);
  const before = snapshot(dir);
  const control = new AbortController();
  const aborted = repair(dir, { signal: control.signal, progress: () => control.abort(new Error("enough")) });
  await expect(aborted).rejects.toThrow("enough");
  expect(snapshot(dir)).toEqual(before);
});

test("rows that another process appends meanwhile are not lost, nor those of two repairs at once", async () => {
  const dir = store(glued.repeat(50));
  const file = path.join(dir, transcript);
  const writer = fork(path.join(import.meta.dirname, "appender.mjs"), [file, "100"], { execArgv: [] });
  const ended = new Promise((resolve) => writer.on("exit", resolve));
  timing.lockMs = 20_000;
  timing.quietMs = 20;
  const outcomes: string[] = [];
  for (let n = 0; writer.exitCode === null; n++) {
    const both = await Promise.allSettled([repair(dir), repair(dir)]);
    for (const one of both) outcomes.push(one.status === "fulfilled" ? "done" : String(one.reason.code));
    fs.appendFileSync(file, `${glued.trimEnd()}\n`);
  }
  await ended;
  await repair(dir);
  timing.quietMs = 0;
  timing.lockMs = 50;
  expect([...new Set(outcomes)].filter((one) => one !== "done" && one !== "SessionBusy")).toEqual([]);
  const written = read(dir).match(/"appended":\d+/g) ?? [];
  expect(new Set(written).size).toBe(100);
  expect(await getSessionMessages(ID, { configDirs: [dir] })).toHaveLength(4);
});

test("whatever is wrong with a session, no text is lost, and the second repair changes nothing", async () => {
  const dir = tempConfigDir();
  // The first ones are so large that each takes a second.
  for (const { id, spoilt, texts } of writeHostileSessions(dir, runs(320), SEED).slice(3)) {
    await repairSession(id, { configDirs: [dir] });
    const file = pathOf(dir, id);
    const text = fs.readFileSync(file, "utf8");
    expect([spoilt, texts.filter((one) => !text.includes(one))]).toEqual([spoilt, []]);
    const { findings } = await checkTranscript(file);
    const left = findings.filter(({ kind }) => kind !== "repeated_uuid" && kind !== "oversized");
    expect([spoilt, left]).toEqual([spoilt, []]);
    expect([spoilt, await repairSession(id, { configDirs: [dir] })]).toMatchObject([spoilt, { changes: 0 }]);
  }
});

const pathOf = (dir: string, id: string): string =>
  fs
    .readdirSync(path.join(dir, "projects"))
    .map((key) => path.join(dir, "projects", key, `${id}.jsonl`))
    .find((file) => fs.existsSync(file)) ?? "";
