import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { binary } from "../support/binary.ts";
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

/** Starts an import of sessions, ends it once `when` is so, and returns how it ended and what it said. */
async function interrupted(
  config: string,
  from: string,
  name: NodeJS.Signals,
  when: (stdout: string) => boolean,
): Promise<{ readonly signal: unknown; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [binary(), "import", from, "--cwd", "/no/such", "--config-dir", config]);
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk: Buffer) => void (said.stderr += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => void (said.stdout += chunk.toString()));
  const closed = new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
  while (!when(said.stdout) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill(name);
  return { signal: await closed, ...said };
}

const filesIn = (dir: string): string[] => Object.keys(snapshot(dir)).filter((name) => /\.(jsonl|tmp|lock)/.test(name));

test("names the way back if it is interrupted, and goes on when it is run again", async () => {
  const [config, dir] = [tempConfigDir(), tempConfigDir()];
  for (let n = 0; n < 200; n++) put(dir, `projects/-w/${sessionId(n)}.jsonl`, conversation(sessionId(n), "hi"));
  const { signal, stdout, stderr } = await interrupted(config, dir, "SIGTERM", (text) => text !== "");
  const done = stdout.split("\n").length - 1;
  expect(signal).toBe("SIGTERM");
  expect(stderr).toContain(`interrupted after ${done} of 200 sessions: the same command goes on\n`);
  expect([done > 0 && done < 200, filesIn(config).length]).toEqual([true, done]);
  const undo = /^To undo: claude-transcripts (.*)$/m.exec(stderr)?.[1]?.split(" ") ?? [];
  expect(runCli(undo).status).toBe(0);
  expect(filesIn(config).filter((name) => name.startsWith("projects"))).toEqual([]);
  expect(run(config, dir, "--cwd", "/no/such").status).toBe(0);
  expect(filesIn(config).filter((name) => name.startsWith("projects"))).toHaveLength(200);
});

test.for<NodeJS.Signals>(["SIGINT", "SIGTERM", "SIGHUP"])(
  "leaves nothing of a session that %s ends it in",
  async (name) => {
    const [config, dir] = [tempConfigDir(), tempConfigDir()];
    put(dir, `projects/-w/${ID}.jsonl`, TEXT.repeat(150_000));
    const own = path.join(config, "claude-transcripts");
    const isWriting = (): boolean => fs.existsSync(own) && fs.readdirSync(own).some((entry) => entry.endsWith(".tmp"));
    const { signal, stderr } = await interrupted(config, dir, name, isWriting);
    expect([signal, stderr]).toEqual([name, expect.stringContaining("interrupted after 0 of 1 session: ")]);
    expect([filesIn(config), fs.existsSync(own)]).toEqual([[], false]);
  },
);

test.runIf(process.platform !== "win32")("a file that may not become so large is named, with what to do", () => {
  const { dir, here, config } = machines();
  const from = put(dir, `${ID}.jsonl`, TEXT.repeat(5000));
  const command = `ulimit -f 500; exec "$@"`;
  const args = [process.execPath, binary(), "import", from, "--cwd", here, "--config-dir", config];
  const { status, stderr } = spawnSync("sh", ["-c", command, "sh", ...args], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /\/projects\/.*\.jsonl could not be written: EFBIG.*\nFiles may not become that large: .*'ulimit -f'/,
  );
  expect(filesIn(config)).toEqual([]);
});
