import fs from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Engine, loadEngine } from "../../../src/catalog/engine/sqlite.ts";
import { type OpenCatalog, openCatalog, openCatalogAt } from "../../../src/catalog/schema/open-catalog.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

/** A config dir, and an environment whose caches are in a directory of their own. */
function setUp(): { configDir: string; cache: string; open: () => Promise<OpenCatalog> } {
  const cache = fs.mkdtempSync(path.join(tempConfigDir(), "cache-"));
  const configDir = tempConfigDir();
  const open = async (): Promise<OpenCatalog> => {
    const catalog = await openCatalog(configDir, { env: { ...process.env, XDG_CACHE_HOME: cache } });
    if (catalog === undefined) throw new Error("there is no engine");
    onTestFinished(() => catalog.close());
    return catalog;
  };
  return { configDir, cache, open };
}

test("an index is created, privately, and found again", async () => {
  const { cache, open } = setUp();
  const first = await open();
  expect(first).toMatchObject({ journal: "wal", warnings: [] });
  first.database.prepare("INSERT INTO name(text) VALUES (?)").run("model");
  const directory = path.join(cache, "claude-transcripts");
  expect(path.dirname(first.path)).toBe(directory);
  expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of fs.readdirSync(directory)) {
    expect(fs.statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
  }
  const second = await open();
  expect(second.path).toBe(first.path);
  expect(second.database.prepare("SELECT text FROM name").all()).toEqual([{ text: "model" }]);
});

test("no index is opened when none is wanted", async () => {
  const configDir = tempConfigDir();
  expect(await openCatalog(configDir, { index: false })).toBeUndefined();
  expect(await openCatalog(configDir, { env: { CLAUDE_TRANSCRIPTS_INDEX: "off" } })).toBeUndefined();
  expect(await openCatalog(configDir, { env: { CLAUDE_TRANSCRIPTS_ENGINE: "none" } })).toBeUndefined();
});

test("a file system without shared memory gets a rollback journal", async () => {
  const { configDir, cache } = setUp();
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const sqlite = await loadEngine();
  if (sqlite === undefined) throw new Error("there is no engine");
  // This way of SQLite to reach files has no shared memory (https://sqlite.org/vfs.html).
  const engine: Engine = { ...sqlite, open: (file) => sqlite.open(`file:${file}?vfs=unix-dotfile`) };
  for (const count of [1, 2]) {
    const catalog = await openCatalog(configDir, { env, engine });
    expect(catalog).toMatchObject({ journal: "rollback", warnings: [] });
    const insert = catalog?.database.prepare("INSERT INTO name(text) VALUES (?)");
    catalog?.database.exec("BEGIN IMMEDIATE");
    insert?.run(`row ${count}`);
    const names = fs.readdirSync(path.join(cache, "claude-transcripts")).filter((name) => name.endsWith("-journal"));
    expect(names).toHaveLength(1);
    expect(fs.statSync(path.join(cache, "claude-transcripts", String(names[0]))).mode & 0o777).toBe(0o600);
    catalog?.database.exec("COMMIT");
    expect(catalog?.database.prepare("SELECT count(*) AS n FROM name").get()).toEqual({ n: count });
    catalog?.close();
  }
});

test("a worker opens the same database, and is told when it is gone", async () => {
  const { configDir, open } = setUp();
  const catalog = await open();
  const other = await openCatalogAt(catalog.path, configDir);
  other.database.prepare("INSERT INTO name(text) VALUES (?)").run("theirs");
  expect(catalog.database.prepare("SELECT text FROM name").all()).toEqual([{ text: "theirs" }]);
  other.close();
  expect(catalog.isCurrent()).toBe(true);
  for (const name of fs.readdirSync(path.dirname(catalog.path))) fs.rmSync(path.join(path.dirname(catalog.path), name));
  expect(catalog.isCurrent()).toBe(false);
  await expect(openCatalogAt(catalog.path, configDir)).rejects.toThrow(`the index ${catalog.path} is gone`);
  const next = await open();
  expect(next.path).not.toBe(catalog.path);
  expect(next).toMatchObject({ warnings: [] });
});
