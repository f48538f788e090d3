import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { SearchPage, Usage } from "../../src/index.ts";
import { binary } from "../support/binary.ts";
import { RowMaker, seeded } from "../support/catalog-rows.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { runCli } from "../support/run-cli.ts";
import { snapshot } from "../support/snapshot.ts";

const SESSIONS = 6;
const NEEDLES = [2, 5];

/** More text than a small index holds, and two sessions with the needle. */
function store(): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= SESSIONS; n++) {
    const maker = new RowMaker(seeded(n));
    const rows = Array.from({ length: 50 }, () => maker.next()).flat();
    if (NEEDLES.includes(n))
      rows.push({ type: "user", uuid: `n${n}`, message: { role: "user", content: "the needle" } });
    put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  return dir;
}

interface Place {
  readonly configDir: string;
  readonly cache: string;
  readonly temp: string;
}

const directoryOf = ({ cache }: Place): string => path.join(cache, "claude-transcripts");

/** Makes an index by a search, and returns the path of its file. */
function indexed(place: Place): string {
  search(place);
  const [name, ...more] = fs.readdirSync(directoryOf(place)).filter((file) => file.endsWith(".db"));
  expect(more).toEqual([]);
  return path.join(directoryOf(place), String(name));
}

const envOf = ({ configDir, cache, temp }: Place): Record<string, string> => ({
  CLAUDE_CONFIG_DIR: configDir,
  XDG_CACHE_HOME: cache,
  TMPDIR: temp,
});
const search = (place: Place, env: Record<string, string> = {}, ...options: string[]): SearchPage =>
  JSON.parse(
    runCli(["search", "needle", "--json", ...options], { env: { ...envOf(place), ...env } }).stdout,
  ) as SearchPage;
const stats = (place: Place, env: Record<string, string> = {}): Usage =>
  JSON.parse(runCli(["stats", "--json"], { env: { ...envOf(place), ...env } }).stdout) as Usage;

const NOTHING = /^$/;

/** What is wrong with the cache directory, and what a person is told about it. */
const PLACES: readonly [string, (place: Place) => Record<string, string> | void, RegExp][] = [
  ["that is missing", ({ cache }) => fs.rmSync(cache, { recursive: true }), NOTHING],
  ["with half an index", (place) => fs.truncateSync(indexed(place), 20_000), /was damaged, and is built anew/],
  [
    "with garbage in place of the index",
    (place) => fs.writeFileSync(indexed(place), "garbage ".repeat(9999)),
    /was damaged/,
  ],
  [
    "with damage in the middle of the index",
    (place) => {
      const file = indexed(place);
      const fd = fs.openSync(file, "r+");
      for (let at = 8192; at < fs.statSync(file).size; at += 4096)
        fs.writeSync(fd, Buffer.alloc(4096, 0xaa), 0, 4096, at);
      fs.closeSync(fd);
    },
    /was damaged|is damaged/,
  ],
  [
    "with the index of another version",
    (place) => {
      const file = indexed(place);
      fs.renameSync(file, file.replace(/-\d+-/, "-0-"));
    },
    /made by another version/,
  ],
  [
    "with a directory in place of the index",
    (place) => {
      const file = indexed(place);
      fs.rmSync(directoryOf(place), { recursive: true });
      fs.mkdirSync(file, { recursive: true });
    },
    /is not a file, and was left alone/,
  ],
  [
    "that is a file",
    ({ cache }) => (fs.rmSync(cache, { recursive: true }), fs.writeFileSync(cache, "")),
    /cannot be used/,
  ],
  ["below the config dir", ({ configDir }) => ({ XDG_CACHE_HOME: path.join(configDir, "cache") }), NOTHING],
  ["that nobody wants", () => ({ CLAUDE_TRANSCRIPTS_INDEX: "off" }), NOTHING],
];

test.for(PLACES)("search and stats answer with a cache directory %s", ([, spoil, told]) => {
  const configDir = store();
  const before = snapshot(configDir, { directoryTimes: true });
  const place = { configDir, cache: tempConfigDir(), temp: tempConfigDir() };
  const env = spoil(place) ?? {};
  const found = search(place, env);
  const scanned = search(place, env, "--no-index");
  expect(found).toMatchObject({ total: NEEDLES.length, totalIs: "exact", searched: SESSIONS, of: SESSIONS });
  expect(found.hits.map(({ session }) => session.sessionId)).toEqual(
    scanned.hits.map(({ session }) => session.sessionId),
  );
  expect(scanned.total).toBe(NEEDLES.length);
  const notes = found.notes.map(({ text }) => text).join("\n");
  expect(notes).toMatch(told);

  fs.rmSync(place.cache, { recursive: true, force: true });
  fs.mkdirSync(place.cache);
  spoil(place);
  const { notes: statsNotes, ...usage } = stats(place, env);
  const { notes: _notes, ...withoutIndex } = stats(place, { CLAUDE_TRANSCRIPTS_INDEX: "off" });
  expect(usage).toEqual(withoutIndex);
  expect(statsNotes.join("\n")).toMatch(told);
  expect(snapshot(configDir, { directoryTimes: true })).toEqual(before);
});

/** Runs the program with a file system of so many bytes, or a read-only one, as its cache; undefined where that is impossible. */
function onSmallDisk(place: Place, mount: string, args: readonly string[]): string | undefined {
  const script = `mount -t tmpfs ${mount} tmpfs "$1" || exit 99; shift; exec "$@"`;
  const { status, stdout } = spawnSync(
    "unshare",
    ["-rm", "sh", "-c", script, "sh", place.cache, process.execPath, binary(), ...args],
    { encoding: "utf8", env: { ...process.env, ...envOf(place), TMPDIR: place.cache } },
  );
  return status === 99 || status === null || stdout === "" ? undefined : stdout;
}

const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

test.skipIf(!canMount).for([
  ["that is full from the start", "-o size=8k", /the disk is full/],
  ["that gets full while the index is built", "-o size=400k", /cannot be used: the disk is full/],
  ["that is read-only", "-o ro", /read-only/],
] as const)("search and stats answer with a cache on a disk %s", ([, mount, told]) => {
  const configDir = store();
  const before = snapshot(configDir, { directoryTimes: true });
  const place = { configDir, cache: tempConfigDir(), temp: "" };
  const found = JSON.parse(String(onSmallDisk(place, mount, ["search", "needle", "--json"]))) as SearchPage;
  expect(found).toMatchObject({ total: NEEDLES.length, totalIs: "exact", searched: SESSIONS, of: SESSIONS });
  expect(found.notes.map(({ text }) => text).join("\n")).toMatch(told);
  const { notes, ...usage } = JSON.parse(String(onSmallDisk(place, mount, ["stats", "--json"]))) as Usage;
  expect(notes.join("\n")).toMatch(told);
  const { notes: _notes, ...withoutIndex } = stats(place, { CLAUDE_TRANSCRIPTS_INDEX: "off" });
  expect(usage).toEqual(withoutIndex);
  expect(snapshot(configDir, { directoryTimes: true })).toEqual(before);
});
