import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { binary } from "../support/binary.ts";
import { tempConfigDir } from "../support/config-dir.ts";
import { hasTerminals, inTerminal, runCli } from "../support/run-cli.ts";

const [ONE, TWO] = ["11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"];

/** Made once: each process takes a while. */
let made = "";
beforeAll(() => {
  made = fs.mkdtempSync(path.join(os.tmpdir(), "claude-transcripts-undo-"));
  fillStore(made);
  return () => fs.rmSync(made, { recursive: true, force: true });
});

function store(): string {
  const dir = tempConfigDir();
  fs.cpSync(made, dir, { recursive: true, preserveTimestamps: true });
  return dir;
}

function fillStore(dir: string): void {
  writeSession(dir, "-w", ONE, turnRows("first"));
  writeSession(dir, "-w", TWO, turnRows("second"));
  const say = (command: string, ...args: string[]): unknown => runCli([command, "--config-dir", dir, ...args]);
  say("rename", ONE, "--", "-a 'title' with $signs");
  say("tag", ONE, "+b", "+--a");
  say("tag", TWO, "+c");
  say("describe", TWO, "--", "-two  words");
}

/** What a user sees of all sessions. */
const seen = (dir: string): unknown =>
  (
    JSON.parse(runCli(["list", "--all", "--json", "--config-dir", dir]).stdout) as {
      sessions: Record<string, unknown>[];
    }
  ).sessions
    .map(({ sessionId, title, tags, description, archived }) => ({
      sessionId,
      title,
      tags,
      description,
      archived: archived === true,
    }))
    .sort((a, b) => (String(a.sessionId) < String(b.sessionId) ? -1 : 1));

/** Types a command into a shell. */
const type = (command: string): string =>
  execFileSync("sh", ["-c", command.replace(/^claude-transcripts /, `'${process.execPath}' '${binary()}' `)], {
    encoding: "utf8",
  });

test.for<string[]>([
  ["rename", ONE, "another"],
  ["tag", ONE, "new"],
  ["tag", ONE, "--clear"],
  ["tag", ONE, TWO, "+z", "-b"],
  ["describe", ONE, "text"],
  ["describe", TWO, "--clear"],
  ["archive", ONE, TWO],
  ["fork", ONE],
  ["delete", ONE],
  ["delete", ONE, TWO],
])("%s is undone by the commands that its report names", (args) => {
  const dir = store();
  const before = seen(dir);
  const { stdout } = runCli([...args, "--json", "--config-dir", dir]);
  const { undo, results } = JSON.parse(stdout) as { undo?: string; results: readonly { undo?: string }[] };
  expect(seen(dir)).not.toEqual(before);
  const commands = undo === undefined ? results.map((result) => result.undo ?? "false") : [undo];
  expect(commands).toHaveLength(args[0] === "tag" && args[2] === TWO ? 2 : 1);
  for (const command of commands) type(command);
  expect(seen(dir)).toEqual(before);
});

test("unarchive and restore name their undo as well; what cannot be undone, and a dry run, name none", () => {
  const dir = store();
  const report = (...args: string[]): unknown => JSON.parse(runCli([...args, "--json", "--config-dir", dir]).stdout);
  const command = (name: string, id: string): string => `claude-transcripts ${name} --config-dir ${dir} ${id}`;
  expect(report("archive", ONE, "--dry-run")).not.toHaveProperty("undo");
  expect(report("unarchive", ONE)).toMatchObject({ undo: command("archive", ONE) });
  report("delete", ONE);
  expect(report("restore", ONE)).toMatchObject({ undo: command("delete", ONE) });
  const gone = report("delete", ONE, "--permanently", "--yes");
  expect(JSON.stringify(gone)).not.toContain('"undo"');
  expect(fs.existsSync(path.join(dir, "projects", "-w", `${ONE}.jsonl`))).toBe(false);
});

test("a terminal shows the undo as the last line", ({ skip }) => {
  if (!hasTerminals) skip("there is no program that makes terminals");
  const dir = store();
  const { shown } = inTerminal(`'${process.execPath}' '${binary()}' archive ${ONE} ${TWO} --config-dir ${dir}`, {
    columns: 200,
  });
  const undo = `To undo: claude-transcripts unarchive --config-dir ${dir} ${ONE} ${TWO}`;
  expect(shown.trimEnd().split("\n").at(-1)).toBe(undo);
});
