import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { deleteSession } from "../../../src/store/trash/delete-session.ts";
import { examineStore, type ConfigDirReport } from "../../../src/store/doctor/examine-store.ts";
import { tempName } from "../../../src/store/disk/temp-file.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { jsonl, user } from "../../support/rows.ts";
import { snapshot } from "../../support/snapshot.ts";

const DAY = 24 * 60 * 60;
const NOW = 1_800_000_000;

async function examine(dir: string, maxEntries?: number): Promise<ConfigDirReport> {
  const options = { soonMs: 3 * DAY * 1000, now: NOW * 1000, maxEntries };
  const { configDirs } = await examineStore({ configDirs: [dir], ...options });
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
    put(dir, `usage-data/facets/${id}.json`, "{}");
    put(dir, `debug/${id}.txt`, "1");
  }
  put(dir, `debug/${sessionId(3)}0.txt`, "named by no id");
  put(dir, `jobs/${sessionId(3).slice(0, 8)}/state.json`, JSON.stringify({ sessionId: sessionId(3) }));
  put(dir, "jobs/12345678/state.json", JSON.stringify({ sessionId: sessionId(3) }));
  put(dir, "jobs/00000000/state.json", "not json");
  fs.symlinkSync("..", path.join(dir, "todos", "link"));
  put(dir, "projects/-w/memory/MEMORY.md", "x");
  put(dir, "tasks/a-team/1.json", "x");
  const { orphans } = await examine(dir);
  const id = sessionId(3);
  expect(names(dir, orphans)).toEqual([
    `debug/${id}.txt`,
    `file-history/${id}`,
    `jobs/${id.slice(0, 8)}`,
    `projects/-w/${id}`,
    `projects/-w/${id}.desktop-released.json`,
    "projects/-w/agent-3.jsonl",
    `session-env/${id}`,
    `tasks/${id}`,
    `todos/${id}-agent-${id}.json`,
    `uploads/${id}`,
    `usage-data/facets/${id}.json`,
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
  // An import unpacks into a directory.
  for (const name of [own, gone]) put(dir, `claude-transcripts/.import${name.slice(name.indexOf(".ct-"))}/0`, "12345");
  const { temporaries } = await examine(dir);
  expect(temporaries.map(({ bytes }) => bytes).sort()).toEqual([2, 4, 5]);
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
  fs.symlinkSync("nowhere", path.join(dir, "projects/-link"));
  const { unreadable, projects } = await examine(dir);
  expect(unreadable.map(({ path: at, reason }) => `${path.relative(dir, at)} ${reason}`).sort()).toEqual([
    "projects/-link ENOENT",
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

/** A path in a report, from the config dir on. */
const below = (dir: string, at: string | undefined): string | undefined =>
  at === undefined ? undefined : path.relative(dir, at).split(path.sep).join("/");

describe("transcripts at the wrong depth", () => {
  const id = sessionId(9);
  /** A transcript anywhere, of a session in `cwd`. */
  const lost = (dir: string, at: string, cwd = "/w", n = 9): string =>
    put(dir, at, conversation(sessionId(n), "u", "a").replaceAll('"cwd":"/w"', `"cwd":${JSON.stringify(cwd)}`));

  test.for<[what: string, at: string, cwd: string, moveTo: string | undefined]>([
    ["a project dir in another one", `projects/-w/-x/${id}.jsonl`, "/w", `projects/-w/${id}.jsonl`],
    ["in none", `projects/${id}.jsonl`, "/home/me/my.app", `projects/-home-me-my-app/${id}.jsonl`],
    ["in none, and it says nothing", `projects/${id}.jsonl`, "", undefined],
    ["with the sidecars of another", `projects/-w/${sessionId(1)}/${id}.jsonl`, "/v", `projects/-v/${id}.jsonl`],
    ["with its own sidecars", `projects/-w/${id}/${id}.jsonl`, "no path", `projects/-w/${id}.jsonl`],
    ["among subagents", `projects/-w/${id}/subagents/${id}.jsonl`, "/w", `projects/-w/${id}.jsonl`],
    ["deep down", `projects/-w/a/b/c/d/e/f/${id}.jsonl`, "", `projects/-w/${id}.jsonl`],
    ["below something named like a project", `projects/x/-v/y/${id}.jsonl`, "", `projects/-v/${id}.jsonl`],
    ["the same on Windows", `projects/x/C--v/y/${id}.jsonl`, "", `projects/C--v/${id}.jsonl`],
    ["in another's store", `projects/-w/.claude/projects/-v/${id}.jsonl`, "C:\\v", `projects/C--v/${id}.jsonl`],
    ["beside projects", `${id}.jsonl`, "/w", `projects/-w/${id}.jsonl`],
    ["in a project dir beside projects", `-v/${id}.jsonl`, "", `projects/-v/${id}.jsonl`],
    ["with a directory that climbs", `projects/${id}.jsonl`, "/../../etc", `projects/-------etc/${id}.jsonl`],
  ])("%s", async ([, at, cwd, moveTo]) => {
    const dir = tempConfigDir();
    session(dir, 1);
    lost(dir, at, cwd);
    const { misplaced, stubs, orphans } = await examine(dir);
    expect(misplaced.map((one) => ({ ...one, path: below(dir, one.path), moveTo: below(dir, one.moveTo) }))).toEqual([
      {
        path: at,
        sessionId: id,
        bytes: fs.statSync(path.join(dir, at)).size,
        hasSidecars: false,
        moveTo,
        standsAt: undefined,
      },
    ]);
    expect({ stubs, orphans }).toEqual({ stubs: [], orphans: [] });
  });

  test("no move is suggested over something else", async () => {
    const dir = tempConfigDir();
    session(dir, 1, { key: "-other" });
    put(dir, `projects/-w/${sessionId(2)}.jsonl`, "");
    for (const n of [1, 2, 3]) lost(dir, `projects/-w/backup/${sessionId(n)}.jsonl`, "/w", n);
    lost(dir, `projects/-w/older/${sessionId(3)}.jsonl`, "/w", 3);
    put(dir, `projects/-w/backup/${sessionId(3)}/custom-title.json`, "{}");
    const { misplaced } = await examine(dir);
    const told = misplaced.map((one) => [
      below(dir, one.path)?.slice("projects/-w/".length),
      below(dir, one.moveTo ?? one.standsAt),
      one.moveTo !== undefined,
      one.hasSidecars,
    ]);
    expect(told).toEqual([
      [`backup/${sessionId(1)}.jsonl`, `projects/-other/${sessionId(1)}.jsonl`, false, false],
      [`backup/${sessionId(2)}.jsonl`, `projects/-w/${sessionId(2)}.jsonl`, false, false],
      [`backup/${sessionId(3)}.jsonl`, `projects/-w/${sessionId(3)}.jsonl`, true, true],
      [`older/${sessionId(3)}.jsonl`, `projects/-w/${sessionId(3)}.jsonl`, false, false],
    ]);
  });

  test("their content is checked as well, and their belongings are moved along", async () => {
    const dir = tempConfigDir();
    fs.appendFileSync(lost(dir, `projects/-w/-w/${id}.jsonl`), "nonsense\n");
    put(dir, `projects/-w/${id}/custom-title.json`, "{}");
    const { findings, orphans, projects } = await examine(dir);
    expect(findings.map(({ findings: [only] }) => only?.kind)).toEqual(["not_json"]);
    expect({ orphans, sessions: projects.map(({ sessions }) => sessions) }).toEqual({ orphans: [], sessions: [0] });
  });

  test("a file of a tool that is named like a transcript is none", async () => {
    const dir = tempConfigDir();
    session(dir, 1);
    put(dir, `projects/-w/${sessionId(1)}/tool-results/${id}.jsonl`, '{"a":1}\nnot JSON\n');
    const { misplaced, stubs, findings } = await examine(dir);
    expect({ misplaced, stubs, findings }).toEqual({ misplaced: [], stubs: [], findings: [] });
  });

  test("other names are a note", async () => {
    const dir = tempConfigDir();
    const names = [`${id}.JSONL`, `${id}.jsonl.bak`, `a/Copy of ${id}.jsonl`, `${id.toUpperCase()}.Jsonl~`];
    for (const name of names) lost(dir, `projects/-w/${name}`);
    lost(dir, `projects/${id}.jsonl.gz`);
    for (const name of [`._${id}.jsonl`, tempName(`${id}.jsonl`), `${id}.ccr-tip.json`, "x.jsonl"])
      put(dir, `projects/-w/${name}`, "x");
    const { misnamed, misplaced, stubs, findings } = await examine(dir);
    expect(misnamed.map((one) => below(dir, one.path)).sort()).toEqual(
      [`projects/${id}.jsonl.gz`, ...names.map((name) => `projects/-w/${name}`)].sort(),
    );
    expect(new Set(misnamed.map(({ sessionId: of }) => of.toLowerCase()))).toEqual(new Set([id]));
    expect({ misplaced, stubs, findings }).toEqual({ misplaced: [], stubs: [], findings: [] });
  });
});

test.skipIf(process.platform === "win32")("what is named like a transcript, and is not a session", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  const at = (n: number): string => `projects/-w/${sessionId(n)}.jsonl`;
  put(dir, at(2), "");
  put(dir, at(3), Buffer.alloc(10_000));
  put(dir, at(4), jsonl([{ type: "summary", summary: "s" }]));
  put(dir, at(5), jsonl([user(1, null, "u", { isSidechain: true })]));
  put(dir, at(6), "nonsense\n");
  fs.symlinkSync(path.join(dir, at(1)), path.join(dir, at(7)));
  fs.symlinkSync("nowhere", path.join(dir, at(8)));
  fs.symlinkSync(`${sessionId(9)}.jsonl`, path.join(dir, at(9)));
  fs.mkdirSync(path.join(dir, at(10)));
  execFileSync("mkfifo", [path.join(dir, at(11))]);
  put(dir, `projects/-w/backup/${sessionId(12)}.jsonl`, "");
  put(dir, `projects/-w/backup/${sessionId(13)}.jsonl`, jsonl([{ type: "tag", sessionId: sessionId(13) }]));
  put(dir, `projects/${sessionId(14)}.jsonl`, Buffer.alloc(10));
  for (const n of [3, 4, 7]) put(dir, `projects/-w/${sessionId(n)}/custom-title.json`, "{}");
  for (const n of [2, 8]) put(dir, `projects/-w/${sessionId(n)}/custom-title.json`, "{}");
  const { stubs, projects, unreadable, orphans, misplaced, links } = await examine(dir);
  expect(stubs.map(({ sessionId: id, kind }) => [Number.parseInt(id.slice(-2), 16), kind])).toEqual([
    [2, "empty"],
    [3, "nul"],
    [4, "metadata"],
    [5, "sidechain"],
    [6, "no_rows"],
    [7, "link"],
    [8, "dangling_link"],
    [9, "dangling_link"],
    [10, "directory"],
    [11, "not_a_file"],
    [12, "empty"],
    [13, "metadata"],
    [14, "nul"],
  ]);
  expect(stubs.flatMap(({ target }) => target ?? [])).toEqual([path.join(dir, at(1))]);
  expect(projects.map(({ sessions }) => sessions)).toEqual([1]);
  expect({ unreadable, misplaced, links }).toEqual({ unreadable: [], misplaced: [], links: [] });
  expect(names(dir, orphans), "what has something in it owns what is named by its id").toEqual(
    [2, 8].map((n) => `projects/-w/${sessionId(n)}`),
  );
});

describe.skipIf(process.platform === "win32")("links, and what has no end", () => {
  /** A directory that is not of the store, with transcripts in it. */
  function outside(): string {
    const dir = tempConfigDir();
    session(dir, 1, { key: "../ext" });
    put(dir, `ext/deep/${sessionId(2)}.jsonl`, conversation(sessionId(2), "u"));
    put(dir, `ext/large.bin`, Buffer.alloc(5000));
    put(dir, `ext/${sessionId(1)}/tool-results/x.txt`, "12345");
    put(dir, `ext/${sessionId(3)}.jsonl/x`, "12345");
    fs.symlinkSync("/", path.join(dir, "ext/root"));
    return path.join(dir, "ext");
  }

  test("a linked project dir elsewhere is examined only as far as lists and readers go", async () => {
    const dir = tempConfigDir();
    const ext = outside();
    fs.symlinkSync(ext, path.join(dir, "projects/-ext"));
    fs.symlinkSync("/", path.join(dir, "projects/-root"));
    fs.symlinkSync("/dev/null", path.join(dir, "projects/-null"));
    const { projects, links, misplaced, stubs } = await examine(dir);
    expect(projects.map(({ key, sessions, otherBytes }) => [key, sessions, otherBytes])).toEqual([
      ["-ext", 1, 5],
      ["-root", 0, 0],
    ]);
    expect(links.map(({ path: at, target, isProject }) => [below(dir, at), target, isProject])).toEqual([
      ["projects/-ext", ext, true],
      ["projects/-root", "/", true],
      ["projects/-null", "/dev/null", false],
    ]);
    expect({ misplaced, stubs: stubs.length }).toEqual({ misplaced: [], stubs: 1 });
  });

  test("links below a project dir are named, and not followed", async () => {
    const dir = tempConfigDir();
    const ext = outside();
    session(dir, 1);
    const sidecars = path.join(dir, "projects/-w", sessionId(1));
    fs.mkdirSync(path.join(sidecars, "subagents"), { recursive: true });
    fs.symlinkSync("/", path.join(sidecars, "subagents/loop"));
    fs.symlinkSync(ext, path.join(dir, "projects/-w/memory"));
    fs.symlinkSync(ext, path.join(dir, "projects/-w", sessionId(2)));
    fs.symlinkSync("gone", path.join(sidecars, "gone"));
    fs.symlinkSync("..", path.join(sidecars, "inside"));
    execFileSync("mkfifo", [path.join(sidecars, "subagents/agent-f.jsonl"), path.join(dir, "settings.json")]);
    fs.truncateSync(put(dir, `projects/-w/${sessionId(1)}/tool-results/sparse.txt`, ""), 1e10);
    const { links, misplaced, findings, retention, notWalked } = await examine(dir);
    expect(links.map(({ path: at, target }) => [below(dir, at), target]).sort()).toEqual([
      [`projects/-w/${sessionId(1)}/gone`, undefined],
      [`projects/-w/${sessionId(1)}/subagents/loop`, "/"],
      [`projects/-w/${sessionId(2)}`, ext],
      ["projects/-w/memory", ext],
    ]);
    expect({ misplaced, findings, notWalked }).toEqual({ misplaced: [], findings: [], notWalked: undefined });
    expect(retention).toMatchObject({ days: undefined, why: "settings_unreadable" });
  });

  test("a directory that a project dir links to is examined only once", async () => {
    const dir = tempConfigDir();
    session(dir, 1);
    session(dir, 2, { key: "-w/inner" });
    fs.symlinkSync("-w/inner", path.join(dir, "projects/-a"));
    fs.symlinkSync("..", path.join(dir, "projects/-b"));
    const { projects, misplaced, links } = await examine(dir);
    expect(projects.map(({ key, sessions }) => [key, sessions])).toEqual([
      ["-a", 1],
      ["-b", 0],
      ["-w", 1],
    ]);
    expect({ misplaced, links }).toEqual({ misplaced: [], links: [] });
  });
});

test("only so much is walked, transcripts and what belongs to them first, and what is left out is said", async () => {
  const dir = tempConfigDir();
  session(dir, 1);
  put(dir, `projects/-a/junk/x/${sessionId(2)}.jsonl`, conversation(sessionId(2), "u"));
  for (let n = 0; n < 30; n++) put(dir, `projects/-a/junk${n}/x`, "x");
  put(dir, `projects/-w/${sessionId(1)}/subagents/agent-a.jsonl`, "nonsense\n");
  const { notWalked, findings, misplaced } = await examine(dir, 2);
  expect(findings).toHaveLength(1);
  expect({ ...notWalked, paths: notWalked?.paths.length }).toEqual({ limit: 2, directories: 31, paths: 20 });
  expect(below(dir, notWalked?.paths[0])).toBe("projects/-a/junk");
  expect(misplaced).toEqual([]);
  expect((await examine(dir, 40)).misplaced).toHaveLength(1);
});

describe("a config dir without projects", () => {
  test.for<[what: string, make: (dir: string) => void, state: string]>([
    ["missing", () => undefined, "missing"],
    ["a file", (dir) => void put(dir, "projects", "x"), "not_a_directory"],
    ["a link to nowhere", (dir) => fs.symlinkSync("nowhere", path.join(dir, "projects")), "dangling_link"],
  ])("%s", async ([, make, state]) => {
    const dir = tempConfigDir();
    fs.rmdirSync(path.join(dir, "projects"));
    make(dir);
    put(dir, `${sessionId(1)}.jsonl`, conversation(sessionId(1), "u"));
    const { projectsDir, meant, misplaced, unreadable } = await examine(dir);
    expect({ projectsDir, meant, unreadable }).toEqual({ projectsDir: state, meant: undefined, unreadable: [] });
    expect(misplaced.map(({ moveTo }) => below(dir, moveTo))).toEqual([`projects/-w/${sessionId(1)}.jsonl`]);
  });

  test("says which one seems to be meant", async () => {
    const home = tempConfigDir();
    const dir = path.join(home, ".claude");
    session(dir, 1);
    for (const given of [path.join(dir, "projects"), path.join(dir, "projects/-w")]) {
      expect(await examine(given), given).toMatchObject({ projectsDir: "missing", meant: dir, misplaced: [] });
    }
    fs.rmdirSync(path.join(home, "projects"));
    expect(await examine(home)).toMatchObject({ projectsDir: "missing", meant: dir });
    expect(await examine(dir)).toMatchObject({ projectsDir: "there", meant: undefined });
  });
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
