import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { SECRET_KINDS } from "../support/planted-secrets.ts";
import { type Ran, runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";
import { readBundle } from "../support/unpack.ts";

const [ONE, TWO] = [sessionId(1), sessionId(2)];
const { secret, text } = (SECRET_KINDS["github-token"] as (n: number) => { secret: string; text: string })(7);

let configDir: string;
let out: string;
const run = (...args: string[]): Ran => runCli(["export", ...args], { cwd: out, env: environment() });
const environment = (): Record<string, string> => ({
  CLAUDE_CONFIG_DIR: configDir,
  XDG_CACHE_HOME: path.join(configDir, "cache"),
});

beforeEach(() => {
  configDir = tempConfigDir();
  out = path.join(tempConfigDir(), "projects");
  put(configDir, `projects/-home-jane-w/${ONE}.jsonl`, rows(ONE, "Look at this", `In /home/jane/w: ${text}`));
  put(configDir, `projects/-home-jane-w/${ONE}/tool-results/a.txt`, `TOKEN ${secret}\n`);
  put(configDir, `projects/-home-jane-w/${TWO}.jsonl`, rows(TWO, `Another one with ${secret}`, "Yes"));
});

const rows = (id: string, ...texts: string[]): string =>
  conversation(id, ...texts).replaceAll('"/w"', '"/home/jane/w"');

describe("a bundle", () => {
  test("is named after the session, in the current directory, and the store stays as it is", async () => {
    const before = snapshot(configDir);
    const { status, stdout } = run(ONE.slice(0, 36));
    const name = `look-at-this-${ONE.slice(0, 8)}.tar.gz`;
    expect([status, stdout]).toEqual([0, expect.stringMatching(`^exported 1 session to .*${name}, [\\d.]+ k?B\n$`)]);
    expect(snapshot(configDir)).toEqual(before);
    expect([...(await readBundle(path.join(out, name))).files.keys()]).toEqual([
      `projects/-home-jane-w/${ONE}.jsonl`,
      `projects/-home-jane-w/${ONE}/tool-results/a.txt`,
    ]);
    const again = run(ONE);
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining(`${name} is there already`)]);
    expect(run(ONE, "--force").status).toBe(0);
  });

  test("goes to stdout, and has the sessions of a filter", async () => {
    const args = [binary(), "export", "--project", "w", "--stdout", "--redact"];
    const { stdout, stderr } = spawnSync(process.execPath, args, { env: { ...process.env, ...environment() } });
    expect(stderr.toString()).toContain("masked: 4 × GitHub token, ");
    const { manifest, files } = await readBundle(stdout);
    expect(manifest.sessions.map((session) => session.sessionId)).toEqual([ONE, TWO]);
    expect([...files.values()].join("")).not.toContain(secret);
    expect(fs.readdirSync(out)).toEqual([]);
  });

  test("of a report in JSON is not printed", () => {
    const report = JSON.parse(run(ONE, TWO, "--json", "--redact", "--dry-run").stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      action: "export",
      dryRun: true,
      format: "bundle",
      notTaken: { fileHistory: 0 },
      results: [{ sessionId: ONE }, { sessionId: TWO, projectKey: "-redacted-home-w" }],
      masked: { kinds: { "github-token": 4 }, unseenFiles: 0 },
    });
    expect(JSON.stringify(report)).not.toContain(secret);
    expect(fs.readdirSync(out)).toEqual([]);
  });
});

describe("documents", () => {
  const ENDINGS = { markdown: "md", txt: "txt", json: "json", jsonl: "jsonl" } as const;

  test.for(Object.entries(ENDINGS))(
    "of the format %s are written for people, masked if that is asked for",
    ([format, ending]) => {
      const plain = path.join(out, `plain.${ending}`);
      expect(run(ONE, "--format", format, "--out", plain)).toMatchObject({ status: 0 });
      expect(fs.statSync(plain).mode & 0o777).toBe(0o600);
      expect(fs.readFileSync(plain, "utf8")).toContain(secret);
      const show = runCli(["show", ONE, "--full", "--format", format === "txt" ? "text" : format], {
        env: environment(),
      });
      expect(fs.readFileSync(plain, "utf8")).toBe(show.stdout);

      const { stderr } = run(ONE, "--format", format, "--out", out, "--redact");
      expect(stderr).toContain("masked in all files of the session: 2 × GitHub token, ");
      const masked = fs.readFileSync(path.join(out, `look-at-this-${ONE.slice(0, 8)}.${ending}`), "utf8");
      expect(masked).toContain("[redacted:github-token:1]");
      expect(masked).not.toMatch(new RegExp(`${secret}|jane`));
      expect(run(ONE, "--format", format, "--redact", "--stdout").stdout).toBe(masked);
    },
  );

  test("of several sessions are in a directory with an index", () => {
    const dir = path.join(out, "shared");
    expect(run(ONE, TWO, "--format", "markdown", "--redact", "--out", dir).status).toBe(0);
    const names = fs.readdirSync(dir).sort();
    expect(names).toEqual([
      `another-one-with-redacted-github-token-1-${TWO.slice(0, 8)}.md`,
      "index.md",
      `look-at-this-${ONE.slice(0, 8)}.md`,
    ]);
    const index = fs.readFileSync(path.join(dir, "index.md"), "utf8");
    for (const name of names.filter((one) => one !== "index.md"))
      expect(index).toContain(`](<${name}>) · 2026-01-01 · 2 messages`);
    expect(index).toContain("*Masked in all files of the sessions: 4 × GitHub token, ");
    const all = names.map((name) => fs.readFileSync(path.join(dir, name), "utf8")).join("");
    expect(all).not.toContain(secret);
    const again = run(ONE, TWO, "--format", "markdown", "--out", dir, "--force");
    expect([again.status, fs.readdirSync(out)]).toEqual([0, ["shared"]]);
    expect(fs.readdirSync(dir)).toHaveLength(4);
  });

  test("say what could not be masked", () => {
    fs.appendFileSync(path.join(configDir, `projects/-home-jane-w/${ONE}.jsonl`), `{"cut": "${secret}\n`);
    const { stdout, stderr } = run(ONE, "--format", "jsonl", "--redact", "--stdout");
    expect(stderr).toMatch(/left out projects\/-redacted-home-w\/.*\.jsonl: 1 part that is no row, \d+ bytes/);
    expect(stdout).not.toContain(secret);
    const report = run(ONE, "--format", "jsonl", "--redact", "--json").stdout;
    expect(JSON.parse(report)).toMatchObject({ leftOut: [{ reason: expect.stringContaining("1 part") }] });
  });

  test("leave no masked copies behind", () => {
    const temp = path.join(out, "temp");
    fs.mkdirSync(temp);
    const env = { ...environment(), TMPDIR: temp, TMP: temp, TEMP: temp };
    expect(runCli(["export", ONE, "--format", "txt", "--redact", "--stdout"], { env }).status).toBe(0);
    expect(fs.readdirSync(temp)).toEqual([]);
  });
});

test.for([
  [[], "the id of a session, or a filter such as --since 7d, is missing"],
  [[ONE, "--since", "7d"], "give either ids or a filter, not both"],
  [[ONE, "--format", "pdf"], '--format must be bundle, markdown, json, jsonl or txt, got "pdf"'],
  [[ONE, "--stdout", "--out", "x"], "--stdout and --out cannot be used together"],
  [[ONE, "--stdout", "--json"], "--stdout and --json cannot be used together"],
  [[ONE, TWO, "--stdout", "--format", "txt"], "--stdout takes one session in this format, and there are 2"],
  [[ONE, "--file-history", "--format", "txt"], "--file-history needs the format bundle"],
  [[ONE, "--thinking"], "--thinking does not apply to the format bundle"],
] as const)("%j is refused", ([args, message]) => {
  const { status, stderr } = run(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(fs.readdirSync(out)).toEqual([]);
});

test("an id that is not there ends the export of all", () => {
  const { status, stderr } = run(ONE, "nope");
  expect([status, stderr]).toEqual([1, expect.stringContaining('No session id begins with "nope"')]);
  expect(fs.readdirSync(out)).toEqual([]);
});
