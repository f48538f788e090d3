import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { refused, runUnchanged } from "../support/run-unchanged.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";
import { writeSpending } from "../support/spending.ts";

function store(): string {
  const dir = tempConfigDir();
  writeSpending(dir, 1, 1, { at: "2026-01-01T10:00:00Z" });
  writeSpending(dir, 2, 8, { at: "2026-08-02T10:00:00Z" });
  return dir;
}

const run = (dir: string, ...args: string[]): Ran =>
  runCli([...args, "--config-dir", dir], { env: { XDG_CACHE_HOME: path.join(tempConfigDir(), "cache") } });
const kept = (dir: string): string => path.join(dir, "claude-transcripts", "snapshot");
const transcript = (dir: string, n: number): string => path.join(dir, "projects", "-w", `${sessionId(n)}.jsonl`);

test("keep, lose, read, restore", () => {
  const dir = store();
  const before = snapshot(dir);
  expect(run(dir, "snapshot", "--dry-run").stdout).toMatch(/^would copy 2 files, \S+ kB to .*snapshot; 0 unchanged\n$/);
  expect(snapshot(dir)).toEqual(before);
  expect(run(dir, "snapshot")).toMatchObject({ status: 0, stderr: "" });
  expect(run(dir, "snapshot").stdout).toBe(`copied 0 files, 0 B to ${kept(dir)}; 2 unchanged\n`);
  fs.rmSync(transcript(dir, 1));
  expect(run(dir, "show", "0aaaaaaa", "--prompts").status).toBe(0);
  expect(run(kept(dir), "list", "--json").stdout).toContain(sessionId(1));
  expect(run(kept(dir), "search", '"prompt 0 of 1"').stdout).toContain("0aaaaaaa");
  const id = sessionId(1);
  expect(run(dir, "snapshot", "restore", id, "--dry-run").stdout).toMatch(
    /^would restore .*“prompt 0 of 1”: 1 file, \d+ B\n$/,
  );
  expect(run(dir, "snapshot", "restore", id).stdout).toMatch(/^restored .*“prompt 0 of 1”: 1 file, \d+ B\n$/);
  expect(run(dir, "snapshot", "restore", id).stdout).toMatch(/: 0 files, 0 B; 1 already there\n$/);
  const now = snapshot(dir);
  for (const [name, what] of Object.entries(before)) expect([name, now[name]]).toEqual([name, what]);
});

test("a deletion for good says that the snapshot keeps a copy", () => {
  const dir = store();
  const removed = (n: number): string => run(dir, "delete", sessionId(n), "--permanently", "--yes").stderr;
  expect(removed(1)).not.toContain("snapshot");
  run(dir, "snapshot");
  expect(removed(2)).toContain(`note: copies in the snapshot ${kept(dir)} remain`);
});

test("of a filter, to another place, as a document", () => {
  const dir = store();
  const to = path.join(tempConfigDir(), "kept");
  const { status, stdout } = run(dir, "snapshot", "--before", "2026-02-01", "--to", to, "--json");
  expect(status).toBe(0);
  const [name, bytes] = [`projects/-w/${sessionId(1)}.jsonl`, fs.statSync(transcript(dir, 1)).size];
  expect(JSON.parse(stdout)).toEqual({
    action: "snapshot",
    dryRun: false,
    snapshots: [
      {
        configDir: dir,
        to,
        copied: [{ path: name, bytes }],
        bytes,
        unchanged: 0,
        superseded: [],
        skipped: [],
        failed: [],
      },
    ],
    notes: [],
  });
  fs.rmSync(transcript(dir, 1));
  const restored = JSON.parse(run(dir, "snapshot", "restore", sessionId(1), "--from", to, "--json").stdout) as object;
  expect(restored).toMatchObject({
    action: "snapshot restore",
    results: [{ items: [{ path: name, bytes }], already: 0 }],
  });
});

test.for<[readonly string[], number, RegExp]>([
  [["restore"], 2, /the id of a session is missing/],
  [["list"], 2, /unexpected argument "list", expected restore or nothing/],
  [["restore", "0aaaaaaa", "--before", "1d"], 2, /takes ids, no filter/],
  [["restore", "0aaaaaaa", "--to", "/x"], 2, /use --from/],
  [["--from", "/x"], 2, /--from only applies to 'snapshot restore'/],
  [["restore", "0aaaaaaa"], 1, /is no snapshot/],
  [["--to", "/"], 1, /cannot be a snapshot/],
])("snapshot %j is refused", ([args, code, message]) => {
  const dir = store();
  const ran = runUnchanged(dir, () => run(dir, "snapshot", ...args));
  expect(ran).toEqual(refused(expect.stringMatching(message), code));
});
