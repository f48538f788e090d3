import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { hasTerminals, inTerminal, type Ran, runCli } from "../support/run-cli.ts";
import { binary } from "../support/binary.ts";
import { snapshot } from "../support/snapshot.ts";

interface Report {
  readonly configDirs: readonly {
    readonly path: string;
    readonly source: string;
    readonly projects: readonly { readonly sessions: number }[];
    readonly findings: readonly {
      readonly path: string;
      readonly findings: readonly { kind: string; lines: number[] }[];
    }[];
    readonly expiring: readonly { readonly sessionId: string }[];
    readonly orphans: readonly unknown[];
    readonly projectsDir: string;
    readonly misplaced: readonly unknown[];
    readonly stubs: readonly unknown[];
    readonly misnamed: readonly unknown[];
    readonly links: readonly unknown[];
  }[];
  readonly elsewhere: readonly string[];
}

/** A store in which something of every kind is wrong. */
function spoilt(): string {
  const dir = tempConfigDir();
  const now = Date.now() / 1000;
  const rows = (n: number): string => conversation(sessionId(n), "u", "a");
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, `${rows(1)}\u0000{"cut\n${rows(2)}`, { mtime: now });
  put(dir, `projects/-w/${sessionId(2)}.jsonl`, rows(2), { mtime: now - 28 * 24 * 3600 });
  put(dir, `projects/-w/${sessionId(3)}/subagents/agent-a.jsonl`, rows(3));
  put(dir, "projects/-\u001B[31mred/x.txt", "x");
  put(dir, `file-history/${sessionId(4)}/x@v1`, "x");
  put(dir, `projects/-w/-w/${sessionId(5)}.jsonl`, rows(5));
  put(dir, `projects/-w/${sessionId(6)}.jsonl`, "");
  put(dir, `projects/-w/${sessionId(7)}.jsonl.bak`, rows(7));
  fs.symlinkSync("/", path.join(dir, "projects/-w", sessionId(3), "subagents", "loop"));
  return dir;
}

describe.each(ownNode())("doctor, Node $version", ({ path: node }) => {
  const run = (dir: string, ...args: string[]): Ran => runCli(["doctor", "--config-dir", dir, ...args], { node });

  test("finds what is wrong, exits with 0, and changes nothing", () => {
    const dir = spoilt();
    const before = snapshot(dir, { directoryTimes: true });
    const { status, stdout, stderr } = run(dir);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const text of [
      `${dir} (--config-dir)`,
      "2 sessions in 2 projects",
      `${sessionId(1)}.jsonl`,
      "line 3: NUL bytes",
      "line 3: a row that was cut short",
      "Will be deleted by Claude Code within 3 days",
      `${sessionId(2)}  in 2.0 days`,
      "Belongs to no session: 2 items",
      `    move it to ${dir}/projects/-w/${sessionId(5)}.jsonl`,
      `  1 × empty: nothing was written, or it was lost\n    ${dir}/projects/-w/${sessionId(6)}.jsonl`,
      `/projects/-w/${sessionId(7)}.jsonl.bak  `,
      "/subagents/loop → /\n",
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toContain("\u001B");
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("the same as JSON", () => {
    const dir = spoilt();
    const { status, stdout, stderr } = run(dir, "--json");
    const report = JSON.parse(stdout) as Report;
    const [only] = report.configDirs;
    expect({ status, stderr, dirs: report.configDirs.length, elsewhere: report.elsewhere }).toEqual({
      status: 0,
      stderr: "",
      dirs: 1,
      elsewhere: [],
    });
    expect(
      only?.findings.map((file) => [path.basename(file.path), file.findings.map(({ kind }) => kind).sort()]),
    ).toEqual([[`${sessionId(1)}.jsonl`, ["cut", "nul", "repeated_uuid"]]]);
    expect(only?.expiring.map((session) => session.sessionId)).toEqual([sessionId(2)]);
    expect(only?.orphans).toHaveLength(2);
    expect(only?.projectsDir).toBe("there");
    const counts = [only?.misplaced, only?.stubs, only?.misnamed, only?.links].map((found) => found?.length);
    expect(counts).toEqual([1, 1, 1, 1]);
  });

  test("says why a config dir is looked at", () => {
    const home = tempConfigDir();
    put(home, `.claude/projects/-w/${sessionId(1)}.jsonl`, conversation(sessionId(1), "u"));
    put(home, `.config/claude/projects/-w/${sessionId(2)}.jsonl`, conversation(sessionId(2), "u"));
    const env = { HOME: home, USERPROFILE: home };
    const first = runCli(["doctor"], { node, env }).stdout.split("\n");
    expect(first[0]).toBe(`${home}/.claude (the default)`);
    expect(first).toContain(
      `There are also transcripts in ${home}/.config/claude: use --config-dir ${home}/.config/claude`,
    );
    const other = runCli(["doctor"], { node, env: { ...env, CLAUDE_CONFIG_DIR: `${home}/.config/claude` } }).stdout;
    expect(other.split("\n")[0]).toBe(`${home}/.config/claude (CLAUDE_CONFIG_DIR)`);
    fs.rmSync(path.join(home, ".config/claude/projects/-w", `${sessionId(2)}.jsonl`));
    expect(runCli(["doctor"], { node, env }).stdout, "a directory without transcripts").not.toContain(".config");
  });

  test("a store that is empty, or not there", () => {
    const dir = tempConfigDir();
    const { status, stdout, stderr } = run(dir);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`${dir} (--config-dir)\nno sessions in ${dir}\n\nNo problems found.\n\nSearch uses `);
    const env = { CLAUDE_CONFIG_DIR: `${dir}/missing` };
    expect(runCli(["doctor"], { node, env }).stdout).toContain(`${dir}/missing (CLAUDE_CONFIG_DIR; does not exist)`);
    expect(run(`${dir}/missing`).status).toBe(2);
  });

  test.skipIf(process.getuid?.() === 0)("what may not be read is named", () => {
    const dir = spoilt();
    const file = path.join(dir, "projects/-w", `${sessionId(2)}.jsonl`);
    fs.chmodSync(file, 0);
    const { status, stdout } = run(dir);
    expect(status).toBe(0);
    expect(stdout).toContain(`  ${file}: EACCES`);
  });
});

test.skipIf(!hasTerminals)("doctor on a terminal keeps to its width and shows colours", () => {
  const dir = spoilt();
  const command = [process.execPath, binary(), "doctor", "--config-dir", dir].map((word) => `'${word}'`).join(" ");
  const { status, shown } = inTerminal(command, { columns: 50 });
  expect(status).toBe(0);
  expect(shown).toContain(`\u001B[1m${dir}\u001B[22m`);
  expect(shown).not.toContain("red/x");
});
