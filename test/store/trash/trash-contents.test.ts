import fs from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { emptyTrash, listTrash } from "../../../src/store/trash/trash-contents.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { ID, OTHER, OWN, fillConfigDir } from "../../support/session-tree.ts";
import { snapshot } from "../../support/snapshot.ts";

const filled = (): string => {
  const dir = tempConfigDir();
  fillConfigDir(dir);
  return dir;
};
const trashOf = (dir: string): string => path.join(dir, "claude-transcripts", "trash");
const without = (tree: Record<string, string>, paths: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tree).filter(([at]) => !paths.some((own) => at === own || at.startsWith(`${own}/`))),
  );
const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  );

/** A directory in another file system than `dir`, or undefined where there is none at hand. */
function otherFileSystem(dir: string): string | undefined {
  const shm = "/dev/shm";
  if (!fs.existsSync(shm) || fs.statSync(shm).dev === fs.statSync(dir).dev) return undefined;
  const made = fs.mkdtempSync(path.join(shm, "claude-transcripts-"));
  onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Ways in which a config dir may be put together of links. */
const LAYOUTS: [string, (dir: string) => string | undefined][] = [
  ["plain", (dir) => dir],
  [
    "the config dir is a link",
    (dir) => {
      fs.symlinkSync(dir, `${dir}-link`);
      onTestFinished(() => fs.rmSync(`${dir}-link`));
      return `${dir}-link`;
    },
  ],
  ["projects is a link", (dir) => moveAndLink(path.join(dir, "projects"), `${dir}-projects`) && dir],
  ["a project dir is a link", (dir) => moveAndLink(path.join(dir, "projects", "-a"), `${dir}-a`) && dir],
  [
    "a project dir is a link to another file system",
    (dir) => {
      const other = otherFileSystem(dir);
      return other && moveAndLink(path.join(dir, "projects", "-a"), path.join(other, "a")) && dir;
    },
  ],
];

function moveAndLink(from: string, to: string): true {
  fs.cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  fs.rmSync(from, { recursive: true });
  fs.symlinkSync(to, from);
  onTestFinished(() => fs.rmSync(to, { recursive: true, force: true }));
  return true;
}

/** Everything below the config dir, and what its links to directories lead to. */
function wholeSnapshot(dir: string): Record<string, string> {
  const tree = snapshot(dir);
  for (const at of ["projects", "projects/-a"]) {
    const full = path.join(dir, at);
    if (!fs.lstatSync(full).isSymbolicLink()) continue;
    for (const [name, what] of Object.entries(snapshot(fs.realpathSync(full)))) tree[`${at}/${name}`] = what;
  }
  return tree;
}

describe("deleteSession", () => {
  test.for(LAYOUTS)(
    "takes all that belongs to the session and nothing else, and it can be put back: %s",
    async ([, layout], { skip }) => {
      const dir = layout(filled()) ?? skip("there is no second file system");
      const before = wholeSnapshot(dir);

      const deleted = await deleteSession(ID, { configDirs: [dir] });

      const after = wholeSnapshot(dir);
      const [trashId = ""] = deleted.trashIds;
      expect(without(after, ["claude-transcripts"])).toEqual(without(before, OWN));
      expect(deleted.items.map((item) => item.path)).toEqual(OWN);
      expect(deleted).toMatchObject({
        sessionId: ID,
        permanent: false,
        historyKept: true,
        resumed: false,
        skipped: [],
      });
      expect(trashId).toMatch(new RegExp(`^${ID}-\\d{8}T\\d{9}Z$`));
      // Under its old path in the entry, everything is as it was.
      for (const own of OWN) expect(after[`claude-transcripts/trash/${trashId}/files/${own}`]).toBe(before[own]);
      expect(deleted.bytes).toBe(deleted.items.reduce((sum, item) => sum + item.bytes, 0));
      expect(deleted.items.find((item) => item.path === `projects/-a/${ID}`)?.bytes).toBe(
        ["subagents/agent-x.jsonl", "subagents/agent-x.meta.json", "tool-results/.hidden", "archived.json"]
          .map((name) => fs.statSync(path.join(trashOf(dir), trashId, "files", "projects", "-a", ID, name)).size)
          .reduce((a, b) => a + b),
      );

      const restored = await restoreSession(ID, { configDirs: [dir] });
      expect(wholeSnapshot(dir)).toEqual(before);
      expect(restored).toMatchObject({ sessionId: ID, bytes: deleted.bytes, missing: [], otherTrashIds: [] });
      expect(restored.items.map((item) => item.path)).toEqual(OWN);
    },
  );

  test("keeps the entry private: 0700, its manifest 0600", async () => {
    const dir = filled();
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    const entry = path.join(trashOf(dir), trashIds[0] ?? "");
    const mode = (file: string): number => fs.statSync(file).mode & 0o777;
    expect([path.dirname(trashOf(dir)), trashOf(dir), entry].map(mode)).toEqual([0o700, 0o700, 0o700]);
    expect(mode(path.join(entry, "manifest.json"))).toBe(0o600);
    expect(fs.readdirSync(entry).sort()).toEqual(["files", "manifest.json"]);
  });

  test.for([
    ["the transcript", "projects/-w", `${ID}.jsonl`, "a file"],
    ["its directory", "projects/-w", ID, "a directory"],
  ] as const)("moves a link in place of %s as a link, and leaves what it leads to", async ([, parent, name, what]) => {
    const dir = tempConfigDir();
    const target = what === "a file" ? put(dir, "outside/t", "{}\n") : path.dirname(put(dir, "outside/t", "kept"));
    put(dir, `projects/-w/${ID}.jsonl`, "{}\n");
    fs.rmSync(path.join(dir, parent, name), { force: true });
    fs.symlinkSync(path.relative(path.join(dir, parent), target), path.join(dir, parent, name));
    const before = snapshot(dir);
    await deleteSession(ID, { configDirs: [dir] });
    expect(fs.readdirSync(path.join(dir, parent))).toEqual([]);
    expect(snapshot(path.join(dir, "outside"))).toEqual({ t: before["outside/t"] });
    await restoreSession(ID, { configDirs: [dir] });
    expect(snapshot(dir)).toEqual(before);
  });

  test("leaves the target of a link in place of a directory of the config dir, and says so", async () => {
    const dir = filled();
    moveAndLink(path.join(dir, "file-history"), `${dir}-history`);
    moveAndLink(path.join(dir, "todos"), `${dir}-todos`);
    const outside = [snapshot(`${dir}-history`), snapshot(`${dir}-todos`)];
    const { skipped, items } = await deleteSession(ID, { configDirs: [dir] });
    expect([snapshot(`${dir}-history`), snapshot(`${dir}-todos`)]).toEqual(outside);
    expect(skipped.map((skip) => path.basename(skip.path))).toEqual(["file-history", "todos"]);
    expect(items.map((item) => item.path)).toEqual(OWN.filter((own) => !/^(?:file-history|todos)/.test(own)));
  });

  test("does not use a trash that is a link", async () => {
    const dir = filled();
    fs.mkdirSync(`${dir}-trash`);
    onTestFinished(() => fs.rmSync(`${dir}-trash`, { recursive: true }));
    fs.symlinkSync(`${dir}-trash`, path.join(dir, "claude-transcripts"));
    const before = snapshot(dir);
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({ code: "Io" });
    expect(snapshot(dir)).toEqual(before);
    expect(fs.readdirSync(`${dir}-trash`)).toEqual([]);
  });

  test("acts on every config dir, each with its own trash, and restores all of them", async () => {
    const dirs = [filled(), filled(), tempConfigDir()];
    const before = dirs.map((dir) => snapshot(dir));
    const { trashIds, items } = await deleteSession(ID, { configDirs: dirs });
    expect(trashIds.length).toBe(1);
    expect(items.map((item) => item.configDir)).toEqual([...OWN.map(() => dirs[0]), ...OWN.map(() => dirs[1])]);
    expect(fs.existsSync(trashOf(dirs[2] ?? ""))).toBe(false);
    await restoreSession(trashIds[0] ?? "", { configDirs: dirs });
    expect(dirs.map((dir) => snapshot(dir))).toEqual(before);
  });

  test("is found through `dir`, and acts on all copies", async () => {
    const dir = tempConfigDir();
    const work = path.join(dir, "work");
    put(dir, `projects/${work.replace(/[^a-zA-Z0-9]/g, "-")}/${ID}.jsonl`, "{}\n");
    put(dir, `projects/-b/${ID}.jsonl`, "{}\n");
    await expect(deleteSession(ID, { configDirs: [dir], dir: "/b/c" })).rejects.toHaveProperty(
      "message",
      `Session ${ID} not found in project directory for /b/c`,
    );
    const { items } = await deleteSession(ID, { configDirs: [dir], dir: work });
    expect(items.length).toBe(2);
  });

  test.for([
    ["an id that is none", "nope", "InvalidSessionId", "Invalid sessionId: nope"],
    ["an unknown id", sessionId(9), "SessionNotFound", `Session ${sessionId(9)} not found in any project directory`],
  ])("says %s in the official words", async ([, id = "", code, message]) => {
    const dir = filled();
    const before = snapshot(dir, { directoryTimes: true });
    await expect(deleteSession(id, { configDirs: [dir] })).rejects.toMatchObject({ code, message });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("does not find a session that was deleted, or that has only empty transcripts", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, "");
    put(dir, `projects/-w/${OTHER}.jsonl`, "{}\n");
    await deleteSession(OTHER, { configDirs: [dir] });
    for (const id of [ID, OTHER]) {
      await expect(deleteSession(id, { configDirs: [dir] })).rejects.toMatchObject({ code: "SessionNotFound" });
    }
    expect(fs.readdirSync(path.join(dir, "projects", "-w"))).toEqual([`${ID}.jsonl`]);
  });

  test("says that a directory is in place of a transcript", async () => {
    const dir = tempConfigDir();
    fs.mkdirSync(path.join(dir, "projects", "-w", `${ID}.jsonl`), { recursive: true });
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "ERR_FS_EISDIR",
      message: `Path is a directory: rm returned EISDIR (is a directory) ${dir}/projects/-w/${ID}.jsonl`,
    });
  });

  test("refuses a session that is in use, unless it is forced", async () => {
    const dir = filled();
    const before = snapshot(dir);
    put(
      dir,
      "sessions/7.json",
      JSON.stringify({ pid: 7, sessionId: ID, procStart: "1", pidDomain: "linux:other:pid:[1]" }),
    );
    fs.utimesSync(path.join(dir, "projects", "-b", `${ID}.jsonl`), new Date(), new Date());
    await expect(deleteSession(ID, { configDirs: [dir] })).rejects.toMatchObject({ code: "SessionInUse" });
    expect(fs.existsSync(trashOf(dir))).toBe(false);
    expect(Object.keys(snapshot(path.join(dir, "projects"))).length).toBe(
      Object.keys(before).filter((at) => at.startsWith("projects/")).length,
    );
    await deleteSession(ID, { configDirs: [dir], force: true });
    expect(fs.existsSync(path.join(dir, "projects", "-a", `${ID}.jsonl`))).toBe(false);
  });

  test.for(LAYOUTS)("removes for good when asked to, and nothing else: %s", async ([, layout], { skip }) => {
    const dir = layout(filled()) ?? skip("there is no second file system");
    const before = wholeSnapshot(dir);
    const deleted = await deleteSession(ID, { configDirs: [dir], permanent: true });
    expect(wholeSnapshot(dir)).toEqual(without(before, OWN));
    expect(deleted).toMatchObject({ trashIds: [], permanent: true, historyKept: true });
    expect(deleted.items.map((item) => item.path)).toEqual(OWN);
    await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({ code: "TrashEntryNotFound" });
  });
});

describe("restoreSession", () => {
  test("overwrites nothing: lists everything in the way, and changes nothing", async () => {
    const dir = filled();
    await deleteSession(ID, { configDirs: [dir] });
    const blocked = [
      put(dir, `projects/-a/${ID}.jsonl`, "a new session of this id\n"),
      put(dir, `file-history/${ID}/other`, "new"),
      put(dir, `todos/${ID}.json`, ""),
    ];
    fs.rmSync(path.join(dir, "tasks"), { recursive: true });
    put(dir, "tasks", "a file where a directory was");
    const before = snapshot(dir, { directoryTimes: true });
    const refusal = await caught(restoreSession(ID, { configDirs: [dir] }));
    expect(refusal).toMatchObject({
      code: "RestoreConflict",
      data: {
        sessionId: ID,
        conflicts: [blocked[0], path.join(dir, "file-history", ID), path.join(dir, "tasks"), blocked[2]],
      },
    });
    expect(refusal).toHaveProperty("message", expect.stringContaining(blocked[0] ?? ""));
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("makes directories anew that have gone since", async () => {
    const dir = filled();
    const before = snapshot(dir);
    await deleteSession(ID, { configDirs: [dir] });
    for (const gone of ["projects/-b", "projects/-stub", "uploads"])
      fs.rmSync(path.join(dir, gone), { recursive: true });
    await restoreSession(ID, { configDirs: [dir] });
    const after = snapshot(dir);
    for (const own of OWN) expect(after[own]).toBe(before[own]);
    expect(fs.statSync(path.join(dir, "projects", "-b")).mode & 0o777).toBe(0o700);
  });

  test("does not follow a project dir that is a dangling link now", async () => {
    const dir = filled();
    moveAndLink(path.join(dir, "projects", "-a"), `${dir}-a`);
    await deleteSession(ID, { configDirs: [dir] });
    fs.rmSync(`${dir}-a`, { recursive: true });
    const before = snapshot(dir, { directoryTimes: true });
    await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "RestoreConflict",
      data: { conflicts: [path.join(dir, "projects", "-a")] },
    });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("takes the latest deletion of a session, or the entry that is named, and tells of the others", async () => {
    const dir = tempConfigDir();
    const file = put(dir, `projects/-w/${ID}.jsonl`, "first\n");
    const first = await deleteSession(ID, { configDirs: [dir] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    put(dir, `projects/-w/${ID}.jsonl`, "second\n");
    const second = await deleteSession(ID, { configDirs: [dir] });
    expect((await listTrash({ configDirs: [dir] })).map((entry) => entry.id)).toEqual([
      ...second.trashIds,
      ...first.trashIds,
    ]);
    const latest = await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(file, "utf8")).toBe("second\n");
    expect(latest.otherTrashIds).toEqual(first.trashIds);
    await expect(restoreSession(first.trashIds[0] ?? "", { configDirs: [dir] })).rejects.toMatchObject({
      code: "RestoreConflict",
    });
    fs.rmSync(file);
    await restoreSession(first.trashIds[0] ?? "", { configDirs: [dir] });
    expect(fs.readFileSync(file, "utf8")).toBe("first\n");
    expect(fs.existsSync(path.dirname(trashOf(dir)))).toBe(false);
  });

  test.for(["nope", ID, `${ID}-20260101T000000000Z`, "../../x"])("knows nothing of %s", async (id) => {
    await expect(restoreSession(id, { configDirs: [tempConfigDir()] })).rejects.toMatchObject({
      code: "TrashEntryNotFound",
      data: { id },
    });
  });

  test.for([
    "../outside",
    "settings.json",
    "projects/-a/../../../outside",
    `projects/-a/x/${ID}.jsonl`,
    `projects/-a/${OTHER}.jsonl`,
    `projects/../${ID}`,
    `projects/${ID}`,
    `projects/-a/${ID}.jsonl.bak`,
    `a/b/c/${ID}`,
    `file-history/${OTHER}/${ID}`,
    `claude-transcripts/${ID}`,
    `debug/${ID}0.txt`,
    "jobs/00000000",
    `/tmp/${ID}`,
    `todos/${OTHER}-agent-${ID}.json`,
    `projects//${ID}.jsonl`,
  ])("does not believe a manifest that names %s", async (bad) => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, "{}\n");
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    const manifest = path.join(trashOf(dir), trashIds[0] ?? "", "manifest.json");
    fs.writeFileSync(manifest, fs.readFileSync(manifest, "utf8").replace(`projects/-a/${ID}.jsonl`, bad));
    const before = snapshot(dir);
    await expect(restoreSession(ID, { configDirs: [dir] })).rejects.toMatchObject({ code: "TrashEntryNotFound" });
    expect(snapshot(dir)).toEqual(before);
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ id: trashIds[0], deletedAt: undefined, items: 0 }]);
    // Nor is it thrown away unasked.
    expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({ removed: [], kept: [{ id: trashIds[0] }] });
    expect(await emptyTrash({ configDirs: [dir], ids: trashIds })).toMatchObject({ removed: [{ id: trashIds[0] }] });
  });

  test.for(["files/projects/-a/note.txt", "note.txt"])(
    "keeps an entry in which something else was put: %s",
    async (at) => {
      const dir = tempConfigDir();
      put(dir, `projects/-a/${ID}.jsonl`, "{}\n");
      const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
      const note = put(trashOf(dir), `${trashIds[0]}/${at}`, "mine");
      await restoreSession(ID, { configDirs: [dir] });
      expect(fs.readFileSync(path.join(dir, "projects", "-a", `${ID}.jsonl`), "utf8")).toBe("{}\n");
      expect(fs.readFileSync(note, "utf8")).toBe("mine");
    },
  );
});

describe("listTrash and emptyTrash", () => {
  test("list what was deleted, latest first, and remove by age and by id", async () => {
    const dir = filled();
    expect(await listTrash({ configDirs: [dir] })).toEqual([]);
    const first = await deleteSession(ID, { configDirs: [dir] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await deleteSession(OTHER, { configDirs: [dir] });
    put(dir, "claude-transcripts/trash/not-ours/file", "kept");
    const before = snapshot(dir, { directoryTimes: true });
    const list = await listTrash({ configDirs: [dir] });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
    expect(list).toMatchObject([
      { id: second.trashIds[0], sessionId: OTHER, bytes: second.bytes, configDir: dir, complete: true },
      { id: first.trashIds[0], sessionId: ID, summary: "hi", bytes: first.bytes, items: OWN.length, complete: true },
    ]);
    expect(list[0]?.path).toBe(path.join(trashOf(dir), second.trashIds[0] ?? ""));

    expect((await emptyTrash({ configDirs: [dir], olderThanMs: 60_000 })).removed).toEqual([]);
    expect((await emptyTrash({ configDirs: [dir], ids: [sessionId(3)] })).removed).toEqual([]);
    const one = await emptyTrash({ configDirs: [dir], ids: [ID], olderThanMs: 0 });
    expect(one).toEqual({
      removed: [{ id: first.trashIds[0], configDir: dir, bytes: first.bytes }],
      bytes: first.bytes,
      kept: [],
    });
    expect((await emptyTrash({ configDirs: [dir] })).removed.map((entry) => entry.id)).toEqual(second.trashIds);
    expect(fs.readdirSync(trashOf(dir))).toEqual(["not-ours"]);
  });

  test("keep what was cut short, until it is finished or undone", async () => {
    const dir = filled();
    const before = snapshot(dir);
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    // As a kill leaves it in the middle: under its working name, a part of it still in its place.
    const working = path.join(trashOf(dir), `${ID}.deleting`);
    fs.renameSync(path.join(trashOf(dir), trashIds[0] ?? ""), working);
    fs.renameSync(path.join(working, "files", "uploads", ID), path.join(dir, "uploads", ID));
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([
      { id: `${ID}.deleting`, sessionId: ID, complete: false },
    ]);
    expect(await emptyTrash({ configDirs: [dir] })).toMatchObject({ removed: [], kept: [{ id: `${ID}.deleting` }] });
    const finished = await deleteSession(ID, { configDirs: [dir] });
    expect(finished).toMatchObject({ resumed: true, trashIds });
    expect(finished.items.map((item) => item.path)).toEqual(OWN);
    expect(fs.existsSync(path.join(dir, "uploads", ID))).toBe(false);
    await restoreSession(ID, { configDirs: [dir] });
    expect(snapshot(dir)).toEqual(before);
  });
});

describe("a session that came back while its deletion was cut short", () => {
  /** As a kill leaves it after the transcript was moved; then something writes to the old path again. */
  const cutShort = async (dir: string, comesBack: string): Promise<void> => {
    put(dir, `projects/-w/${ID}.jsonl`, '{"first":1}\n');
    put(dir, `projects/-w/${ID}/archived.json`, "{}");
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    fs.renameSync(path.join(trashOf(dir), trashIds[0] ?? ""), path.join(trashOf(dir), `${ID}.deleting`));
    put(dir, `projects/-w/${ID}.jsonl`, comesBack);
  };
  const restoredTexts = async (dir: string, ids: readonly string[]): Promise<string[]> => {
    const texts: string[] = [];
    for (const id of ids) {
      await restoreSession(id, { configDirs: [dir] });
      texts.push(fs.readFileSync(path.join(dir, "projects", "-w", `${ID}.jsonl`), "utf8"));
      await deleteSession(ID, { configDirs: [dir] });
    }
    return texts;
  };

  test("is deleted too; what differs gets its own entry", async () => {
    const dir = tempConfigDir();
    await cutShort(dir, '{"second":2}\n');
    const { trashIds, items, resumed, skipped } = await deleteSession(ID, { configDirs: [dir] });
    expect(fs.readdirSync(path.join(dir, "projects", "-w"))).toEqual([]);
    expect({ entries: trashIds.length, items: items.length, resumed, skipped }).toEqual({
      entries: 2,
      items: 3,
      resumed: true,
      skipped: [],
    });
    expect((await restoredTexts(dir, trashIds)).sort()).toEqual(['{"first":1}\n', '{"second":2}\n']);
  });

  test.for([
    ["has grown", '{"first":1}\n{"more":2}\n', '{"first":1}\n{"more":2}\n'],
    ["is the same", '{"first":1}\n', '{"first":1}\n'],
    ["is empty", "", '{"first":1}\n'],
  ])("is one with what was moved, when it %s", async ([, comesBack = "", restored]) => {
    const dir = tempConfigDir();
    await cutShort(dir, comesBack);
    const { trashIds } = await deleteSession(ID, { configDirs: [dir] });
    expect(trashIds.length).toBe(1);
    expect(await restoredTexts(dir, trashIds)).toEqual([restored]);
  });

  test("can be undone when nothing is lost by it, and else says what is in the way", async () => {
    const dir = tempConfigDir();
    await cutShort(dir, "");
    await restoreSession(ID, { configDirs: [dir] });
    expect(fs.readFileSync(path.join(dir, "projects", "-w", `${ID}.jsonl`), "utf8")).toBe('{"first":1}\n');
    const other = tempConfigDir();
    await cutShort(other, '{"second":2}\n');
    await expect(restoreSession(ID, { configDirs: [other] })).rejects.toMatchObject({
      code: "RestoreConflict",
      data: { conflicts: [path.join(other, "projects", "-w", `${ID}.jsonl`)] },
    });
  });
});
