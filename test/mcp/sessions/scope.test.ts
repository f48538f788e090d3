/** Which sessions the tools look at: everywhere where nothing is here, and with or without those that programs started. */
import fs from "node:fs";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { turnRows, writeSession } from "../../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere as here } from "../../support/mcp-client.ts";
import { ids, ONE, store, withOwnIds } from "../../support/mcp-store.ts";
import type { Row } from "../../support/rows.ts";

beforeEach(() => {
  vi.stubEnv("XDG_CACHE_HOME", tempConfigDir());
  return () => vi.unstubAllEnvs();
});

const byProgram = (rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, entrypoint: "sdk-cli" }));

const NOTHING_HERE = "all projects, since there is no earlier session in /empty and its git worktrees";
const ALL = ["22222223", "22222222", "44444444", "11111111"];

test("lists all projects if there is nothing here, and says so", async () => {
  const { call } = await here(store(), { projectDir: "/empty" });
  for (const [name, args, found] of [
    ["list_sessions", {}, ALL],
    ["list_sessions", { scope: "here", tag: "keep" }, ["11111111"]],
    ["search_sessions", { query: "parser" }, ["22222222", "44444444"]],
  ] as const) {
    const told = await call(name, args);
    expect(ids(told, name === "search_sessions" ? "hits" : "sessions").sort()).toEqual([...found].sort());
    expect(told.structured).toMatchObject({ scope: NOTHING_HERE, outside: 0 });
    expect(told.text).toContain(`Scope: ${NOTHING_HERE}. `);
    expect(told.text).not.toContain("are outside");
  }
  expect((await call("list_sessions")).text).toContain("/elsewhere");
});

test("the session that asks does not count as one that is here, nor does one that nothing was said in", async () => {
  const dir = store();
  const asking = sessionId(7);
  writeSession(dir, "-empty", asking, turnRows("a question", 9), { cwd: "/empty" });
  writeSession(dir, "-empty", sessionId(8), [{ type: "custom-title", customTitle: "stub" }], { cwd: "/empty" });
  const { call } = await here(dir, { projectDir: "/empty", sessionId: asking });
  expect((await call("list_sessions")).structured).toMatchObject({ scope: NOTHING_HERE });
  expect(ids(await call("search_sessions", { query: "parser" }), "hits")).toHaveLength(2);
  const stranger = await here(dir, { projectDir: "/empty" });
  expect(ids(await stranger.call("list_sessions"))).toHaveLength(1);
});

test.for([{ project: "/empty" }, { project: "/w", tag: "none" }, { branch: "none" }])(
  "where something is here, or another place was asked for, nothing is widened: %j",
  async (args) => {
    const { call } = await here(store());
    const told = await call("list_sessions", args);
    expect(ids(told)).toEqual([]);
    expect(told.text).not.toContain("since there is no earlier session");
  },
);

test("next pages list all projects too, even if something is here by then; cursors are shorter than 60", async () => {
  const dir = store();
  const { call } = await here(dir, { projectDir: "/empty" });
  const args = { since: "9000d", until: "1h", limit: 1 };
  const seen: string[] = [];
  let cursor: unknown;
  do {
    const told = await call("list_sessions", { ...args, cursor: cursor ?? null });
    seen.push(...ids(told));
    expect(told.structured).toMatchObject({ scope: NOTHING_HERE });
    cursor = told.structured?.["nextCursor"];
    if (seen.length === 1) writeSession(dir, "-empty", sessionId(9), turnRows("now", -9), { cwd: "/empty" });
    expect(typeof cursor === "string" ? cursor.length : 0).toBeLessThan(60);
  } while (cursor !== undefined && seen.length < 9);
  expect(seen).toEqual([...ALL, sessionId(9).slice(0, 8)]);
  expect(ids(await call("list_sessions"))).toEqual([sessionId(9).slice(0, 8)]);
});

test("what is gone when the next page is asked for ends the list, and nothing else takes its place", async () => {
  const dir = store();
  const { call } = await here(dir);
  const cursor = (await call("list_sessions", { limit: 1 })).structured?.["nextCursor"];
  fs.rmSync(path.join(dir, "projects", "-w"), { recursive: true });
  const told = await call("list_sessions", { cursor });
  expect(told).toMatchObject({ isError: false, structured: { sessions: [], outside: 1 } });
});

test("sessions that programs started are left out if the server or the call says so, and counted", async () => {
  const dir = store();
  for (let n = 1; n <= 3; n++) {
    writeSession(dir, "-w", sessionId(n), withOwnIds(byProgram(turnRows(`parser ${n}`, 90_000 + n)), n + 4));
  }
  const all = await here(dir);
  const without = await here(dir, { includeProgrammatic: false });
  for (const [name, left, rows, member] of [
    ["list_sessions", "not listed here", 3, "sessions"],
    ["search_sessions", "left out, and would match too", 1, "hits"],
  ] as const) {
    const args = name === "list_sessions" ? {} : { query: "parser" };
    const note = `3 sessions that programs started are ${left} (to include them: programmatic: true).`;
    for (const told of [
      await without.call(name, args),
      await without.call(name, { ...args, programmatic: false }),
      await all.call(name, { ...args, programmatic: false }),
    ]) {
      expect(ids(told, member)).toHaveLength(rows);
      expect(told.text).toContain(note);
      expect(told.structured?.["notes"]).toContain(note);
    }
    for (const told of [await all.call(name, args), await without.call(name, { ...args, programmatic: true })]) {
      expect(ids(told, member)).toHaveLength(rows + 3);
      expect(told.text).not.toContain("programs started");
    }
  }
  const { client } = without;
  expect(await client.listResources()).toMatchObject({ _meta: { "claude-transcripts": { programmaticLeftOut: 3 } } });
  expect((await client.listResources()).resources).toHaveLength(4);
  const { contents } = await client.readResource({ uri: "claude-transcripts://project/-w" });
  expect(JSON.stringify(contents)).toContain("3 sessions that programs started are not listed here");
});

test("each session that is left out is counted on one page", async () => {
  const dir = tempConfigDir();
  for (let n = 1; n <= 9; n++) {
    const rows = turnRows(`prompt ${n}`, n * 60);
    writeSession(dir, "-w", sessionId(n), n % 2 === 0 ? rows : byProgram(rows));
  }
  const { call } = await here(dir, { includeProgrammatic: false });
  const counts: number[] = [];
  let cursor: unknown;
  do {
    const told = await call("list_sessions", { limit: 2, cursor: cursor ?? null });
    counts.push(Number(/(\d+) sessions? that/.exec(told.text)?.[1] ?? 0));
    cursor = told.structured?.["nextCursor"];
  } while (cursor !== undefined && counts.length < 9);
  expect(counts).toEqual([2, 3]);
});

test("a directory with only sessions of programs counts as empty if those are left out", async () => {
  const dir = store();
  writeSession(dir, "-empty", sessionId(1), byProgram(turnRows("run", 9)), { cwd: "/empty" });
  const { call } = await here(dir, { projectDir: "/empty", includeProgrammatic: false });
  const told = await call("list_sessions");
  expect(ids(told)).toEqual(ALL);
  expect(told.text).toContain("1 session that a program started is not listed here");
  expect(ids(await call("list_sessions", { programmatic: true }))).toHaveLength(1);
  expect(ids(await call("list_sessions", { project: "/w" }))).toContain(ONE.slice(0, 8));
});
