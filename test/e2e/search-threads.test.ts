import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import os from "node:os";
import type { SearchOptions, SearchPage } from "../../src/index.ts";
import { conversation, put, sessionId } from "../support/config-dir.ts";

/** Only the built library has the code of the threads. */
const { searchTranscripts } = (await import(
  pathToFileURL(path.resolve(import.meta.dirname, "../../dist/index.js")).href
)) as { searchTranscripts: (options: SearchOptions) => Promise<SearchPage> };

/** Sessions of 8 MB each, together above what one thread scans alone. */
const SESSIONS = 10;
const filler = conversation(sessionId(0), "walrus ".repeat(2000)).repeat(560);
let configDir: string;

beforeAll(() => {
  configDir = fs.mkdtempSync(path.join(os.tmpdir(), "search-threads-"));
  for (let n = 1; n <= SESSIONS; n++) {
    const [text, call] = n % 4 === 0 ? ["the n33dle", "Bash"] : ["nothing", "Read"];
    const used = { type: "tool_use", id: `t${n}`, name: call, input: { command: "true" } };
    const row = (uuid: string, role: string, content: unknown): string =>
      `${JSON.stringify({ type: role, uuid: `${uuid}${n}`, timestamp: "2026-01-01T00:00:00Z", message: { role, content } })}\n`;
    put(
      configDir,
      `projects/-w/${sessionId(n)}.jsonl`,
      row("u", "user", text) + row("a", "assistant", [used]) + filler,
    );
  }
});
afterAll(() => fs.rmSync(configDir, { recursive: true, force: true }));

const search = (query: string, options: Partial<SearchOptions> = {}): Promise<SearchPage> =>
  searchTranscripts({ configDirs: [configDir], query, index: false, ...options });

describe("a scan in several threads", () => {
  test.each([
    ["re:/n\\d+dle/", [4, 8]],
    ["sub:33dl", [4, 8]],
    ["sub:33dl -sub:alru", []],
    ["sub:alru -re:/n\\d+dle/", [1, 2, 3, 5, 6, 7, 9, 10]],
    ["tool:Bash programmatic:no", [4, 8]],
    ["sub:33dl after:2025-01-01", [4, 8]],
    ["sub:33dl before:2025-01-01", []],
  ])("finds for %s", async (query, expected) => {
    const { hits, total, totalIs, searched, of, skipped } = await search(query);
    expect({ total, totalIs, searched, of, skipped }).toEqual({
      total: expected.length,
      totalIs: "exact",
      searched: SESSIONS,
      of: SESSIONS,
      skipped: [],
    });
    expect(hits.map(({ session }) => session.sessionId).sort()).toEqual(expected.map(sessionId));
  });

  test("shows where the matches are", async () => {
    const [hit] = (await search("sub:33dl")).hits;
    expect(hit?.matches.map(({ snippet }) => snippet)).toEqual(["the n33dle"]);
  });

  test("reports progress, and ends when it is aborted or its time is over", async () => {
    const reports: number[] = [];
    await search("sub:33dl", { progress: (done) => reports.push(done) });
    expect(reports).toEqual(expect.arrayContaining([0, 8]));
    const controller = new AbortController();
    const progress = (): void => controller.abort(new Error("enough"));
    await expect(search("sub:33dl", { signal: controller.signal, progress })).rejects.toThrow("enough");
    const late = await search("sub:33dl", { waitMs: 0 });
    expect([late.totalIs, late.of, late.notes.map(({ code }) => code)]).toEqual(["at least", SESSIONS, ["partial"]]);
  });
});
