import { listSessions } from "@anthropic-ai/claude-agent-sdk";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { projectDir } from "../../../src/store/layout/paths.ts";
import { keyOfPath, sanitizePath } from "../../../src/store/layout/project-key.ts";
import {
  directoryScope,
  listProjectDirs,
  possibleProjectDirs,
  projectDirsFor,
} from "../../../src/store/projects/project-dirs.ts";

const home = process.cwd();
let root: string;
let configDir: string;
/** The project dir of each session. */
let owner: Map<string, string>;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "projects-")));
  configDir = path.join(root, "config");
  fs.mkdirSync(path.join(configDir, "projects"), { recursive: true });
  process.env["CLAUDE_CONFIG_DIR"] = configDir;
  owner = new Map();
});
afterEach(() => {
  process.chdir(home);
  delete process.env["CLAUDE_CONFIG_DIR"];
  delete process.env["CLAUDE_CODE_PROJECT_DIR_NAME"];
  fs.rmSync(root, { recursive: true, force: true });
});

const at = (...names: string[]): string => path.join(root, ...names);
const inProjects = (...names: string[]): string => path.join(configDir, "projects", ...names);

/** Adds a session to a project dir. */
function session(key: string, cwd?: string, relocatedCwd?: string): void {
  const id = `00000000-0000-4000-8000-${String(owner.size + 1).padStart(12, "0")}`;
  owner.set(id, key);
  const rows: object[] = [{ type: "user", uuid: id, parentUuid: null, cwd, message: { role: "user", content: "hi" } }];
  if (relocatedCwd !== undefined) rows.push({ type: "relocated", relocatedCwd, sessionId: id });
  fs.mkdirSync(inProjects(key), { recursive: true });
  fs.writeFileSync(inProjects(key, `${id}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

function git(dir: string, ...args: string[]): void {
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  execFileSync("git", args, { cwd: dir, env, stdio: "pipe" });
}

function repository(...names: string[]): string {
  const dir = at(...names);
  fs.mkdirSync(dir, { recursive: true });
  git(dir, "init", "-q", "-b", "main");
  git(dir, "commit", "-q", "--allow-empty", "-m", "one");
  return dir;
}

/** The project dirs whose sessions the official list shows. */
async function officially(dir: string, includeWorktrees = true): Promise<string[]> {
  const sessions = await listSessions({ dir, includeWorktrees });
  return [...new Set(sessions.map(({ sessionId }) => owner.get(sessionId) ?? ""))].sort();
}

const keysOf = (dir: string, includeWorktrees = true): string[] =>
  directoryScope([configDir], dir, { includeWorktrees })
    .projects.map(({ project }) => project.key)
    .sort();

describe("listProjectDirs", () => {
  test("no projects: nothing, and nothing to say", () => {
    fs.rmSync(inProjects(), { recursive: true });
    expect(listProjectDirs(configDir)).toEqual({ dirs: [], skipped: [] });
    expect(possibleProjectDirs(configDir)).toBeUndefined();
    expect(listProjectDirs(at("gone"))).toEqual({ dirs: [], skipped: [] });
  });

  test("an empty projects is one", () => {
    expect(listProjectDirs(configDir)).toEqual({ dirs: [], skipped: [] });
    expect(possibleProjectDirs(configDir)).toEqual([]);
  });

  test("projects that is a file is named", () => {
    fs.rmSync(inProjects(), { recursive: true });
    fs.writeFileSync(inProjects(), "");
    expect(listProjectDirs(configDir)).toEqual({ dirs: [], skipped: [{ path: inProjects(), reason: "ENOTDIR" }] });
    expect(possibleProjectDirs(configDir)).toBeUndefined();
  });

  test("directories and links to them, by bytes; dangling and circular links are named", () => {
    for (const name of ["b", "B", "a b", "é", "\u{1f600}", "\uffee"]) fs.mkdirSync(inProjects(name));
    fs.writeFileSync(inProjects("file"), "x");
    fs.mkdirSync(at("elsewhere"));
    fs.symlinkSync(at("elsewhere"), inProjects("a-link"));
    fs.symlinkSync("file", inProjects("file-link"));
    fs.symlinkSync("nowhere", inProjects("dangling"));
    fs.symlinkSync("loop", inProjects("loop"));
    const { dirs, skipped } = listProjectDirs(configDir);
    const keys = ["B", "a b", "a-link", "b", "é", "\uffee", "\u{1f600}"];
    expect(dirs).toEqual(keys.map((key) => projectDir(configDir, key)));
    expect(skipped).toEqual([
      { path: inProjects("dangling"), reason: "ENOENT" },
      { path: inProjects("loop"), reason: "ELOOP" },
    ]);
    expect(possibleProjectDirs(configDir)?.map(({ key }) => key)).toEqual(
      expect.arrayContaining([...keys, "file-link", "dangling", "loop"]),
    );
  });

  test("projects itself may be a link", () => {
    fs.renameSync(inProjects(), at("real"));
    fs.symlinkSync(at("real"), inProjects());
    fs.mkdirSync(inProjects("a"));
    expect(listProjectDirs(configDir).dirs).toEqual([projectDir(configDir, "a")]);
  });
});

describe("projectDirsFor", () => {
  const found = (dir: string): string[] => projectDirsFor(configDir, dir).map(({ key }) => key);

  test("the directory of the key, when it is there; a link to one counts", () => {
    expect(found("/srv/x")).toEqual([]);
    fs.writeFileSync(inProjects("-srv-x"), "");
    expect(found("/srv/x")).toEqual([]);
    fs.rmSync(inProjects("-srv-x"));
    fs.mkdirSync(at("elsewhere"));
    fs.symlinkSync(at("elsewhere"), inProjects("-srv-x"));
    expect(found("/srv/x")).toEqual(["-srv-x"]);
    expect(found("/srv-x")).toEqual(["-srv-x"]);
    expect(found("/srv/x/")).toEqual([]);
  });

  test("a dangling link is named", () => {
    fs.symlinkSync("nowhere", inProjects("-srv-x"));
    const skipped: object[] = [];
    expect(projectDirsFor(configDir, "/srv/x", skipped as never)).toEqual([]);
    expect(skipped).toEqual([{ path: inProjects("-srv-x"), reason: "ENOENT" }]);
  });

  test("with CLAUDE_CODE_PROJECT_DIR_NAME: that one, then the natural one, and no other hash", () => {
    const long = `/${"a".repeat(250)}`;
    const natural = keyOfPath(long);
    for (const key of ["name", natural, "-srv-x"]) session(key);
    session(`-${"a".repeat(199)}-zzz`, long);
    process.env["CLAUDE_CODE_PROJECT_DIR_NAME"] = "name";
    expect(found("/srv/x")).toEqual(["name", "-srv-x"]);
    expect(found("/srv/y")).toEqual(["name"]);
    expect(found(long)).toEqual(["name", natural]);
    process.env["CLAUDE_CODE_PROJECT_DIR_NAME"] = "-srv-x";
    expect(found("/srv/x")).toEqual(["-srv-x"]);
  });

  describe("a key with a hash", () => {
    const long = `/long/${"segment/".repeat(30)}end`;
    const prefix = sanitizePath(long).slice(0, 200);
    const cases: [string, string, string | undefined, string | undefined, boolean][] = [
      ["its own hash, no cwd", keyOfPath(long), undefined, undefined, true],
      ["its own hash, another cwd", keyOfPath(long), "/other", undefined, true],
      ["another hash, its cwd", `${prefix}-zzzz`, long, undefined, true],
      ["another hash, a cwd of the same name", `${prefix}-zzzz`, long.replaceAll("/", "_"), undefined, true],
      ["another hash, another cwd", `${prefix}-zzzz`, "/other", undefined, false],
      ["another hash, no cwd", `${prefix}-zzzz`, undefined, undefined, false],
      ["another hash, moved there", `${prefix}-zzzz`, "/other", long, true],
      ["another hash, moved away", `${prefix}-zzzz`, long, "/other", false],
      ["an empty hash", `${prefix}-`, long, undefined, true],
      ["no dash", `${prefix}zzzz`, long, undefined, false],
      ["the name at a greater length", sanitizePath(long).slice(0, 230), long, undefined, false],
    ];
    test.each(cases)("%s", async (_, key, cwd, relocated, expected) => {
      session(key, cwd, relocated);
      expect(found(long)).toEqual(expected ? [key] : []);
      expect(await officially(long)).toEqual(expected ? [key] : []);
    });

    test("one session of many is enough; the one of its own hash comes first", () => {
      session(`${prefix}-aaaa`, "/other");
      session(`${prefix}-aaaa`);
      session(`${prefix}-aaaa`, long);
      session(keyOfPath(long));
      fs.writeFileSync(inProjects(`${prefix}-file`), "");
      fs.mkdirSync(inProjects(`${prefix}-empty`));
      expect(found(long)).toEqual([keyOfPath(long), `${prefix}-aaaa`]);
    });

    test("a link to a directory counts", () => {
      session("elsewhere", long);
      fs.renameSync(inProjects("elsewhere"), at("elsewhere"));
      fs.symlinkSync(at("elsewhere"), inProjects(`${prefix}-link`));
      expect(found(long)).toEqual([`${prefix}-link`]);
    });
  });
});

describe("directoryScope", () => {
  test("a directory outside of any repository: its own sessions", async () => {
    fs.mkdirSync(at("plain/sub"), { recursive: true });
    fs.symlinkSync("plain", at("link"));
    for (const name of ["plain", "plain/sub", "link", "other"]) session(keyOfPath(at(name)));
    expect(directoryScope([configDir], at("link"), { includeWorktrees: true })).toEqual({
      dir: at("plain"),
      worktrees: [],
      projects: [{ project: projectDir(configDir, keyOfPath(at("plain"))), matchedDir: at("plain") }],
      skipped: [],
    });
    for (const name of ["plain", "plain/", "plain/sub", "link", "gone"]) {
      expect(keysOf(at(name)), name).toEqual(await officially(at(name)));
    }
  });

  test("one worktree adds nothing: a sub-directory keeps to itself", async () => {
    const repo = repository("r");
    fs.mkdirSync(path.join(repo, "sub"));
    for (const dir of [repo, path.join(repo, "sub")]) session(keyOfPath(dir));
    expect(keysOf(path.join(repo, "sub"))).toEqual([keyOfPath(path.join(repo, "sub"))]);
    for (const dir of [repo, path.join(repo, "sub")]) expect(keysOf(dir)).toEqual(await officially(dir));
    expect(directoryScope([configDir], repo, { includeWorktrees: true }).worktrees).toEqual([]);
  });

  test("two worktrees: each shows both, and deleted ones while git knows them", async () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", at("w"));
    git(repo, "worktree", "add", "-q", at("deleted"));
    fs.rmSync(at("deleted"), { recursive: true });
    fs.mkdirSync(at("r/sub"));
    for (const name of ["r", "w", "deleted", "r/sub", "w/sub", "other"]) session(keyOfPath(at(name)));
    for (const name of ["r", "w", "r/sub", "deleted", "other"]) {
      expect(keysOf(at(name)), name).toEqual(await officially(at(name)));
      expect(keysOf(at(name), false), name).toEqual(await officially(at(name), false));
    }
    const scope = directoryScope([configDir], at("r/sub"), { includeWorktrees: true });
    expect(scope.worktrees).toEqual([repo, at("deleted"), at("w")]);
    expect(scope.projects.map(({ matchedDir }) => matchedDir)).toEqual([at("r/sub"), at("deleted"), repo, at("w")]);
  });

  test("worktrees with long paths and with the same key", async () => {
    const deep = at(...Array.from({ length: 20 }, (_, i) => `segment-${i}`));
    const repo = repository("r");
    fs.mkdirSync(deep, { recursive: true });
    git(repo, "worktree", "add", "-q", "-b", "b1", path.join(deep, "w"));
    git(repo, "worktree", "add", "-q", "-b", "b2", at("x-y"));
    fs.mkdirSync(at("x"));
    git(repo, "worktree", "add", "-q", "-b", "b3", at("x/y"));
    const prefix = sanitizePath(path.join(deep, "w")).slice(0, 200);
    session(keyOfPath(repo));
    session(keyOfPath(path.join(deep, "w")));
    session(`${prefix}-zz1`, path.join(deep, "w"));
    session(`${prefix}-zz2`, path.join(deep, "v"));
    session(keyOfPath(at("x-y")));
    for (const dir of [repo, at("x-y"), at("x/y"), path.join(deep, "w")])
      expect(keysOf(dir)).toEqual(await officially(dir));
    const { projects } = directoryScope([configDir], at("x/y"), { includeWorktrees: true });
    expect(projects).toHaveLength(4);
    expect(projects[0]?.matchedDir).toBe(at("x/y"));
  });

  test("a project dir that is a link counts for a worktree too", () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", at("w"));
    session("elsewhere");
    fs.renameSync(inProjects("elsewhere"), at("elsewhere"));
    fs.symlinkSync(at("elsewhere"), inProjects(keyOfPath(at("w"))));
    fs.symlinkSync("nowhere", inProjects("-unrelated"));
    const scope = directoryScope([configDir], repo, { includeWorktrees: true });
    expect(scope.projects).toEqual([{ project: projectDir(configDir, keyOfPath(at("w"))), matchedDir: at("w") }]);
    expect(scope.skipped).toEqual([]);
  });

  test("links that lead nowhere are named, each once, where they would have counted", () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", at("w"));
    for (const dir of [repo, at("w")]) fs.symlinkSync("nowhere", inProjects(keyOfPath(dir)));
    expect(directoryScope([configDir], repo, { includeWorktrees: true }).skipped).toEqual(
      [repo, at("w")].map((dir) => ({ path: inProjects(keyOfPath(dir)), reason: "ENOENT" })),
    );
  });

  test("several config dirs, one after the other", () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", at("w"));
    const second = at("second");
    for (const dir of [repo, at("w")]) {
      session(keyOfPath(dir));
      fs.mkdirSync(path.join(second, "projects", keyOfPath(dir)), { recursive: true });
    }
    const { projects } = directoryScope([second, at("gone"), configDir], repo, { includeWorktrees: true });
    expect(projects).toEqual(
      [second, configDir].flatMap((config) =>
        [repo, at("w")].map((dir) => ({ project: projectDir(config, keyOfPath(dir)), matchedDir: dir })),
      ),
    );
  });

  test("with CLAUDE_CODE_PROJECT_DIR_NAME", async () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", at("w"));
    for (const dir of [repo, at("w")]) session(keyOfPath(dir));
    session("name");
    process.env["CLAUDE_CODE_PROJECT_DIR_NAME"] = "name";
    for (const dir of [repo, at("w"), at("plain")]) expect(keysOf(dir)).toEqual(await officially(dir));
  });

  test("a relative directory that does not exist is taken as it stands", async () => {
    session("rel-none");
    process.chdir(root);
    expect(keysOf("rel/none")).toEqual(["rel-none"]);
    expect(await officially("rel/none")).toEqual(["rel-none"]);
  });
});

describe("directoryScope with .claude/worktrees", () => {
  const scoped = (dir: string): [string, string][] =>
    directoryScope([configDir], dir, { includeWorktrees: true, claudeWorktrees: true }).projects.map(
      ({ project, matchedDir }) => [project.key, matchedDir],
    );

  test("those that git has forgotten are found by their key", () => {
    const repo = repository("r");
    git(repo, "worktree", "add", "-q", path.join(repo, ".claude/worktrees/known"));
    const below = (name: string): string => path.join(repo, ".claude/worktrees", name);
    session(keyOfPath(repo), repo);
    session(keyOfPath(below("known")), below("known"));
    session(keyOfPath(below("for gotten")), below("for gotten"));
    session(keyOfPath(below("quiet")));
    session(keyOfPath(below("quiet/sub")), below("quiet/sub"));
    session(keyOfPath(at("r/.claude/other")));
    session(keyOfPath(at("r/.claude/worktrees")));
    const expected: [string, string][] = [
      [keyOfPath(below("for gotten")), below("for gotten")],
      [keyOfPath(below("known")), below("known")],
      [keyOfPath(below("quiet")), below("quiet")],
      [keyOfPath(below("quiet/sub")), below("quiet")],
    ];
    expect(scoped(repo)).toEqual([[keyOfPath(repo), repo], ...expected]);
    expect(scoped(below("known")).sort()).toEqual([[keyOfPath(repo), repo], ...expected].sort());
    expect(keysOf(repo)).toEqual([keyOfPath(repo), keyOfPath(below("known"))].sort());
  });

  test("a repository with one worktree has them too", () => {
    const repo = repository("r");
    const gone = path.join(repo, ".claude/worktrees/gone");
    session(keyOfPath(gone), gone);
    expect(scoped(repo)).toEqual([[keyOfPath(gone), gone]]);
    expect(directoryScope([configDir], repo, { includeWorktrees: false, claudeWorktrees: true }).projects).toEqual([]);
    expect(scoped(at("plain"))).toEqual([]);
  });

  test("the sessions say whose a key is", () => {
    const repo = repository("r");
    const below = (name: string): string => path.join(repo, ".claude/worktrees", name);
    const twin = (name: string): string => `${repo}--claude-worktrees-${name}`;
    session(keyOfPath(below("collision")), twin("collision"));
    session(keyOfPath(below("both")), twin("both"));
    session(keyOfPath(below("both")), below("both"));
    session(keyOfPath(below("went")), "/elsewhere");
    expect(scoped(repo)).toEqual([
      [keyOfPath(below("both")), below("both")],
      [keyOfPath(below("went")), below("went")],
    ]);
  });

  test("a key with a hash needs a session that was there", () => {
    const repo = repository(...Array.from({ length: 20 }, (_, i) => `segment-${i}`));
    const gone = path.join(repo, ".claude/worktrees/gone");
    session(keyOfPath(gone), gone);
    session(`${sanitizePath(gone).slice(0, 200)}-zzz`);
    expect(scoped(repo)).toEqual([[keyOfPath(gone), gone]]);
  });
});
