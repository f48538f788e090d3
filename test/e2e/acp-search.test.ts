/** Searches of the built server, by a client that knows nothing of the SDK: our extension method, and lists with a query. */
import { beforeEach, describe, expect, test } from "vitest";
import { connect, type RawClient, type Reply } from "../support/acp-client.ts";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { titled, withOwnIds } from "../support/mcp-store.ts";
import { assistant, type Row, user, uuid } from "../support/rows.ts";

const METHOD = "_claude-transcripts/session/search";
const output = (text: string): Row => user(3, 2, [{ type: "tool_result", tool_use_id: "toolu_1", content: text }]);
const bash = assistant(2, 1, [{ type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "ls" } }]);

let dir: string;
let client: RawClient;

beforeEach(async () => {
  dir = tempConfigDir();
  writeSession(dir, "-w", sessionId(1), [
    user(1, null, "Where is the walrus?"),
    bash,
    output("a walrus \u001b[1mhere\u001b[0m \u202eor\u202c here"),
  ]);
  writeSession(
    dir,
    "-w",
    sessionId(2),
    withOwnIds([...turnRows("Feed the walrus", 60), titled("The walrus is fed")], 2),
  );
  writeSession(dir, "-v", sessionId(3), withOwnIds(turnRows("Paint the fence", 120), 3), { cwd: "/v" });
  const byProgram = turnRows("walrus by program", 30).map((row) => ({ ...row, entrypoint: "sdk-cli" }));
  writeSession(dir, "-v", sessionId(4), withOwnIds(byProgram, 4), { cwd: "/v" });
  client = await connect({ args: ["--config-dir", dir] });
});

const search = (params: object): Promise<Reply> => client.call(METHOD, params);
const list = (ours: object, params: object = {}): Promise<Reply> =>
  client.call("session/list", { ...params, _meta: { "claude-transcripts": ours } });
const idsIn = ({ result }: Reply, member: "hits" | "sessions"): number[] =>
  ((result?.[member] ?? []) as { sessionId: string }[]).map((hit) => Number.parseInt(hit.sessionId.slice(-4), 16));

test("a hit is a session as in a list, with the messages that match, under the ids that a load gives them", async () => {
  const found = await search({ query: "walrus here" });
  expect(client.wrong).toEqual([]);
  expect(found.result).toMatchObject({ total: 1, totalIs: "exact", searched: 4, of: 4, notes: [], skipped: [] });
  const [hit] = (found.result?.["hits"] ?? []) as { matches: Record<string, unknown>[] }[];
  expect(hit).toMatchObject({
    sessionId: sessionId(1),
    cwd: "/w",
    title: "Where is the walrus?",
    updatedAt: "2026-01-01T00:00:03.000Z",
    more: 0,
    _meta: { "claude-transcripts": { programmatic: false } },
  });
  const [printed, asked] = hit?.matches ?? [];
  expect(asked).toEqual({
    uuid: uuid(1),
    messageId: uuid(1),
    role: "user",
    in: "said",
    timestamp: "2026-01-01T00:00:01.000Z",
    snippet: "Where is the walrus?",
    marks: [[13, 19]],
  });
  expect(printed).toEqual({
    uuid: uuid(3),
    toolCallId: "toolu_1",
    role: "assistant",
    in: "output",
    tool: "Bash",
    timestamp: "2026-01-01T00:00:03.000Z",
    snippet: "a walrus here or here",
    marks: [
      [2, 8],
      [9, 13],
      [17, 21],
    ],
  });
  await client.call("session/load", { sessionId: sessionId(1), cwd: "/w", mcpServers: [] });
  const ids = client.updates.flatMap(({ update }) => [update["messageId"], update["toolCallId"]]);
  expect(ids).toContain(asked?.["messageId"]);
  expect(ids).toContain(printed?.["toolCallId"]);
  const answer = await search({ query: '"answer to Feed"' });
  const [second] = (answer.result?.["hits"] ?? []) as { matches: Record<string, unknown>[] }[];
  expect(second?.matches[0]).toMatchObject({ messageId: "msg_4", role: "assistant", in: "said" });
});

test("the best come first, in pages, by directory, and with or without those of programs", async () => {
  expect(idsIn(await search({ query: "walrus" }), "hits")[0]).toBe(2);
  const seen: number[] = [];
  let cursor: unknown;
  do {
    const page: Reply = await search({ query: "walrus", limit: 1, cursor: cursor ?? null });
    seen.push(...idsIn(page, "hits"));
    cursor = page.result?.["nextCursor"];
  } while (cursor !== undefined && seen.length < 9);
  expect(seen.sort()).toEqual([1, 2, 4]);
  expect(idsIn(await search({ query: "walrus", cwd: "/w" }), "hits").sort()).toEqual([1, 2]);
  const without = await search({ query: "walrus", includeProgrammatic: false });
  expect(idsIn(without, "hits").sort()).toEqual([1, 2]);
  expect(without.result).toMatchObject({ total: 2, programmaticLeftOut: 1 });
  expect(idsIn(await search({ query: "walrus programmatic:yes", includeProgrammatic: false }), "hits")).toEqual([4]);
});

test("a list with a query has only the sessions that match, the best first, in pages", async () => {
  expect(idsIn(await list({ query: "fence OR fed" }), "sessions").sort()).toEqual([2, 3]);
  const whole = idsIn(await list({ query: "walrus" }), "sessions");
  expect(whole[0]).toBe(2);
  const seen: number[] = [];
  let cursor: unknown;
  do {
    const page: Reply = await list({ query: "walrus", limit: 1 }, { cursor: cursor ?? null });
    expect(page.result).toMatchObject({ _meta: { "claude-transcripts": { total: 3, totalIs: "exact" } } });
    seen.push(...idsIn(page, "sessions"));
    cursor = page.result?.["nextCursor"];
  } while (cursor !== undefined && seen.length < 9);
  expect(seen).toEqual(whole);
  expect(idsIn(await list({ query: "walrus" }, { cwd: "/v" }), "sessions")).toEqual([4]);
  await client.call("session/archive", { sessionId: sessionId(2) });
  expect(idsIn(await list({ query: "walrus" }), "sessions").sort()).toEqual([1, 4]);
  expect(idsIn(await list({ query: "walrus" }, { archived: "only" }), "sessions")).toEqual([2]);
  expect(idsIn(await list({ query: null }), "sessions")).toEqual([3, 4, 1]);
  expect(client.wrong).toEqual([]);
});

describe("wrong params are -32602 and named", () => {
  test.each([
    [{}, "query"],
    [{ query: 5 }, "query"],
    [{ query: "" }, "query"],
    [{ query: "in:said" }, "query"],
    [{ query: "x", cwd: "relative" }, "cwd"],
    [{ query: "x", limit: 0 }, "limit"],
    [{ query: "x", cursor: "x" }, "cursor"],
    [{ query: "x", includeWorktrees: "yes" }, "includeWorktrees"],
  ])("%j", async (params, field) => {
    const { error } = await search(params);
    expect(error).toMatchObject({ code: -32602, data: { field } });
  });

  test("of a list", async () => {
    expect((await list({ query: 5 })).error).toMatchObject({
      code: -32602,
      data: { field: '_meta["claude-transcripts"].query' },
    });
    expect((await list({ query: " " })).error).toMatchObject({ code: -32602, data: { field: "query" } });
    const { result } = await list({ query: "walrus", limit: 1 });
    const { error } = await list({ query: "fence" }, { cursor: result?.["nextCursor"] });
    expect(error).toMatchObject({ code: -32602, data: { field: "cursor", code: "InvalidCursor" } });
  });
});

test("a part of a query that cannot be searched for is named", async () => {
  const { result } = await search({ query: "walrus after:whenever" });
  expect(result?.["notes"]).toMatchObject([{ code: "ignored", text: expect.stringContaining("whenever") as unknown }]);
});

test("without an index the transcripts are read; a read-only server searches too", async () => {
  const env = { CLAUDE_TRANSCRIPTS_ENGINE: "none" };
  client = await connect({ args: ["--config-dir", dir, "--read-only"], env });
  expect(idsIn(await search({ query: "walrus" }), "hits").sort()).toEqual([1, 2, 4]);
});
