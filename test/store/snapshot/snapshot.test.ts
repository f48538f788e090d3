import { execFile, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  deleteSession,
  getSessionMessages,
  listSessions,
  restoreFromSnapshot,
  type SnapshotOptions,
  takeSnapshot,
} from "../../../src/index.ts";
import { binary } from "../../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";
import { snapshot } from "../../support/snapshot.ts";

const [ONE, TWO] = [sessionId(1), sessionId(2)];
const transcript = (id: string): string => `projects/-w/${id}.jsonl`;

/** Two sessions with everything that belongs to one, and files that belong to none. */
function store(): string {
  const dir = tempConfigDir();
  for (const id of [ONE, TWO]) {
    put(dir, transcript(id), conversation(id, "hi", "hello"), { mtime: 1_790_000_000.123456, mode: 0o600 });
    put(dir, `projects/-w/${id}/subagents/agent-x.jsonl`, conversation(id, "sub"));
    put(dir, `projects/-w/${id}/tool-results/b1.txt`, "stored");
    put(dir, `todos/${id}-agent-${id}.json`, "[]");
    put(dir, `file-history/${id}/abc@v1`, "before");
  }
  put(dir, "projects/-w/agent-1.jsonl", conversation(ONE, "old subagent"));
  put(dir, "projects/-w/memory/MEMORY.md", "# Notes");
  put(dir, "history.jsonl", "{}\n");
  put(dir, "settings.json", "{}");
  return dir;
}

/** Moves something out of a config dir, and puts a link in its place. Gives where it is now. */
function moveAway(dir: string, name: string): string {
  const elsewhere = path.join(tempConfigDir(), "moved");
  fs.renameSync(path.join(dir, name), elsewhere);
  fs.symlinkSync(elsewhere, path.join(dir, name));
  return elsewhere;
}

function linkTo(target: string): string {
  const link = path.join(tempConfigDir(), "link");
  fs.symlinkSync(target, link);
  return link;
}

const kept = (dir: string): string => path.join(dir, "claude-transcripts", "snapshot");
const names = (dir: string): string[] =>
  Object.entries(snapshot(dir))
    .filter(([, what]) => what.startsWith("file"))
    .map(([name]) => name);
const take = (dir: string, options: Partial<SnapshotOptions> = {}): ReturnType<typeof takeSnapshot> =>
  takeSnapshot({ configDir: dir, to: kept(dir), ...options });
const ofOne = (id: string): string[] => [
  `file-history/${id}/abc@v1`,
  transcript(id),
  `projects/-w/${id}/subagents/agent-x.jsonl`,
  `projects/-w/${id}/tool-results/b1.txt`,
  `todos/${id}-agent-${id}.json`,
];
const others = ["projects/-w/agent-1.jsonl", "projects/-w/memory/MEMORY.md"];
const MARK = "claude-transcripts-snapshot.json";

describe("a snapshot", () => {
  test("has all that sessions own, private, with modes and times, and the store is as it was", async () => {
    const dir = store();
    const before = snapshot(dir);
    const to = path.join(tempConfigDir(), "new", "place");
    const { copied, bytes, unchanged, superseded, skipped, failed } = await take(dir, { to });
    expect(copied.map((file) => file.path).sort()).toEqual([...ofOne(ONE), ...ofOne(TWO), ...others].sort());
    expect(bytes).toBe(copied.reduce((sum, file) => sum + fs.statSync(path.join(dir, file.path)).size, 0));
    expect({ unchanged, superseded, skipped, failed }).toEqual({
      unchanged: 0,
      superseded: [],
      skipped: [],
      failed: [],
    });
    expect(snapshot(dir)).toEqual(before);
    const there = snapshot(to);
    for (const { path: name } of copied) expect(there[name]).toBe(before[name]);
    expect(names(to).sort()).toEqual([...copied.map((file) => file.path), MARK].sort());
    expect(fs.statSync(to).mode & 0o777).toBe(0o700);
  });

  test("can be read like a config dir", async () => {
    const dir = store();
    await take(dir);
    expect((await listSessions({ configDirs: [kept(dir)] })).map((session) => session.sessionId).sort()).toEqual([
      ONE,
      TWO,
    ]);
    expect(await getSessionMessages(ONE, { configDirs: [kept(dir)] })).toHaveLength(2);
    expect(await listSessions({ configDirs: [dir] })).toHaveLength(2);
  });

  test("is not changed at all if nothing is new", async () => {
    const dir = store();
    await take(dir);
    const before = snapshot(dir, { directoryTimes: true });
    expect(await take(dir)).toMatchObject({ copied: [], bytes: 0, unchanged: 12 });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("gets the rows that were appended, and no others", async () => {
    const dir = store();
    await take(dir);
    const inode = fs.statSync(path.join(kept(dir), transcript(ONE))).ino;
    fs.appendFileSync(path.join(dir, transcript(ONE)), '{"type":"x"}\n');
    expect(await take(dir)).toMatchObject({
      copied: [{ path: transcript(ONE), bytes: 13 }],
      bytes: 13,
      superseded: [],
    });
    const copy = path.join(kept(dir), transcript(ONE));
    expect(fs.readFileSync(copy)).toEqual(fs.readFileSync(path.join(dir, transcript(ONE))));
    expect(fs.statSync(copy).ino).toBe(inode);
    expect(await take(dir)).toMatchObject({ copied: [] });
  });

  test.for<[string, (file: string) => void]>([
    ["rewritten", (file) => fs.writeFileSync(file, '{"type":"other"}\n')],
    [
      "rewritten to the same length",
      (file) => fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("hello", "HELLO")),
    ],
    ["cut", (file) => fs.truncateSync(file, 20)],
    ["emptied", (file) => fs.truncateSync(file, 0)],
  ])("keeps what a file had that was %s", async ([, change]) => {
    const dir = store();
    await take(dir);
    const file = path.join(dir, transcript(ONE));
    const was = fs.readFileSync(file);
    change(file);
    fs.utimesSync(file, 1_790_000_100, 1_790_000_100);
    const { superseded } = await take(dir);
    expect(superseded).toHaveLength(1);
    expect(fs.readFileSync(superseded[0] ?? "")).toEqual(was);
    expect(path.basename(superseded[0] ?? "")).toBe(`${ONE}.jsonl.old-20260921-141320`);
    expect(fs.readFileSync(path.join(kept(dir), transcript(ONE)))).toEqual(fs.readFileSync(file));
    expect((await listSessions({ configDirs: [kept(dir)] })).length).toBeLessThanOrEqual(2);
  });

  test("keeps what is gone from the store", async () => {
    const dir = store();
    await take(dir);
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    expect(await take(dir)).toMatchObject({ copied: [], unchanged: 6 });
    expect(await getSessionMessages(ONE, { configDirs: [kept(dir)] })).toHaveLength(2);
  });

  test("takes only the sessions that are asked for, and in a dry run nothing", async () => {
    const dir = store();
    const before = snapshot(dir);
    const dry = await take(dir, { sessionIds: new Set([TWO]), dryRun: true });
    expect(dry.copied.map((file) => file.path).sort()).toEqual(ofOne(TWO));
    expect(snapshot(dir)).toEqual(before);
    expect(await take(dir, { sessionIds: new Set([TWO]) })).toEqual(dry);
    expect(names(kept(dir)).sort()).toEqual([MARK, ...ofOne(TWO)].sort());
  });

  test("names links and unreadable files, follows none, and copies the rest", async () => {
    const dir = store();
    const outside = put(tempConfigDir(), "secret.txt", "secret");
    fs.symlinkSync(outside, path.join(dir, "projects", "-w", ONE, "link"));
    fs.symlinkSync(path.dirname(outside), path.join(dir, "projects", "-w", ONE, "directory"));
    const { skipped, copied } = await take(dir);
    expect(skipped.map((skip) => [path.basename(skip.path), skip.reason]).sort()).toEqual([
      ["directory", "a link, not followed"],
      ["link", "a link, not followed"],
    ]);
    expect(copied).toHaveLength(12);
    expect(Object.values(snapshot(kept(dir))).filter((what) => what.startsWith("link"))).toEqual([]);
  });

  test.for(["projects", "projects/-w"])("follows a link in place of %s, as lists do, and no further", async (name) => {
    const dir = store();
    const elsewhere = moveAway(dir, name);
    put(elsewhere, name === "projects" ? "-w/private.txt" : "private.txt", "x");
    fs.symlinkSync(tempConfigDir(), path.join(elsewhere, "nowhere"));
    const { copied } = await take(dir, { sessionIds: new Set([ONE, TWO]) });
    expect(copied.map((file) => file.path).sort()).toEqual(
      [...ofOne(ONE), ...ofOne(TWO), "projects/-w/agent-1.jsonl"].sort(),
    );
    expect(fs.lstatSync(path.join(kept(dir), name)).isDirectory()).toBe(true);
    await take(dir);
    const hasMore = fs.existsSync(path.join(kept(dir), "projects/-w/private.txt"));
    expect(hasMore).toBe(name === "projects");
  });

  test("copies a project dir once that a link leads to, under its own name", async () => {
    const dir = store();
    fs.symlinkSync("-w", path.join(dir, "projects", "-a"));
    expect((await take(dir)).copied.map((file) => file.path)).toContain(transcript(ONE));
    expect(fs.readdirSync(path.join(kept(dir), "projects"))).toEqual(["-w"]);
  });

  test("names links in place of directories that have something of a session", async () => {
    const dir = store();
    moveAway(dir, "todos");
    const skipped = [{ path: path.join(dir, "todos"), reason: "a link, not followed" }];
    expect(await take(dir, { sessionIds: new Set([ONE]) })).toMatchObject({ skipped });
    expect(await take(dir, { sessionIds: new Set([sessionId(9)]) })).toMatchObject({ skipped: [] });
  });

  test.for<[string, (dir: string) => string]>([
    ["the config dir", (dir) => dir],
    ["a directory in it", (dir) => path.join(dir, "projects", "-w")],
    ["a directory around it", (dir) => path.dirname(dir)],
    ["a directory below a link into it", (dir) => path.join(linkTo(path.join(dir, "projects")), "new", "er")],
    ["a directory in what its projects link to", (dir) => path.join(moveAway(dir, "projects"), "new")],
    ["a directory in what a project links to", (dir) => path.join(moveAway(dir, "projects/-w"), "new")],
    ["a directory around what a project links to", (dir) => path.dirname(moveAway(dir, "projects/-w"))],
    ["the trash", (dir) => path.join(dir, "claude-transcripts", "trash")],
    ["the directory of our own data", (dir) => path.join(dir, "claude-transcripts")],
    ["a file", (dir) => put(dir, "../file.txt", "x")],
    ["a directory with other files", () => path.dirname(put(tempConfigDir(), "x/notes.txt", "x"))],
    ["a snapshot of another config dir", (dir) => path.join(dir, "..", "other-snapshot")],
  ])("is refused: %s", async ([name, place]) => {
    const dir = store();
    const to = place(dir);
    if (name.includes("another")) await takeSnapshot({ configDir: store(), to });
    const before = snapshot(dir);
    await expect(take(dir, { to })).rejects.toThrow(/cannot be a snapshot: /);
    expect(snapshot(dir)).toEqual(before);
  });

  test.for(["projects", "projects/-w", `projects/-w/${ONE}`])("writes through no link in place of %s", async (name) => {
    const dir = store();
    await take(dir);
    const at = path.join(kept(dir), name);
    for (const target of [tempConfigDir(), path.join(dir, name)]) {
      fs.rmSync(at, { recursive: true });
      fs.symlinkSync(target, at);
      const [before, store] = [snapshot(target), snapshot(path.join(dir, "projects"))];
      const { failed, copied, unchanged } = await take(dir);
      expect(failed.length + copied.length + unchanged).toBe(12);
      expect(new Set(failed.map((fail) => fail.reason))).toEqual(new Set(["ELOOP"]));
      expect(snapshot(target)).toEqual(before);
      expect(snapshot(path.join(dir, "projects"))).toEqual(store);
    }
  });

  test("goes on when a file became a directory, and back", async () => {
    const dir = store();
    const place = path.join(dir, "projects", "-w", ONE, "tool-results");
    await take(dir);
    fs.rmSync(place, { recursive: true });
    fs.writeFileSync(place, "now a file");
    const first = await take(dir);
    expect(first).toMatchObject({ failed: [], copied: [{ path: `projects/-w/${ONE}/tool-results` }] });
    expect(fs.readFileSync(path.join(first.superseded[0] ?? "", "b1.txt"), "utf8")).toBe("stored");
    fs.rmSync(place);
    put(place, "b1.txt", "again");
    const second = await take(dir);
    expect(second).toMatchObject({ failed: [], copied: [{ path: `projects/-w/${ONE}/tool-results/b1.txt` }] });
    expect(fs.readFileSync(second.superseded[0] ?? "", "utf8")).toBe("now a file");
  });

  test.for<[string, string, number]>([
    ["a name of 255 bytes", `${ONE}-${"é".repeat(109)}`, 1_790_000_000],
    ["a time that no date has", `${ONE}.txt`, 99_999_999_999_999],
    ["a time before 1970", `${ONE}.txt`, -12_345.678],
  ])("keeps what a file had of %s", async ([, name, mtime]) => {
    const dir = tempConfigDir();
    const file = put(dir, `projects/-w/${name}`, "earlier", { mtime });
    await take(dir);
    fs.writeFileSync(file, "rewritten");
    const { superseded, failed } = await take(dir);
    expect(failed).toEqual([]);
    expect(superseded.map((old) => fs.readFileSync(old, "utf8"))).toEqual(["earlier"]);
    expect(fs.readFileSync(path.join(kept(dir), "projects", "-w", name), "utf8")).toBe("rewritten");
    fs.utimesSync(file, mtime, mtime);
    await take(dir);
    expect(await take(dir)).toMatchObject({ copied: [], unchanged: 1 });
  });

  test("appends to the copy of a file that nobody may write", async () => {
    const dir = store();
    fs.chmodSync(path.join(dir, transcript(ONE)), 0o400);
    await take(dir);
    expect(fs.statSync(path.join(kept(dir), transcript(ONE))).mode & 0o777).toBe(0o600);
  });

  test.skipIf(process.platform === "win32")(
    "keeps the copy in its place if there is no room for what it became, and copies the rest",
    async () => {
      const dir = store();
      await take(dir);
      const copy = path.join(kept(dir), transcript(ONE));
      const was = fs.readFileSync(copy);
      // Too large for the file-size limit of the shell.
      fs.writeFileSync(path.join(dir, transcript(ONE)), "x".repeat(2_000_000));
      fs.appendFileSync(path.join(dir, transcript(TWO)), '{"type":"x"}\n');
      const script = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`;
      const run = spawnSync("bash", ["-c", script, process.execPath, binary(), "snapshot", "--config-dir", dir], {
        encoding: "utf8",
      });
      expect(run.stderr).toContain(`could not copy ${path.join(dir, transcript(ONE))}: EFBIG`);
      expect(run.stdout).toMatch(/^copied 1 file, .*; 1 not copied$/m);
      expect(run.status).toBe(1);
      expect(fs.readFileSync(copy)).toEqual(was);
      expect(names(kept(dir)).filter((name) => /\.old-|\.tmp$/.test(name))).toEqual([]);
    },
  );

  test("lets others have their turn while a large file is copied, and stops at once", async () => {
    const dir = store();
    const size = 40_000_000;
    put(dir, transcript(ONE), Buffer.alloc(size, "x"));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const abort = new AbortController();
    const done = take(dir, { sessionIds: new Set([ONE]), signal: abort.signal });
    const reason = Object.assign(new Error("enough"), { code: "EIO" });
    setTimeout(() => abort.abort(reason), 15);
    await expect(done).rejects.toBe(reason);
    expect(names(kept(dir)).filter((name) => name.includes(ONE) && name.includes("-w/"))).not.toContain(
      transcript(ONE),
    );
    turns = 0;
    await take(dir);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(fs.statSync(path.join(kept(dir), transcript(ONE))).size).toBe(size);
    expect(names(kept(dir)).filter((name) => /\.tmp$|\.lock$/.test(name))).toEqual([]);
  });

  test("of one session has its job and its subagents of older CLIs, and not what is being written", async () => {
    const dir = store();
    const id = ONE.toUpperCase();
    put(dir, transcript(id), conversation(id, "upper case"));
    put(dir, "projects/-w/agent-2.jsonl", conversation(id, "old subagent"));
    put(dir, `jobs/${id.slice(0, 8)}/state.json`, JSON.stringify({ sessionId: id }));
    put(dir, "projects/-w/agent-3.jsonl", conversation("../../../../../outside", "hostile"));
    put(dir, "jobs/0bbbbbbb/state.json", JSON.stringify({ sessionId: id }));
    put(dir, `projects/-w/.${id}.jsonl.ct-aaaaaaaaaaaa-999999999--aaaaaaaa.tmp`, "half");
    fs.rmSync(path.join(dir, transcript(ONE)));
    const { copied } = await take(dir, { sessionIds: new Set([ONE]) });
    const expected = [
      ...ofOne(ONE).filter((name) => name !== transcript(ONE)),
      ...others.slice(0, 1),
      transcript(id),
      "projects/-w/agent-2.jsonl",
      `jobs/${id.slice(0, 8)}/state.json`,
    ];
    expect(copied.map((file) => file.path).sort()).toEqual(expected.sort());
  });

  test.skipIf(process.platform !== "linux")("names files and directories whose names are not UTF-8", async () => {
    const dir = store();
    const bad = (at: string): Buffer => Buffer.concat([Buffer.from(path.join(dir, at)), Buffer.of(0xff)]);
    fs.writeFileSync(bad(`projects/-w/${ONE}/x`), "x");
    fs.mkdirSync(bad("projects/-x"));
    const { failed } = await take(dir);
    expect(failed.map((fail) => [path.basename(fail.path), fail.reason]).sort()).toEqual([
      ["-x\uFFFD", "its name is not UTF-8"],
      ["x\uFFFD", "its name is not UTF-8"],
    ]);
  });

  test("goes on after its first run was killed before it was marked", async () => {
    const dir = store();
    const temp = put(kept(dir), ".claude-transcripts-snapshot.json.ct-aaaaaaaaaaaa-999999999--aaaaaaaa.tmp", "{", {
      mtime: 1,
    });
    expect((await take(dir)).copied).toHaveLength(12);
    expect(fs.existsSync(temp)).toBe(false);
  });

  test("goes on after its config dir was moved with it", async () => {
    const dir = store();
    await take(dir);
    const moved = path.join(tempConfigDir(), "moved");
    fs.renameSync(dir, moved);
    expect(await take(moved)).toMatchObject({ copied: [], unchanged: 12 });
  });

  test("is whole after three processes took it at once", async () => {
    const dir = store();
    await take(dir);
    for (const id of [ONE, TWO]) fs.appendFileSync(path.join(dir, transcript(id)), '{"type":"x"}\n'.repeat(5000));
    const run = promisify(execFile);
    const args = [binary(), "snapshot", "--config-dir", dir];
    await Promise.all([1, 2, 3].map(() => run(process.execPath, args)));
    for (const id of [ONE, TWO])
      expect(fs.readFileSync(path.join(kept(dir), transcript(id)))).toEqual(
        fs.readFileSync(path.join(dir, transcript(id))),
      );
    expect(names(kept(dir)).filter((name) => /\.old-|\.tmp$|\.lock$/.test(name))).toEqual([]);
  });
});

describe("a session from a snapshot", () => {
  const restore = (dir: string, dryRun = false): ReturnType<typeof restoreFromSnapshot> =>
    restoreFromSnapshot(ONE, { from: kept(dir), configDir: dir, dryRun });

  test("is back as it was, and nothing else changes", async () => {
    const dir = store();
    const before = snapshot(dir);
    await take(dir);
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    const gone = snapshot(dir);
    const dry = await restore(dir, true);
    expect(snapshot(dir)).toEqual(gone);
    const done = await restore(dir);
    expect(done).toEqual(dry);
    expect(done.items.map((item) => item.path).sort()).toEqual([...ofOne(ONE), "projects/-w/agent-1.jsonl"].sort());
    expect(done.items.at(-1)?.path).toBe(transcript(ONE));
    const now = snapshot(dir);
    // Directories are made private.
    const files = Object.entries(before).filter(([, what]) => !what.startsWith("directory"));
    for (const [name, what] of files) expect([name, now[name]]).toEqual([name, what]);
    expect(Object.keys(before).filter((name) => now[name] === undefined)).toEqual([]);
    expect(await restore(dir)).toMatchObject({ items: [], bytes: 0, already: 6 });
  });

  test("does not replace a transcript that went on", async () => {
    const dir = store();
    await take(dir);
    fs.appendFileSync(path.join(dir, transcript(ONE)), '{"type":"x"}\n');
    fs.rmSync(path.join(dir, "todos"), { recursive: true });
    const before = fs.readFileSync(path.join(dir, transcript(ONE)));
    expect(await restore(dir)).toMatchObject({ items: [{ path: `todos/${ONE}-agent-${ONE}.json` }], already: 5 });
    expect(fs.readFileSync(path.join(dir, transcript(ONE)))).toEqual(before);
  });

  test("is not restored over another one, and nothing changes", async () => {
    const dir = store();
    await take(dir);
    fs.writeFileSync(path.join(dir, transcript(ONE)), '{"type":"other"}\n');
    fs.rmSync(path.join(dir, "todos"), { recursive: true });
    const before = snapshot(dir);
    await expect(restore(dir)).rejects.toMatchObject({
      code: "RestoreConflict",
      data: { conflicts: [path.join(dir, transcript(ONE))] },
    });
    expect(snapshot(dir)).toEqual(before);
  });

  test.for<[string, (dir: string) => Promise<unknown>, RegExp]>([
    [
      "a directory that is no snapshot",
      (dir) => restoreFromSnapshot(ONE, { from: dir, configDir: dir }),
      /is no snapshot/,
    ],
    [
      "an id that is none",
      (dir) => restoreFromSnapshot("../x", { from: kept(dir), configDir: dir }),
      /Invalid sessionId/,
    ],
    [
      "a session that it does not have",
      (dir) => restoreFromSnapshot(sessionId(9), { from: kept(dir), configDir: dir }),
      /not found/,
    ],
  ])("is refused: %s", async ([, call, message]) => {
    const dir = store();
    await take(dir);
    await expect(call(dir)).rejects.toThrow(message);
  });

  test("is not restored through links that somebody put into the snapshot", async () => {
    const dir = store();
    await take(dir);
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    const outside = put(tempConfigDir(), "secret.txt", "secret");
    fs.symlinkSync(outside, path.join(kept(dir), "projects", "-w", ONE, "link"));
    await restore(dir);
    expect(fs.existsSync(path.join(dir, "projects", "-w", ONE, "link"))).toBe(false);
  });

  test("comes without what killed runs left and without earlier contents, and not through links", async () => {
    const dir = store();
    await take(dir);
    fs.writeFileSync(path.join(dir, `projects/-w/${ONE}/tool-results/b1.txt`), "rewritten");
    const { superseded } = await take(dir);
    const temp = ".copy-b1.txt.ct-aaaaaaaaaaaa-999999999--aaaaaaaa.tmp";
    put(kept(dir), `projects/-w/${ONE}/tool-results/${temp}`, "half");
    const elsewhere = tempConfigDir();
    put(elsewhere, `-x/${ONE}.jsonl`, "of somebody else");
    fs.symlinkSync(path.join(elsewhere, "-x"), path.join(kept(dir), "projects", "-x"));
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    const { items, skipped } = await restore(dir);
    expect(items.map((item) => item.path).sort()).toEqual([...ofOne(ONE), "projects/-w/agent-1.jsonl"].sort());
    expect(skipped).toEqual([
      { path: superseded[0], reason: "earlier contents of a file" },
      { path: path.join(kept(dir), "projects", "-x"), reason: "a link, not followed" },
    ]);
    expect(fs.existsSync(path.join(dir, "projects", "-x"))).toBe(false);
  });

  test.for<[string, (at: string) => void, string]>([
    ["a link", (at) => fs.symlinkSync(tempConfigDir(), at), "todos"],
    ["a file", (at) => fs.writeFileSync(at, "x"), "todos"],
    ["a link", (at) => fs.symlinkSync(tempConfigDir(), at), `projects/-w/${ONE}`],
    ["a link to nothing", (at) => fs.symlinkSync("/nowhere/at/all", at), "projects/-w"],
    ["a file", (at) => fs.writeFileSync(at, "x"), "projects"],
  ])("is not restored if %s is in place of a directory, and nothing changes", async ([, make, name]) => {
    const dir = store();
    await take(dir);
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    const at = path.join(dir, name);
    fs.rmSync(at, { recursive: true, force: true });
    make(at);
    const before = snapshot(dir);
    await expect(restore(dir)).rejects.toMatchObject({ code: "RestoreConflict", data: { conflicts: [at] } });
    expect(snapshot(dir)).toEqual(before);
  });

  test.for(["projects", "projects/-w"])("is restored through a link in place of %s, as it was taken", async (name) => {
    const dir = store();
    moveAway(dir, name);
    await take(dir);
    await deleteSession(ONE, { configDirs: [dir], permanent: true });
    await restore(dir);
    expect(fs.lstatSync(path.join(dir, name)).isSymbolicLink()).toBe(true);
    expect(await getSessionMessages(ONE, { configDirs: [dir] })).toHaveLength(2);
  });

  test("that is in use here can be read from the snapshot meanwhile", async () => {
    const dir = store();
    openByThisProcess(dir, ONE);
    expect((await take(dir)).copied).toHaveLength(12);
  });
});
