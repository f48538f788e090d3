import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { type Ran, runCli } from "../support/run-cli.ts";

const ID = sessionId(1);
/** More than a pipe takes while nobody reads. */
const LONG = "A long line of text.\n".repeat(50_000);

let configDir: string;
let out: string;
let temp: string;
const environment = (): Record<string, string> => ({
  CLAUDE_CONFIG_DIR: configDir,
  XDG_CACHE_HOME: path.join(configDir, "cache"),
  TMPDIR: temp,
  TMP: temp,
  TEMP: temp,
});

beforeEach(() => {
  configDir = tempConfigDir();
  [out, temp] = ["out", "temp"].map((name) => path.join(tempConfigDir(), name)) as [string, string];
  for (const dir of [out, temp]) fs.mkdirSync(dir);
  put(configDir, `projects/-w/${ID}.jsonl`, conversation(ID, "Look", LONG, "And", LONG));
});

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [binary(), "export", ID, ...args], {
    cwd: out,
    env: { ...process.env, ...environment() },
    stdio: ["ignore", "pipe", "ignore"],
  });

/** Sends a signal once `isUnderWay`. Returns how the process ended. */
async function endedBy(child: ChildProcess, signal: NodeJS.Signals, isUnderWay: () => boolean): Promise<unknown> {
  const ended = new Promise((resolve) => child.once("exit", (code, by) => resolve(code ?? by)));
  while (child.exitCode === null && !isUnderWay()) await wait(5);
  child.kill(signal);
  return ended;
}

/** Has begun to print, and waits for a reader: the masked copies are there. */
async function printing(): Promise<ChildProcess> {
  const child = start("--format", "txt", "--redact", "--stdout");
  await new Promise((resolve) => child.stdout?.once("readable", resolve));
  expect(fs.readdirSync(temp)).toHaveLength(1);
  return child;
}

describe.runIf(process.platform !== "win32")("an export that is ended by", () => {
  test.for(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s leaves no masked copies behind", async (signal) => {
    expect(await endedBy(await printing(), signal, () => true)).toBe(signal);
    expect(fs.readdirSync(temp)).toEqual([]);
  });

  test("its reader leaves no masked copies behind", async () => {
    const child = await printing();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdout?.destroy();
    expect([await ended, fs.readdirSync(temp)]).toEqual([0, []]);
  });

  test("kill -9 leaves copies that the next one removes, and no others", async () => {
    const other = await printing();
    const [used] = fs.readdirSync(temp);
    const child = start("--format", "txt", "--redact", "--stdout");
    await endedBy(child, "SIGKILL", () => fs.readdirSync(temp).length > 1);
    expect(fs.readdirSync(temp)).toHaveLength(2);
    expect(runCli(["export", ID, "--format", "txt", "--redact"], { cwd: out, env: environment() }).status).toBe(0);
    expect(fs.readdirSync(temp)).toEqual([used]);
    await endedBy(other, "SIGTERM", () => true);
    expect(fs.readdirSync(temp)).toEqual([]);
  });

  test.for(["SIGINT", "SIGTERM"] as const)("%s leaves no part of a bundle behind", async (signal) => {
    put(configDir, `projects/-w/${ID}/tool-results/a.txt`, randomBytes(24_000_000).toString("latin1"));
    const child = start("--out", path.join(out, "bundle.tar.gz"));
    expect(await endedBy(child, signal, () => fs.readdirSync(out).length > 0)).toBe(signal);
    expect(fs.readdirSync(out)).toEqual([]);
  });
});

describe("a masked document", () => {
  const run = (...args: string[]): Ran => runCli(["export", ID, ...args], { cwd: out, env: environment() });
  const SAID = "2 pieces of the file that are not rows";

  test.for([
    ["txt", SAID, SAID],
    ["markdown", SAID, SAID],
    ["json", SAID, '"notRows":2'],
    // Not masked, it has the rows as they are.
    ["jsonl", "exported", "Here"],
  ] as const)("of the format %s says what cannot be read", ([format, saidOfPlain, inDocument]) => {
    const rows = conversation(ID, "Look", "Here").split("\n");
    put(configDir, `projects/-w/${ID}.jsonl`, [rows[0], "no row", ...rows.slice(1, -1), "nor this", ""].join("\n"));
    expect(run("--format", format, "--stdout").stderr).toContain(saidOfPlain);
    const { stdout, stderr } = run("--format", format, "--stdout", "--redact");
    expect(stderr).toContain(SAID);
    expect(stdout).toContain(inDocument);
    const { results } = JSON.parse(run("--format", format, "--redact", "--json").stdout) as { results: unknown[] };
    expect(results).toMatchObject([{ omitted: { unread: { notRows: 2 } } }]);
  });

  test("is named after a masked title in a dry run too, and nothing that is said tells whose it is", () => {
    const home = "/home/ada";
    const rows = conversation(ID, `Look at ${home}/acme`, "Here").replaceAll('"/w"', `"${home}/acme"`);
    put(configDir, `projects/-w/${ID}.jsonl`, rows);
    for (const more of [["--json"], []]) {
      const { stdout, stderr } = run("--format", "txt", "--redact", "--dry-run", ...more);
      expect(stdout + stderr).toContain("redacted-home");
      expect(stdout + stderr).not.toContain("ada");
    }
  });
});
