import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { linkedWorktreeOf, listWorktrees } from "../../../src/store/projects/worktrees.ts";

let base: string;
let root: string;
let count = 0;

beforeAll(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "worktrees-")));
});
afterAll(() => fs.rmSync(base, { recursive: true, force: true }));
beforeEach(() => {
  root = path.join(base, String(count++));
  fs.mkdirSync(root);
});

const at = (...names: string[]): string => path.join(root, ...names);

/** Runs git as if nobody had ever configured it, in a directory below the root of the test. */
function git(dir: string, ...args: string[]): string {
  const cwd = path.resolve(root, dir);
  return execFileSync("git", ["-c", "protocol.file.allow=always", ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      PWD: cwd,
      HOME: base,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@example.org",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@example.org",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
    },
  });
}

/** What the official helpers take from git; nothing when git fails. */
function officially(dir: string): string[] {
  try {
    return git(dir, "worktree", "list", "--porcelain")
      .split("\n")
      .filter((line) => line.startsWith("worktree "))
      .map((line) => line.slice("worktree ".length));
  } catch {
    return [];
  }
}

/** The linked worktree that a directory stands in, as git says. */
function linkedPath(dir: string): string | undefined {
  const [gitDir, common] = officialDirs(dir);
  if (gitDir === undefined || gitDir === common) return undefined;
  // Within the directory that git keeps for a worktree there is no other one.
  return at(dir).startsWith(gitDir) ? gitDir : git(dir, "rev-parse", "--show-toplevel").trimEnd();
}

/** git's own directory of a directory, and what its worktrees share; the same where git fails. */
function officialDirs(dir: string): string[] {
  try {
    const lines = git(dir, "rev-parse", "--git-dir", "--git-common-dir").trimEnd().split("\n");
    return lines.map((line) => fs.realpathSync(path.resolve(at(dir), line)));
  } catch {
    return [];
  }
}

function repository(name: string, ...options: string[]): void {
  git(".", "init", "-q", "-b", "main", ...options, name);
  git(name, "commit", "-q", "--allow-empty", "-m", "one");
}

const write = (name: string, text: string): void => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true });
  fs.writeFileSync(at(name), text);
};

/** A layout, and how many worktrees git sees from each of its directories. */
type Layout = [name: string, make: () => void, seen: Record<string, number>];

const layouts: Layout[] = [
  ["no repository", () => fs.mkdirSync(at("plain")), { plain: 0, gone: 0 }],
  [
    "one worktree, seen from all over it",
    () => {
      repository("r");
      fs.mkdirSync(at("r/a/b"), { recursive: true });
    },
    { r: 1, "r/a": 1, "r/a/b": 1, "r/.git": 1, "r/.git/refs": 1, "r/a/gone": 0 },
  ],
  ["a repository without commits", () => git(".", "init", "-q", "r"), { r: 1 }],
  [
    "linked worktrees, in the order of their paths",
    () => {
      repository("r");
      for (const name of ["z", "a", "B", "é", "a b", "日本", "\u{1f600}", "\uffee"])
        git("r", "worktree", "add", "-q", "-b", `t${count++}`, at(name));
      fs.mkdirSync(at("z/sub"));
    },
    { r: 9, z: 9, "z/sub": 9, "a b": 9, "r/.git/worktrees/z": 9 },
  ],
  [
    "worktrees below the repository",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", ".claude/worktrees/one");
      git("r", "worktree", "add", "-q", ".claude/worktrees/two");
    },
    { r: 3, "r/.claude": 3, "r/.claude/worktrees": 3, "r/.claude/worktrees/one": 3 },
  ],
  [
    "a deleted worktree, until it is pruned",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      git("r", "worktree", "add", "-q", at("v"));
      fs.rmSync(at("w"), { recursive: true });
    },
    { r: 3, v: 3, w: 0 },
  ],
  [
    "a pruned worktree",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      fs.rmSync(at("w"), { recursive: true });
      git("r", "worktree", "prune");
    },
    { r: 1 },
  ],
  [
    "a moved worktree",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      git("r", "worktree", "move", at("w"), at("deep-w"));
    },
    { r: 2, "deep-w": 2 },
  ],
  [
    "a worktree that was moved behind git's back, and a repository that was",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      fs.renameSync(at("w"), at("w2"));
      repository("s");
      git("s", "worktree", "add", "-q", at("x"));
      fs.renameSync(at("s"), at("s2"));
    },
    { r: 2, w2: 2, s2: 2, x: 0 },
  ],
  [
    "a locked worktree, and one with a detached head",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", "--detach", at("w"));
      git("r", "worktree", "add", "-q", "--lock", at("v"));
    },
    { r: 3, w: 3, v: 3 },
  ],
  [
    "a bare repository with worktrees",
    () => {
      repository("r");
      git(".", "clone", "-q", "--bare", "r", "b.git");
      git("b.git", "worktree", "add", "-q", at("w"), "main");
    },
    { "b.git": 2, "b.git/refs": 2, "b.git/worktrees/w": 2, w: 2, r: 1 },
  ],
  [
    "a bare repository in a directory beside its worktrees",
    () => {
      repository("r");
      git(".", "clone", "-q", "--bare", "r", "p/.bare");
      write("p/.git", "gitdir: ./.bare\n");
      git("p", "worktree", "add", "-q", "main", "main");
      fs.mkdirSync(at("p/notes"));
    },
    { p: 2, "p/.bare": 2, "p/main": 2, "p/notes": 2 },
  ],
  [
    "a bare repository that is called .git",
    () => {
      repository("r");
      git(".", "clone", "-q", "--bare", "r", "p/.git");
      git("p", "worktree", "add", "-q", "main", "main");
      fs.mkdirSync(at("p/notes"));
    },
    { p: 2, "p/main": 2, "p/notes": 2, "p/.git/refs": 2 },
  ],
  [
    "a submodule, and worktrees of a submodule and of its parent",
    () => {
      repository("lib");
      repository("r");
      git("r", "submodule", "--quiet", "add", at("lib"), "dep/lib");
      git("r", "commit", "-q", "-m", "two");
      git("r", "worktree", "add", "-q", at("w"));
      git("w", "submodule", "--quiet", "update", "--init");
      git("r/dep/lib", "worktree", "add", "-q", at("lw"));
    },
    { r: 2, "r/dep": 2, "r/dep/lib": 2, "r/.git/modules/dep/lib": 2, lw: 2, w: 2, "w/dep/lib": 1 },
  ],
  [
    "a separate git directory",
    () => {
      repository("r", "--separate-git-dir", at("elsewhere"));
      git("r", "worktree", "add", "-q", at("w"));
      fs.mkdirSync(at("r/sub"));
    },
    { r: 2, "r/sub": 2, w: 2, elsewhere: 2 },
  ],
  [
    "nested repositories",
    () => {
      repository("r");
      fs.mkdirSync(at("r/sub"));
      repository("r/sub/inner");
      git("r", "worktree", "add", "-q", at("w"));
      fs.mkdirSync(at("r/sub/inner/x"));
    },
    { r: 2, "r/sub": 2, "r/sub/inner": 1, "r/sub/inner/x": 1 },
  ],
  [
    "a .git that is a link",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      fs.mkdirSync(at("borrowed/sub"), { recursive: true });
      fs.symlinkSync("../r/.git", at("borrowed/.git"));
      fs.mkdirSync(at("borrowed-w"));
      fs.symlinkSync("../w/.git", at("borrowed-w/.git"));
    },
    { borrowed: 2, "borrowed/sub": 2, "borrowed-w": 2 },
  ],
  [
    "a worktree that was added through a link",
    () => {
      repository("r");
      fs.mkdirSync(at("real"));
      fs.symlinkSync("real", at("link"));
      git("r", "worktree", "add", "-q", at("link/w"));
    },
    { r: 2, "real/w": 2 },
  ],
  [
    "a .git file with a relative path, through a link and back",
    () => {
      repository("r");
      fs.mkdirSync(at("far/away"), { recursive: true });
      fs.symlinkSync("far/away", at("r2"));
      fs.mkdirSync(at("far/away/in"));
      write("x/.git", "gitdir: ../r/.git\n");
      write("y/.git", "gitdir: ../r2/../../r/.git");
      write("z/.git", "gitdir: ../r/.git\r\n\r\n");
    },
    { x: 1, y: 1, z: 1 },
  ],
  [
    ".git files that lead nowhere end the search",
    () => {
      repository("r");
      write("r/a/.git", "gitdir: /nowhere/.git\n");
      write("r/b/.git", "gitdir: \n");
      write("r/c/.git", "");
      write("r/d/.git", "nonsense\n");
      write("r/e/.git", "gitdir: ../.git/refs\n");
      write("r/f/.git", "gitdir:../../.git\n");
      fs.mkdirSync(at("r/a/sub"));
    },
    { "r/a": 0, "r/a/sub": 0, "r/b": 0, "r/c": 0, "r/d": 0, "r/e": 0, "r/f": 0 },
  ],
  [
    ".git directories that are no repositories are passed over",
    () => {
      repository("r");
      fs.mkdirSync(at("r/a/.git"), { recursive: true });
      write("r/b/.git/HEAD", "ref: refs/heads/main\n");
      write("r/c/.git/HEAD", "nonsense\n");
      for (const name of ["objects", "refs"]) fs.mkdirSync(at("r/c/.git", name));
      fs.mkdirSync(at("r/d"));
      fs.symlinkSync("nowhere", at("r/d/.git"));
    },
    { "r/a": 1, "r/b": 1, "r/c": 1, "r/d": 1 },
  ],
  [
    "a commondir that leads nowhere, and one that leads to itself",
    () => {
      madeByHand("r", "ref: refs/heads/main");
      fs.symlinkSync("nowhere", at("r/.git/commondir"));
      madeByHand("s", "ref: refs/heads/main");
      write("s/.git/commondir", ".\n");
      madeByHand("t", "ref: refs/heads/main");
      write("t/.git/commondir", "");
      madeByHand("v", "ref: refs/heads/main");
      write("v/.git/commondir", "\n");
      madeByHand("u", "ref: refs/heads/main");
      write("u/.git/commondir", "../../s/.git");
    },
    { r: 0, s: 1, t: 0, u: 1, v: 1 },
  ],
  ...["ref: refs/heads/none\n", "ref:refs/x", "ref:\t\n refs/x", "a".repeat(40), `${"0".repeat(64)}\n`].map(
    (head): Layout => [`a repository whose HEAD is ${JSON.stringify(head)}`, () => madeByHand("r", head), { r: 1 }],
  ),
  ...["", "ref: heads/x", "ref refs/x", "refs/heads/x", "a".repeat(39), "g".repeat(40)].map((head): Layout => [
    `no repository: HEAD is ${JSON.stringify(head)}`,
    () => madeByHand("r", head),
    { r: 0 },
  ]),
  [
    "a HEAD that is a link",
    () => {
      for (const [name, target] of [
        ["r", "refs/heads/main"],
        ["s", "../HEAD"],
      ] as const) {
        madeByHand(name, "");
        fs.rmSync(at(name, ".git/HEAD"));
        fs.symlinkSync(target, at(name, ".git/HEAD"));
      }
    },
    { r: 1, s: 0 },
  ],
  [
    "entries under worktrees/ that name no worktree",
    () => {
      repository("r");
      git("r", "worktree", "add", "-q", at("w"));
      const admin = (name: string, gitdir: string): void => write(`r/.git/worktrees/${name}/gitdir`, gitdir);
      admin("absolute", `${at("abs")}/.git\n`);
      admin("unended", `${at("unended")}/.git`);
      admin("spaces", `${at("spaces")}/.git \t\r\n\n`);
      admin("no-dot-git", `${at("no-dot-git")}\n`);
      admin("slash", `${at("slash")}/\n`);
      admin("empty", "");
      fs.mkdirSync(at("r/.git/worktrees/dir/gitdir"), { recursive: true });
      fs.mkdirSync(at("r/.git/worktrees/none"));
      write("r/.git/worktrees/file", "x");
      fs.symlinkSync("absolute", at("r/.git/worktrees/link"));
      fs.symlinkSync("nowhere", at("r/.git/worktrees/dangling"));
    },
    { r: 8, w: 8 },
  ],
];

/** The least that git takes for a repository. */
function madeByHand(name: string, head: string): void {
  write(`${name}/.git/HEAD`, head);
  for (const part of ["objects", "refs"]) fs.mkdirSync(at(name, ".git", part));
}

describe("as git says", () => {
  test.each(layouts)("%s", (_, make, seen) => {
    make();
    for (const [dir, worktrees] of Object.entries(seen)) {
      const official = officially(dir);
      expect(official, `git in ${dir}`).toHaveLength(worktrees);
      expect(listWorktrees(at(dir)), dir).toEqual(official);
      expect(linkedWorktreeOf(at(dir))?.path, dir).toBe(linkedPath(dir));
      expect([undefined, official[0]], dir).toContain(linkedWorktreeOf(at(dir))?.main);
    }
  });

  test("a link to a directory is followed first", () => {
    repository("r");
    git("r", "worktree", "add", "-q", at("w"));
    fs.symlinkSync("w", at("link"));
    expect(listWorktrees(at("link"))).toEqual(officially("w"));
    expect(listWorktrees(at("link/"))).toEqual(officially("w"));
  });

  test("in a relative directory", () => {
    repository("r");
    expect(listWorktrees(path.relative(process.cwd(), at("r")))).toEqual([at("r")]);
  });
});

describe("what the git at hand may not know", () => {
  test("relative entries, as git 2.48 and later write them, are followed and resolved", () => {
    repository("r");
    git("r", "worktree", "add", "-q", at("w"));
    git("r", "worktree", "add", "-q", at("deep/v"));
    const entry = (name: string, text: string): void => write(`r/.git/worktrees/${name}/gitdir`, text);
    entry("w", "../../../../w/.git\n");
    entry("v", "../../../../deep/v/.git\n");
    write("w/.git", "gitdir: ../r/.git/worktrees/w\n");
    write("deep/v/.git", "gitdir: ../../r/.git/worktrees/v\n");
    const all = [at("r"), at("deep/v"), at("w")];
    for (const dir of ["r", "w", "deep/v"]) expect(listWorktrees(at(dir))).toEqual(all);

    fs.rmSync(at("w"), { recursive: true });
    expect(listWorktrees(at("r"))).toEqual(all);
    fs.renameSync(at("deep"), at("real"));
    fs.symlinkSync("real", at("deep"));
    expect(listWorktrees(at("r"))).toEqual([at("r"), at("real/v"), at("w")]);
  });
});

describe("hostile files", () => {
  test("nothing of a .git file, commondir or gitdir that is too long is used", () => {
    repository("r");
    git("r", "worktree", "add", "-q", at("w"));
    const long = "x/".repeat(40 * 1024);
    write("r/.git/worktrees/w2/gitdir", `/${long}.git\n`);
    expect(listWorktrees(at("r"))).toEqual([at("r"), at("w")]);
    write("r/sub/.git", `gitdir: ${long}`);
    expect(listWorktrees(at("r/sub"))).toEqual([]);
    write("r/.git/commondir", `${"./".repeat(40 * 1024)}\n`);
    expect(listWorktrees(at("r"))).toEqual([]);
  });

  test("pipes and directories in place of files neither block nor throw", () => {
    for (const name of ["a", "b", "c", "d"]) repository(name);
    const replace = (name: string, how: (at: string) => void): void => {
      fs.rmSync(at(name), { force: true, recursive: true });
      how(at(name));
    };
    const fifo = (file: string): void => void execFileSync("mkfifo", [file]);
    replace("a/.git/HEAD", fifo);
    expect(listWorktrees(at("a"))).toEqual([]);
    replace("b/.git/commondir", fifo);
    expect(listWorktrees(at("b"))).toEqual([]);
    fs.mkdirSync(at("c/.git/worktrees/w"), { recursive: true });
    replace("c/.git/worktrees/w/gitdir", fifo);
    expect(listWorktrees(at("c"))).toEqual([at("c")]);
    replace("d/.git", fifo);
    expect(listWorktrees(at("d"))).toEqual([]);
  });

  test("a NUL byte ends nothing and opens nothing", () => {
    repository("r");
    write("r/.git/worktrees/w/gitdir", `${at("w")}\0/.git\n`);
    expect(listWorktrees(at("r"))).toEqual([at("r")]);
    expect(listWorktrees("a\0b")).toEqual([]);
  });

  test("links that go round in circles", () => {
    repository("r");
    fs.symlinkSync("loop", at("r/loop"));
    fs.mkdirSync(at("r/sub"));
    fs.symlinkSync(".git", at("r/sub/.git"));
    expect(listWorktrees(at("r/loop"))).toEqual([]);
    expect(listWorktrees(at("r/sub"))).toEqual(officially("r/sub"));
    write("r/.git/worktrees/w/gitdir", "../../../loop/w/.git\n");
    expect(listWorktrees(at("r"))).toEqual([at("r"), at("r/loop/w")]);
  });

  test("more worktrees than anybody has are none", () => {
    repository("r");
    fs.mkdirSync(at("r/.git/worktrees"));
    for (let i = 0; i <= 10_000; i++) fs.writeFileSync(at("r/.git/worktrees", `w${i}`), "");
    expect(listWorktrees(at("r"))).toEqual([]);
  });
});

test("a repository of another owner is read all the same, where git refuses", () => {
  repository("r");
  git("r", "worktree", "add", "-q", at("w"));
  if (process.getuid?.() === 0) for (const name of [".", "r", "r/.git"]) fs.chownSync(at(name), 12345, 12345);
  expect(listWorktrees(at("r"))).toEqual([at("r"), at("w")]);
});

test("where repositories ignore case, so does the order", () => {
  repository("r");
  for (const name of ["b", "A", "C"]) git("r", "worktree", "add", "-q", "-b", `t${name}`, at(name));
  expect(listWorktrees(at("r"), "linux").slice(1)).toEqual(["A", "C", "b"].map((name) => at(name)));
  expect(listWorktrees(at("r"), "darwin").slice(1)).toEqual(["A", "b", "C"].map((name) => at(name)));
});

test("on macOS paths are composed", () => {
  repository("r");
  git("r", "worktree", "add", "-q", "-b", "t", at("e\u0301"));
  expect(listWorktrees(at("r"), "darwin")).toEqual([at("r"), at("\u00e9")]);
  expect(listWorktrees(at("r"), "linux")).toEqual([at("r"), at("e\u0301")]);
});
