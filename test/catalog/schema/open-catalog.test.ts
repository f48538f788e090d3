import fs from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type OpenCatalog, openCatalog } from "../../../src/catalog/schema/open-catalog.ts";
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
