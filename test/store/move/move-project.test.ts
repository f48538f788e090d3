import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { getSessionInfo, getSessionMessages, listSessions, listSubagents } from "../../../src/index.ts";
import { keyOfPath } from "../../../src/store/layout/project-key.ts";
import { moveProject, type MoveProjectOptions, type MoveProjectReport } from "../../../src/store/move/move-project.ts";
import { timing } from "../../../src/store/timing.ts";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { openByThisProcess } from "../../support/live.ts";
import { runs } from "../../support/runs.ts";
import { snapshot } from "../../support/snapshot.ts";

timing.lockMs = 50;

const ID = sessionId(1);
const OLD = "/nowhere/acme";
const NEW = "/nowhere/shop";

interface Put {
  readonly n?: number;
  readonly texts?: readonly string[];
  /** Key of the project dir, if it is not that of `cwd`. */
  readonly key?: string;
  readonly mtime?: number;
}

const rowsIn = (cwd: string, id: string, ...texts: readonly string[]): string =>
  conversation(id, ...texts).replaceAll('"cwd":"/w"', JSON.stringify({ cwd }).slice(1, -1));

/** Writes a session that is in `cwd`. Gives the path of its project dir below the config dir. */
function putSession(dir: string, cwd: string, options: Put = {}): string {
  const { n = 1, texts = ["hi"], key = keyOfPath(cwd), mtime = 1_790_000_000 } = options;
  put(dir, `projects/${key}/${sessionId(n)}.jsonl`, rowsIn(cwd, sessionId(n), ...texts), { mtime, mode: 0o600 });
  return `projects/${key}`;
}

const move = (dir: string, options: Partial<MoveProjectOptions> = {}): Promise<MoveProjectReport> =>
  moveProject({ from: OLD, to: NEW, configDirs: [dir], ...options });
const placesOf = (dir: string, id = ID): string[] =>
  Object.keys(snapshot(dir))
    .filter((at) => at.endsWith(`${id}.jsonl`))
    .map((at) => path.dirname(at));
const messagesIn = ({ refused }: MoveProjectReport): string[] => refused.map(({ error }) => error.message);

test.for<[what: string, cwd: string, key: string | undefined, target: string, cwdThen: string]>([
  ["in the directory", OLD, undefined, "-nowhere-shop", NEW],
  ["below it", `${OLD}/src/x`, undefined, "-nowhere-shop-src-x", `${NEW}/src/x`],
  [
    "in a worktree of 'claude -w'",
    `${OLD}/.claude/worktrees/f`,
    undefined,
    "-nowhere-shop--claude-worktrees-f",
    `${NEW}/.claude/worktrees/f`,
  ],
  ["started in the directory, first row below it", `${OLD}/src`, "-nowhere-acme", "-nowhere-shop", `${NEW}/src`],
  ["in another project dir", OLD, "-elsewhere", "-nowhere-shop", NEW],
  ["copied to the new project dir by hand", OLD, "-nowhere-shop", "-nowhere-shop", NEW],
  ["the same, first row below it", `${OLD}/src`, "-nowhere-shop", "-nowhere-shop", `${NEW}/src`],
])("a session that is %s moves", async ([, cwd, key, target, cwdThen]) => {
  const dir = tempConfigDir();
  putSession(dir, cwd, { ...(key !== undefined && { key }) });
  const { moved, refused } = await move(dir);
  expect(refused).toEqual([]);
  expect(moved).toMatchObject([{ sessionId: ID, from: cwd, to: cwdThen }]);
  expect(placesOf(dir)).toEqual([`projects/${target}`]);
  expect((await getSessionInfo(ID, { configDirs: [dir] }))?.cwd).toBe(cwdThen);
  expect((await move(dir)).moved).toEqual([]);
});

test.for<[what: string, cwd: string]>([
  ["next to it, with a longer name", `${OLD}-docker`],
  ["above it", "/nowhere"],
  ["elsewhere", "/elsewhere/nowhere/acme"],
  ["in a directory with the same key", "/nowhere-acme"],
])("a session that is %s stays as it is", async ([, cwd]) => {
  const dir = tempConfigDir();
  putSession(dir, cwd);
  const before = snapshot(dir);
  expect(await move(dir)).toMatchObject({ moved: [], refused: [] });
  expect(snapshot(dir)).toEqual(before);
});

/** A session with everything that can be next to a transcript, and a neighbour. */
function fullStore(): string {
  const dir = tempConfigDir();
  const at = putSession(dir, OLD, { texts: ["hi", "hello", "more"] });
  put(dir, `${at}/${ID}/subagents/agent-x.jsonl`, conversation(ID, "sub"), { mtime: 1_700_000_000 });
  put(dir, `${at}/${ID}/tool-results/a.txt`, "long");
  put(dir, `${at}/${ID}/archived.json`, '{"archived":true}', { mode: 0o600 });
  put(dir, `${at}/${ID}.desktop-released.json`, "{}");
  put(dir, `${at}/agent-old.jsonl`, conversation(ID, "old sub"));
  put(dir, `${at}/agent-other.jsonl`, conversation(sessionId(9), "not ours"));
  put(dir, `${at}/memory/MEMORY.md`, "remember");
  put(dir, "history.jsonl", `{"display":"hi","project":"${OLD}","sessionId":"${ID}"}\n`);
  put(dir, ".claude.json", JSON.stringify({ projects: { [OLD]: {}, [`${OLD}/x`]: {}, [`${OLD}-docker`]: {} } }));
  putSession(dir, `${OLD}-docker`, { n: 2 });
  return dir;
}

test("everything named after the session moves byte for byte, with its times; one row is added", async () => {
  const dir = fullStore();
  const before = snapshot(dir);
  const text = fs.readFileSync(path.join(dir, `projects/-nowhere-acme/${ID}.jsonl`), "utf8");
  const report = await move(dir);
  const after = snapshot(dir);

  const isOwn = (at: string): boolean => at.includes(ID) || at.endsWith("agent-old.jsonl");
  const transcript = `projects/-nowhere-shop/${ID}.jsonl`;
  const expected = Object.entries(before).map(([at, what]): [string, string] =>
    isOwn(at) ? [at.replace("-acme", "-shop"), what] : [at, what],
  );
  const ignoring = { [transcript]: "", "projects/-nowhere-shop": "" };
  expect({ ...after, ...ignoring }).toEqual({ ...Object.fromEntries(expected), ...ignoring });
  const now = fs.readFileSync(path.join(dir, transcript), "utf8");
  expect(now.startsWith(text)).toBe(true);
  expect(now.slice(text.length)).toBe(
    `{"type":"relocated","relocatedCwd":"${NEW}","sessionId":"${ID}","movedFrom":{"cwd":"${OLD}","projectKey":"-nowhere-acme"}}\n`,
  );
  expect(fs.statSync(path.join(dir, transcript)).mtimeMs).toBe(1_790_000_000_000);
  expect(report.moved[0]?.items.map(({ kind, path: was, to }) => [kind, path.basename(was), path.dirname(to)])).toEqual(
    [
      ["sidecars", ID, "projects/-nowhere-shop"],
      ["companion", `${ID}.desktop-released.json`, "projects/-nowhere-shop"],
      ["subagent", "agent-old.jsonl", "projects/-nowhere-shop"],
      ["transcript", `${ID}.jsonl`, "projects/-nowhere-shop"],
    ],
  );
  expect(report.historyKept).toBe(true);
  expect(report.settings).toEqual([{ path: path.join(dir, ".claude.json"), directories: [OLD, `${OLD}/x`] }]);
  expect(report.skipped.map((one) => one.path)).toEqual([path.join(dir, "projects/-nowhere-acme/memory")]);
  expect(await listSubagents(ID, { configDirs: [dir], dir: NEW })).toContain("x");
  expect((await listSessions({ configDirs: [dir], dir: NEW })).map((one) => one.sessionId)).toEqual([ID]);
  expect(await listSessions({ configDirs: [dir], dir: OLD })).toEqual([]);
});

test("a dry run says what then moves, and changes nothing; an undo puts it back where it was", async () => {
  const dir = fullStore();
  putSession(dir, `${NEW}/own`, { n: 3 });
  putSession(dir, `${OLD}/src`, { n: 4, key: "-nowhere-acme" });
  const before = snapshot(dir);
  const dry = await move(dir, { dryRun: true });
  expect(dry.dryRun).toBe(true);
  expect(snapshot(dir)).toEqual(before);
  const done = await move(dir);
  expect(done.moved).toEqual(dry.moved);
  expect(done.moved.map((one) => one.sessionId).sort()).toEqual([ID, sessionId(4)]);

  const undone = await move(dir, { undo: true });
  expect(undone.moved.map(({ from, to }) => [from, to]).sort()).toEqual([
    [NEW, OLD],
    [`${NEW}/src`, `${OLD}/src`],
  ]);
  const files = (tree: Record<string, string>): [string, string][] =>
    Object.entries(tree).filter(([at]) => !/000[14]\.jsonl$/.test(at) && at !== "projects/-nowhere-shop");
  expect(Object.fromEntries(files(snapshot(dir)))).toEqual(Object.fromEntries(files(before)));
  expect([placesOf(dir), placesOf(dir, sessionId(4))]).toEqual([
    ["projects/-nowhere-acme"],
    ["projects/-nowhere-acme"],
  ]);
  expect((await move(dir, { undo: true })).moved).toEqual([]);
  // The undo of the undo.
  const redone = await move(dir, { from: NEW, to: OLD, undo: true });
  expect(redone.moved.map((one) => one.sessionId).sort()).toEqual([ID, sessionId(4)]);
  expect(placesOf(dir, sessionId(4))).toEqual(["projects/-nowhere-shop"]);
});

test("an undo leaves a session that has left the new directory since", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD);
  await move(dir);
  await move(dir, { from: NEW, to: "/third" });
  expect((await move(dir, { undo: true })).moved).toEqual([]);
  expect((await move(dir, { from: NEW, to: "/third", undo: true })).moved).toHaveLength(1);
  expect(placesOf(dir)).toEqual(["projects/-nowhere-shop"]);
});

test("paths with one key need no other place, only the row", async () => {
  const dir = tempConfigDir();
  putSession(dir, "/nowhere/a-b");
  const report = await move(dir, { from: "/nowhere/a-b", to: "/nowhere/a/b" });
  expect(report.moved).toMatchObject([{ to: "/nowhere/a/b", items: [] }]);
  expect(placesOf(dir)).toEqual(["projects/-nowhere-a-b"]);
  expect((await getSessionInfo(ID, { configDirs: [dir] }))?.cwd).toBe("/nowhere/a/b");
});

test("a new project dir that is a link to the old one needs only the row", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD);
  fs.symlinkSync("-nowhere-acme", path.join(dir, "projects/-nowhere-shop"));
  const report = await move(dir);
  expect(report.moved).toMatchObject([{ items: [] }]);
  expect(report.refused).toEqual([]);
  expect(placesOf(dir)).toEqual(["projects/-nowhere-acme"]);
});

test("sessions under both spellings of a path with a link move, and a link left at the old path changes nothing", async () => {
  const dir = tempConfigDir();
  for (const name of ["real", "new"]) fs.mkdirSync(path.join(dir, "work", name), { recursive: true });
  fs.symlinkSync("real", path.join(dir, "work", "link"));
  putSession(dir, path.join(dir, "work/link/acme"));
  putSession(dir, path.join(dir, "work/real/acme"), { n: 2 });
  const to = path.join(dir, "work/new");
  fs.symlinkSync("../new", path.join(dir, "work/real/acme"));
  // The old path now leads to the new one, where a session was begun since.
  putSession(dir, to, { n: 3 });
  const report = await move(dir, { from: path.join(dir, "work/real/acme"), to });
  expect(report.moved.map((one) => one.sessionId)).toEqual([sessionId(2)]);
  fs.unlinkSync(path.join(dir, "work/real/acme"));
  const rest = await move(dir, { from: path.join(dir, "work/link/acme"), to });
  expect(rest.moved.map((one) => one.sessionId)).toEqual([ID]);
  expect(placesOf(dir, sessionId(3))).toEqual([`projects/${keyOfPath(to)}`]);
});

test.for<[what: string, prepare: (dir: string) => void, RegExp]>([
  [
    "a transcript of that name",
    (dir) => void put(dir, `projects/-nowhere-shop/${ID}.jsonl`, rowsIn("/x", ID, "other")),
    /-nowhere-shop\/[^/]*\.jsonl exists and differs/,
  ],
  [
    "another file of the session",
    (dir) => void put(dir, `projects/-nowhere-shop/${ID}/archived.json`, "other"),
    /archived\.json exists and differs/,
  ],
  [
    "a file instead of the project dir",
    (dir) => void put(dir, "projects/-nowhere-shop", ""),
    /-nowhere-shop is not a directory/,
  ],
  [
    "an old transcript that is a link",
    (dir) => {
      const at = path.join(dir, `projects/-nowhere-acme/${ID}`);
      fs.renameSync(at, `${at}-kept`);
      fs.symlinkSync(`${ID}-kept`, at);
    },
    /is a link/,
  ],
  ["a process that has it open", (dir) => openByThisProcess(dir, ID), /is in use/],
])("%s: that session is refused, nothing of it changes, the other moves", async ([, prepare, message]) => {
  const dir = fullStore();
  putSession(dir, `${OLD}/src`, { n: 4 });
  prepare(dir);
  const isOther = (at: string): boolean =>
    at.includes(sessionId(4)) || /^projects\/-nowhere-(?:acme|shop)-src$/.test(at);
  const kept = (tree: Record<string, string>): [string, string][] =>
    Object.entries(tree).filter(([at]) => !isOther(at));
  const before = kept(snapshot(dir));
  for (const dryRun of [true, false]) {
    const report = await move(dir, { dryRun });
    expect(messagesIn(report)).toEqual([expect.stringMatching(message)]);
    expect(report.moved.map((one) => one.sessionId)).toEqual([sessionId(4)]);
    expect(kept(snapshot(dir))).toEqual(before);
  }
});

test("force moves a session in use", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD);
  openByThisProcess(dir, ID);
  expect((await move(dir)).refused).toMatchObject([{ sessionId: ID, error: { code: "SessionInUse" } }]);
  expect((await move(dir, { force: true })).moved).toHaveLength(1);
});

test("a session that was copied to the new place and continued there loses its old copy, which it contains", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD, { texts: ["hi"] });
  putSession(dir, OLD, { key: "-nowhere-shop", texts: ["hi", "hello", "more"], mtime: 1_790_000_100 });
  const { moved, refused } = await move(dir);
  expect([moved.length, refused]).toEqual([1, []]);
  expect(placesOf(dir)).toEqual(["projects/-nowhere-shop"]);
  expect(await getSessionMessages(ID, { configDirs: [dir] })).toHaveLength(3);
});

test("two copies that differ: neither replaces the other", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD, { texts: ["one"] });
  putSession(dir, OLD, { key: "-elsewhere", texts: ["two"], mtime: 1_790_000_100 });
  const before = snapshot(dir);
  expect(messagesIn(await move(dir))).toEqual([expect.stringMatching(/would get one path, and differ$/)]);
  expect(snapshot(dir)).toEqual(before);
});

test("a session whose deletion was interrupted is refused", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD);
  await deleteSession(ID, { configDirs: [dir] });
  const [entry = ""] = fs.readdirSync(path.join(dir, "claude-transcripts/trash"));
  const trash = path.join(dir, "claude-transcripts/trash");
  fs.renameSync(path.join(trash, entry), path.join(trash, `${ID}.deleting`));
  putSession(dir, OLD);
  expect(messagesIn(await move(dir))).toEqual([expect.stringMatching(/its deletion was interrupted/)]);
});

test("each config dir keeps its own sessions", async () => {
  const [one, two] = [tempConfigDir(), tempConfigDir()];
  putSession(one, OLD);
  putSession(two, `${OLD}/x`, { n: 2 });
  const { moved } = await moveProject({ from: OLD, to: NEW, configDirs: [one, two] });
  expect(moved.map(({ configDir, to }) => [configDir, to])).toEqual([
    [one, NEW],
    [two, `${NEW}/x`],
  ]);
});

test("a signal ends it between two sessions", async () => {
  const dir = tempConfigDir();
  putSession(dir, OLD);
  await expect(move(dir, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  expect(placesOf(dir)).toEqual(["projects/-nowhere-acme"]);
});

test("property: a session that is not below the old path is never changed, and an undo moves exactly the others back", async () => {
  const name = fc.constantFrom("acme", "acme-docker", "src", "shop", "n");
  const cwd = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/n/${names.join("/")}`);
  await fc.assert(
    fc.asyncProperty(fc.array(cwd, { minLength: 1, maxLength: 5 }), async (cwds) => {
      const dir = tempConfigDir();
      cwds.forEach((one, i) => void putSession(dir, one, { n: i + 1 }));
      const before = snapshot(dir);
      const [from, to] = ["/n/acme", "/n/shop"];
      await move(dir, { from, to });
      const isBelow = (one = ""): boolean => one === from || one.startsWith(`${from}/`);
      const after = snapshot(dir);
      cwds.forEach((one, i) => {
        const at = `projects/${keyOfPath(one)}/${sessionId(i + 1)}.jsonl`;
        const target = `projects/${keyOfPath(to + one.slice(from.length))}/${sessionId(i + 1)}.jsonl`;
        expect(isBelow(one) ? after[target] !== undefined : after[at] === before[at]).toBe(true);
      });
      await move(dir, { from, to, undo: true });
      const names = (tree: Record<string, string>): string[] => Object.keys(tree).filter((at) => at.endsWith(".jsonl"));
      expect(names(snapshot(dir))).toEqual(names(before));
    }),
    { numRuns: runs(60) },
  );
});
