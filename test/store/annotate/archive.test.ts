import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { archiveSession, unarchiveSession } from "../../../src/store/annotate/archive.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const ID = sessionId(1);
const mark = (dir: string, key: string): string => path.join(dir, "projects", key, ID, "archived.json");

describe("archiveSession", () => {
  test("writes the official bytes beside every copy, 0600 in 0700, and leaves transcripts as they are", async () => {
    const dir = tempConfigDir();
    const other = tempConfigDir();
    const transcripts = [
      put(dir, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"), { mtime: 1000 }),
      put(dir, `projects/-b/${ID}.jsonl`, conversation(ID, "hi"), { mtime: 2000 }),
      put(other, `projects/-a/${ID}.jsonl`, conversation(ID, "hi"), { mtime: 3000 }),
    ];
    put(dir, `projects/-c/${ID}.jsonl`, "");
    const before = transcripts.map((file) => [fs.readFileSync(file, "utf8"), fs.statSync(file).mtimeMs]);
    const old = process.umask(0);
    const from = Date.now();
    await archiveSession(ID, { configDirs: [dir, other] });
    process.umask(old);
    for (const file of [mark(dir, "-a"), mark(dir, "-b"), mark(other, "-a")]) {
      const text = fs.readFileSync(file, "utf8");
      const [, at = ""] = /^\{"archived":true,"at":"([^"]+)","by":"sdk"\}$/.exec(text) ?? [];
      expect(Date.parse(at)).toBeGreaterThanOrEqual(from);
      expect(new Date(at).toISOString()).toBe(at);
      expect(fs.statSync(file).mode & 0o777).toBe(0o600);
      expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
      expect(fs.readdirSync(path.dirname(file))).toEqual(["archived.json"]);
    }
    expect(fs.existsSync(mark(dir, "-c"))).toBe(false);
    expect(transcripts.map((file) => [fs.readFileSync(file, "utf8"), fs.statSync(file).mtimeMs])).toEqual(before);
  });

  test("is taken back by a mark that says so, in place of what is there, also where nothing was", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, "{}\n");
    const file = mark(dir, "-a");
    await unarchiveSession(ID, { configDirs: [dir] });
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toMatchObject({ archived: false });
    const { ino } = fs.statSync(file);
    await archiveSession(ID, { configDirs: [dir] });
    expect(fs.statSync(file).ino).not.toBe(ino);
    expect(JSON.parse(fs.readFileSync(file, "utf8"))).toMatchObject({ archived: true });
  });

  test("replaces a link in the mark's place and not what it leads to", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, "{}\n");
    const target = put(dir, "target", "kept");
    fs.mkdirSync(path.dirname(mark(dir, "-a")));
    fs.symlinkSync(target, mark(dir, "-a"));
    await archiveSession(ID, { configDirs: [dir] });
    expect(fs.lstatSync(mark(dir, "-a")).isFile()).toBe(true);
    expect(fs.readFileSync(target, "utf8")).toBe("kept");
  });

  test("acts on the copies of a directory when one is given", async () => {
    const dir = tempConfigDir();
    const work = path.join(dir, "work");
    const key = work.replace(/[^a-zA-Z0-9]/g, "-");
    put(dir, `projects/${key}/${ID}.jsonl`, "{}\n");
    put(dir, `projects/-b/${ID}.jsonl`, "{}\n");
    await archiveSession(ID, { configDirs: [dir], dir: work });
    expect([fs.existsSync(mark(dir, key)), fs.existsSync(mark(dir, "-b"))]).toEqual([true, false]);
  });

  test("marks the other copies when one cannot be, then says why", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, "{}\n");
    put(dir, `projects/-a/${ID}`, "a file");
    put(dir, `projects/-b/${ID}.jsonl`, "{}\n");
    await expect(archiveSession(ID, { configDirs: [dir] })).rejects.toMatchObject({
      code: "EEXIST",
      message: `EEXIST: file already exists, mkdir '${dir}/projects/-a/${ID}'`,
    });
    expect(JSON.parse(fs.readFileSync(mark(dir, "-b"), "utf8"))).toMatchObject({ archived: true });
    expect(fs.readFileSync(path.join(dir, "projects", "-a", ID), "utf8")).toBe("a file");
  });

  test.for([
    ["nope", {}, "Invalid sessionId: nope"],
    [sessionId(9), {}, `Session ${sessionId(9)} not found in any project directory`],
    [sessionId(9), { dir: "/q" }, `Session ${sessionId(9)} not found in project directory for /q`],
  ] as const)("says %s %j in the official words", async ([id, where, message]) => {
    const dir = tempConfigDir();
    await expect(archiveSession(id, { configDirs: [dir], ...where })).rejects.toHaveProperty("message", message);
    await expect(unarchiveSession(id, { configDirs: [dir], ...where })).rejects.toHaveProperty("message", message);
  });
});
