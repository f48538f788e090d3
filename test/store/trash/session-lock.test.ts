import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { archiveSession } from "../../../src/store/annotate/archive.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { SessionBusyError } from "../../../src/store/errors.ts";
import { bootTag, ownMark, processStart, stateOfMark } from "../../../src/store/disk/processes.ts";
import { planDeletion } from "../../../src/store/trash/plan-delete.ts";
import { planRestoration, restoreSession } from "../../../src/store/trash/restore-session.ts";
import { contendersIn, type LockPurpose, withSessionLock } from "../../../src/store/trash/session-lock.ts";
import { timing } from "../../../src/store/timing.ts";
import { emptyTrash, listTrash } from "../../../src/store/trash/trash-contents.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const OTHER = sessionId(2);
const trashOf = (dir: string): string => path.join(dir, "claude-transcripts", "trash");
const before = { ...timing };
beforeEach(() => {
  timing.lockMs = 40;
});
afterEach(() => {
  Object.assign(timing, before);
});

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  );

/** The file of a process; of this one, unless its mark is given. */
const plant = (dir: string, { id = ID, doing = "delete", mark = ownMark() } = {}): string =>
  put(trashOf(dir), `${id}.00000000000000aa-${doing}-${mark}.lock`, "");

/** A process that has ended: its pid may be another's by now, which began at another time. */
function deadMark(): string {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  return `-${bootTag()}-${pid}-1`;
}

const session = (dir: string): string => put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));

test("one at a time is let in, in one process as well, and nothing is left", async () => {
  const dir = tempConfigDir();
  timing.lockMs = 60_000;
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 20 }, () =>
    withSessionLock([dir], ID, "delete", async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside--;
    }),
  );
  await Promise.all(visits);
  expect(most).toBe(1);
  expect(fs.readdirSync(dir)).toEqual(["projects"]);
});

test("sessions do not wait for each other; one is the same however its id is spelt", async () => {
  const dir = tempConfigDir();
  await withSessionLock([dir], ID, "delete", async () => {
    await withSessionLock([dir], OTHER, "restore", () => {});
    await expect(withSessionLock([dir], ID.toUpperCase(), "restore", () => {})).rejects.toThrow(SessionBusyError);
  });
});

test("two config dirs are locked in one order, whatever the order they are given in", async () => {
  const dirs = [tempConfigDir(), tempConfigDir()];
  timing.lockMs = 60_000;
  let done = 0;
  const visits = Array.from({ length: 20 }, (_, i) =>
    withSessionLock(i % 2 === 0 ? dirs : dirs.toReversed(), ID, "delete", async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      done++;
    }),
  );
  await Promise.all(visits);
  expect(done).toBe(20);
});

test.for<[LockPurpose, string]>([
  ["delete", "deleting it"],
  ["restore", "putting it back from the trash"],
  ["empty", "removing it from the trash"],
  ["archive", "archiving or unarchiving it"],
])("a second process (%s in progress) gets an error, and nothing is changed", async ([doing, words]) => {
  const dir = tempConfigDir();
  session(dir);
  await deleteSession(ID, { configDirs: [dir] });
  put(dir, `projects/-b/${ID}.jsonl`, conversation(ID, "another"));
  const lock = plant(dir, { doing });
  const tree = snapshot(dir);
  const why = `Session ${ID} is busy: process ${process.pid} is ${words}`;
  for (const call of [
    () => deleteSession(ID, { configDirs: [dir], force: true }),
    () => restoreSession(ID, { configDirs: [dir] }),
    () => archiveSession(ID, { configDirs: [dir] }),
  ]) {
    expect(await caught(call())).toMatchObject({ code: "SessionBusy", message: why, data: { path: lock } });
  }
  expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({ removed: [], kept: [{ reason: why }] });
  expect(snapshot(dir)).toEqual(tree);
  expect(await listTrash({ configDirs: [dir] })).toHaveLength(1);
});

test("a killed process blocks nobody, and the next writer removes its files, of any session", async () => {
  const dir = tempConfigDir();
  session(dir);
  plant(dir, { mark: deadMark() });
  plant(dir, { id: OTHER, mark: deadMark() });
  expect(contendersIn(dir).map(({ state }) => state)).toEqual(["gone", "gone"]);
  await archiveSession(ID, { configDirs: [dir] });
  expect(fs.readdirSync(trashOf(dir))).toHaveLength(1);
  await deleteSession(ID, { configDirs: [dir] });
  expect(fs.readdirSync(trashOf(dir))).toHaveLength(1);
  await restoreSession(ID, { configDirs: [dir] });
  expect(fs.readdirSync(dir)).toEqual(["projects"]);
});

test("a process in an unknown state counts as alive, and the error says what to do", async () => {
  const dir = tempConfigDir();
  session(dir);
  const lock = plant(dir, { mark: "-0123456789ab-7-1" });
  const error = await caught(deleteSession(ID, { configDirs: [dir] }));
  expect(error).toMatchObject({
    code: "SessionBusy",
    message: `Session ${ID} is busy: process 7 on another machine or in another container has begun deleting it`,
    hint: `When that process has ended, remove ${lock}, then try again.`,
  });
  fs.rmSync(lock);
  await deleteSession(ID, { configDirs: [dir] });
});

test("an old lock may be of a pid that another program has now: the error says what to do", async () => {
  const dir = tempConfigDir();
  session(dir);
  const lock = plant(dir, { mark: `-${bootTag()}-${process.pid}-` });
  const busy = { code: "SessionBusy", hint: "Try again when it has finished." };
  expect(await caught(deleteSession(ID, { configDirs: [dir] }))).toMatchObject(busy);
  fs.utimesSync(lock, 1_700_000_000, 1_700_000_000);
  const hint = `${busy.hint} If process ${process.pid} is another program, remove ${lock}.`;
  expect(await caught(deleteSession(ID, { configDirs: [dir] }))).toMatchObject({ ...busy, hint });
});

const HERE = { machine: "aaaaaaaaaaaa", boot: "bbbbbbbbbbbb", booted: 10_000_000 };
test.for([
  ["this boot, no such process", [HERE.machine, HERE.boot, "999999999", "1"], 20_000_000, "gone"],
  ["this boot, another start", [HERE.machine, HERE.boot, String(process.pid), "1"], 20_000_000, "gone"],
  ["this boot, a start that is none", [HERE.machine, HERE.boot, String(process.pid), "%"], 20_000_000, "runs"],
  ["this boot, a start that is not told", [HERE.machine, HERE.boot, String(process.pid), ""], 20_000_000, "runs"],
  // The first process of a container is the program that it was made for.
  ["this boot, the first process", [HERE.machine, HERE.boot, "1", processStart(1) ?? ""], 20_000_000, "runs"],
  ["this boot, an earlier first process", [HERE.machine, HERE.boot, "1", "no start"], 20_000_000, "gone"],
  ["this machine before it was booted", [HERE.machine, "cccccccccccc", String(process.pid), "1"], 9_000_000, "gone"],
  ["this machine by its name, after it was booted", [HERE.machine, "cccccccccccc", "7", "1"], 11_000_000, "unknown"],
  ["another machine", ["dddddddddddd", "cccccccccccc", "7", "1"], 1, "unknown"],
  ["a container", ["", "cccccccccccc", "7", "1"], 1, "unknown"],
] as const)("a mark of %s", ([, mark, written, state]) => {
  expect(stateOfMark(mark, written, HERE)).toBe(state);
});

test("a container is never taken for this machine", () => {
  expect(stateOfMark(["", "cccccccccccc", "7", "1"], 1, { ...HERE, machine: "" })).toBe("unknown");
});

/** A sandbox has pids of its own and may show the `/proc` of the system around it. */
test.runIf(process.platform === "linux")("nobody is called dead by a /proc in which pids are others'", () => {
  const mark = ["", HERE.boot, String(process.pid), "a start that is not ours"];
  expect(stateOfMark(mark, 20_000_000, HERE)).toBe("gone");
  const { readlinkSync } = fs;
  vi.spyOn(fs, "readlinkSync").mockImplementation(((at: string) =>
    at === "/proc/self" ? String(process.pid + 1) : readlinkSync(at)) as typeof readlinkSync);
  expect(stateOfMark(mark, 20_000_000, HERE)).toBe("runs");
  vi.restoreAllMocks();
});

test("anything that is not a file is not a lock, whatever its name", async () => {
  const dir = tempConfigDir();
  session(dir);
  const name = path.basename(plant(dir));
  fs.rmSync(path.join(trashOf(dir), name));
  fs.mkdirSync(path.join(trashOf(dir), name));
  fs.symlinkSync("nowhere", path.join(trashOf(dir), name.replace("aa-", "ab-")));
  await deleteSession(ID, { configDirs: [dir] });
  await restoreSession(ID, { configDirs: [dir] });
  expect(fs.readdirSync(trashOf(dir))).toHaveLength(2);
});

test("a deletion that is going on is not called cut short", async () => {
  const dir = tempConfigDir();
  session(dir);
  const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
  fs.renameSync(path.join(trashOf(dir), trashIds[0] ?? ""), path.join(trashOf(dir), `${ID}.deleting`));
  expect((await listTrash({ configDirs: [dir] }))[0]).toMatchObject({ complete: false });
  expect((await listTrash({ configDirs: [dir] }))[0]).not.toHaveProperty("worker");
  plant(dir);
  const worker = `process ${process.pid} is deleting it`;
  expect((await listTrash({ configDirs: [dir] }))[0]).toMatchObject({ complete: false, worker });
  expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({ removed: [], kept: [{ reason: worker }] });
});

test("locks are no entries of the trash, and looking takes none away", async () => {
  const dir = tempConfigDir();
  session(dir);
  plant(dir, { mark: deadMark() });
  plant(dir, { id: OTHER });
  const tree = snapshot(dir, { directoryTimes: true });
  expect(await listTrash({ configDirs: [dir] })).toEqual([]);
  expect(() => planRestoration(ID, { configDirs: [dir] })).toThrow("Nothing in the trash");
  await planDeletion(ID, { configDirs: [dir] });
  await emptyTrash({ configDirs: [dir], dryRun: true });
  expect(snapshot(dir, { directoryTimes: true })).toEqual(tree);
});

test.for<[string, (dir: string) => void]>([
  ["a link", (dir) => fs.symlinkSync(outside(dir), path.join(dir, "claude-transcripts"))],
  ["a link further down", (dir) => (put(dir, "claude-transcripts/x", ""), fs.symlinkSync(outside(dir), trashOf(dir)))],
  ["a file", (dir) => void put(dir, "claude-transcripts", "")],
])("where there can be no trash, as it is %s, a session can be archived all the same", async ([, block]) => {
  const dir = tempConfigDir();
  session(dir);
  block(dir);
  await archiveSession(ID, { configDirs: [dir] });
  expect(fs.existsSync(path.join(dir, "projects", "-a", ID, "archived.json"))).toBe(true);
  const tree = snapshot(dir);
  expect(await caught(deleteSession(ID, { configDirs: [dir] }))).toMatchObject({
    code: expect.stringMatching(/^(?:Io|EEXIST|ENOTDIR)$/) as string,
    message: expect.stringMatching(/^The trash (?:is not used|of .* cannot be used): /) as string,
  });
  expect(snapshot(dir)).toEqual(tree);
});

test("an empty directory that a link leads to is not taken for an empty trash", async () => {
  const dir = tempConfigDir();
  session(dir);
  fs.symlinkSync(outside(dir), path.join(dir, "claude-transcripts"));
  await archiveSession(ID, { configDirs: [dir] });
  expect(fs.readdirSync(`${dir}-outside`)).toEqual(["trash"]);
});

test("a file in its place is not a trash", async () => {
  const dir = tempConfigDir();
  put(dir, "claude-transcripts", "");
  expect(await listTrash({ configDirs: [dir] })).toEqual([]);
  expect(await caught(restoreSession(ID, { configDirs: [dir] }))).toHaveProperty("code", "TrashEntryNotFound");
});

function outside(dir: string): string {
  const made = `${dir}-outside`;
  fs.mkdirSync(path.join(made, "trash"), { recursive: true });
  onTestFinished(() => fs.rmSync(made, { recursive: true }));
  return made;
}

test("a config dir that has nothing of the session is not touched", async () => {
  const [dir, other] = [tempConfigDir(), tempConfigDir()];
  session(dir);
  const tree = snapshot(other, { directoryTimes: true });
  await deleteSession(ID, { configDirs: [other, dir] });
  await restoreSession(ID, { configDirs: [other, dir] });
  expect(snapshot(other, { directoryTimes: true })).toEqual(tree);
});
