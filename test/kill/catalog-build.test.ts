import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { refresh } from "../../src/catalog/refresh/refresh.ts";
import { type OpenCatalog, openCatalog } from "../../src/catalog/schema/open-catalog.ts";
import { contentsOf, tempCatalog } from "../support/catalog.ts";
import { RowMaker, seeded } from "../support/catalog-rows.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { nodes as allNodes } from "../support/nodes.ts";

const library = pathToFileURL(path.resolve(import.meta.dirname, "../../dist/index.js")).href;
const SEARCH = `const { searchTranscripts } = await import(${JSON.stringify(library)});
const progress = (done) => { if (done > 0) process.stdout.write("."); };
await searchTranscripts({ query: "needle", progress });`;

/** Rounds of two builders that are killed; `KILL_POINTS=all`: 75. */
const ROUNDS = process.env["KILL_POINTS"] === "all" ? 75 : 3;
const random = seeded(20261130);

/** Sessions of several hundred kilobytes; the first one has `first` steps. */
function store(sessions = 40, first = 100): string {
  const dir = tempConfigDir();
  for (let n = 1; n <= sessions; n++) {
    const maker = new RowMaker(seeded(n));
    const rows = Array.from({ length: n === 1 ? first : 100 }, () => maker.next()).flat();
    put(dir, `projects/-w/${sessionId(n)}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }
  return dir;
}

async function openAt(configDir: string, cache: string): Promise<OpenCatalog> {
  const catalog = await openCatalog(configDir, { env: { ...process.env, XDG_CACHE_HOME: cache } });
  if (catalog === undefined) throw new Error("there is no engine");
  return catalog;
}

test(
  "builders that are killed two at a time leave an index that the next one completes",
  { timeout: 1_800_000 },
  async () => {
    const configDir = store();
    const clean = await tempCatalog(configDir);
    await refresh(clean);
    const expected = contentsOf(clean);
    // One engine is that of Node itself, the other one is libsql: both write one file.
    const nodes = allNodes().map(({ path: node }) => node);
    let grown = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const cache = tempConfigDir();
      const env = { ...process.env, XDG_CACHE_HOME: cache, CLAUDE_CONFIG_DIR: configDir };
      for (let kill = 0; kill < 2; kill++) {
        const builders = [0, 1].map((n) =>
          spawn(nodes[(round + kill + n) % nodes.length] ?? process.execPath, ["--input-type=module", "-e", SEARCH], {
            env,
            stdio: ["ignore", "pipe", "ignore"],
          }),
        );
        // The first pair dies at any time, the second one after a transaction or a few.
        if (kill === 0) await sleep(100 + random(900));
        else await progressed(builders, 1 + random(3));
        await sleep(random(100));
        await Promise.all(builders.map(killed));
      }
      const catalog = await openAt(configDir, cache);
      grown += Number(catalog.database.prepare("SELECT count(*) AS n FROM segment").get()?.["n"]);
      await refresh(catalog);
      expect(contentsOf(catalog)).toEqual(expected);
      expect(catalog.database.prepare("PRAGMA integrity_check").get()).toMatchObject({ integrity_check: "ok" });
      catalog.database.exec("INSERT INTO words(words) VALUES ('integrity-check')");
      catalog.close();
    }
    expect(grown).toBeGreaterThan(0);
    console.log(`${4 * ROUNDS} builders killed; ${grown} segments were there when the last one of a round had died`);
  },
);

/** Dies after each transaction but the last: with transactions of a third of a second, like a process killed every second. */
const ONE_TRANSACTION = `const { searchTranscripts } = await import(${JSON.stringify(library)});
const progress = (done, total) => { if (done < total) process.kill(process.pid, "SIGKILL"); };
await searchTranscripts({ query: "needle", progress });`;
const MOST_LIVES = 500;

test("a build that is killed after every transaction ends, and is like one that was never killed", async () => {
  const configDir = store(30, 2000);
  const clean = await tempCatalog(configDir);
  await refresh(clean);
  const cache = tempConfigDir();
  const env = { ...process.env, XDG_CACHE_HOME: cache, CLAUDE_CONFIG_DIR: configDir };
  const runtimes = allNodes().map(({ path: node }) => node);
  let lives = 0;
  for (let ended = false; !ended; lives++) {
    expect(lives).toBeLessThan(MOST_LIVES);
    const node = runtimes[lives % runtimes.length] ?? process.execPath;
    const { status, signal, stderr } = spawnSync(node, ["--input-type=module", "-e", ONE_TRANSACTION], {
      env,
      encoding: "utf8",
    });
    expect([signal ?? status, stderr]).toEqual([signal === null ? 0 : "SIGKILL", ""]);
    ended = signal === null;
  }
  const catalog = await openAt(configDir, cache);
  expect(await refresh(catalog)).toMatchObject({ bytes: 0, files: 0 });
  expect(contentsOf(catalog)).toEqual(contentsOf(clean));
  expect(catalog.database.prepare("PRAGMA integrity_check").get()).toMatchObject({ integrity_check: "ok" });
  catalog.database.exec("INSERT INTO words(words) VALUES ('integrity-check')");
  catalog.close();
  console.log(`${lives} processes until the index was whole`);
});

/** Waits until builders have ended so many transactions together, or ended. */
async function progressed(builders: readonly ChildProcess[], transactions: number): Promise<void> {
  let done = 0;
  await new Promise<void>((resolve) => {
    for (const builder of builders) {
      builder.stdout?.on("data", (dots: Buffer) => (done += dots.length) >= transactions && resolve());
      builder.once("exit", () => resolve());
    }
  });
}

async function killed(builder: ChildProcess): Promise<void> {
  if (builder.exitCode !== null) return;
  const ended = new Promise((resolve) => builder.once("exit", resolve));
  builder.kill("SIGKILL");
  await ended;
}
