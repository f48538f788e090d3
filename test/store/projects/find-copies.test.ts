import { deleteSession, forkSession, getSessionInfo, renameSession } from "@anthropic-ai/claude-agent-sdk";
import fc from "fast-check";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  findCopies,
  findSession,
  newestCopy,
  requireCopies,
  requireSession,
} from "../../../src/store/projects/find-copies.ts";
import { openConversation } from "../../../src/store/read/open-conversation.ts";
import { projectDir } from "../../../src/store/layout/paths.ts";
import { keyOfPath } from "../../../src/store/layout/project-key.ts";
import { readRawPage } from "../../../src/store/read/raw-rows.ts";
import type { TranscriptCopy } from "../../../src/store/types.ts";
import { runs } from "../../support/runs.ts";

const id = "00000000-0000-4000-8000-000000000001";
const home = process.cwd();
let root: string;
let configDir: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "locate-")));
  configDir = path.join(root, "config");
  fs.mkdirSync(path.join(configDir, "projects"), { recursive: true });
  process.env["CLAUDE_CONFIG_DIR"] = configDir;
});
afterEach(() => {
  process.chdir(home);
  delete process.env["CLAUDE_CONFIG_DIR"];
  delete process.env["CLAUDE_CODE_PROJECT_DIR_NAME"];
  fs.rmSync(root, { recursive: true, force: true });
});

const at = (...names: string[]): string => path.join(root, ...names);
const inProjects = (...names: string[]): string => path.join(configDir, "projects", ...names);
const ROW = `${JSON.stringify({ type: "user", uuid: id, parentUuid: null, message: { role: "user", content: "hi" } })}\n`;

/** Writes a copy with an mtime in seconds. */
function copy(key: string, seconds = 1000, text = ROW, config = configDir): void {
  const dir = path.join(config, "projects", key);
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, `${id}.jsonl`), text);
  fs.utimesSync(path.join(dir, `${id}.jsonl`), seconds, seconds);
}

const keysOf = (options?: { dir?: string; configDirs?: string[] }): string[] =>
  findCopies(id, options).map(({ project }) => project.key);

function worktrees(...names: string[]): string {
  const repo = at("r");
  fs.mkdirSync(repo);
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  const git = (...args: string[]): void => void execFileSync("git", args, { cwd: repo, env, stdio: "pipe" });
  git("init", "-q", "-b", "main");
  git("commit", "-q", "--allow-empty", "-m", "one");
  for (const name of names) git("worktree", "add", "-q", at(name));
  return repo;
}

describe("findCopies", () => {
  test("all there is to know of a copy", () => {
    copy("-a", 1234.5);
    expect(findCopies(id)).toEqual([
      {
        sessionId: id,
        project: projectDir(configDir, "-a"),
        path: inProjects("-a", `${id}.jsonl`),
        size: ROW.length,
        mtimeMs: 1234500,
      },
    ]);
  });

  test("without a directory: every project dir, by name", () => {
    for (const key of ["b", "B", "a"]) copy(key);
    fs.mkdirSync(inProjects("empty"));
    expect(keysOf()).toEqual(["B", "a", "b"]);
    expect(keysOf({ dir: "" })).toEqual(["B", "a", "b"]);
    expect(findCopies(id, null)).toHaveLength(3);
  });

  test.each([undefined, null, 5, "", "x", `../${id}`, `${id}.jsonl`])("%j has no copies", (value) => {
    copy("-a");
    expect(findCopies(value)).toEqual([]);
  });

  test("the case of an id counts", () => {
    const upper = "AAAAAAAA-0000-4000-8000-000000000001";
    fs.mkdirSync(inProjects("-a"));
    fs.writeFileSync(inProjects("-a", `${upper}.jsonl`), ROW);
    expect(findCopies(upper)).toHaveLength(1);
    expect(findCopies(upper.toLowerCase())).toHaveLength(0);
  });

  test("no projects: no copies", () => {
    fs.rmSync(inProjects(), { recursive: true });
    expect(findCopies(id)).toEqual([]);
    fs.writeFileSync(inProjects(), "");
    expect(findCopies(id)).toEqual([]);
    expect(findCopies(id, { dir: "/srv/x" })).toEqual([]);
  });

  test("what is no transcript is passed over", () => {
    copy("-0", 1, "");
    fs.mkdirSync(inProjects("-1", `${id}.jsonl`), { recursive: true });
    fs.mkdirSync(inProjects("-2"));
    execFileSync("mkfifo", [inProjects("-2", `${id}.jsonl`)]);
    fs.mkdirSync(inProjects("-3"));
    fs.symlinkSync("nowhere", inProjects("-3", `${id}.jsonl`));
    fs.mkdirSync(inProjects("-4"));
    fs.symlinkSync(`${id}.jsonl`, inProjects("-4", `${id}.jsonl`));
    fs.writeFileSync(inProjects("-5"), "");
    fs.symlinkSync("nowhere", inProjects("-6"));
    fs.symlinkSync("-7", inProjects("-7"));
    copy("-8");
    expect(keysOf()).toEqual(["-8"]);
  });

  test("links are followed: to a transcript, to a project dir", () => {
    copy("-real");
    fs.mkdirSync(inProjects("-file-link"));
    fs.symlinkSync(`../-real/${id}.jsonl`, inProjects("-file-link", `${id}.jsonl`));
    fs.mkdirSync(at("elsewhere"));
    fs.writeFileSync(at("elsewhere", `${id}.jsonl`), ROW);
    fs.symlinkSync(at("elsewhere"), inProjects("-dir-link"));
    expect(keysOf()).toEqual(["-dir-link", "-file-link", "-real"]);
  });

  test("a project dir under two names is one", () => {
    copy("-real");
    copy("-other");
    fs.symlinkSync("-real", inProjects("-alias"));
    fs.symlinkSync("-real", inProjects("-zalias"));
    expect(keysOf()).toEqual(["-alias", "-other"]);
    const second = at("second");
    fs.mkdirSync(second);
    fs.symlinkSync(inProjects(), path.join(second, "projects"));
    expect(keysOf({ configDirs: [configDir, second] })).toEqual(["-alias", "-other"]);
  });

  test("hard links in two project dirs are two", () => {
    copy("-a");
    fs.mkdirSync(inProjects("-b"));
    fs.linkSync(inProjects("-a", `${id}.jsonl`), inProjects("-b", `${id}.jsonl`));
    expect(keysOf()).toEqual(["-a", "-b"]);
  });

  test("with a directory: its own project dir, then those of its other worktrees", () => {
    const repo = worktrees("z", "a");
    fs.mkdirSync(at("r/sub"));
    for (const name of ["r", "z", "a", "r/sub", "other"]) copy(keyOfPath(at(name)));
    const own = (...names: string[]): string[] => names.map((name) => keyOfPath(at(name)));
    expect(keysOf({ dir: repo })).toEqual(own("r", "a", "z"));
    expect(keysOf({ dir: at("z") })).toEqual(own("z", "r", "a"));
    expect(keysOf({ dir: at("r/sub") })).toEqual(own("r/sub", "r", "a", "z"));
    expect(keysOf({ dir: at("other") })).toEqual(own("other"));
    expect(keysOf({ dir: at("gone") })).toEqual([]);
    process.chdir(at("r"));
    expect(keysOf({ dir: "../a" })).toEqual(own("a", "r", "z"));
  });

  test("config dir by config dir", () => {
    const second = at("second");
    copy("-a");
    copy("-b", 1000, ROW, second);
    copy("-a", 1000, ROW, second);
    const found = findCopies(id, { configDirs: [second, at("gone"), configDir] });
    expect(found.map(({ project }) => [project.configDir, project.key])).toEqual([
      [second, "-a"],
      [second, "-b"],
      [configDir, "-a"],
    ]);
    expect(keysOf({ configDirs: [second, configDir], dir: "/b" })).toEqual(["-b"]);
    expect(keysOf({ configDirs: [] })).toEqual([]);
  });

  test("a project dir that two worktrees share is looked into once", () => {
    const repo = worktrees("x-y");
    fs.mkdirSync(at("x"));
    fs.renameSync(at("x-y"), at("x/y"));
    execFileSync("git", ["worktree", "repair", at("x/y")], { cwd: repo, stdio: "pipe" });
    copy(keyOfPath(at("x/y")));
    expect(keysOf({ dir: at("x-y") })).toEqual([keyOfPath(at("x-y"))]);
    expect(keysOf({ dir: at("x/y") })).toEqual([keyOfPath(at("x-y"))]);
  });

  test("the first one is the one that the official helpers find", async () => {
    const repo = worktrees("z", "a");
    const names = ["r", "z", "a", "r/sub", "other"];
    const state = fc.constantFrom("none", "empty", "there", "linked");
    await fc.assert(
      fc.asyncProperty(
        fc.array(state, { minLength: 5, maxLength: 5 }),
        fc.constantFrom(undefined, ...names),
        async (states, from) => {
          fs.rmSync(inProjects(), { recursive: true });
          fs.mkdirSync(inProjects());
          fs.mkdirSync(path.join(repo, "sub"), { recursive: true });
          for (const [i, name] of names.entries()) {
            if (states[i] !== "none") copy(keyOfPath(at(name)), 1000 + i, states[i] === "empty" ? "" : ROW);
            if (states[i] !== "linked") continue;
            const target = at(`elsewhere-${i}`);
            fs.rmSync(target, { recursive: true, force: true });
            fs.renameSync(inProjects(keyOfPath(at(name))), target);
            fs.symlinkSync(target, inProjects(keyOfPath(at(name))));
          }
          const options = from === undefined ? {} : { dir: at(from) };
          const official = await getSessionInfo(id, options);
          expect(findCopies(id, options)[0]?.mtimeMs).toBe(official?.lastModified);
        },
      ),
      { numRuns: runs(100) },
    );
  });
});

test("a look-up costs one stat for each project dir, however many sessions there are", () => {
  for (let i = 0; i < 50; i++) {
    fs.mkdirSync(inProjects(`-p${i}`));
    for (let n = 0; n < 20; n++) fs.writeFileSync(inProjects(`-p${i}`, `${n}.jsonl`), "x");
  }
  copy("-p30");
  const calls = (["statSync", "lstatSync", "readdirSync", "openSync", "realpathSync"] as const).map((name) =>
    vi.spyOn(fs, name),
  );
  try {
    expect(findSession(id)?.project.key).toBe("-p30");
    expect(calls.map((call) => call.mock.calls.length)).toEqual([50, 0, 1, 0, 0]);
  } finally {
    for (const call of calls) call.mockRestore();
  }
});

describe("the newest copy", () => {
  test("is the session; of equals the first", () => {
    copy("-a", 1000);
    copy("-b", 2000);
    copy("-c", 2000);
    expect(findSession(id)?.project.key).toBe("-b");
    expect(requireSession(id).project.key).toBe("-b");
    expect(newestCopy(findCopies(id).reverse())?.project.key).toBe("-c");
    expect(newestCopy([])).toBeUndefined();
    expect(findSession(id, { dir: "/nowhere" })).toBeUndefined();
    expect(findSession("x")).toBeUndefined();
  });

  test("requireCopies gives all of them", () => {
    copy("-a");
    copy("-b");
    expect(requireCopies(id).map(({ project }) => project.key)).toEqual(["-a", "-b"]);
  });
});

describe("not found: the official texts", () => {
  const message = async (run: () => unknown): Promise<string> => {
    try {
      await run();
    } catch (error) {
      if (error instanceof Error) return error.message;
    }
    throw new Error("nothing was thrown");
  };

  test.each([undefined, "/q", "/q/", "rel", ""])("dir %j", async (dir) => {
    const options = dir === undefined ? {} : { dir };
    const cases = [
      ["other", () => deleteSession(id, options)],
      ["append", () => renameSession(id, "t", options)],
      ["fork", () => forkSession(id, options)],
    ] as const;
    for (const [wording, officially] of cases) {
      const expected = await message(officially);
      expect(await message(() => requireSession(id, options, wording)), wording).toBe(expected);
      expect(await message(() => requireCopies(id, options, wording)), wording).toBe(expected);
    }
  });

  test("rename tells a missing projects directory apart", async () => {
    fs.rmSync(inProjects(), { recursive: true });
    const expected = await message(() => renameSession(id, "t"));
    expect(expected).toBe(`Session ${id} not found (no projects directory)`);
    expect(await message(() => requireSession(id, {}, "append"))).toBe(expected);
    expect(await message(() => requireSession(id, {}, "other"))).toBe(await message(() => deleteSession(id)));
    expect(await message(() => requireSession(id, {}, "fork"))).toBe(await message(() => forkSession(id)));
  });

  test("one config dir with projects is enough to have looked", async () => {
    expect(await message(() => requireSession(id, { configDirs: [at("gone"), configDir] }, "append"))).toBe(
      `Session ${id} not found in any project directory`,
    );
  });

  test("of one that was deleted between the look and the reading", async () => {
    const dir = path.join(configDir, "projects", "-w");
    fs.mkdirSync(dir);
    const file = path.join(dir, `${id}.jsonl`);
    const readings: ((copy: TranscriptCopy) => unknown)[] = [openConversation, (copy) => readRawPage(copy, 0, 1)];
    for (const read of readings) {
      fs.writeFileSync(file, "{}\n");
      const copy = requireSession(id);
      fs.rmSync(file);
      expect(await message(async () => read(copy))).toBe(`Session ${id} not found: another process has deleted it`);
    }
  });

  test("codes", () => {
    expect(() => requireSession("x")).toThrow(expect.objectContaining({ code: "InvalidSessionId" }));
    expect(() => requireCopies(undefined)).toThrow(expect.objectContaining({ code: "InvalidSessionId" }));
    expect(() => requireSession(id)).toThrow(
      expect.objectContaining({ code: "SessionNotFound", data: { sessionId: id } }),
    );
  });
});
