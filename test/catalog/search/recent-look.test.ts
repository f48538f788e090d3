import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { refresh } from "../../../src/catalog/refresh/refresh.ts";
import { type LookLimits, refreshForSearch } from "../../../src/catalog/search/recent-look.ts";
import { sessionsWith, tempCatalog } from "../../support/catalog.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

const LARGE: LookLimits = { files: 3, trustedMs: Infinity, newest: 1 };
/** Seconds since 1970: long ago, so that no change falls into the same step of a file system's clock. */
const OLD = Date.UTC(2026, 0, 1) / 1000;

const fileOf = (n: number): string => `projects/-w/${sessionId(n)}.jsonl`;
const saying = (n: number): string => conversation(sessionId(n), "a walrus");

interface Case {
  readonly what: string;
  readonly change: (configDir: string) => void;
  readonly limits?: Partial<LookLimits>;
  /** Numbers of the sessions with the word afterwards. */
  readonly found: readonly number[];
}

const CASES: readonly Case[] = [
  { what: "nothing", change: () => undefined, found: [] },
  { what: "a new session", change: (dir) => put(dir, fileOf(4), saying(4)), found: [4] },
  {
    what: "a new project",
    change: (dir) => put(dir, fileOf(4).replace("-w", "-new"), saying(4)),
    found: [4],
  },
  { what: "the newest file", change: (dir) => fs.appendFileSync(path.join(dir, fileOf(3)), saying(3)), found: [3] },
  { what: "an old file", change: (dir) => fs.appendFileSync(path.join(dir, fileOf(1)), saying(1)), found: [] },
  {
    what: "an old file, later",
    change: (dir) => fs.appendFileSync(path.join(dir, fileOf(1)), saying(1)),
    limits: { trustedMs: 0 },
    found: [1],
  },
  {
    what: "an old file of a small store",
    change: (dir) => fs.appendFileSync(path.join(dir, fileOf(1)), saying(1)),
    limits: { files: 4 },
    found: [1],
  },
];

test.each(CASES)("a search after another sees in a large store: $what", async ({ change, limits, found }) => {
  const configDir = tempConfigDir();
  for (const n of [1, 2, 3]) put(configDir, fileOf(n), conversation(sessionId(n), "a seal"), { mtime: OLD + n });
  for (const dir of ["projects", "projects/-w"]) fs.utimesSync(path.join(configDir, dir), OLD, OLD);
  const catalog = await tempCatalog(configDir);
  await refresh(catalog);
  const all = { ...LARGE, ...limits };
  await refreshForSearch(catalog, {}, all);
  change(configDir);
  await refreshForSearch(catalog, {}, all);
  expect(sessionsWith(catalog, "walrus")).toEqual(found.map(sessionId));
});

test("a session that went is not found, and a search that is aborted looks at nothing", async () => {
  const configDir = tempConfigDir();
  for (const n of [1, 2, 3]) put(configDir, fileOf(n), saying(n), { mtime: OLD + n });
  const catalog = await tempCatalog(configDir);
  await refresh(catalog);
  await refreshForSearch(catalog, {}, LARGE);
  fs.utimesSync(path.join(configDir, "projects/-w"), OLD, OLD);
  await refreshForSearch(catalog, {}, LARGE);
  fs.rmSync(path.join(configDir, fileOf(1)));
  await refreshForSearch(catalog, {}, LARGE);
  expect(sessionsWith(catalog, "walrus")).toEqual([2, 3].map(sessionId));
  await expect(refreshForSearch(catalog, { signal: AbortSignal.abort(new Error("enough")) }, LARGE)).rejects.toThrow(
    "enough",
  );
});
