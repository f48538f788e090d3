import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { assistant, jsonl, user } from "../support/rows.ts";
import { hasTerminals, inTerminal, type Ran, runCli } from "../support/run-cli.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../../fixtures/config");
const fixture = (id: string): string => {
  const projects = path.join(FIXTURES, "projects");
  for (const key of fs.readdirSync(projects)) {
    const name = fs
      .readdirSync(path.join(projects, key))
      .find((entry) => entry.startsWith(id) && entry.endsWith(".jsonl"));
    if (name !== undefined) return path.join(projects, key, name);
  }
  throw new Error(`no fixture ${id}`);
};

const environment = { TZ: "UTC", CLAUDE_CONFIG_DIR: FIXTURES };

describe.each(ownNode())("show, Node $version", ({ path: node }) => {
  const run = (args: readonly string[], input = ""): Ran =>
    runCli(["show", ...args], { node, input, env: environment });

  test("a session by the beginning of its id", () => {
    const { status, stdout, stderr } = run(["5d3f"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(fs.readFileSync(path.join(import.meta.dirname, "expected", "show-5d3f.txt"), "utf8"));
  });

  test("a transcript on stdin is the same, but for what only its place says", () => {
    const named = run(["5d3f", "--last", "5"]);
    const piped = run(["-", "--last", "5"], fs.readFileSync(fixture("5d3f"), "utf8"));
    expect(piped.stdout).toBe(named.stdout.slice(named.stdout.indexOf("\n") + 1));
    expect({ status: piped.status, stderr: piped.stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("a subagent by the beginning of its id, as the session's end names it", () => {
    expect(run(["c27a"]).stdout).toContain("a01ff35846b977081 (Measure the tests)");
    const { status, stdout } = run(["c27a", "--subagent", "a01"]);
    expect({ status, first: stdout.split("\n")[0] }).toEqual({ status: 0, first: "Measure the tests" });
    expect(stdout).toContain("Prompt · #1");
  });

  test("the last answer, or what was typed, alone", () => {
    expect(run(["5d3f", "--answer"])).toEqual({
      status: 0,
      stdout: "One character of meaning: `month` became `month - 1`.\n",
      stderr: "",
    });
    const piped = run(["-", "--prompts"], fs.readFileSync(fixture("5d3f"), "utf8"));
    expect(piped.stdout).toBe(
      "The test for 21 August fails. Can you find out why, and fix it?\n\n---\n\nThanks! What did the fix change?\n",
    );
  });

  test("jsonl gives rows of the file as they are", () => {
    const rows = new Set(fs.readFileSync(fixture("9b1e"), "utf8").split("\n"));
    const { status, stdout } = run(["9b1e", "--format", "jsonl"]);
    const lines = stdout.trimEnd().split("\n");
    expect({ status, many: lines.length > 10, strange: lines.filter((line) => !rows.has(line)) }).toEqual({
      status: 0,
      many: true,
      strange: [],
    });
  });

  test("bytes that are not UTF-8 come through as they are", () => {
    const row = Buffer.from(jsonl([user(1, null, "é")])).map((byte) => (byte === 0xc3 ? 0xff : byte));
    const { stdout } = spawnSync(node, [binary(), "show", "-", "--format", "jsonl"], { input: row });
    expect(Buffer.compare(stdout, Buffer.from(row))).toBe(0);
  });

  test.for<[string[], number, string]>([
    [["ffffffff"], 1, 'No session id begins with "ffffffff"'],
    [[], 2, "an argument is missing"],
    [["5d3f", "9b1e"], 2, "unexpected argument"],
    [["-", "--answer"], 1, "There is no answer in this conversation"],
    [["5d3f", "--format", "pdf"], 2, '--format must be text, markdown, json or jsonl, got "pdf"'],
    [["5d3f", "--from", "99"], 1, "There is no message 99: the conversation has 7"],
    [["c27a", "--subagent", "a"], 1, '2 ids begin with "a":\n  a01ff35846b977081  Measure the tests\n'],
    [["-", "--subagent", "a"], 2, "--subagent"],
  ])("%j: exit code %i", ([args, code, said]) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({ status: code, stdout: "" });
    expect(stderr).toContain(said);
  });

  test("an error is JSON where that was asked for", () => {
    const { status, stdout } = run(["5d3f", "--json", "--from", "99"]);
    expect({ status, code: (JSON.parse(stdout) as { error: { code: string } }).error.code }).toEqual({
      status: 1,
      code: "MessageNotFound",
    });
  });

  test("a reader that leaves early is no failure", () => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl([user(1, null), assistant(2, 1, "x\n".repeat(500_000))]));
    const script = '{ "$0" "$1" show 0aaa --config-dir "$2"; echo "status $?" >&2; } | head -1';
    const { stdout, stderr } = spawnSync("sh", ["-c", script, node, binary(), dir], { encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "u1\n", stderr: "status 0\n" });
  });
});

describe.skipIf(!hasTerminals)("show on a terminal", () => {
  test("ends with what to type to go on", () => {
    const last = run("cat", "5d3f").trimEnd().split("\n").at(-1);
    expect(last).toContain(" cd /home/ada/acme && claude --resume 5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01");
  });

  const run = (PAGER: string, ...args: string[]): string => {
    const command = [process.execPath, binary(), "show", ...args].map((word) => `'${word}'`).join(" ");
    return inTerminal(command, { columns: 60, env: { ...environment, PAGER } }).shown;
  };

  test("the pager gets it, with colours and within the width", () => {
    const out = run("sed s/^/paged:/", "5d3f", "--last", "7");
    expect(out).toContain("paged:\u001B[1mAugust is not September\u001B[22m");
    expect(out).toMatch(/AssertionError \[ERR_ASSERTION\]:\npaged:.*'2026-09-21/);
  });

  test("a pager that is missing is no failure", () => {
    expect(run("no-such-pager-here", "5d3f", "--last", "1")).toContain("One character of meaning");
  });

  test("--no-pager prints directly", () => {
    expect(run("sed s/^/paged:/", "5d3f", "--last", "1", "--no-pager")).not.toContain("paged:");
  });
});

describe("resume, which is a command of Claude Code and none of ours", () => {
  test.for<[args: string[], hint: string]>([
    [["resume", "5d3f"], "Run: cd /home/ada/acme && claude --resume 5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01"],
    [["continue", "ffff"], "Run: claude --resume ID, in the session's directory."],
    [["resume"], "Run: claude --resume ID, in the session's directory."],
  ])("%j is answered with what to type", ([args, hint]) => {
    const { status, stdout, stderr } = runCli(args, { env: environment });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("this program only shows sessions; Claude Code continues them");
    expect(stderr).toContain(hint);
  });
});
