import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { refused, runUnchanged } from "../support/run-unchanged.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";

const DAY_S = 24 * 60 * 60;
const ago = (days: number): number => Date.now() / 1000 - days * DAY_S;
const run = (dir: string, ...args: string[]): Ran =>
  runCli([...args, "--config-dir", dir], { env: { XDG_CACHE_HOME: path.join(dir, "cache") } });
const transcript = (n: number): string => `projects/-w/${sessionId(n)}.jsonl`;

/** Session 1 goes at the next start, 2 in less than a day, 3 in ten days, 4 never. */
function store(): string {
  const dir = tempConfigDir();
  for (const [n, days] of [
    [1, 31],
    [2, 29.2],
    [3, 20],
  ] as const) {
    put(dir, transcript(n), conversation(sessionId(n), `prompt of ${n}`, "an answer"), { mtime: ago(days) });
  }
  const desktop = conversation(sessionId(4), "of the desktop").replaceAll(
    '"cwd"',
    '"entrypoint":"claude-desktop","cwd"',
  );
  put(dir, transcript(4), desktop, { mtime: ago(50) });
  put(dir, `projects/-w/${sessionId(1)}/tool-results/b1.txt`, "stored");
  return dir;
}

interface Forecast {
  readonly retention: object[];
  readonly sessions: { sessionId: string; deletedFrom: number; bytes: number; inSnapshot: boolean }[];
}

test("shows what goes when, by the settings, with bytes and totals", () => {
  const dir = store();
  const before = snapshot(dir);
  const { stdout, stderr, status } = run(dir, "retention");
  expect(status).toBe(0);
  expect(stdout.split("\n").slice(1, -1)).toEqual([
    expect.stringMatching(/^at its next start +\S+ +prompt of 1 .*B +no$/),
    expect.stringMatching(/^in 19 h +\S+ +prompt of 2 .*B +no$/),
    expect.stringMatching(/^20\d\d-\d\d-\d\d +\S+ +prompt of 3 .*B +no$/),
  ]);
  expect(stderr).toMatch(/not changed for 30 days \(the default\)/);
  expect(stderr).toMatch(/In all 3 sessions, .*B; within 3 days and not in a snapshot: 2 sessions, /);
  expect(stderr).toMatch(/1 session is never deleted/);
  const json = JSON.parse(run(dir, "retention", "--json", "--limit", "1").stdout) as Forecast;
  expect(json).toMatchObject({ count: 3, kept: 1, soon: { count: 2 }, retention: [{ configDir: dir, days: 30 }] });
  const bytes = fs.statSync(path.join(dir, transcript(1))).size + "stored".length;
  expect(json.sessions).toMatchObject([{ sessionId: sessionId(1), bytes, inSnapshot: false }]);
  expect(snapshot(dir)).toEqual(before);
});

test("a project's settings count for all, filters select, and nothing goes while the settings are wrong", () => {
  const dir = store();
  const project = tempConfigDir();
  const key = project.replaceAll(/[^A-Za-z0-9]/g, "-");
  put(dir, `projects/${key}/${sessionId(5)}.jsonl`, conversation(sessionId(5), "of 5").replaceAll("/w", project), {
    mtime: ago(1),
  });
  put(project, ".claude/settings.json", '{"cleanupPeriodDays": 2}');
  const { stdout, stderr } = run(dir, "retention", "--cwd", project);
  expect(stdout).toMatch(/^DELETED.*\nin \d+ h .*of 5.*\n$/);
  expect(stderr).toContain(`Started in ${project}, it deletes those of all projects after 2 days`);
  expect(run(dir, "retention").stdout.match(/at its next start/g)).toHaveLength(3);
  put(dir, "settings.json", '{"cleanupPeriodDays": 0}');
  const wrong = run(dir, "retention");
  expect(wrong.stdout).toBe("no session will be deleted\n");
  expect(wrong.stderr).toMatch(/deletes nothing in .* cleanupPeriodDays in .*settings\.json is not valid/);
});

test("--keep copies what a filter selects, and names the command that brings it back", () => {
  const dir = store();
  expect(run(dir, "retention", "--keep", "--query", "prompt of 1", "--dry-run").stdout).toMatch(/^would copy 2 files/);
  expect(fs.existsSync(path.join(dir, "claude-transcripts"))).toBe(false);
  const kept = run(dir, "retention", "--keep", "--query", "prompt of 1");
  expect(kept.stdout).toMatch(/^copied 2 files/);
  expect(kept.stderr).toContain(`To bring a session back: claude-transcripts snapshot restore ID --config-dir ${dir}`);
  const { sessions } = JSON.parse(run(dir, "retention", "--json").stdout) as Forecast;
  expect(sessions.map(({ inSnapshot }) => inSnapshot)).toEqual([true, false, false]);
  // A row that was appended since is not in it.
  fs.appendFileSync(path.join(dir, transcript(1)), "{}\n");
  const later = JSON.parse(run(dir, "retention", "--json").stdout) as Forecast;
  expect(later.sessions.map(({ inSnapshot }) => inSnapshot)).toEqual([false, false, false]);
  const json = JSON.parse(run(dir, "retention", "--keep", "--json").stdout) as object;
  expect(json).toMatchObject({
    action: "retention",
    dryRun: false,
    restore: expect.stringContaining("restore ID") as string,
  });
});

test("list marks what goes within 3 days, unless the snapshot has it", () => {
  const dir = store();
  interface Row {
    readonly sessionId: string;
    readonly deletedFrom?: number;
  }
  const marked = (...args: string[]): string[] => {
    const { sessions } = JSON.parse(run(dir, "list", "--json", ...args).stdout) as { sessions: Row[] };
    return sessions.flatMap(({ sessionId: id, deletedFrom }) => (deletedFrom === undefined ? [] : [id])).sort();
  };
  const text = run(dir, "list").stdout;
  expect(text.match(/prompt of \d \(deleted [^)]+\)/g)?.sort()).toEqual([
    "prompt of 1 (deleted at the next start)",
    "prompt of 2 (deleted in 19 h)",
  ]);
  expect(marked()).toEqual([sessionId(1), sessionId(2)]);
  run(dir, "snapshot", "--query", "prompt of 1");
  expect(marked()).toEqual([sessionId(2)]);
  expect(marked("--from-snapshot")).toEqual([]);
  // A new file next to the transcript is not in it.
  put(dir, `projects/-w/${sessionId(1)}/subagents/agent-a.jsonl`, "{}\n");
  expect(marked()).toEqual([sessionId(1), sessionId(2)]);
  put(dir, "settings.json", '{"cleanupPeriodDays": 90}');
  expect(marked()).toEqual([]);
});

test("--lost shows prompts of sessions that are gone, and filters them", () => {
  const dir = store();
  const row = (n: number, display: string, timestamp: number, project: string): string =>
    `${JSON.stringify({ display, pastedContents: {}, timestamp, project, sessionId: sessionId(n) })}\n`;
  const [june, july] = [Date.UTC(2026, 5, 1, 12), Date.UTC(2026, 6, 1, 12)];
  const rows = [
    row(1, "here", june, "/w"),
    row(8, "first\nline \u001B[31m", june, "/w/a"),
    row(9, "second", july, "/b"),
  ];
  put(dir, "history.jsonl", rows.join(""));
  const text = run(dir, "retention", "--lost").stdout;
  expect(text).toMatch(
    new RegExp(
      `^${sessionId(9)}  2026-07-01  /b  1 prompt\\n  2026-07-01 \\d\\d:\\d\\d  second\\n\\n${sessionId(8)}  2026-06-01  /w/a  1 prompt\\n  2026-06-01 \\d\\d:\\d\\d  first\\n    line[^\\u001B]*\\n$`,
    ),
  );
  for (const [args, ids] of [
    [[], [9, 8]],
    [["--cwd", "/w"], [8]],
    [["--project", "b"], [9]],
    [["--since", "2026-06-15"], [9]],
    [["--before", "2026-06-15"], [8]],
    [["--limit", "1"], [9]],
    [["--project", "none"], []],
  ] as const) {
    const json = JSON.parse(run(dir, "retention", "--lost", "--json", ...args).stdout) as Forecast;
    expect([args, json.sessions.map(({ sessionId: id }) => id)]).toEqual([args, ids.map(sessionId)]);
  }
});

/** Does what Claude Code does when it starts: deletes what has not changed for 30 days. */
function purge(dir: string): void {
  const projects = path.join(dir, "projects");
  const files = fs.readdirSync(projects, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const file = path.join(parentPath, name);
    if (fs.statSync(file).mtimeMs < Date.now() - 30 * DAY_S * 1000) fs.rmSync(file);
  }
}

test("after Claude Code's purge everything is still listed, shown and found in the snapshot, and comes back", () => {
  const dir = store();
  fs.utimesSync(path.join(dir, `projects/-w/${sessionId(1)}/tool-results/b1.txt`), ago(31), ago(31));
  const files = (): [string, string][] =>
    Object.entries(snapshot(path.join(dir, "projects"))).filter(([, is]) => is.startsWith("file"));
  const before = files();
  const reads = [
    ["list", "--all"],
    ["show", sessionId(1)],
    ["show", sessionId(4), "--json"],
    ["search", '"prompt of 1"', "--no-index"],
  ] as const;
  expect(run(dir, "retention", "--keep").status).toBe(0);
  const answers = reads.map((args) => run(dir, ...args).stdout);
  purge(dir);
  expect(files()).toHaveLength(before.length - 3);

  const missing = run(dir, "show", sessionId(1));
  expect(missing.status).toBe(1);
  const brought = new RegExp(
    `show it with --from-snapshot, or bring it back: claude-transcripts (snapshot restore ${sessionId(1)} --config-dir \\S+)\n`,
  );
  expect(missing.stderr).toMatch(brought);
  const kept = path.join(dir, "claude-transcripts", "snapshot");
  for (const [at, args] of reads.entries())
    expect(run(dir, ...args, "--from-snapshot").stdout.replaceAll(kept, dir)).toBe(answers[at]);

  const back = runCli((brought.exec(missing.stderr)?.[1] ?? "").split(" "));
  expect(back.stdout).toMatch(/^restored .*prompt of 1.*: 2 files/);
  expect(run(dir, "snapshot", "restore", sessionId(4)).status).toBe(0);
  expect(files()).toEqual(before);
});

test("without a snapshot there is nothing to read from", () => {
  const dir = store();
  const { status, stderr } = run(dir, "list", "--from-snapshot");
  expect([status, stderr]).toEqual([1, expect.stringMatching(/There is no snapshot in .*\n.*snapshot' makes one/)]);
});

describe("what makes no sense is refused, and changes nothing", () => {
  test.for<[readonly string[], RegExp]>([
    [["--keep", "--lost"], /--keep and --lost cannot be used together/],
    [["--dry-run"], /--dry-run only applies with --keep/],
    [["--keep", "--limit", "3"], /--limit does not apply with --keep/],
    [["--limit", "0"], /--limit must be a positive integer/],
    [["--lost", "--tag", "a"], /--lost takes --project, --cwd, --since, --until and --before, not --tag/],
    [["0aaaaaaa"], /unexpected argument/],
  ])("%j", ([args, message]) => {
    const dir = store();
    expect(runUnchanged(dir, () => run(dir, "retention", ...args))).toEqual(refused(expect.stringMatching(message)));
  });
});
