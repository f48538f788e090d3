import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { refused, runUnchanged } from "../support/run-unchanged.ts";
import { hasTerminals, inTerminal, type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";
import { writeSpending } from "../support/spending.ts";

/** Four sessions: the second is tagged keep, the third is open, the fourth is new. */
function store(): string {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 1, { at: "2026-01-01T10:00:00Z" });
  writeSpending(dir, 2, 1, { at: "2026-01-02T10:00:00Z", tag: "keep" });
  writeSpending(dir, 3, 1, { at: "2026-01-03T10:00:00Z" });
  writeSpending(dir, 4, 1, { at: "2026-08-04T10:00:00Z" });
  openByThisProcess(dir, sessionId(3));
  return dir;
}

const environment = (dir: string): Record<string, string> => ({ XDG_CACHE_HOME: path.join(dir, "..", "cache") });
const run = (dir: string, ...args: string[]): Ran =>
  runCli([...args, "--config-dir", dir], { env: environment(tempConfigDir()) });

test.for<[string, readonly string[], RegExp]>([
  ["without a condition", ["--yes"], /a condition is missing: .* such as --before 90d/],
  ["only --no-worktrees", ["--no-worktrees", "--yes"], /--no-worktrees only applies with --cwd/],
  ["a condition twice", ["--before", "90d", "--before", "1d", "--yes"], /--before is given twice/],
  ["no --cwd for --no-worktrees", ["--no-worktrees", "--before", "90d", "--yes"], /only applies with --cwd/],
  [
    "in a script without --yes",
    ["--before", "2026-02-01"],
    /no terminal to ask on: add --yes to clean up, or --dry-run/,
  ],
  ["no amount", ["--min-cost", "much"], /--min-cost must be an amount in dollars such as 1.50, got "much"/],
  ["no size", ["--larger", "ten"], /--larger must be a size such as 500kB or 10MB, got "ten"/],
  ["an id", ["0aaaaaaa", "--yes"], /unexpected argument "0aaaaaaa"/],
])("%s: exit code 2, nothing changes", ([, args, message]) => {
  const dir = store();
  const ran = runUnchanged(dir, () => run(dir, "cleanup", ...args));
  expect(ran).toEqual(refused(expect.stringMatching(message)));
});

test("what a dry run says then happens, and the command that the report names undoes it", () => {
  const dir = store();
  const before = snapshot(dir);
  const dry = run(dir, "cleanup", "--before", "2026-02-01", "--dry-run");
  expect(dry.status).toBe(0);
  expect(dry.stdout).toMatch(/^would delete \S+ “prompt 0 of 1”: 1 item, \d+ B\nin all 1 session, \d+ B\n$/);
  expect(dry.stderr.split("\n").slice(0, 2).sort()).toEqual([
    expect.stringMatching(/^kept \S+ “prompt 0 of 2”: it is tagged keep$/),
    expect.stringMatching(/^kept \S+ “prompt 0 of 3”: it is in use$/),
  ]);
  expect(snapshot(dir)).toEqual(before);

  const done = run(dir, "cleanup", "--before", "2026-02-01", "--yes");
  expect(done.status).toBe(0);
  expect(done.stdout).toBe(dry.stdout.replace("would delete", "deleted").replace("in all", "moved to the trash:"));
  const undo = /^To undo: claude-transcripts (.*)$/m.exec(done.stderr)?.[1]?.split(" ") ?? [];
  // What is deleted later stays deleted.
  expect(run(dir, "delete", sessionId(4)).status).toBe(0);
  expect(run(dir, "cleanup", "--before", "2026-02-01", "--yes").stdout).toBe("nothing to clean up\n");
  expect(runCli(undo).stdout).toMatch(/^restored [^\n]*“prompt 0 of 1”[^\n]*\n$/);
  expect(run(dir, "restore", sessionId(4)).status).toBe(0);
  expect(snapshot(dir)).toEqual(before);
});

test("the document has what went, what stayed and why, and the way back", () => {
  const dir = store();
  const { status, stdout } = run(dir, "cleanup", "--before", "2026-02-01", "--include-tagged", "--yes", "--json");
  const { results, kept, bytes, undo, ...rest } = JSON.parse(stdout) as {
    results: { sessionId: string; bytes: number; trashIds: string[] }[];
    kept: object[];
    bytes: number;
    undo: string;
  };
  expect(status).toBe(0);
  expect(results.map((one) => one.sessionId)).toEqual([sessionId(2), sessionId(1)]);
  expect(bytes).toBe(results.reduce((sum, one) => sum + one.bytes, 0));
  expect(kept).toEqual([{ sessionId: sessionId(3), title: "prompt 0 of 3", reason: "it is in use" }]);
  expect(undo).toMatch(/^claude-transcripts restore --config-dir \S+ --deleted-since \S+ --deleted-until \S+$/);
  expect(rest).toEqual({ action: "cleanup", dryRun: false, gone: [], notes: [], skipped: [] });
});

describe("a clean-up of many sessions", () => {
  const many = (sessions: number): string => {
    const dir = tempConfigDir();
    for (let n = 1; n <= sessions; n++) writeSpending(dir, n, 1, { at: "2026-01-01T10:00:00Z" });
    return dir;
  };
  const left = (dir: string): number => fs.readdirSync(path.join(dir, "projects/-w")).length;
  const undoIn = (text: string): string[] =>
    /^To undo: claude-transcripts (.*)$/m.exec(text)?.[1]?.split(" ") ?? ["no way back"];

  test("goes on if nobody reads what it prints, and still names the way back", () => {
    const dir = many(30);
    const before = snapshot(dir);
    const errors = path.join(tempConfigDir(), "errors");
    const command = `'${process.execPath}' '${binary()}' cleanup --before 2026-02-01 --yes --config-dir '${dir}'`;
    const first = execFileSync("sh", ["-c", `${command} 2>'${errors}' | head -1`], { encoding: "utf8" });
    expect(first).toMatch(/^deleted \S+ “prompt 0 of \d+”: 1 item, \d+ B\n$/);
    expect(left(dir)).toBe(0);
    expect(runCli(undoIn(fs.readFileSync(errors, "utf8"))).status).toBe(0);
    expect(snapshot(dir)).toEqual(before);
  });

  test("names the way back if it is interrupted, from any directory", async () => {
    const dir = many(300);
    const before = snapshot(dir);
    const args = ["cleanup", "--before", "2026-02-01", "--yes", "--config-dir", path.basename(dir)];
    const child = spawn(process.execPath, [binary(), ...args], { cwd: path.dirname(dir) });
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => void (errors += chunk.toString()));
    child.stdout.once("data", () => child.kill("SIGINT"));
    const signal = await new Promise((resolve) => child.once("close", (_code, name) => resolve(name)));
    expect(signal).toBe("SIGINT");
    expect(left(dir)).toBeLessThan(300);
    expect(left(dir)).toBeGreaterThan(0);
    expect(runCli(undoIn(errors)).status).toBe(0);
    expect(snapshot(dir)).toEqual(before);
  });

  test.for<[string, readonly string[], RegExp]>([
    ["cleanup", ["--before", "2026-02-01", "--yes"], /^deleted /gm],
    ["delete", ["--before", "2026-02-01", "--yes"], /^deleted /gm],
    ["restore", ["--deleted-since", "1h"], /^restored /gm],
  ])("of two at once, each says what it did and what the other did: %s", async ([command, args, done]) => {
    const dir = tempConfigDir();
    for (let n = 1; n <= 40; n++) writeSpending(dir, n, 1, { at: "2026-01-01T10:00:00Z" });
    if (command === "restore") run(dir, "cleanup", "--before", "2026-02-01", "--yes");
    const start = async (): Promise<{ code: unknown; stdout: string; stderr: string }> => {
      const argv = [binary(), command, ...args, "--config-dir", dir];
      const child = spawn(process.execPath, argv, { env: { ...process.env, ...environment(dir) } });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
      const code = await new Promise((resolve) => child.once("close", resolve));
      return { code, stdout, stderr };
    };
    const both = await Promise.all([start(), start()]);
    expect(both.map(({ code, stderr }) => [code, stderr.match(/.*(?:not found|Nothing in|kept).*/)])).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(both.flatMap(({ stdout }) => stdout.match(done) ?? [])).toHaveLength(40);
  });

  test("says of what could not be deleted only that", () => {
    const dir = store();
    put(dir, "claude-transcripts", "a file in the place of the trash");
    const before = snapshot(dir);
    const { status, stdout, stderr } = run(dir, "cleanup", "--before", "2026-02-01", "--yes");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^claude-transcripts cleanup: The trash of .* cannot be used/m);
    expect(stderr).not.toMatch(/To undo/);
    const json = JSON.parse(run(dir, "cleanup", "--before", "2026-02-01", "--yes", "--json").stdout) as object;
    expect(json).toMatchObject({
      results: [{ given: sessionId(1), error: { code: expect.anything() as string } }],
      bytes: 0,
    });
    expect(json).not.toHaveProperty("undo");
    expect(snapshot(dir)).toEqual(before);
  });
});

test.runIf(hasTerminals).for([
  ["n", 1, /Nothing was deleted/, [4, 3, 2, 1]],
  ["y", 0, /moved to the trash: 1 session/, [4, 3, 2]],
] as const)("a terminal shows the table and asks: %s", ([answer, status, message, left]) => {
  const dir = store();
  const command = `${process.execPath} ${binary()} cleanup --before 2026-02-01 --config-dir ${dir}`;
  const shown = inTerminal(command, { columns: 80, input: `${answer}\n`, env: environment(tempConfigDir()) });
  expect(shown.status).toBe(status);
  expect(shown.shown).toMatch(/ID +ACTIVE +TITLE +SIZE\n\S+ +2026-01-01 +prompt 0 of 1 +\d+ B\n/);
  expect(shown.shown).toMatch(/Move 1 session, \d+ B to the trash\? \[y\/N\]/);
  expect(shown.shown).toMatch(message);
  const { sessions } = JSON.parse(run(dir, "list", "--json").stdout) as { sessions: { sessionId: string }[] };
  expect(sessions.map(({ sessionId: id }) => Number(id.slice(-1)))).toEqual(left);
});

test.for<[readonly string[], RegExp]>([
  [[], /give ids, or --deleted-since TIME/],
  [["0aaaaaaa", "--deleted-since", "1h"], /give ids, or --deleted-since TIME/],
  [["0aaaaaaa", "--deleted-until", "1h"], /--deleted-until only applies with --deleted-since/],
  [["--deleted-since", "soon"], /--deleted-since must be a time, got "soon"/],
])("restore %j is refused", ([args, message]) => {
  const { status, stderr } = run(store(), "restore", ...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

describe("--schedule", () => {
  const text = (dir: string, program: string, ...args: string[]): string => {
    const { status, stdout, stderr } = run(dir, "cleanup", "--before", "2026-02-01", ...args, "--schedule", program);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  };

  test("cron gets a line whose command cleans up, and printing it changes nothing", () => {
    const dir = store();
    const before = snapshot(dir);
    const line = text(dir, "cron", "--include-tagged", "--query", "prompt 100% it's");
    expect(line).toMatch(/^17 4 \* \* \* /);
    expect(line).toContain(String.raw`100\% it`);
    expect(snapshot(dir)).toEqual(before);
    const command = text(dir, "cron")
      .replace(/^17 4 \* \* \* /, "")
      .replaceAll(String.raw`\%`, "%");
    const env = { ...process.env, ...environment(tempConfigDir()) };
    expect(execFileSync("sh", ["-c", command], { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })).toMatch(
      /^deleted .*“prompt 0 of 1”: 1 item, \d+ B\nmoved to the trash: 1 session/,
    );
  });

  test("systemd and launchd get the same words", () => {
    const dir = store();
    const words = [
      process.execPath,
      binary(),
      "cleanup",
      "--before=2026-02-01",
      '--query=50% "a" <b> $HOME',
      "--force",
      "--config-dir",
      dir,
      "--yes",
    ];
    const given = ["--query", '50% "a" <b> $HOME', "--force"];
    const start = /^ExecStart=(.*)$/m.exec(text(dir, "systemd", ...given))?.[1] ?? "";
    const unquoted = [...start.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) =>
      word.replaceAll(/\\(.)/g, "$1").replaceAll("%%", "%").replaceAll("$$", "$"),
    );
    expect(unquoted).toEqual(words);
    const strings = [...text(dir, "launchd", ...given).matchAll(/^ {4}<string>(.*)<\/string>$/gm)].map(
      ([, word = ""]) => word.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    );
    expect(strings).toEqual(words);
  });

  test.for([
    ["--cwd=.", "--cwd=HERE"],
    ["--project=.", "--project=HERE"],
    ["--project=./a", "--project=HERE/a"],
    ["--project=../a", "--project=ABOVE/a"],
    ["--project=a", "--project=a"],
    ["--project=/a", "--project=/a"],
  ] as const)("%s means the same in the directory of the scheduler", ([given, expected]) => {
    const cwd = tempConfigDir();
    const { stdout } = runCli(["cleanup", given, "--schedule", "cron", "--config-dir", cwd], { cwd });
    const word = expected.replace("HERE", cwd).replace("ABOVE", path.dirname(cwd));
    expect(stdout.split(" ").filter((one) => one.startsWith(given.split("=")[0] ?? ""))).toEqual([word]);
  });

  test.for<[readonly string[], RegExp]>([
    [["--before", "90d", "--schedule", "at"], /--schedule must be cron, systemd or launchd, got "at"/],
    [["--schedule", "cron"], /a condition is missing/],
    [["--query", "a\n* * * * * b", "--schedule", "cron"], /has a control character, which no schedule can have/],
  ])("%j is refused", ([args, message]) => {
    const { status, stderr } = run(store(), "cleanup", ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("commands that take several sessions", () => {
  const listed = (dir: string, ...args: string[]): number[] => {
    const { sessions } = JSON.parse(run(dir, "list", "--json", ...args).stdout) as {
      sessions: { sessionId: string }[];
    };
    return sessions.map(({ sessionId: id }) => Number(id.slice(-1)));
  };

  test.for<[readonly string[], RegExp]>([
    [["archive"], /the id of a session, or a filter such as --before 90d, is missing/],
    [["archive", "--no-worktrees"], /--no-worktrees only applies with --cwd/],
    [["delete", "0aaaaaaa", "--before", "90d"], /give either ids or a filter, not both/],
    [["tag", "--before", "90d"], /a tag is missing/],
    [["delete", "--cwd", "a", "--cwd", ".", "--yes"], /--cwd is given twice/],
    [["archive", "--before", "90d"], /no terminal to ask on: add --yes, or --dry-run to see what would change/],
    [["delete", "0aaaaaaa", "--yes"], /--yes only applies with --permanently or a filter/],
  ])("%j is refused", ([args, message]) => {
    const dir = store();
    const ran = runUnchanged(dir, () => run(dir, ...args));
    expect(ran).toEqual(refused(expect.stringMatching(message)));
  });

  test("archive and unarchive", () => {
    const dir = store();
    expect(run(dir, "archive", "--before", "2026-02-01", "--dry-run").stdout.match(/^would archive/gm)).toHaveLength(3);
    expect(listed(dir)).toEqual([4, 3, 2, 1]);
    expect(run(dir, "archive", "--before", "2026-02-01", "--yes").stdout.match(/^archived/gm)).toHaveLength(3);
    expect(listed(dir)).toEqual([4]);
    // Those that are archived already are not changed again.
    expect(run(dir, "archive", "--since", "2026-01-01", "--yes").stdout).toMatch(/^archived .*“prompt 0 of 4”\n$/);
    expect(run(dir, "unarchive", "--tag", "keep", "--yes").stdout).toMatch(/^unarchived .*“prompt 0 of 2”\n$/);
    expect(listed(dir)).toEqual([2]);
  });

  test("tag", () => {
    const dir = store();
    expect(run(dir, "tag", "--before", "2026-02-01", "+old", "--yes").stdout.match(/#old$/gm)).toHaveLength(3);
    expect(listed(dir, "--tag", "old")).toEqual([3, 2, 1]);
    expect(run(dir, "tag", "--tag", "old", "--since", "2026-01-03", "-old", "--yes").status).toBe(0);
    expect(listed(dir, "--tag", "old")).toEqual([2, 1]);
    expect(run(dir, "tag", "--empty", "+none", "--yes").stdout).toBe("no session matches\n");
  });

  test("delete: into the trash, and with --permanently only after it was asked for", () => {
    const dir = store();
    const deleted = run(dir, "delete", "--before", "2026-02-01", "--query", "prompt", "--yes");
    expect(deleted.stdout.match(/^deleted/gm)).toHaveLength(2);
    expect(deleted.stderr).toMatch(/is in use/);
    expect(listed(dir)).toEqual([4, 3]);
    const before = snapshot(dir);
    const refused = run(dir, "delete", "--since", "2026-08-01", "--permanently");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/add --yes to confirm/);
    expect(snapshot(dir)).toEqual(before);
  });

  test.for([["archive"], ["tag", "+old"], ["delete"]])(
    "%j leaves out a session with a later copy elsewhere",
    (command) => {
      const dir = store();
      const id = sessionId(1);
      const text = fs.readFileSync(path.join(dir, `projects/-w/${id}.jsonl`), "utf8");
      put(dir, `projects/-x/${id}.jsonl`, text, { mtime: Date.parse("2026-09-01") / 1000 });
      const before = snapshot(dir);
      const ran = run(dir, ...command, "--cwd", "/w", "--until", "2026-01-01", "--yes", "--json");
      const { results, notes } = JSON.parse(ran.stdout) as { results: unknown; notes: unknown };
      expect({ status: ran.status, results, notes }).toEqual({
        status: 0,
        results: [],
        notes: [expect.stringMatching(/^left out \S+ “prompt 0 of 1”: it has a copy that was changed later: .*-x/)],
      });
      expect(snapshot(dir)).toEqual(before);
    },
  );

  test.runIf(hasTerminals)("delete: a session that changes before the answer stays", () => {
    const dir = store();
    const file = path.join(dir, `projects/-w/${sessionId(1)}.jsonl`);
    // The answer comes from a shell that appends to the transcript first.
    const command = `${process.execPath} ${binary()} delete --until 2026-01-01 --permanently --config-dir ${dir}`;
    const answer = `(sleep 2; printf '\n' >> ${file}; echo y)`;
    const shown = inTerminal(`${answer} | script -qec '${command}' /dev/null`, { columns: 80, env: environment(dir) });
    expect(shown.shown).toMatch(/Delete for good\?.*/);
    expect(shown.shown).toMatch(/has changed since it was selected/);
    expect(fs.existsSync(file)).toBe(true);
  });

  test.runIf(hasTerminals)("a terminal asks", () => {
    const dir = store();
    const command = `${process.execPath} ${binary()} archive --before 2026-02-01 --config-dir ${dir}`;
    const shown = inTerminal(command, { columns: 80, input: "n\n", env: environment(tempConfigDir()) });
    expect(shown.shown).toMatch(/ID +ACTIVE +TITLE +SIZE\n/);
    expect(shown.shown).toMatch(/Archive 3 sessions, \S+ kB\? \[y\/N\]/);
    expect(shown.shown).toMatch(/Nothing was changed/);
    expect(listed(dir)).toEqual([4, 3, 2, 1]);
  });
});
