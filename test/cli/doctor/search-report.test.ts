import fs from "node:fs";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { openCatalog } from "../../../src/catalog/schema/open-catalog.ts";
import { searchLines, searchReport } from "../../../src/cli/doctor/search-report.ts";
import { tempConfigDir } from "../../support/config-dir.ts";

afterEach(() => void vi.unstubAllEnvs());

test("the engine, the place of the index and its size are told, and nothing is created", async () => {
  const [cache, configDir, other] = [tempConfigDir(), tempConfigDir(), tempConfigDir()];
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("CLAUDE_TRANSCRIPTS_ENGINE", "libsql");
  const before = await searchReport([configDir, other]);
  expect(before).toEqual({ engine: "libsql", indexes: [] });
  expect(searchLines(before)).toEqual(["Search uses libsql; the first search builds its index."]);
  expect(fs.readdirSync(cache)).toEqual(["projects"]);

  const catalog = await openCatalog(configDir);
  const directory = path.join(cache, "claude-transcripts");
  const files = fs.readdirSync(directory).map((name) => path.join(directory, name));
  const bytes = files.reduce((sum, file) => sum + fs.statSync(file).size, 0);
  const after = await searchReport([configDir, other]);
  catalog?.close();
  expect(after).toEqual({ engine: "libsql", indexes: [{ configDir, path: catalog?.path, bytes }] });
  const [head, line] = searchLines(after);
  expect(head).toBe("Search uses libsql, with its index in");
  expect(line).toMatch(/^ {2}.*\/claude-transcripts\/[0-9a-f]{16}-\d+-[0-9a-z]+\.db {2}\d+ kB$/);
});

test("a scan is told with its reason", async () => {
  vi.stubEnv("CLAUDE_TRANSCRIPTS_ENGINE", "none");
  const none = await searchReport([tempConfigDir()]);
  expect(none).toEqual({ engine: "scan", scanReason: "no_engine", indexes: [] });
  expect(searchLines(none)).toEqual([
    "Search reads every transcript, which is slow: use Node 22.13 or newer, or install the package libsql next to this program.",
  ]);
  vi.stubEnv("CLAUDE_TRANSCRIPTS_INDEX", "off");
  const off = await searchReport([]);
  expect(off).toEqual({ engine: "scan", scanReason: "off", indexes: [] });
  expect(searchLines(off)).toEqual(["Search reads every transcript, because CLAUDE_TRANSCRIPTS_INDEX is off."]);
});
