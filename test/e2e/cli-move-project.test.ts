import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { refused, runUnchanged } from "../support/run-unchanged.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";

/** Three sessions: in the old directory, below it, and next to it. `shop` is the new directory. */
function store(): string {
  const dir = tempConfigDir();
  fs.mkdirSync(path.join(dir, "work", "shop"), { recursive: true });
  for (const [n, cwd] of [old(dir), `${old(dir)}/src`, `${old(dir)}-docker`].entries()) {
    const id = sessionId(n + 1);
    const rows = conversation(id, `prompt ${n}`, "answer").replaceAll('"cwd":"/w"', `"cwd":${JSON.stringify(cwd)}`);
    put(dir, `projects/${cwd.replace(/[^a-zA-Z0-9]/g, "-")}/${id}.jsonl`, rows, { mtime: 1_790_000_000 + n });
  }
  put(dir, ".claude.json", JSON.stringify({ projects: { [old(dir)]: {} } }));
  return dir;
}
const old = (dir: string): string => path.join(dir, "work", "acme");
const run = (dir: string, ...args: string[]): Ran => runCli([...args, "--config-dir", dir]);

test.for<[string, readonly string[], RegExp]>([
  ["without paths", [], /ID|OLD|argument/],
  ["with one path", ["/a"], /give the old path and the new one: move-project OLD NEW/],
  ["with three paths", ["/a", "/b", "/c"], /give the old path and the new one/],
])("%s: exit code 2, nothing changes", ([, args, message]) => {
  const dir = store();
  const ran = runUnchanged(dir, () => run(dir, "move-project", ...args));
  expect(ran).toEqual(refused(expect.stringMatching(message)));
});

test("what a dry run says then happens, and the command that the report names undoes it", () => {
  const dir = store();
  const before = snapshot(dir);
  const shop = path.join(dir, "work", "shop");
  const dry = run(dir, "move-project", old(dir), shop, "--dry-run");
  expect(dry.status).toBe(0);
  expect(dry.stdout).toMatch(
    new RegExp(
      `^would move \\S+ “prompt 0” to ${shop}: 1 item, \\d+ B\nwould move \\S+ “prompt 1” to ${shop}/src: 1 item, \\d+ B\n$`,
    ),
  );
  expect(dry.stderr).toBe(`left ${dir}/.claude.json: its entries for ${old(dir)} are not changed\n`);
  expect(snapshot(dir)).toEqual(before);

  const done = run(dir, "move-project", old(dir), shop);
  expect(done.status).toBe(0);
  expect(done.stdout).toBe(dry.stdout.replaceAll("would move", "moved"));
  expect(done.stderr).toContain("Prompts in history.jsonl keep the old directory.");
  expect(run(dir, "list", shop, "--json").stdout).toContain(sessionId(1));
  expect(run(dir, "move-project", old(dir), shop).stdout).toBe("no session to move\n");

  const undo = /^To undo: claude-transcripts (.*)$/m.exec(done.stderr)?.[1]?.split(" ") ?? [];
  const undone = runCli(undo);
  expect(undone.status).toBe(0);
  const transcripts = (tree: Record<string, string>): string[] =>
    Object.keys(tree).filter((at) => at.endsWith(".jsonl"));
  expect(transcripts(snapshot(dir))).toEqual(transcripts(before));
  expect(runCli([...undo, "--json"]).stdout).toContain('"results": []');
});

test("a session in use stays, with the reason and exit code 1; the others move; --force moves it too", () => {
  const dir = store();
  openByThisProcess(dir, sessionId(1));
  const shop = path.join(dir, "work", "shop");
  const some = run(dir, "move-project", old(dir), shop, "--json");
  expect(some.status).toBe(1);
  const report = JSON.parse(some.stdout) as { results: readonly Record<string, unknown>[] };
  expect(report).toMatchObject({
    action: "move-project",
    dryRun: false,
    results: [
      { given: sessionId(1), error: { code: "SessionInUse" } },
      { sessionId: sessionId(2), from: `${old(dir)}/src`, to: `${shop}/src`, skipped: [] },
    ],
    settings: [{ path: path.join(dir, ".claude.json"), directories: [old(dir)] }],
    historyKept: true,
    undo: `claude-transcripts move-project --config-dir ${dir} ${old(dir)} ${shop} --undo`,
  });
  expect(run(dir, "move-project", old(dir), shop, "--force").stdout).toMatch(/^moved \S+ “prompt 0” to /);
});

test("a new directory that is not there is pointed out", () => {
  const dir = store();
  const nowhere = path.join(dir, "work", "typo");
  expect(run(dir, "move-project", old(dir), nowhere, "-n").stderr).toContain(`${nowhere} is not a directory (yet)`);
});
