import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { searchTranscripts, type SearchOptions } from "../../../src/catalog/search/search-transcripts.ts";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";

let configDir: string;

beforeEach(() => {
  configDir = tempConfigDir();
  process.env["XDG_CACHE_HOME"] = fs.mkdtempSync(path.join(configDir, "..", "cache-"));
});

/** Writes a session of prompts and answers. */
function write(n: number, ...texts: string[]): void {
  const rows = conversation(sessionId(n), ...texts).replaceAll("-8000-bbb", `-8${String(n).padStart(3, "0")}-bbb`);
  put(configDir, `projects/-w/${sessionId(n)}.jsonl`, rows, { mtime: 1767225600 + n });
}

/** Numbers of the sessions found, best first, from the index and from a scan. */
async function found(query: string, options: Partial<SearchOptions> = {}): Promise<string> {
  const ask = async (index: boolean): Promise<number[]> => {
    const page = await searchTranscripts({ configDirs: [configDir], query, index, limit: 100, ...options });
    expect(page.engine === "scan").toBe(!index);
    expect([page.total, page.totalIs]).toEqual([page.hits.length, "exact"]);
    return page.hits.map(({ session }) => Number.parseInt(session.sessionId.slice(-12), 16));
  };
  const [indexed, scanned] = [await ask(true), await ask(false)];
  expect([...scanned].sort()).toEqual([...indexed].sort());
  return indexed.join(" ");
}

describe("sessions are found by", () => {
  test.each([
    ["flaky", "1 2"],
    ["FLAKY", "1 2"],
    ["flaky retry", "1"],
    ['"flaky test"', "1"],
    ["flaky OR cafe", "1 2 3"],
    ["flaky -retry", "2"],
    ["-flaky", "3 4"],
    ["ret*", "1"],
    ["sub:lak", "1 2"],
    ["re:/fl.ky/", "1 2"],
    ["re:/fl.ky/ -retry", "2"],
    ["数据", "4"],
    ["据库", "4"],
    ["🎉", "4"],
    ['"foo.bar()"', "2"],
    ["foo.bar()", "2 4"],
    ["flaky in:said", "1 2"],
    ["flaky in:thinking", ""],
    ["flaky role:user", "1 2"],
    ["retry role:user", ""],
    ["retry role:assistant", "1"],
    ["project:w flaky", "1 2"],
    ["project:x flaky", ""],
    ["cwd:/w flaky", "1 2"],
    ["after:2027-01 flaky", ""],
    ["before:2027-01 flaky", "1 2"],
    ["archived:yes", ""],
    ["archived:no flaky", "1 2"],
    ["nothing", ""],
    ["flaky nothing", ""],
  ])("%s", async (query, expected) => {
    write(1, "the flaky test", "add a retry");
    write(2, "another flaky run", "call foo.bar() here");
    write(3, "le café", "oui");
    write(4, "数据库 🎉", "foo bar");
    expect((await found(query)).split(" ").sort().join(" ")).toBe(expected);
  });
});

test.each([
  ["walrus", "1 2 3"],
  ['"the walrus sings"', "1 2 3"],
  ["sub:walrus", "1 2 3"],
  ["1mwalrus", ""],
])("control sequences of a terminal hide no word: %s", async (query, expected) => {
  write(1, "the \u001b[1mwalrus\u001b[0m sings");
  write(2, "the wal\u001b[31mrus sings");
  write(3, "the \u009b1mwalrus sings");
  expect((await found(query)).split(" ").sort().join(" ")).toBe(expected);
});
