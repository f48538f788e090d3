import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { runCli } from "../support/run-cli.ts";

const ONE = "11111111-0000-4000-8000-000000000001";
const TWO = "22222222-0000-4000-8000-000000000002";

/** A config dir with two sessions, one entry in its trash, and the program under its own name beside it. */
function store(node = process.execPath): { dir: string; bin: string; home: string } {
  const home = tempConfigDir();
  const dir = path.join(home, "config dir");
  const add = (id: string, prompt: string, cwd: string, branch: string): void => {
    const rows = turnRows(prompt).map((row) => ({ ...row, gitBranch: branch }));
    writeSession(dir, cwd.replaceAll("/", "-"), id, [...rows, { type: "tag", tag: `tag ${prompt}` }], { cwd });
  };
  add(ONE, "first", "/home/ada/one", "main");
  add(TWO, "sec\u001B[31mond\ttitle", "/home/ada/two words", "next");
  writeSession(dir, "-x", sessionId(3), turnRows("third"), { cwd: "/x" });
  expect(runCli(["delete", sessionId(3), "--config-dir", dir]).status).toBe(0);
  const bin = path.join(home, "claude-transcripts");
  put(home, "claude-transcripts", `#!/bin/sh\nexec '${node}' '${binary()}' "$@"\n`, { mode: 0o755 });
  return { dir, bin, home };
}

const offered = (dir: string, ...words: string[]): string[] =>
  runCli(["__complete", ...words], { env: { CLAUDE_CONFIG_DIR: dir } })
    .stdout.split("\n")
    .slice(0, -1);

describe("__complete", () => {
  const table: readonly (readonly [words: string[], expected: string[]])[] = [
    [["ren"], ["rename\tGive a session a title"]],
    [["--v"], ["--version"]],
    [["nonsense", ""], []],
    [["acp", ""], []],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["help", "arch"], ["archive\tHide sessions from the list"]],
    [["rename", "1"], [`${ONE}\tfirst`]],
    [["rename", "2222"], [`${TWO}\tsecond title`]],
    [["rename", ONE, ""], []],
    [["tag", ONE, "+tag "], ["+tag first"]],
    [["tag", ONE, "-tag f"], ["-tag first"]],
    [
      ["tag", ONE, "--c"],
      [
        "--clear\tRemove all tags; with +TAG, all others",
        "--cwd\tOnly sessions of this directory and the git worktrees of it…",
        "--config-dir\tDirectory that holds the transcripts; can be repeated",
      ],
    ],
    [["fork", ONE, ""], []],
    [["archive", ONE, ""], [`${TWO}\tsecond title`]],
    [["restore", ""], [`${sessionId(3)}\tthird`]],
    [
      ["trash", ""],
      ["list", "empty"],
    ],
    [["trash", "empty", "0"], [`${sessionId(3)}\tthird`]],
    [["trash", "list", ""], []],
    [
      ["list", "--a"],
      ["--archived\tOnly archived sessions", "--all\tShow all sessions, archived ones included; with --limit N,…"],
    ],
    [["list", "--all", "--a"], ["--archived\tOnly archived sessions"]],
    [
      ["list", "-n", ""],
      ["10", "100"],
    ],
    [
      ["list", "-an", ""],
      ["10", "100"],
    ],
    [
      ["list", "-n5", "--all", ""],
      ["/home/ada/two words", "/home/ada/one", ":dirs"],
    ],
    [["list", "/home/ada/one", ""], []],
    [
      ["list", "--cwd", "/home/ada/t"],
      ["/home/ada/two words", ":dirs"],
    ],
    [
      ["list", "--cwd=/home/ada/o"],
      ["--cwd=/home/ada/one", ":dirs"],
    ],
    [
      ["list", "--cwd", "=", "/home/ada/o"],
      ["/home/ada/one", ":dirs"],
    ],
    [
      ["list", "--branch", ""],
      ["next", "main"],
    ],
    [["list", "--tag", "tag f"], ["tag first"]],
    [["list", "--since", "7"], ["7d"]],
    [["list", "--config-dir", ""], [":dirs"]],
    [["import", ""], [":files"]],
    [["list", "--config-dir", "/nowhere", "--branch", ""], []],
    [["delete", "--", "--p"], []],
  ];

  test("offers what may stand for the last word", () => {
    const { dir } = store();
    for (const [words, expected] of table) {
      expect({ words, offered: offered(dir, ...words) }).toEqual({ words, offered: expected });
    }
  });

  test("nothing that is wrong is told to somebody who types", () => {
    const env = { CLAUDE_CONFIG_DIR: "/no/such/dir" };
    expect(runCli(["__complete", "rename", ""], { env })).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(runCli(["__complete"], { env })).toMatchObject({ status: 0, stderr: "" });
  });
});

describe.each(ownNode())("completion bash: Node $version", ({ path: node }) => {
  /** What bash would offer for the last of the words. */
  function replies(...words: string[]): string[] {
    const { dir, bin } = store(node);
    const script = `
      source <("$1" completion bash) || exit
      complete -p claude-transcripts >/dev/null || exit
      COMP_TYPE=9 COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _claude_transcripts
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script, "bash", bin, ...words], {
      encoding: "utf8",
      env: { ...process.env, CLAUDE_CONFIG_DIR: dir },
    });
    expect(stderr).toBe("");
    return stdout.split("\n").slice(0, -1);
  }

  test("offers commands with what they do, and one alone as it is", () => {
    expect(replies("un")).toEqual(["unarchive"]);
    const summaries = [
      "Give a session a title",
      "Mend sessions that cannot be read or resumed",
      "Restore deleted sessions",
      "Show what Claude Code will delete, and when",
    ];
    expect(replies("re")).toEqual(
      ["rename", "repair", "restore", "retention"].map((name, at) => `${name}  (${summaries[at]})`),
    );
  });

  test("offers ids with titles, and directories so that bash takes them for one word", () => {
    expect(replies("tag", "")).toEqual([`${TWO}  (second title)`, `${ONE}  (first)`]);
    expect(replies("tag", "1")).toEqual([ONE]);
    expect(replies("list", "--cwd", "=", "/home/ada/t")).toEqual(["/home/ada/two\\ words"]);
    const dir = tempConfigDir();
    put(dir, "taken.tar.gz", "");
    expect(replies("import", path.join(dir, "ta"))).toEqual([path.join(dir, "taken.tar.gz")]);
  });
});

test.for(["zsh", "fish"])("completion %s is a script that asks the program", (shell) => {
  const { status, stdout, stderr } = runCli(["completion", shell]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain(" __complete ");
});

test.skipIf(spawnSync("zsh", ["--version"]).error !== undefined)("completion zsh is a script that zsh can read", () => {
  const file = put(tempConfigDir(), "script", runCli(["completion", "zsh"]).stdout);
  expect(spawnSync("zsh", ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});

test.skipIf(spawnSync("fish", ["--version"]).error !== undefined)(
  "completion fish is a script that fish can read",
  () => {
    const file = put(tempConfigDir(), "script", runCli(["completion", "fish"]).stdout);
    expect(spawnSync("fish", ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  },
);

test("completion of another shell is misuse", () => {
  const { status, stderr } = runCli(["completion", "tcsh"]);
  expect(status).toBe(2);
  expect(stderr).toContain('the shell must be bash, zsh or fish, got "tcsh"');
});
