import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { restoreSession } from "../../../src/store/trash/restore-session.ts";
import { listTrash } from "../../../src/store/trash/trash-contents.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { snapshot } from "../../support/snapshot.ts";

/** What a deletion or a restoration leaves, and says, when the disk refuses a part of it. */

const ID = sessionId(1);
afterEach(() => vi.restoreAllMocks());

function store(): string {
  const dir = tempConfigDir();
  put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"));
  put(dir, `projects/-a/${ID}/subagents/agent-x.jsonl`, conversation(ID, "sub"));
  put(dir, `todos/${ID}.json`, "[]");
  return dir;
}

type Refusable = "linkSync" | "mkdirSync" | "renameSync" | "writeSync";

/** The disk refuses one function, for such arguments; a full one refuses what is written. */
function refuse(name: Refusable, args: RegExp, code = "EACCES"): void {
  const original = fs[name] as (...args: unknown[]) => unknown;
  vi.spyOn(fs, name).mockImplementation((...given: unknown[]) => {
    if (args.test(given.slice(0, 2).join(" -> "))) {
      throw Object.assign(new Error(`${code}: refused, ${name}`), { code, syscall: name });
    }
    return original(...given) as never;
  });
}

const caught = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe("a deletion", () => {
  test.for<[string, Refusable, RegExp, string]>([
    ["the first thing that is moved", "renameSync", /\.jsonl -> .*deleting/, "EACCES"],
    ["a directory in the entry", "mkdirSync", /deleting\/files\/todos/, "ENOSPC"],
    ["the entry", "mkdirSync", /\.deleting -> /, "ENOSPC"],
    ["the manifest", "linkSync", /manifest\.json$/, "ENOSPC"],
    ["a byte", "writeSync", /./, "ENOSPC"],
  ])("leaves all as it was when the disk refuses %s", async ([, name, args, code]) => {
    for (const permanent of [false, true]) {
      const dir = store();
      const before = snapshot(dir);
      refuse(name, args, code);
      expect(await caught(deleteSession(ID, { configDirs: [dir], permanent }))).toMatchObject({
        code,
        message: `${code}: refused, ${name}`,
      });
      vi.restoreAllMocks();
      expect(snapshot(dir)).toEqual(before);
      await deleteSession(ID, { configDirs: [dir] });
      await restoreSession(ID, { configDirs: [dir] });
      expect(snapshot(dir)).toEqual(before);
    }
  });

  test.for(["delete", "restore"])("says that a part was moved, and '%s' continues from there", async (next) => {
    const dir = store();
    const before = snapshot(dir);
    refuse("renameSync", /todos\/[^/]*\.json -> /);
    expect(await caught(deleteSession(ID, { configDirs: [dir] }))).toMatchObject({
      code: "EACCES",
      syscall: "renameSync",
      message: `Session ${ID} was only partly deleted: EACCES: refused, renameSync. When that is fixed, delete or restore it again`,
    });
    expect(fs.readdirSync(path.join(dir, "projects", "-a"))).toEqual([]);
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ complete: false, items: 3 }]);
    vi.restoreAllMocks();
    if (next === "delete") await deleteSession(ID, { configDirs: [dir] });
    await restoreSession(ID, { configDirs: [dir] });
    expect(snapshot(dir)).toEqual(before);
  });

  test("says so too when it was whole in one config dir, and refused in another", async () => {
    const dirs = [store(), store()];
    const before = dirs.map((dir) => snapshot(dir));
    const [first = "", second = ""] = dirs;
    fs.utimesSync(path.join(second, "projects", "-a", `${ID}.jsonl`), 2_000_000_000, 2_000_000_000);
    before[1] = snapshot(second);
    refuse("renameSync", new RegExp(`^${second}.*\\.jsonl -> `));
    expect(await caught(deleteSession(ID, { configDirs: dirs }))).toMatchObject({
      code: "EACCES",
      message: expect.stringMatching(/^Session \S+ was only partly deleted: /) as string,
    });
    expect(snapshot(second)).toEqual(before[1]);
    expect(await listTrash({ configDirs: [first] })).toMatchObject([{ complete: true }]);
    vi.restoreAllMocks();
    await restoreSession(ID, { configDirs: dirs });
    expect(dirs.map((dir) => snapshot(dir))).toEqual(before);
  });
});

describe("a restoration", () => {
  test("leaves the entry as it was when the disk refuses all of it", async () => {
    const dir = store();
    await deleteSession(ID, { configDirs: [dir] });
    const before = snapshot(dir);
    refuse("linkSync", /todos\//, "ENOSPC");
    expect(await caught(restoreSession(ID, { configDirs: [dir] }))).toMatchObject({
      code: "ENOSPC",
      message: "ENOSPC: refused, linkSync",
    });
    expect(snapshot(dir)).toEqual(before);
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ complete: true }]);
  });

  test("says that a part was put back, and continues from there", async () => {
    const dir = store();
    const before = snapshot(dir);
    await deleteSession(ID, { configDirs: [dir] });
    refuse("linkSync", /projects\/-a/, "ENOSPC");
    expect(await caught(restoreSession(ID, { configDirs: [dir] }))).toMatchObject({
      code: "ENOSPC",
      message: `Session ${ID} was only partly restored: ENOSPC: refused, linkSync. When that is fixed, restore it again`,
    });
    expect(fs.existsSync(path.join(dir, "todos", `${ID}.json`))).toBe(true);
    expect(await listTrash({ configDirs: [dir] })).toMatchObject([{ complete: false }]);
    vi.restoreAllMocks();
    await restoreSession(ID, { configDirs: [dir] });
    expect(snapshot(dir)).toEqual(before);
  });
});
