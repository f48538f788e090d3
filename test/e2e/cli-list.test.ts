import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { widthOf } from "../../src/cli/terminal/width.ts";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { hasTerminals, inTerminal, type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";

const fixtures = path.resolve(import.meta.dirname, "../../fixtures/config");
const list = (dir: string, ...args: string[]): Ran => runCli(["list", "--config-dir", dir, ...args]);
const ids = (stdout: string): string[] =>
  stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.slice(0, 8));

const withoutColors = (text: string): string =>
  text
    .split("\u001B")
    .join("")
    .replaceAll(/\[[0-9;]+m/g, "");

const MARK = JSON.stringify({ archived: true, at: new Date().toISOString(), by: "sdk" });

/** Sessions of two directories, one of them archived, one with a tag, three branches; the last was active an hour ago. */
function store(): string {
  const dir = tempConfigDir();
  const add = (n: string, cwd: string, rows: object[], ago: number, branch: string, entrypoint?: string): string => {
    const id = `${n.repeat(8)}-0000-4000-8000-000000000000`;
    const time = Date.now() - ago * 3_600_000;
    const turn = turnRows(`prompt ${n}`).map((row) => ({
      ...row,
      timestamp: new Date(time).toISOString(),
      gitBranch: branch,
      ...(entrypoint !== undefined && { entrypoint }),
    }));
    return writeSession(dir, cwd.replaceAll("/", "-"), id, [...turn, ...rows] as never, { cwd, mtime: time / 1000 });
  };
  add("1", "/w", [], 1, "main");
  add("2", "/w", [{ type: "tag", tag: "keep" }], 30, "main");
  add("3", "/v", [{ type: "custom-title", customTitle: "日本語 title" }], 50, "next", "sdk-cli");
  const archived = add("4", "/v", [], 100, "main");
  put(dir, path.join(path.relative(dir, archived).slice(0, -".jsonl".length), "archived.json"), MARK);
  return dir;
}

describe("list", () => {
  test.for<[args: string[], shown: string[]]>([
    [[], ["1", "2", "3"]],
    [["--all"], ["1", "2", "3", "4"]],
    [
      ["-an", "4", "--since", "5d", "--until", "40h"],
      ["3", "4"],
    ],
    [["--archived"], ["4"]],
    [
      ["--limit", "2"],
      ["1", "2"],
    ],
    [["--cwd", "/v"], ["3"]],
    [["/v"], ["3"]],
    [
      ["-a", "/v/"],
      ["3", "4"],
    ],
    [["-n", "1", "--until", "2h"], ["2"]],
    [["--no-programmatic"], ["1", "2"]],
    [
      ["--cwd", "/v", "--all"],
      ["3", "4"],
    ],
    [
      ["--cwd=/w", "--no-worktrees"],
      ["1", "2"],
    ],
    [
      ["--since", "2d"],
      ["1", "2"],
    ],
    [["--since", "3h"], ["1"]],
    [
      ["--since", "last year", "--until", "2 hours ago"],
      ["2", "3"],
    ],
    [["--until", "40h"], ["3"]],
    [["--since", "2020-01-01", "--branch", "next"], ["3"]],
    [["--tag", "keep"], ["2"]],
    [["--tag", " ｋｅｅｐ "], ["2"]],
  ])("%j", ([args, shown]) => {
    const dir = store();
    const text = list(dir, ...args);
    expect({ ...text, stdout: ids(text.stdout) }).toEqual({
      status: 0,
      stderr: "",
      stdout: shown.map((n) => n.repeat(8)),
    });
    const json = JSON.parse(list(dir, "--json", ...args).stdout) as { sessions: { sessionId: string }[] };
    expect(json.sessions.map((session) => session.sessionId.slice(0, 8))).toEqual(shown.map((n) => n.repeat(8)));
  });

  test("lines up, wide letters counted as two", () => {
    expect(list(store()).stdout).toBe(
      [
        "11111111  1 h ago  prompt 1        /w  main  1.5 kB",
        "22222222  1 d ago  prompt 2 #keep  /w  main  1.5 kB",
        "33333333  2 d ago  日本語 title    /v  next  1.7 kB",
        "",
      ].join("\n"),
    );
  });

  test("tells in JSON what is not shown", () => {
    const dir = store();
    put(dir, "projects/-w/55555555-0000-4000-8000-000000000000.jsonl/x", "");
    const { sessions, ...rest } = JSON.parse(list(dir, "--json", "--limit", "2").stdout) as { sessions: object[] };
    expect(sessions).toHaveLength(2);
    const file = `${dir}/projects/-w/55555555-0000-4000-8000-000000000000.jsonl`;
    expect(rest).toEqual({
      more: true,
      archivedLeftOut: 0,
      programmaticLeftOut: 0,
      transcripts: 4,
      skipped: [{ path: file, reason: "not_a_file" }],
    });
    expect(JSON.parse(list(dir, "--json").stdout)).toMatchObject({ more: false, archivedLeftOut: 1 });
    const started = JSON.parse(list(dir, "--json", "--no-programmatic", "-n", "9").stdout) as object;
    expect(started).toMatchObject({ more: false, archivedLeftOut: 1, programmaticLeftOut: 1 });
  });

  test("that finds nothing says how to see more", () => {
    const dir = store();
    expect(list(dir, "--cwd", "/nowhere")).toEqual({
      status: 0,
      stdout: `no sessions in ${dir} with --cwd /nowhere\n`,
      stderr: "That directory does not exist\n'claude-transcripts list --all' shows every session of every project.\n",
    });
    const { stderr } = list(dir, "1111");
    expect(stderr).toContain(
      "That directory does not exist. To show the session with that id: claude-transcripts show 1111\n",
    );
  });

  test("of the directory where one is: '.', and of one above where that has none", () => {
    const home = tempConfigDir();
    const project = path.join(home, "a project");
    fs.mkdirSync(path.join(project, "src"), { recursive: true });
    const dir = store();
    const key = project.replaceAll(/[^a-zA-Z0-9]/g, "-");
    writeSession(dir, key, sessionId(1), turnRows("here"), { cwd: project });
    expect(ids(runCli(["list", ".", "--config-dir", dir], { cwd: project }).stdout)).toEqual(["0aaaaaaa"]);
    expect(ids(runCli(["list", "..", "--config-dir", dir], { cwd: path.join(project, "src") }).stdout)).toEqual([
      "0aaaaaaa",
    ]);
    const below = runCli(["list", ".", "--config-dir", dir], { cwd: path.join(project, "src") });
    expect(below.stdout).toBe(`no sessions in ${dir} with --cwd ${project}/src\n`);
    expect(below.stderr).toContain(`A directory above it has sessions: claude-transcripts list '${project}'\n`);
  });

  test("of a directory twice is misuse", () => {
    const { status, stderr } = list(store(), "/v", "--cwd", "/w");
    expect({ status, stderr: stderr.split("\n")[0] }).toEqual({
      status: 2,
      stderr: 'claude-transcripts: list: "/v" and --cwd "/w" cannot be used together',
    });
  });

  test.skipIf(process.getuid?.() === 0)("names directories that cannot be read, and ends well", () => {
    const dir = store();
    fs.chmodSync(`${dir}/projects/-v`, 0);
    const { status, stdout, stderr } = list(dir);
    fs.chmodSync(`${dir}/projects/-v`, 0o700);
    expect({ status, shown: ids(stdout) }).toEqual({ status: 0, shown: ["11111111", "22222222"] });
    expect(stderr).toBe(`skipped ${dir}/projects/-v: EACCES\n`);
  });

  test("names project directories that lead nowhere, and ends well", () => {
    const dir = store();
    fs.symlinkSync("-loop", `${dir}/projects/-loop`);
    const { status, stdout, stderr } = list(dir);
    expect({ status, shown: ids(stdout) }).toEqual({ status: 0, shown: ["11111111", "22222222", "33333333"] });
    expect(stderr).toBe(`skipped ${dir}/projects/-loop: ELOOP\n`);
  });

  test("changes nothing", () => {
    const dir = store();
    const before = snapshot(dir);
    list(dir, "--all");
    list(dir, "--tag", "keep", "--json");
    expect(snapshot(dir)).toEqual(before);
  });

  test("keeps to COLUMNS where there is no terminal", () => {
    for (const columns of [30, 40, 60, 80]) {
      const { stdout } = runCli(["list", "--config-dir", fixtures], { env: { COLUMNS: String(columns) } });
      const lines = stdout.split("\n").slice(0, -1);
      expect(lines).toHaveLength(8);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe.skipIf(!hasTerminals)("list on a terminal", () => {
  const command = (node: string, dir: string, args = ""): string =>
    `'${node}' '${binary()}' list --config-dir '${dir}' ${args}`;

  test.for(ownNode())("has titles, colours, and fits: Node $version", ({ path: node }) => {
    for (const [columns, heads] of [
      [60, "ID ACTIVE TITLE"],
      [80, "ID ACTIVE TITLE PROJECT"],
      [110, "ID ACTIVE TITLE PROJECT"],
      [140, "ID ACTIVE TITLE PROJECT BRANCH SIZE"],
    ] as const) {
      const { status, shown } = inTerminal(command(node, fixtures), { columns });
      expect(status).toBe(0);
      const [head = "", ...lines] = shown.trimEnd().split("\n");
      expect(head.startsWith("\u001B[2mID        ACTIVE      TITLE")).toBe(true);
      expect(withoutColors(head).split(/ +/).join(" ")).toBe(heads);
      expect(lines).toHaveLength(8);
      for (const line of lines) {
        expect(line.startsWith("\u001B[33m")).toBe(true);
        expect(withoutColors(line)).toMatch(/^[0-9a-f]{8} {2}2026-08-/);
        expect(widthOf(withoutColors(line))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("calls a worktree after its repository, as git or its path says", () => {
    const home = tempConfigDir();
    const git = (...args: string[]): void => {
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { stdio: "ignore" });
    };
    git("init", "-q", path.join(home, "cli"));
    git("-C", path.join(home, "cli"), "commit", "-q", "--allow-empty", "-m", "one");
    git("-C", path.join(home, "cli"), "worktree", "add", "-q", path.join(home, "3"));
    const dir = tempConfigDir();
    for (const [at, cwd] of ["cli", "3", "gone/.claude/worktrees/4"].entries()) {
      writeSession(dir, `-w${at}`, sessionId(at + 1), turnRows(`prompt ${at}`, 9 - at), { cwd: path.join(home, cwd) });
    }
    const { shown } = inTerminal(command(process.execPath, dir), { columns: 80, env: { NO_COLOR: "1" } });
    const projects = shown
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/).at(-1));
    expect(projects).toEqual(["PROJECT", "cli", "cli#3", "gone#4"]);
  });

  test("says how many are from here, where others are listed too", () => {
    const dir = store();
    const here = fs.realpathSync(tempConfigDir());
    const key = here.replaceAll(/[^a-zA-Z0-9]/g, "-");
    const listHere = (args = "") =>
      inTerminal(`cd '${here}' && ${command(process.execPath, dir, args)}`, { columns: 80, env: { NO_COLOR: "1" } });
    const last = (args = "") => listHere(args).shown.trimEnd().split("\n").at(-1);
    expect(last()).toContain("1 archived session is not shown");
    writeSession(dir, key, sessionId(1), turnRows("here"), { cwd: here });
    expect(last()).toBe("1 session is from this directory: 'claude-transcripts list .'");
    writeSession(dir, key, sessionId(2), turnRows("here, too"), { cwd: here });
    expect(last()).toBe("2 sessions are from this directory: 'claude-transcripts list .'");
    expect(last("--since 2020-01-01")).not.toContain("this directory");
    expect(last(".")).not.toContain("this directory");
    expect(last("--json")).not.toContain("this directory");
    expect(last("--no-programmatic")).toBe("1 session that a program started is not shown.");
  });

  test("the environment leaves out what programs started, which is said, and --all shows it", () => {
    const dir = store();
    const env = { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "1" };
    const run = (...args: string[]): Ran => runCli(["list", "--config-dir", dir, ...args], { env });
    const { stdout, stderr } = run();
    expect(ids(stdout)).toEqual(ids(list(dir, "--no-programmatic").stdout));
    expect(stderr).toBe("1 session that a program started is not shown (CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC).\n");
    expect(run("--all")).toMatchObject({ stdout: list(dir, "--all").stdout, stderr: "" });
    expect(run("--all", "--no-programmatic").stdout).toBe(list(dir, "--all", "--no-programmatic").stdout);
    const terminal = inTerminal(command(process.execPath, dir), { columns: 80, env: { ...env, NO_COLOR: "1" } });
    expect(terminal.shown).toContain("not shown (CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC). --all shows them.");
  });

  test("has no colours with NO_COLOR", () => {
    const { shown } = inTerminal(command(process.execPath, fixtures), { columns: 80, env: { NO_COLOR: "1" } });
    expect(shown).not.toContain("\u001B");
    expect(shown).toMatch(/^ID {8}ACTIVE/);
  });

  test("shows the first thirty, and says that there are more and what was left out", () => {
    const dir = tempConfigDir();
    for (let n = 1; n <= 32; n++) writeSession(dir, "-w", sessionId(n), turnRows(`prompt ${n}`, n));
    put(dir, `projects/-w/${sessionId(32)}/archived.json`, MARK);
    const { shown } = inTerminal(command(process.execPath, dir), { columns: 100, env: { NO_COLOR: "1" } });
    const lines = shown.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 30 + 2);
    expect(lines.slice(-2)).toEqual([
      "Showing the first 30 of 32 transcripts. To see more, use --limit N or --all.",
      "1 archived session is not shown. --archived shows only archived sessions, --all shows everything.",
    ]);
    const all = inTerminal(command(process.execPath, dir, "--all"), { columns: 100 });
    expect(all.shown.trimEnd().split("\n")).toHaveLength(33);
  });
});
