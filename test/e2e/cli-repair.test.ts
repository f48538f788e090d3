import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { refused, runUnchanged } from "../support/run-unchanged.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";

const ID = sessionId(1);
const sound = conversation(ID, "one", "two", "three", "four");
const glued = sound.replace(/\n(?=.*"three")/, "");

/** A damaged session and a sound one. */
function store(): string {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, glued, { mtime: 1_790_000_000 });
  put(dir, `projects/-w/${sessionId(2)}.jsonl`, conversation(sessionId(2), "hi"), { mtime: 1_790_000_000 });
  return dir;
}
const run = (dir: string, ...args: string[]): Ran => runCli([...args, "--config-dir", dir]);
const read = (dir: string): string => fs.readFileSync(path.join(dir, `projects/-w/${ID}.jsonl`), "utf8");

test("says row by row what it would change, does it, and is undone by the command that it names", () => {
  const dir = store();
  const before = snapshot(dir);
  const dry = run(dir, "repair", ID, "--dry-run");
  expect(dry.stdout).toMatch(
    /^.*\.jsonl: \d+(?:\.\d)? k?B\n {2}line 2, \d+ bytes: 2 rows on one line: each on its own\nwould repair \S+ “one”: 1 change\n$/,
  );
  expect([dry.status, dry.stderr, snapshot(dir)]).toEqual([0, "", before]);

  const done = run(dir, "repair", ID, "--json");
  expect([done.status, read(dir)]).toEqual([0, sound]);
  const { undo } = JSON.parse(done.stdout) as { undo: string };
  const listed = run(dir, "trash");
  expect(listed.stdout).toContain("one (before a repair)");
  const undone = runCli(undo.split(" ").slice(1));
  expect([undone.status, read(dir)]).toEqual([0, glued]);
  expect(undone.stderr).toMatch(/^note: what was there until now is in the trash: \S+\n$/);
});

test("JSON has all of it", () => {
  const dir = store();
  const { stdout } = run(dir, "repair", ID, sessionId(2), "--json");
  const { results } = JSON.parse(stdout) as { results: Record<string, unknown>[] };
  expect(results).toMatchObject([
    {
      given: ID,
      sessionId: ID,
      changes: 1,
      files: [{ isSubagent: false, counts: { glued: 1 }, changes: [{ kind: "glued", line: 2 }], leftCount: 0 }],
    },
    { given: sessionId(2), changes: 0, files: [] },
  ]);
});

test("a sound session: says so, and changes nothing", () => {
  const dir = store();
  const ran = runUnchanged(dir, () => run(dir, "repair", sessionId(2)));
  expect([ran.status, ran.stdout]).toEqual([0, expect.stringMatching(/^nothing to repair in \S+ “hi”\n$/)]);
});

test("a stub of a deleted session: says how that comes back", () => {
  const dir = store();
  run(dir, "delete", ID);
  put(dir, `projects/-w/${ID}.jsonl`, `{"type":"custom-title","customTitle":"t","sessionId":"${ID}"}\n`);
  const ran = run(dir, "repair", ID);
  const commands = [...ran.stderr.matchAll(/: +claude-transcripts (.*)$/gm)].map(([, words = ""]) => words.split(" "));
  expect(commands.map(([verb]) => verb)).toEqual(["delete", "restore"]);
  for (const words of commands) expect(runCli(words).status).toBe(0);
  expect(read(dir)).toBe(glued);
});

test("a session in use is refused, and repaired with --force", () => {
  const dir = store();
  openByThisProcess(dir, ID);
  const ran = runUnchanged(dir, () => run(dir, "repair", ID));
  expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining("Exit the session first, or use --force.") });
  expect(run(dir, "repair", ID, "--force").status).toBe(0);
  expect(read(dir)).toBe(sound);
});

test("without an id: exit code 2, nothing changes", () => {
  const dir = store();
  expect(runUnchanged(dir, () => run(dir, "repair"))).toEqual(refused(expect.stringMatching(/argument/)));
});

test("doctor names the command", () => {
  expect(run(store(), "doctor").stdout).toContain(`'claude-transcripts repair ${ID}' mends what can be mended`);
});
