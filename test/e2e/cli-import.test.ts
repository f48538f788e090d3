import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";
import { archive, manifestEntry, manifestFile } from "../support/tar.ts";

const ID = sessionId(1);
const TEXT = conversation(ID, "hi", "hello");
const BUNDLE = archive([
  manifestEntry([
    {
      sessionId: ID,
      projectKey: "-w",
      cwd: "/w",
      title: "hi",
      files: [manifestFile(`projects/-w/${ID}.jsonl`, TEXT)],
      leftOut: [],
    },
  ]),
  { name: `projects/-w/${ID}.jsonl`, body: TEXT },
]);

function machines(): { readonly dir: string; readonly bundle: string; readonly here: string; readonly config: string } {
  const dir = tempConfigDir();
  const here = path.join(dir, "acme");
  fs.mkdirSync(here);
  return { dir, here, bundle: put(dir, "taken.tar.gz", BUNDLE), config: tempConfigDir() };
}
const run = (config: string, ...args: string[]): Ran => runCli(["import", ...args, "--config-dir", config]);

test("takes a bundle to another directory, twice without harm, and back", () => {
  const { bundle, here, config } = machines();
  const before = snapshot(config);
  const plan = run(config, bundle, "--cwd", here, "--dry-run");
  expect([plan.status, plan.stderr]).toEqual([
    0,
    expect.stringMatching(/^Claude Code deletes 1 of them at its next start.*\n$/),
  ]);
  expect(plan.stdout).toMatch(`would import ${ID} “hi” to ${here}: 1 file, `);
  expect(snapshot(config)).toEqual(before);

  const done = run(config, bundle, "--cwd", here, "--json");
  const { undo } = JSON.parse(done.stdout) as { undo: string };
  expect(run(config, bundle, "--cwd", here)).toEqual({ status: 0, stdout: `${ID} “hi” is already here\n`, stderr: "" });
  const shown = runCli(["show", ID, "--json", "--config-dir", config]);
  expect(shown.stdout).toContain(JSON.stringify(here));

  expect(runCli(undo.split(" ").slice(1)).status).toBe(0);
  expect(
    Object.keys(snapshot(config)).filter((name) => name.startsWith("projects/") && name.endsWith(".jsonl")),
  ).toEqual([]);
});

test("as a document, from several sources, one of which is none", () => {
  const { dir, bundle, config } = machines();
  const other = sessionId(2);
  put(dir, `copied/projects/-w/${other}.jsonl`, conversation(other, "two"));
  put(dir, "copied/projects/-w/memory/notes.md", "x");
  const { status, stdout } = run(
    config,
    bundle,
    path.join(dir, "copied"),
    path.join(dir, "no"),
    "--keep-cwd",
    "--json",
  );
  expect(status).toBe(1);
  const document = JSON.parse(stdout) as { results: Record<string, unknown>[]; skipped: unknown; undo: string };
  expect(document.results).toMatchObject([
    {
      given: ID,
      sessionId: ID,
      configDir: config,
      projectKey: "-w",
      cwd: "/w",
      outcome: "imported",
      already: 0,
      skipped: [],
      notes: [],
    },
    { given: other, outcome: "imported", files: [{ path: `projects/-w/${other}.jsonl` }] },
    { given: path.join(dir, "no"), error: { code: "InvalidArgument" } },
  ]);
  expect(document.skipped).toEqual([
    { path: path.join(dir, "copied/projects/-w/memory"), reason: "belongs to no session" },
  ]);
  expect(document.undo).toBe(`claude-transcripts delete --config-dir ${config} ${ID} ${other}`);
});

test.for<[title: string, args: (at: ReturnType<typeof machines>) => string[], status: number, reason: RegExp]>([
  ["without a source", () => [], 2, /missing|argument/],
  ["a directory that is not here", ({ bundle }) => [bundle], 1, /\/w is not a directory here\n.*--cwd DIR/],
  ["both of two ways", ({ bundle }) => [bundle, "--cwd", ".", "--keep-cwd"], 2, /cannot be used together/],
  ["a size that is none", ({ bundle }) => [bundle, "--max-bytes", "much"], 2, /must be a size/],
  ["more than may be", ({ bundle }) => [bundle, "--max-bytes", "10"], 1, /more than 10\b.*\n.*--max-bytes/],
  [
    "a bundle that was cut off",
    ({ dir }) => [put(dir, "cut.tar.gz", BUNDLE.subarray(0, 200))],
    1,
    /is cut off: nothing of it was imported/,
  ],
  ["a text", ({ dir }) => [put(dir, "x.txt", "x")], 1, /is not a bundle/],
])("%s is refused, and changes nothing", ([, args, status, reason]) => {
  const at = machines();
  const before = snapshot(at.config, { directoryTimes: true });
  const ran = run(at.config, ...args(at));
  expect([ran.status, ran.stdout]).toEqual([status, ""]);
  expect(ran.stderr).toMatch(reason);
  expect(snapshot(at.config, { directoryTimes: true })).toEqual(before);
});
