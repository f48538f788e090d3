import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { hasTerminals, inTerminal, runCli } from "../support/run-cli.ts";
import { uuid } from "../support/rows.ts";
import { snapshot } from "../support/snapshot.ts";

const ONE = "11111111-0000-4000-8000-000000000001";
const TWO = "22222222-0000-4000-8000-000000000002";
const TWIN = "22222223-0000-4000-8000-000000000003";

/** The names of all members, however deep. */
function keysOf(value: unknown): Set<string> {
  if (typeof value !== "object" || value === null) return new Set();
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return new Set([...own, ...Object.values(value).flatMap((member) => [...keysOf(member)])]);
}

interface Results {
  readonly action: string;
  readonly dryRun: boolean;
  readonly results: readonly Readonly<Record<string, unknown>>[];
}

function store(): string {
  const dir = tempConfigDir();
  writeSession(dir, "-w", ONE, turnRows("first"));
  put(dir, `projects/-w/${ONE}/subagents/agent-a.jsonl`, "{}\n");
  writeSession(dir, "-w", TWO, turnRows("second"));
  writeSession(dir, "-v", TWIN, turnRows("third"), { cwd: "/v" });
  return dir;
}

const runner =
  (dir: string, node = process.execPath) =>
  (...args: string[]) =>
    runCli([...args, "--config-dir", dir], { node });

const parsed = (stdout: string): Results => JSON.parse(stdout) as Results;
const titles = (dir: string, ...args: string[]): string[] => {
  const { sessions } = JSON.parse(runner(dir)("list", "--json", ...args).stdout) as { sessions: { summary: string }[] };
  return sessions.map(({ summary }) => summary);
};

describe.each(ownNode())("changing sessions: Node $version", ({ path: node }) => {
  test("a life: rename, tag, archive, fork, delete, restore, delete for good", () => {
    const dir = store();
    const run = runner(dir, node);
    const said = (...args: string[]): string => {
      const { status, stdout, stderr } = run(...args);
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
      return stdout;
    };
    expect(said("rename", "1", "A", "new  title")).toBe("renamed 11111111 “first” to “A new title”\n");
    expect(said("tag", "1", "22222222", "keep")).toBe(
      "tagged 11111111 “A new  title” #keep\n".replace("  ", " ") + "tagged 22222222 “second” #keep\n",
    );
    expect(said("tag", "--clear", "22222222")).toBe("untagged 22222222 “second”\n");
    expect(said("archive", "1")).toBe("archived 11111111 “A new title”\n");
    expect(titles(dir).sort()).toEqual(["second", "third"]);
    expect(said("unarchive", "1")).toBe("unarchived 11111111 “A new title”\n");
    const [, forkId = ""] = /^forked 11111111 “A new title” as ([0-9a-f-]{36})\n$/.exec(said("fork", "1")) ?? [];
    expect(titles(dir).sort()).toEqual(["A new  title", "A new  title (fork)", "second", "third"]);
    expect(said("delete", "11111111", forkId)).toMatch(
      /^deleted 11111111 “A new title” into the trash: 2 items, .*\ndeleted [0-9a-f]{8} “A new title \(fork\)” into the trash: 1 item, /,
    );
    expect(said("trash")).toMatch(/^[0-9a-f]{8} {2}just now {2}A new title/);
    expect(said("restore", "11111111")).toMatch(/^restored 11111111-\S+ “A new title”: 2 items, /);
    expect(said("trash", "empty", "--yes")).toMatch(/^removed [0-9a-f]{8}-\S+ “A new title \(fork\)”: /);
    expect(said("trash")).toBe(`nothing in the trash of ${dir}\n`);
    const { status, stdout, stderr } = run("delete", "11111111", "--permanently", "--yes");
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("for good: 2 items") });
    expect(stderr).toContain("history.jsonl");
    expect(titles(dir).sort()).toEqual(["second", "third"]);
  });
});

test("several tags and a description: set, listed, shown, found by any tag, and removed", () => {
  const dir = store();
  const said = (...args: string[]): string => {
    const { status, stdout, stderr } = runner(dir)(...args);
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
    return stdout;
  };
  // The words with a dash are no options: `-n` would be one.
  expect(said("tag", "1", "+bug", "+next", "+wip")).toBe("tagged 11111111 “first” #bug #next #wip\n");
  expect(said("tag", "1", "-next", "-wip")).toBe("tagged 11111111 “first” #bug\n");
  expect(said("tag", "-bug", "+n", "1")).toBe("tagged 11111111 “first” #n\n");
  const env = { CLAUDE_CONFIG_DIR: dir };
  expect(runCli(["tag", "1", "+a", "+--b", "--", "-n"], { env }).stdout).toBe("tagged 11111111 “first” #a #--b\n");
  expect(said("tag", "1", "z")).toBe("tagged 11111111 “first” #z #--b\n");
  expect(said("describe", "1", "It", "fixes  August")).toBe("described 11111111 “first”: It fixes August\n");
  expect(said("list", "--tag", "z")).toMatch(/^11111111 {2}\S+ {2}first — It fixes August #z #--b {2}/);
  const { sessions } = JSON.parse(said("list", "--json", "--tag=--b")) as { sessions: unknown[] };
  expect(sessions).toEqual([
    expect.objectContaining({ tag: "z", tags: ["z", "--b"], description: "It fixes  August" }),
  ]);
  expect(said("show", "1")).toMatch(/^first\nIt fixes August\n11111111-\S+ · .* · #z #--b\n/);
  expect(said("show", "1", "--format", "markdown")).toMatch(
    /^# first\n\nIt fixes August\n\nSession .* · \\#z \\#--b\n/,
  );
  expect((JSON.parse(said("show", "1", "--json")) as { session: unknown }).session).toMatchObject({
    tags: ["z", "--b"],
    description: "It fixes  August",
  });
  expect(parsed(said("tag", "1", "--clear", "+new", "--json")).results).toEqual([
    { given: "1", sessionId: ONE, tag: "new", tags: ["new"] },
  ]);
  expect(parsed(said("tag", "1", "--clear", "--json")).results).toEqual([
    { given: "1", sessionId: ONE, tag: null, tags: [] },
  ]);
  expect(parsed(said("describe", "1", "--clear", "--json")).results).toEqual([
    { given: "1", sessionId: ONE, description: null },
  ]);
  expect(said("list", "--json")).not.toContain('"description"');
});

describe("changing sessions", () => {
  test.for<[args: string[], line: RegExp]>([
    [["rename", "1", "x"], /^would rename 11111111 “first” to “x”\n$/],
    [["tag", "1", "x"], /^would tag 11111111 “first” #x\n$/],
    [["tag", "--clear", "1"], /^would untag 11111111 “first”\n$/],
    [
      ["tag", "1", "+a", "22222222", "+b c"],
      /^would tag 11111111 “first” #a #b c\nwould tag 22222222 “second” #a #b c\n$/,
    ],
    [["describe", "1", "the", "first one"], /^would describe 11111111 “first”: the first one\n$/],
    [["describe", "1", "--clear"], /^would remove the description of 11111111 “first”\n$/],
    [["archive", "1", "22222222"], /^would archive 11111111 “first”\nwould archive 22222222 “second”\n$/],
    [["unarchive", "1"], /^would unarchive 11111111 “first”\n$/],
    [["fork", "1", "--up-to", uuid(2)], /^would fork 11111111 “first”\n$/],
    [["delete", "1"], /^would delete 11111111 “first” into the trash: 2 items, 1\.\d kB\n$/],
    [["delete", "1", "--permanently"], /^would delete 11111111 “first” for good: 2 items, /],
  ])("%j with --dry-run changes nothing", ([args, line]) => {
    const dir = store();
    const before = snapshot(dir);
    expect(runner(dir)(...args, "--dry-run")).toEqual({ status: 0, stdout: expect.stringMatching(line), stderr: "" });
    expect(snapshot(dir)).toEqual(before);
  });

  test.for<[args: string[], line: RegExp]>([
    [["restore", "1"], /^would restore 11111111-\S+ “first”: 2 items, 1\.\d kB\n$/],
    [["trash", "empty"], /^would remove 11111111-\S+ “first”: 1\.\d kB\n$/],
    [["trash", "empty", "1", "--older-than", "0s"], /^would remove 11111111-/],
    [["trash", "empty", "--older-than", "1d"], /^nothing to remove\n$/],
  ])("%j of the trash with --dry-run changes nothing", ([args, line]) => {
    const dir = store();
    runner(dir)("delete", "1");
    const before = snapshot(dir);
    expect(runner(dir)(...args, "--dry-run")).toEqual({ status: 0, stdout: expect.stringMatching(line), stderr: "" });
    expect(snapshot(dir)).toEqual(before);
  });

  test("one that fails keeps no other from being done, and the exit code is 1", () => {
    const dir = store();
    const { status, stdout, stderr } = runner(dir)("archive", "9", "2222222", "1", "111", "22222223");
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: "archived 11111111 “first”\narchived 22222223 “third”\n",
    });
    const [none, several, ...rest] = stderr.split("\n");
    expect([none, several]).toEqual([
      'claude-transcripts archive: No session id begins with "9"',
      'claude-transcripts archive: 2 ids begin with "2222222":',
    ]);
    expect(rest.slice(0, 2).sort()).toEqual(["  22222222  2026-01-01  second", "  22222223  2026-01-01  third"]);
    expect(rest.slice(2)).toEqual([
      "'claude-transcripts list --all' shows all sessions, 'claude-transcripts trash' the deleted ones.",
      "Give more characters of the id.",
      "",
    ]);
    expect(titles(dir)).toEqual(["second"]);
  });

  test("what may be meant is a short table, the latest first, of ten at most", () => {
    const dir = tempConfigDir();
    for (let n = 1; n <= 12; n++) {
      writeSession(dir, "-w", sessionId(n), turnRows(`prompt ${n}`, n), { mtime: 1_767_225_600 + n * 86_400 });
    }
    const [said, ...lines] = runner(dir)("show", "0aa").stderr.trimEnd().split("\n");
    expect(said).toBe('claude-transcripts: 12 ids begin with "0aa"; the latest 10:');
    expect(lines).toEqual([
      ...Array.from({ length: 10 }, (_, at) => `  ${sessionId(12 - at)}  2026-01-01  prompt ${12 - at}`),
      "Give more characters of the id.",
    ]);
    const { error } = JSON.parse(runner(dir)("show", "0aa", "--json").stdout) as {
      error: { message: string; candidates: object[] };
    };
    expect(error.message).toBe('12 ids begin with "0aa"; the latest 10');
    expect(error.candidates).toHaveLength(10);
    expect(error.candidates[0]).toEqual({ id: sessionId(12), time: expect.any(Number) as number, title: "prompt 12" });
    expect(runner(dir)("delete", ...Array.from({ length: 12 }, (_, at) => sessionId(at + 1))).status).toBe(0);
    expect(runner(dir)("restore", "0aa").stderr).toMatch(
      /^claude-transcripts restore: 12 ids begin with "0aa"; the latest 10:\n {2}0aaaaaaa-\S+ {2}just now {2}prompt \d+\n/,
    );
  });

  test("--json has one shape, failures included", () => {
    const dir = store();
    const { status, stdout } = runner(dir)("delete", "1", "9", "--json");
    expect(status).toBe(1);
    const trashId = expect.stringMatching(`^${ONE}-`) as string;
    expect(parsed(stdout)).toEqual({
      action: "delete",
      dryRun: false,
      undo: `claude-transcripts restore --config-dir ${dir} ${ONE}`,
      results: [
        {
          given: "9",
          error: {
            code: "SessionNotFound",
            message: 'No session id begins with "9"',
            hint: expect.stringContaining("list --all"),
          },
        },
        {
          given: "1",
          sessionId: ONE,
          permanent: false,
          trashIds: [trashId],
          items: [
            { path: `projects/-w/${ONE}.jsonl`, kind: "transcript", bytes: expect.any(Number), configDir: dir },
            { path: `projects/-w/${ONE}`, kind: "sidecars", bytes: 3, configDir: dir },
          ],
          bytes: expect.any(Number),
          skipped: [],
        },
      ].reverse(),
    });
    expect(parsed(runner(dir)("restore", "1", "--json", "--dry-run").stdout)).toMatchObject({
      action: "restore",
      dryRun: true,
      results: [{ given: "1", sessionId: ONE, missing: [], otherTrashIds: [] }],
    });
    expect(parsed(runner(dir)("trash", "--json").stdout)).toMatchObject({
      trash: [{ sessionId: ONE, summary: "first" }],
    });
    expect(parsed(runner(dir)("trash", "empty", "--yes", "--json").stdout)).toMatchObject({
      action: "trash empty",
      results: [{ given: trashId, trashId, sessionId: ONE }],
    });
    expect(parsed(runner(dir)("rename", "22222223", "T", "--json").stdout).results).toEqual([
      { given: "22222223", sessionId: TWIN, title: "T" },
    ]);
    expect(parsed(runner(dir)("tag", "22222223", "--clear", "--json").stdout).results).toEqual([
      { given: "22222223", sessionId: TWIN, tag: null, tags: [] },
    ]);
    const [fork] = parsed(runner(dir)("fork", "22222223", "--json").stdout).results;
    expect(fork).toEqual({ given: "22222223", sessionId: TWIN, forkId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  test("the help of a command has every key of its JSON", () => {
    const dir = store();
    const run = runner(dir);
    for (const args of [
      ["list", "--all"],
      ["rename", "11111111", "x"],
      ["tag", "11111111", "x", "9"],
      ["archive", "11111111"],
      ["unarchive", "11111111"],
      ["fork", "11111111"],
      ["delete", "11111111"],
      ["trash"],
      ["restore", "11111111"],
      ["delete", "22222222"],
      ["trash", "empty", "--yes"],
    ]) {
      const help = run(args[0] ?? "", "--help").stdout;
      const keys = keysOf(JSON.parse(run(...args, "--json").stdout));
      expect(keys.size).toBeGreaterThan(3);
      expect({ args, missing: [...keys].filter((key) => !new RegExp(`\\b${key}\\b`).test(help)) }).toEqual({
        args,
        missing: [],
      });
    }
  });

  test("a fork goes where it is told, ends where it is told, and is called as it is told", () => {
    const dir = store();
    const target = tempConfigDir();
    const { stdout, status } = runner(dir)(
      "fork",
      "1",
      "--up-to",
      uuid(2),
      "--cwd",
      target,
      "--title",
      "Half",
      "--json",
    );
    expect(status).toBe(0);
    const [{ forkId } = { forkId: "" }] = parsed(stdout).results;
    const file = path.join(dir, "projects", target.replaceAll(/[^A-Za-z0-9]/g, "-"), `${String(forkId)}.jsonl`);
    const rows = fs.readFileSync(file, "utf8").trimEnd().split("\n");
    expect(rows.filter((row) => row.includes('"type":"assistant"'))).toHaveLength(1);
    expect(rows.at(-1)).toContain('"customTitle":"Half"');
    const missing = runner(dir)("fork", ONE, "--up-to", uuid(77), "--dry-run");
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toContain(`Message ${uuid(77)} not found`);
  });

  test("a session that is in use is not deleted without --force, and a new title or tag may not last", () => {
    const dir = store();
    writeSession(dir, "-w", ONE, turnRows("first"), { mtime: Date.now() / 1000 });
    put(
      dir,
      "sessions/7.json",
      JSON.stringify({ pid: 7, sessionId: ONE, procStart: "1", pidDomain: "linux:elsewhere:1" }),
    );
    const run = runner(dir);
    for (const more of [[], ["--dry-run"]]) {
      const { status, stdout, stderr } = run("delete", "1", ...more);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain(`Session ${ONE} is in use`);
      expect(stderr).toContain("use --force");
    }
    for (const [words, stdout, what] of [
      [["tag", "1", "y"], "tagged 11111111 “first” #y\n", "the tag"],
      [["tag", "1", "--clear"], "untagged 11111111 “first”\n", "the tag"],
      [["tag", "1", "z", "--dry-run"], "would tag 11111111 “first” #z\n", "the tag"],
      [["rename", "1", "x"], "renamed 11111111 “first” to “x”\n", "the title"],
    ] as const) {
      const changed = run(...words);
      expect(changed).toMatchObject({ status: 0, stdout });
      expect(changed.stderr).toMatch(/^The session is in use \(.*\n$/);
      expect(changed.stderr).toContain(`: Claude Code may overwrite this one with ${what} it knows.\n`);
    }
    writeSession(dir, "-w", ONE, turnRows("first"), { mtime: Date.now() / 1000 });
    expect(run("delete", "1", "--force").status).toBe(0);
  });

  test("what stands in the way of a restoration is named, and stays", () => {
    const dir = store();
    const run = runner(dir);
    run("delete", "1");
    writeSession(dir, "-w", ONE, turnRows("another"));
    const before = snapshot(dir);
    for (const more of [[], ["--dry-run"]]) {
      const { status, stderr } = run("restore", "1", ...more);
      expect(status).toBe(1);
      expect(stderr).toContain(`projects/-w/${ONE}.jsonl is in the way`);
    }
    expect(snapshot(dir)).toEqual(before);
  });

  test("a session that was deleted twice is restored by the entry that is named", () => {
    const dir = store();
    const run = runner(dir);
    run("delete", "1");
    writeSession(dir, "-w", ONE, turnRows("another"));
    run("delete", "1");
    const entries = run("trash").stdout.split("\n").slice(0, -1);
    expect(entries.map((line) => line.replace(/ {2,}.* ago| {2,}just now/, ""))).toEqual([
      expect.stringMatching(new RegExp(`^${ONE}-\\S+ {2}another`)),
      expect.stringMatching(new RegExp(`^${ONE}-\\S+ {2}first`)),
    ]);
    const [, older = ""] = entries.map((line) => line.split(" ")[0]);
    const { stdout, stderr } = run("restore", older);
    expect(stdout).toContain("“first”");
    expect(stderr).toContain("an earlier deletion of it is still in the trash");
  });

  test.for<[args: string[], said: string]>([
    [["rename", "1"], "a title is missing"],
    [["rename", "1", " "], "a title is missing"],
    [["rename"], "an argument is missing"],
    [["tag", "1"], "a tag is missing"],
    [["tag", "1", " "], "the tag is empty"],
    [["tag", "1", "+"], "the tag is empty"],
    [["tag", "+a", "-b"], "the id of a session, or a filter such as --before 90d, is missing"],
    [["tag", "1", "--ad", "a"], "unknown option --ad"],
    [["describe", "1"], "a description is missing"],
    [["describe", "1", " "], "a description is missing"],
    [["archive"], "the id of a session, or a filter such as --before 90d, is missing"],
    [["fork", "1", "2"], 'unexpected argument "2"'],
    [["fork", "1", "--cwd", "/no/such/dir"], '--cwd must be an existing directory, got "/no/such/dir"'],
    [["fork", "1", "--title="], "--title needs a value: --title TITLE"],
    [["delete", "1", "--yes"], "--yes only applies with --permanently"],
    [["delete", "1", "--permanently"], "add --yes"],
    [["trash", "full"], 'unexpected argument "full", expected list or empty'],
    [["trash", "list", "1"], 'unexpected argument "1"'],
    [["trash", "--yes"], "--yes only applies to 'trash empty'"],
    [["trash", "--older-than", "soon"], '--older-than must be a duration such as 30d, 2w or 12h, got "soon"'],
  ])("misuse: %j", ([args, said]) => {
    const dir = store();
    const before = snapshot(dir);
    const { status, stdout, stderr } = runner(dir)(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(said);
    expect(stderr).toContain(`Try 'claude-transcripts ${args[0]} --help'.`);
    expect(snapshot(dir)).toEqual(before);
  });

  test("emptying asks for --yes, and keeps what is younger or was cut short", () => {
    const dir = store();
    const run = runner(dir);
    run("delete", "1");
    expect(run("trash", "empty")).toMatchObject({ status: 2, stdout: "" });
    expect(run("trash", "empty", "--older-than", "1d", "--yes").stdout).toBe("nothing to remove\n");
    const [entry = ""] = fs.readdirSync(path.join(dir, "claude-transcripts/trash"));
    const trash = path.join(dir, "claude-transcripts/trash");
    fs.renameSync(path.join(trash, entry), path.join(trash, `${entry}.restoring`));
    const all = run("trash", "empty", "--yes");
    expect(all).toEqual({
      status: 0,
      stdout: "",
      stderr: `kept ${entry}.restoring: its restoration was cut short; delete or restore the session again\n`,
    });
    expect(run("trash", "empty", "1", "--yes").status).toBe(1);
    expect(run("trash").stdout).toContain("first (cut short)");
    expect(run("restore", "1")).toMatchObject({ status: 0 });
  });

  test("'delete' finishes a deletion that was cut short, by the beginning of the id as well", () => {
    for (const given of ["1", ONE]) {
      const dir = store();
      const run = runner(dir);
      const done = run("delete", "1").stdout;
      const trash = path.join(dir, "claude-transcripts/trash");
      const [entry = ""] = fs.readdirSync(trash);
      fs.renameSync(path.join(trash, entry), path.join(trash, `${ONE}.deleting`));
      expect(run("delete", given, "--dry-run").stdout).toMatch(/^would delete \S+ “first” into the trash: /);
      expect(run("delete", given)).toMatchObject({ status: 0, stdout: done.replace(/ \S+/, ` ${ONE}`) });
      expect(fs.readdirSync(trash)).toEqual([entry]);
      expect(run("delete", given)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("but one is in the trash") as string,
      });
    }
  });

  test("what a terminal would obey is taken out of what is told", () => {
    const dir = tempConfigDir();
    writeSession(dir, "-w", sessionId(1), turnRows("\u001B[31mred\u001B]0;x\u0007\u0007"));
    const { stdout } = runner(dir)("rename", "0", "a\u001B[2Jb");
    expect(stdout).toBe("renamed 0aaaaaaa “red” to “ab”\n");
    const failed = runner(dir)("archive", "\u001B[31mzzz");
    expect(failed.stderr).toContain('No session id begins with "zzz"');
    expect(failed.stderr).not.toContain("\u001B");
  });
});

describe.skipIf(!hasTerminals)("asked on a terminal", () => {
  const command = (dir: string, args: string): string =>
    `'${process.execPath}' '${binary()}' ${args} --config-dir '${dir}'`;

  test.for<[answer: string, status: number, left: string[]]>([
    ["y\n", 0, ["second", "third"]],
    ["n\n", 1, ["first", "second", "third"]],
    ["\n", 1, ["first", "second", "third"]],
  ])("whether to delete for good, %j", ([answer, status, left]) => {
    const dir = store();
    const ran = inTerminal(command(dir, "delete --permanently 1"), { columns: 100, input: answer });
    expect(ran.shown).toContain("would delete 11111111 “first” for good: 2 items");
    expect(ran.shown).toContain("Delete for good? This cannot be undone. [y/N]");
    expect(ran.status).toBe(status);
    expect(titles(dir).sort()).toEqual(left);
  });
});
