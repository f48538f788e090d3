import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BOTH,
  buildProgram,
  isRoot,
  NOBODY,
  run,
  type RunOptions,
  type Report,
  type Runtime,
} from "../support/programs.ts";
import { giveToNobody, setUp, type Setting } from "../support/set-up.ts";

let program = "";
const report = (...args: Parameters<typeof run> extends [string, ...infer Rest] ? Rest : never): Report =>
  run(program, ...args) as Report;
beforeAll(() => void (program = buildProgram()));
afterAll(() => fs.rmSync(path.dirname(program), { recursive: true }));

const open = (runtime: Runtime, { configDir, env }: Setting, options: RunOptions = {}): Report =>
  report(runtime, ["open", configDir], { ...options, env: { ...env, ...options.env } });
const write = (runtime: Runtime, { configDir, env }: Setting, tag: string): Report =>
  report(runtime, ["write", configDir, tag, "3"], { env });

const DAMAGED = "The search index was damaged, and is built anew.";
const OTHER_VERSION = "The search index was made by another version of this program, and is built anew.";
const SET_CACHE = "Set XDG_CACHE_HOME to a private directory with free space.";
const temporary = ({ temp }: Setting, uid = process.getuid?.() ?? 0): string =>
  path.join(temp, `claude-transcripts-${uid}`);

/** Overwrites a header field of SQLite (https://sqlite.org/fileformat.html#the_database_header). */
function setHeader(file: string, at: number, value: number): void {
  const bytes = fs.readFileSync(file);
  bytes.writeUInt32BE(value, at);
  fs.writeFileSync(file, bytes);
}
const USER_VERSION = 60;
const APPLICATION_ID = 68;

/** What happened to the database, and the sentence about it; without one, nothing could be noticed or had to be told. */
const DAMAGES: readonly [string, (file: string) => void, string?][] = [
  ["nothing in it", (file) => fs.truncateSync(file)],
  ["half of it", (file) => fs.truncateSync(file, fs.statSync(file).size / 2), DAMAGED],
  ["a part of its header", (file) => fs.truncateSync(file, 50), DAMAGED],
  ["garbage", (file) => fs.writeFileSync(file, "garbage ".repeat(10_000)), DAMAGED],
  ["NUL bytes", (file) => fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size)), DAMAGED],
  ["an older version", (file) => setHeader(file, USER_VERSION, 0), OTHER_VERSION],
  ["a newer version", (file) => setHeader(file, USER_VERSION, 99), OTHER_VERSION],
];

describe.for(BOTH)("$name", (runtime) => {
  test.for(DAMAGES)("replaces a database with %s", ([, damage, warning]) => {
    const setting = setUp();
    write(runtime, setting, "old");
    const before = setting.others();
    const file = setting.database();
    for (const suffix of ["-wal", "-shm"]) fs.rmSync(file + suffix, { force: true });
    damage(file);
    const found = open(runtime, setting);
    expect(found).toMatchObject({ journal: "wal", integrity: "ok", names: [], path: setting.database() });
    expect(found.warnings).toEqual(warning === undefined ? [] : [warning]);
    expect(open(runtime, setting)).toMatchObject({ warnings: [], path: found.path });
    expect(setting.others()).toEqual(before);
  });

  test("can be used after any page was overwritten", () => {
    const { configDir, env } = setUp();
    const found = run(program, runtime, ["damage", configDir, "5"], { env }) as { pages: number; noticed: number };
    expect(found).toMatchObject({ other: [] });
    expect(found.pages).toBeGreaterThan(10);
    expect(found.noticed).toBeGreaterThan(3);
    expect(found.noticed).toBeLessThanOrEqual(found.pages);
  });

  test("replaces a database of another schema number, and leaves those of other config dirs", () => {
    const setting = setUp();
    write(runtime, setting, "old");
    const file = setting.database();
    const [older, other] = [file.replace(/-\d+-/, "-0-"), file.replace(/[0-9a-f]{16}-/, "0123456789abcdef-")];
    fs.copyFileSync(file, other);
    fs.renameSync(file, older);
    expect(open(runtime, setting)).toMatchObject({ names: [], warnings: [OTHER_VERSION] });
    expect(fs.existsSync(older)).toBe(false);
    expect(fs.existsSync(other)).toBe(true);
  });

  test("leaves a database of another program alone, and a directory", () => {
    const setting = setUp();
    write(runtime, setting, "old");
    const file = setting.database();
    for (const suffix of ["-wal", "-shm"]) fs.rmSync(file + suffix, { force: true });
    setHeader(file, APPLICATION_ID, 0x12345678);
    const foreign = fs.readFileSync(file);
    const dir = file.replace(/(-\d+-).*/, "$10.db");
    fs.mkdirSync(dir);
    const found = open(runtime, setting);
    expect(found).toMatchObject({ journal: "wal", names: [] });
    expect(found.warnings).toEqual([
      `${dir} is not a file, and was left alone: remove it.`,
      `${file} is not a search index, and was left alone: remove it.`,
    ]);
    expect(fs.readFileSync(file)).toEqual(foreign);
    expect(open(runtime, setting).path).toBe(found.path);
  });

  test("never follows a link in place of the database or of its directory", () => {
    const setting = setUp();
    write(runtime, setting, "old");
    const file = setting.database();
    const precious = path.join(setting.configDir, "precious");
    fs.writeFileSync(precious, "");
    fs.rmSync(file);
    fs.symlinkSync(precious, file);
    expect(open(runtime, setting).warnings).toEqual([`The search index ${file} was a link, and is built anew.`]);
    expect(fs.readFileSync(precious, "utf8")).toBe("");

    fs.rmSync(setting.directory, { recursive: true });
    fs.symlinkSync(setting.configDir, setting.directory);
    const before = fs.readdirSync(setting.configDir);
    const found = open(runtime, setting);
    expect(path.dirname(found.path)).toBe(temporary(setting));
    expect(fs.readdirSync(setting.configDir)).toEqual(before);
    fs.unlinkSync(setting.directory);
    fs.symlinkSync(path.join(setting.cache, "nowhere"), setting.directory);
    expect(open(runtime, setting).warnings).toEqual([
      `The search index is in ${temporary(setting)}: ${setting.directory} cannot be used (it is a link, which is not followed). ${SET_CACHE}`,
    ]);
    expect(fs.existsSync(path.join(setting.cache, "nowhere"))).toBe(false);
  });

  test("makes a database and its directory private again", () => {
    const setting = setUp();
    write(runtime, setting, "old");
    const file = setting.database();
    fs.chmodSync(setting.directory, 0o755);
    for (const name of fs.readdirSync(setting.directory)) fs.chmodSync(path.join(setting.directory, name), 0o644);
    expect(open(runtime, setting).names).toHaveLength(3);
    expect(fs.statSync(setting.directory).mode & 0o777).toBe(0o700);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });
});

const [runtime] = BOTH as readonly [Runtime];

/** A directory that all users can reach, unlike that of these tests. */
const PUBLIC = "/tmp";

describe("another place", () => {
  test("is taken if the directory cannot be used, and memory after that", () => {
    const setting = setUp();
    fs.writeFileSync(setting.directory, "a file");
    const first = open(runtime, setting);
    expect(first).toMatchObject({ journal: "wal", integrity: "ok" });
    expect(first.warnings).toEqual([
      `The search index is in ${temporary(setting)}: ${setting.directory} cannot be used (it is not a directory). ${SET_CACHE}`,
    ]);
    fs.rmSync(temporary(setting), { recursive: true });
    fs.writeFileSync(temporary(setting), "another");
    const second = open(runtime, setting);
    expect(second).toMatchObject({ journal: "memory", path: ":memory:", integrity: "ok" });
    expect(second.warnings).toEqual([
      `The search index is only in memory, and built anew each time: ${setting.directory} cannot be used (it is not a directory); ${temporary(setting)} cannot be used (it is not a directory). ${SET_CACHE}`,
    ]);
  });

  test("is taken if the cache directory is below the config dir", () => {
    const setting = setUp();
    const below = path.join(setting.configDir, "cache");
    const before = setting.others();
    expect(path.dirname(open(runtime, setting, { env: { XDG_CACHE_HOME: below } }).path)).toBe(temporary(setting));
    const found = open(runtime, setting, { env: { XDG_CACHE_HOME: below, TMPDIR: setting.configDir } });
    expect(found.path).toBe(":memory:");
    expect(found.warnings).toEqual([
      `The search index is only in memory, and built anew each time: there is no directory for it outside the config dir. ${SET_CACHE}`,
    ]);
    expect(setting.others()).toEqual(before);
  });

  test.skipIf(isRoot && !isOpenToAll(import.meta.dirname))("is taken without rights to write", () => {
    const setting = setUp(PUBLIC);
    run(program, runtime, ["write", setting.configDir, "old", "3"], { env: setting.env });
    giveToNobody(setting);
    fs.chmodSync(setting.directory, 0o500);
    const found = open(runtime, setting, { unprivileged: true });
    expect(found).toMatchObject({ journal: "wal", path: expect.stringContaining(setting.temp), integrity: "ok" });
    expect(found.warnings).toHaveLength(1);
    fs.chmodSync(setting.cache, 0o500);
    fs.rmSync(setting.directory, { recursive: true });
    expect(open(runtime, setting, { unprivileged: true }).warnings).toEqual([
      `The search index is in ${temporary(setting, isRoot ? NOBODY : undefined)}: ${setting.directory} cannot be used (no permission). ${SET_CACHE}`,
    ]);
  });

  test.skipIf(!isRoot)("is taken if the directory is another user's, or would be root's in a user's directory", () => {
    const setting = setUp();
    fs.chownSync(setting.cache, NOBODY, NOBODY);
    expect(open(runtime, setting).warnings[0]).toContain("(its parent belongs to another user)");
    fs.mkdirSync(setting.directory, { mode: 0o777 });
    fs.chownSync(setting.directory, NOBODY, NOBODY);
    expect(open(runtime, setting).warnings[0]).toContain("(it belongs to another user)");
    expect(fs.readdirSync(setting.directory)).toEqual([]);
  });

  test.skipIf(!isRoot || !isOpenToAll(import.meta.dirname))("is taken if there is no home", () => {
    const setting = setUp(PUBLIC);
    fs.chmodSync(path.dirname(setting.configDir), 0o755);
    fs.chmodSync(setting.temp, 0o777);
    const env = { ...setting.env, XDG_CACHE_HOME: "relative", HOME: undefined };
    const found = spawnSync(runtime.node, [program, "open", setting.configDir], {
      encoding: "utf8",
      env: { ...process.env, ...env, CLAUDE_TRANSCRIPTS_ENGINE: runtime.engine },
      // A user without an entry in /etc/passwd.
      uid: 54_321,
      gid: 54_321,
    });
    expect(JSON.parse(found.stdout)).toMatchObject({ integrity: "ok", path: expect.stringContaining(setting.temp) });
  });
});

const MOUNTS = ["-rm", "--propagation", "private"];
const canMount = spawnSync("unshare", [...MOUNTS, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe.skipIf(!canMount).for(BOTH)("a full disk, $name", (runtime) => {
  /** Runs the program with small file systems in place of the two directories. */
  function onSmall(setting: Setting, kilobytes: readonly [number, number], command: string): unknown {
    const { cache, temp, configDir, env } = setting;
    const mount = [cache, temp].map((dir, at) => `mount -t tmpfs -o size=${kilobytes[at]}k tmpfs ${dir}`);
    const script = `${mount.join(" && ")} && exec "$@"`;
    const { stdout, stderr, status } = spawnSync(
      "unshare",
      [...MOUNTS, "sh", "-c", script, "sh", runtime.node, program, command, configDir],
      { encoding: "utf8", env: { ...process.env, ...env, CLAUDE_TRANSCRIPTS_ENGINE: runtime.engine } },
    );
    if (status !== 0 || stderr !== "") throw new Error(`${status} ${stdout} ${stderr}`);
    return JSON.parse(stdout);
  }

  test.for([8, 40, 80, 120])("of %i KB when the index is created", (kilobytes) => {
    const setting = setUp();
    const found = onSmall(setting, [kilobytes, 4_096], "open") as Report;
    expect(found).toMatchObject({ path: expect.stringContaining(setting.temp), integrity: "ok", journal: "wal" });
    expect(found.warnings).toEqual([
      `The search index is in ${temporary(setting)}: ${setting.directory} cannot be used (the disk is full). ${SET_CACHE}`,
    ]);
    expect(onSmall(setting, [kilobytes, kilobytes], "open")).toMatchObject({ path: ":memory:", integrity: "ok" });
  });

  test("while the index is written", () => {
    const found = onSmall(setUp(), [3_000, 3_000], "fill") as { rounds: number; found: number };
    expect(found).toMatchObject({ fault: "full", damaged: false });
    expect(found.rounds).toBeGreaterThan(3);
    expect(found.found).toBe(1);
  });
});

/** Reports whether other users may enter a directory: a clone below a private one cannot be run as another user. */
function isOpenToAll(dir: string): boolean {
  const parent = path.dirname(dir);
  return (fs.statSync(dir).mode & 0o001) !== 0 && (parent === dir || isOpenToAll(parent));
}
