import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { renameSession } from "../../../src/store/annotate/annotate.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { examineStore } from "../../../src/store/doctor/examine-store.ts";
import { getSessionInfo } from "../../../src/store/list/session-info.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { timing } from "../../../src/store/timing.ts";
import { listTrash } from "../../../src/store/trash/trash-contents.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);
const shm = "/dev/shm";
const hasTwo = fs.existsSync(shm) && fs.statSync(shm).dev !== fs.statSync(os.tmpdir()).dev;
const row = (n: number): string => `{"type":"late","n":${n}}\n`;

/** A config dir with one session, whose project is in another file system; and where that is. */
function apart(): { dir: string; project: string; transcript: string } {
  const dir = tempConfigDir();
  const project = fs.mkdtempSync(path.join(shm, "claude-transcripts-"));
  onTestFinished(() => fs.rmSync(project, { recursive: true, force: true }));
  fs.symlinkSync(project, path.join(dir, "projects", "-a"));
  const transcript = put(project, `${ID}.jsonl`, conversation(ID, "hi"), { mtime: 1_800_000_000.25, mode: 0o640 });
  put(project, `${ID}/subagents/agent-x.jsonl`, conversation(ID, "sub"), { mtime: 1_700_000_000, mode: 0o400 });
  put(project, `${ID}/tool-results/a.txt`, "a");
  return { dir, project, transcript };
}

/** Goes on as soon as something is so, between the steps of what runs meanwhile. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Does something just before one call of a function of `fs`. */
function before(name: "renameSync" | "unlinkSync" | "rmdirSync", path: RegExp, act: () => void): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  let isDone = false;
  vi.spyOn(fs, name).mockImplementation((...args: unknown[]) => {
    if (!isDone && path.test(args.join(" -> "))) {
      isDone = true;
      act();
    }
    return original(...args);
  });
}

const waits = { ...timing };
beforeEach(() => {
  timing.quietMs = 20;
});
afterEach(() => {
  Object.assign(timing, waits);
  vi.restoreAllMocks();
});

describe.skipIf(!hasTwo)("a deletion that copies to another file system", () => {
  const restored = async (dir: string, file: string): Promise<string> => {
    await restoreSession(ID, { configDirs: [dir] });
    return fs.readFileSync(file, "utf8");
  };

  test("keeps a row of one that had the file open, written while the deletion waits", async () => {
    const { dir, transcript } = apart();
    const text = fs.readFileSync(transcript, "utf8");
    const fd = fs.openSync(transcript, "a");
    const deleting = deleteSession(ID, { configDirs: [dir] });
    await until(() => !fs.existsSync(transcript));
    fs.writeSync(fd, row(1));
    await deleting;
    fs.closeSync(fd);
    expect(await restored(dir, transcript)).toBe(text + row(1));
    expect(fs.statSync(transcript).mode & 0o777).toBe(0o640);
  });

  test.for([
    ["its own name goes", "renameSync", / -> .*\.ct-aside-/],
    ["the copy gets its name", "renameSync", /\.tmp -> .*\.jsonl$/],
    ["the name of what was put aside goes", "unlinkSync", /\.ct-aside-/],
  ] as const)("keeps a row that is written just before %s", async ([, name, at]) => {
    const { dir, transcript } = apart();
    const text = fs.readFileSync(transcript, "utf8");
    const fd = fs.openSync(transcript, "a");
    before(name, at, () => fs.writeSync(fd, row(1)));
    await deleteSession(ID, { configDirs: [dir] });
    fs.closeSync(fd);
    expect(await restored(dir, transcript)).toBe(text + row(1));
  });

  test("keeps what comes into a directory, or is written to a file in it", async () => {
    const { dir, project } = apart();
    const agent = path.join(project, ID, "subagents", "agent-x.jsonl");
    const text = fs.readFileSync(agent, "utf8");
    const fd = fs.openSync(agent, "a");
    before("unlinkSync", /agent-x\.jsonl$/, () => fs.writeSync(fd, row(1)));
    before("rmdirSync", /\.ct-aside-[^/]*\/tool-results$/, () => {
      const aside = fs.readdirSync(project).find((name) => name.includes("ct-aside")) ?? "";
      fs.writeFileSync(path.join(project, aside, "tool-results", "late.txt"), "late");
    });
    await deleteSession(ID, { configDirs: [dir] });
    fs.closeSync(fd);
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(agent, "utf8")).toBe(text + row(1));
    expect(fs.readFileSync(path.join(project, ID, "tool-results", "late.txt"), "utf8")).toBe("late");
    expect(fs.statSync(agent).mode & 0o777).toBe(0o400);
  });

  test("leaves a file in place that is written under the old name in the meantime, and says so", async () => {
    const { dir, transcript } = apart();
    const text = fs.readFileSync(transcript, "utf8");
    before("unlinkSync", /\.ct-aside-/, () => fs.appendFileSync(transcript, row(1)));
    const { skipped, items } = await deleteSession(ID, { configDirs: [dir] });
    expect(skipped).toEqual(
      [{ path: path.join(dir, "projects", "-a", `${ID}.jsonl`), reason: "reappeared while it was being deleted" }].map(
        (skip) => ({ ...skip, path: fs.realpathSync(skip.path) }),
      ),
    );
    expect(items).toHaveLength(2);
    expect(fs.readFileSync(transcript, "utf8")).toBe(row(1));
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ complete: true }]);
    fs.rmSync(transcript);
    expect(await restored(dir, transcript)).toBe(text);
  });

  test("can be undone when something cannot be copied", async () => {
    const { dir, project } = apart();
    const fifo = path.join(project, ID, "fifo");
    execFileSync("mkfifo", [fifo]);
    const seen = snapshot(project);
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({ code: "Io" });
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ complete: false }]);
    await restoreSession(ID, { configDirs: [dir] });
    expect(snapshot(project)).toEqual(seen);
    fs.rmSync(fifo);
    await deleteSession(ID, { configDirs: [dir] });
    expect(fs.readdirSync(project)).toEqual([]);
  });

  test("puts things back when the disk is full", async () => {
    const { dir, project, transcript } = apart();
    const full = (): never => {
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    const text = fs.readFileSync(transcript, "utf8");
    const write = vi.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
      if (fs.readlinkSync(`/proc/self/fd/${fd}`).includes("moved")) full();
    });
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "ENOSPC",
      message: "ENOSPC: no space left on device, write",
    });
    write.mockRestore();
    expect(fs.readFileSync(transcript, "utf8")).toBe(text);
    expect(fs.readdirSync(project).sort()).toEqual([ID, `${ID}.jsonl`]);
    expect(fs.readdirSync(dir)).toEqual(["projects"]);
  });

  test("replaces no file written under the old name in the meantime when it puts things back", async () => {
    const { dir, project, transcript } = apart();
    const text = fs.readFileSync(transcript, "utf8");
    const write = vi.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
      if (!fs.readlinkSync(`/proc/self/fd/${fd}`).includes("moved")) return;
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    });
    // After any look that found nothing there, and just before the name is given.
    let isDone = false;
    const comesBack = (): void => {
      if (!isDone) fs.writeFileSync(transcript, row(1));
      isDone = true;
    };
    const place = path.join(fs.realpathSync(project), `${ID}.jsonl`);
    const { lstatSync, linkSync } = fs;
    vi.spyOn(fs, "lstatSync").mockImplementation((...args: Parameters<typeof lstatSync>) => {
      const found = lstatSync(...args);
      if (found === undefined && args[0] === place) comesBack();
      return found;
    });
    vi.spyOn(fs, "linkSync").mockImplementation((from, to) => {
      if (to === place) comesBack();
      linkSync(from, to);
    });
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "ENOSPC",
      message: expect.stringMatching(/^Session \S+ was only partly deleted: ENOSPC: .*restore it again$/) as string,
    });
    expect(isDone).toBe(true);
    write.mockRestore();
    expect(fs.readFileSync(transcript, "utf8")).toBe(row(1));
    fs.rmSync(transcript);
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(transcript, "utf8")).toBe(text);
    expect(fs.readdirSync(dir)).toEqual(["projects"]);
  });

  test("continues after a kill if rows were appended to what had been put aside and copied", async () => {
    const { dir, project, transcript } = apart();
    const seen = snapshot(project);
    const text = fs.readFileSync(transcript, "utf8");
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    const trash = path.join(dir, "claude-transcripts", "trash");
    const working = path.join(trash, `${ID}.deleting`);
    fs.renameSync(path.join(trash, trashIds[0] ?? ""), working);
    const { token } = JSON.parse(fs.readFileSync(path.join(working, "manifest.json"), "utf8")) as { token: string };
    const files = path.join(working, "files", "projects", "-a");
    // As a kill leaves it: the transcript copied and not yet removed, of the directory a part.
    put(project, `.${ID}.jsonl.ct-aside-${token}-0`, text + row(1));
    put(project, `.${ID}.ct-aside-${token}-1/tool-results/a.txt`, "a");
    const copy = `${dir}-copy`;
    fs.cpSync(dir, copy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    onTestFinished(() => fs.rmSync(copy, { recursive: true }));

    expect(await deleteSession(ID, { configDirs: [dir] })).toMatchObject({ resumed: true, trashIds });
    expect(fs.readdirSync(project)).toEqual([]);
    expect(fs.existsSync(files)).toBe(false);
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(transcript, "utf8")).toBe(text + row(1));
    expect(Object.keys(snapshot(project))).toEqual(Object.keys(seen));
  });

  test("is undone after a kill, with rows that came to what had been put aside", async () => {
    const { dir, project, transcript } = apart();
    const text = fs.readFileSync(transcript, "utf8");
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    const trash = path.join(dir, "claude-transcripts", "trash");
    const working = path.join(trash, `${ID}.deleting`);
    fs.renameSync(path.join(trash, trashIds[0] ?? ""), working);
    const { token } = JSON.parse(fs.readFileSync(path.join(working, "manifest.json"), "utf8")) as { token: string };
    // The transcript was put aside and not copied yet; of the directory a part is still to be removed.
    fs.rmSync(path.join(working, "files", "projects", "-a", `${ID}.jsonl`));
    put(project, `.${ID}.jsonl.ct-aside-${token}-0`, text + row(1));
    put(project, `.${ID}.ct-aside-${token}-1/tool-results/a.txt`, "ab");
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(transcript, "utf8")).toBe(text + row(1));
    expect(fs.readFileSync(path.join(project, ID, "tool-results", "a.txt"), "utf8")).toBe("ab");
    expect(fs.readdirSync(project).sort()).toEqual([ID, `${ID}.jsonl`]);
  });

  test("what was put aside is nobody's session and is never cleaned away", async () => {
    const { dir, project, transcript } = apart();
    const aside = path.join(project, `.${ID}.jsonl.ct-aside-01234567-0`);
    fs.renameSync(transcript, aside);
    expect(await getSessionInfo(ID, { configDirs: [dir] })).toBeUndefined();
    put(project, `${sessionId(2)}.jsonl`, conversation(sessionId(2), "hi"));
    await renameSession(sessionId(2), "cleans up beside it", { configDirs: [dir] });
    await deleteSession(sessionId(2), { configDirs: [dir] });
    expect(fs.existsSync(aside)).toBe(true);
    // Nothing in the trash knows of it.
    const { configDirs } = await examineStore({ configDirs: [dir], soonMs: 0 });
    const named = [...(configDirs[0]?.misnamed ?? []), ...(configDirs[0]?.orphans ?? [])];
    expect(named.map((one) => path.basename(one.path)).sort()).toEqual([path.basename(aside), ID].sort());
  });
});

test("a title that was written to a file that was removed at that moment is written again, or not reported", async () => {
  const dir = tempConfigDir();
  const file = put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));
  const text = fs.readFileSync(file, "utf8");
  const fsync = fs.fsyncSync;
  let times = 0;
  const replacing = vi.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
    fsync(fd);
    // Another program replaces the file while it is open.
    if (times++ === 0) {
      fs.rmSync(file);
      fs.writeFileSync(file, text);
    }
  });
  await renameSession(ID, "Kept", { configDirs: [dir] });
  replacing.mockRestore();
  expect((await getSessionInfo(ID, { configDirs: [dir] }))?.customTitle).toBe("Kept");
  vi.spyOn(fs, "fsyncSync").mockImplementation((fd) => {
    fsync(fd);
    fs.rmSync(file, { force: true });
  });
  await expect(renameSession(ID, "Lost", { configDirs: [dir] })).rejects.toMatchObject({ code: "SessionNotFound" });
});
