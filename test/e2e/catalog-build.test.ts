import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { SearchOptions, SearchPage, Selection, SelectionOptions } from "../../src/index.ts";
import { Lease } from "../../src/catalog/refresh/lease.ts";
import { openCatalog } from "../../src/catalog/schema/open-catalog.ts";
import { RowMaker, seeded } from "../support/catalog-rows.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { writeSpending } from "../support/spending.ts";

/** Only the built library has the code of the thread that builds. */
const { searchTranscripts, selectSessions } = (await import(
  pathToFileURL(path.resolve(import.meta.dirname, "../../dist/index.js")).href
)) as {
  searchTranscripts: (options: SearchOptions) => Promise<SearchPage>;
  selectSessions: (options: SelectionOptions) => Promise<Selection>;
};

const SESSIONS = 30;

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

/** Sessions of some 200 kB each, one of which has a needle. */
function store(): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= SESSIONS; n++) {
    const maker = new RowMaker(seeded(n));
    const rows = Array.from({ length: 60 }, () => maker.next()).flat();
    if (n === 7) rows.push({ type: "user", uuid: "n", message: { role: "user", content: "the needle" } });
    put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  return dir;
}

test("a search during the first build says what it has searched; one that waits has everything", async () => {
  const configDirs = [store()];
  const first = await searchTranscripts({ configDirs, query: "needle", waitMs: 0 });
  expect(first).toMatchObject({ totalIs: "at least", of: SESSIONS });
  expect(first.searched).toBeLessThan(SESSIONS);
  expect(first.notes.map(({ code }) => code)).toEqual(["pending"]);
  let [done, total] = [0, 0];
  const progress = (now: number, all: number): void => void ([done, total] = [now, all]);
  const second = await searchTranscripts({ configDirs, query: "needle", progress });
  expect(second).toMatchObject({ totalIs: "exact", total: 1, searched: SESSIONS, of: SESSIONS, notes: [] });
  expect(second.hits.map(({ session }) => session.sessionId)).toEqual([sessionId(7)]);
  expect([done, total > 0]).toEqual([total, true]);
});

/** Half of it is for the build, which does not come; reading the store takes a tenth of the rest. */
const WAIT_MS = 5000;

test("a search that is asked to wait reads what the index does not have, and counts it once", async () => {
  const configDir = store();
  const catalog = await openCatalog(configDir);
  if (catalog === undefined) throw new Error("there is no engine");
  onTestFinished(() => catalog.close());
  // Nobody else builds while this process has the lease.
  const lease = new Lease(catalog);
  const take = (): Promise<boolean> => vi.waitUntil(() => lease.take(), 60_000);
  await take();
  const found = async (query: string, more: Partial<SearchOptions> = {}): Promise<unknown> => {
    lease.beat();
    const { hits, total, totalIs, searched, of, notes } = await searchTranscripts({
      configDirs: [configDir],
      query,
      waitMs: WAIT_MS,
      ...more,
    });
    const ids = hits.map(({ session }) => session.sessionId).sort();
    return { ids, total, totalIs, searched, of, notes };
  };
  const whole = { totalIs: "exact", searched: SESSIONS, of: SESSIONS, notes: [] };
  expect(await found("needle")).toEqual({ ...whole, ids: [sessionId(7)], total: 1 });
  lease.release();
  await searchTranscripts({ configDirs: [configDir], query: "needle" });
  await take();
  // Even of little that changed: writing would wait for who builds.
  const row = { type: "user", uuid: "m", message: { role: "user", content: "a needle" } };
  fs.appendFileSync(path.join(configDir, "projects/-w", `${sessionId(8)}.jsonl`), `${JSON.stringify(row)}\n`);
  const both = { ...whole, ids: [sessionId(7), sessionId(8)], total: 2 };
  expect(await found("needle")).toEqual(both);
  expect(await found("re:/n.edle/")).toEqual(both);
  expect(await found("needle", { waitMs: 0 })).toMatchObject({
    ids: [sessionId(7)],
    totalIs: "at least",
    of: SESSIONS,
  });
  lease.release();
}, 60_000);

test.for<[SelectionOptions, RegExp]>([
  [{ tags: ["old"] }, /^1 session is not counted completely/],
  [{ project: "w" }, /^1 session is not counted completely/],
  [{ query: "answer -walrus" }, /^1 session is still being read/],
])("what the index has not read is no reason to select a session: %j", { timeout: 60_000 }, async ([filter, note]) => {
  const configDir = tempConfigDir();
  for (const n of [1, 2]) writeSpending(configDir, n, 1, { tag: "old" });
  const select = async (more: SelectionOptions = {}): Promise<{ ids: string[]; notes: readonly string[] }> => {
    const { sessions, notes } = await selectSessions({ ...filter, ...more, configDirs: [configDir] });
    return { ids: sessions.map((session) => session.sessionId).sort(), notes };
  };
  expect(await select()).toEqual({ ids: [sessionId(1), sessionId(2)], notes: [] });
  const catalog = await openCatalog(configDir);
  if (catalog === undefined) throw new Error("there is no engine");
  onTestFinished(() => catalog.close());
  // Nobody builds while this process has the lease.
  const lease = new Lease(catalog);
  await vi.waitUntil(() => lease.take(), 60_000);
  const rows = [
    { type: "tag", tag: "new", sessionId: sessionId(2) },
    { type: "custom-title", customTitle: "walrus", sessionId: sessionId(2) },
  ];
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  fs.appendFileSync(path.join(configDir, `projects/-w/${sessionId(2)}.jsonl`), text);
  expect(await select({ waitMs: 0 })).toEqual({ ids: [sessionId(1)], notes: [expect.stringMatching(note)] });
  lease.release();
});

test("a search that waits goes on, whatever another one of the process has the time for", () => {
  const library = pathToFileURL(path.resolve(import.meta.dirname, "../../dist/index.js")).href;
  const program = `import { searchTranscripts } from ${JSON.stringify(library)};
    const patient = searchTranscripts({ query: "needle" });
    const { totalIs } = await searchTranscripts({ query: "needle", waitMs: 0 });
    console.log(totalIs, (await patient).totalIs);`;
  const options = { encoding: "utf8", env: { ...process.env, CLAUDE_CONFIG_DIR: store() } } as const;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], options)).toBe("at least exact\n");
});
