import { expect, test } from "vitest";
import { changesOf, knownFiles } from "../../../src/catalog/refresh/known-files.ts";
import { refresh } from "../../../src/catalog/refresh/refresh.ts";
import { listStoreFiles } from "../../../src/catalog/refresh/store-files.ts";
import { notIndexed, sessionsInFiles } from "../../../src/catalog/search/scan-sessions.ts";
import { searchTranscripts } from "../../../src/catalog/search/search-transcripts.ts";
import { listProjects } from "../../../src/store/list/list-projects.ts";
import { listScope } from "../../../src/store/list/list-scope.ts";
import { listSessionPage } from "../../../src/store/list/list-session-page.ts";
import { listSessions } from "../../../src/store/list/list-sessions.ts";
import { timing } from "../../../src/store/timing.ts";
import { tempCatalog } from "../../support/catalog.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const SESSIONS = 640;
/** Turns of a loop over all sessions that looks at the clock at every 16th. */
const LOOP = SESSIONS / 16 - 1;

function makeStore(): string {
  const configDir = tempConfigDir();
  for (let n = 1; n <= SESSIONS; n++)
    put(configDir, `projects/-w${n % 2}/${sessionId(n)}.jsonl`, conversation(sessionId(n), `walrus ${n}`));
  return configDir;
}

interface Case {
  readonly what: string;
  /** Least number of turns. */
  readonly least: number;
  readonly work: (configDir: string) => Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    what: "listing files",
    least: LOOP,
    work: (configDir) => listScope({ configDirs: [configDir], includeWorktrees: false }),
  },
  { what: "a list of sessions", least: 2 * LOOP, work: (configDir) => listSessions({ configDirs: [configDir] }) },
  {
    what: "a page of a list",
    least: 2 * LOOP,
    work: (configDir) => listSessionPage({ configDirs: [configDir], title: "a seal" }),
  },
  { what: "a list of projects", least: LOOP, work: (configDir) => listProjects({ configDirs: [configDir] }) },
  { what: "looking at a store", least: 3 * LOOP, work: (configDir) => listStoreFiles(configDir) },
  {
    what: "sessions that are not indexed",
    least: 5 * LOOP,
    work: async (configDir) => {
      const sessions = await sessionsInFiles(configDir, { scope: undefined, signal: undefined }, []);
      return sessions.map(({ uuid, path, active, files, bytes }) => ({ uuid, path, active, files, bytes }));
    },
  },
  {
    what: "a search without an index",
    least: 5 * LOOP + SESSIONS,
    work: (configDir) => searchTranscripts({ configDirs: [configDir], index: false, query: "walrus" }),
  },
];

test.each(CASES)("$what gives others their turn, and finds the same", async ({ least, work }) => {
  const configDir = makeStore();
  const [atOnce] = await turnsOf(() => work(configDir), Infinity);
  const [inTurns, turns] = await turnsOf(() => work(configDir), 0);
  expect(turns).toBeGreaterThanOrEqual(least);
  expect(inTurns).toEqual(atOnce);
});

test("a refresh gives others their turn", async () => {
  const configDir = makeStore();
  const catalog = await tempCatalog(configDir);
  const store = await listStoreFiles(configDir);
  await refresh(catalog);
  expect((await turnsOf(() => changesOf(store, new Map()), 0))[1]).toBeGreaterThanOrEqual(LOOP);
  // There is one full page.
  expect((await turnsOf(() => knownFiles(catalog), 0))[1]).toBeGreaterThanOrEqual(1);
  const sessions = await sessionsInFiles(configDir, { scope: undefined, signal: undefined }, []);
  const [left, turns] = await turnsOf(() => notIndexed(catalog.database, sessions), 0);
  expect([left, turns >= 1]).toEqual([[], true]);
  const [result, whole] = await turnsOf(() => refresh(catalog), 0);
  expect(result).toMatchObject({ files: 0, sessions: SESSIONS });
  expect(whole).toBeGreaterThanOrEqual(4 * LOOP);
});

/** Returns what `work` does, and how often others could run meanwhile, if a turn is over after `turnMs`. */
async function turnsOf<T>(work: () => Promise<T>, turnMs: number): Promise<[result: T, turns: number]> {
  const usual = timing.turnMs;
  timing.turnMs = turnMs;
  let turns = 0;
  let next = setImmediate(count);
  function count(): void {
    turns++;
    next = setImmediate(count);
  }
  try {
    return [await work(), turns];
  } finally {
    clearImmediate(next);
    timing.turnMs = usual;
  }
}
