import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { binary, manifest } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";

describe.each(ownNode())("Node $version", ({ path: node }) => {
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(node, [binary(), ...args], { encoding: "utf8" });
    return { status, stdout, stderr };
  };

  test("--version is the package's", () => {
    for (const word of ["--version", "-v", "-V"])
      expect(run(word)).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  test.for([[[]], [["--help"]], [["-h"]], [["help"]], [["acp", "--help"]], [["list", "--help"]]])(
    "help: %j",
    ([args]) => {
      const { status, stdout, stderr } = run(...(args ?? []));
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      for (const word of ["claude-transcripts", args?.[0] ?? "list", "--config-dir", "--json", "--help"])
        expect(stdout).toContain(word);
    },
  );

  test.for([
    [["frobnicate"], 'unknown command "frobnicate"'],
    [["constructor"], 'unknown command "constructor"'],
    [["help", "frobnicate"], 'unknown command "frobnicate"'],
    [["--frobnicate", "list"], "unknown option --frobnicate: the command must come first"],
    [["list", "--frobnicate"], "--frobnicate"],
    [["acp", "extra"], "extra"],
    [["list", "--config-dir"], "--config-dir"],
    [
      ["list", "--config-dir", "/no/such/directory"],
      '--config-dir must be an existing directory, got "/no/such/directory"',
    ],
    [["lsit"], 'unknown command "lsit". Did you mean "list"?'],
    [["list", "--sicne", "2d"], "list: unknown option --sicne. Did you mean --since?"],
    [["list", "--limit"], "list: --limit needs a value: --limit N"],
    [["list", "--limit", "0"], '--limit must be a positive integer, got "0"'],
    [["list", "--since", "soon"], '--since must be a time, got "soon". A time is a duration before now'],
    [["list", "--since", "2d", "--until", "3d"], '--since "2d" is later than --until "3d"'],
    [["list", "--all", "--archived"], "cannot be used together"],
    [["trash", "emtpy"], 'unexpected argument "emtpy", expected list or empty. Did you mean "empty"?'],
  ] as const)("misuse: %j", ([args, said]) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(said);
    expect(stderr).toContain("--help");
  });

  test("list: a line each, the last active first, the id as short as it can be", () => {
    const dir = tempConfigDir();
    writeSessions(dir, 2);
    const [first, second] = [sessionId(2), sessionId(1)];
    expect(run("list", "--config-dir", dir)).toEqual({
      status: 0,
      stderr: "",
      stdout: `${first}  2026-01-01  prompt 2  /v    1.4 kB\n${second}  2026-01-01  prompt 1  /w    1.4 kB\n`,
    });
  });

  test("list: what a terminal would obey is taken out", () => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", sessionId(1), turnRows("\u001b[31mred\u001b[0m\u0007\ntwo"));
    expect(run("list", "--config-dir", dir).stdout).toMatch(/^0aaaaaaa {2}2026-01-01 {2}red two {2}\/w /);
  });

  test("list --json: one document with every session", () => {
    const dir = tempConfigDir();
    const ids = writeSessions(dir, 501).reverse();
    const { status, stdout } = run("list", "--json", "--config-dir", dir);
    expect(status).toBe(0);
    const { sessions, ...rest } = JSON.parse(stdout) as { sessions: { sessionId: string }[] };
    expect(sessions.map((row) => row.sessionId)).toEqual(ids);
    expect(rest).toEqual({ more: false, archivedLeftOut: 0, programmaticLeftOut: 0, transcripts: 501, skipped: [] });
  });

  test("list of nothing says where it looked", () => {
    const dir = tempConfigDir();
    const other = tempConfigDir();
    const nothing = { status: 0, stderr: "" };
    expect(run("list", "--config-dir", dir)).toEqual({ ...nothing, stdout: `no sessions in ${dir}\n` });
    expect(run("list", "--config-dir", other, "--config-dir", dir)).toEqual({
      ...nothing,
      stdout: `no sessions in ${other}, ${dir}\n`,
    });
    expect(JSON.parse(run("list", "--json", "--config-dir", dir).stdout)).toMatchObject({
      sessions: [],
      transcripts: 0,
    });
  });

  test("list: what could not be read is named on stderr", () => {
    const dir = tempConfigDir();
    writeSessions(dir, 1);
    put(dir, `projects/-w/${sessionId(2)}.jsonl/file`, "x");
    const { status, stdout, stderr } = run("list", "--config-dir", dir);
    expect({ status, lines: stdout.split("\n").length }).toEqual({ status: 0, lines: 2 });
    expect(stderr).toContain(`${dir}/projects/-w/${sessionId(2)}.jsonl`);
  });

  test("list into a pipe that is closed early is no failure", () => {
    const dir = tempConfigDir();
    const [row] = turnRows("x".repeat(180));
    for (let i = 1; i <= 1500; i++) writeSession(dir, "-w", sessionId(i), row === undefined ? [] : [row]);
    const script = '{ "$0" "$1" list --config-dir "$2"; echo "status $?" >&2; } | head -1';
    const { stdout, stderr } = spawnSync("sh", ["-c", script, node, binary(), dir], { encoding: "utf8" });
    expect({ lines: stdout.split("\n").length, stderr }).toEqual({ lines: 2, stderr: "status 0\n" });
  });
});
