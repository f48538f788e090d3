/** Archive mode: sessions that begin here live in memory only, and prompts are answered with a word about that. */
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, type RawClient, texts } from "../support/acp-client.ts";
import { idsOf, open, ours, pages, rowsOf } from "../support/acp-requests.ts";
import { turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { ownNode } from "../support/nodes.ts";
import { user } from "../support/rows.ts";
import { snapshot } from "../support/snapshot.ts";

const say = (id: string, ...said: string[]) => ({
  sessionId: id,
  prompt: said.map((text) => ({ type: "text", text })),
});

describe.each(ownNode())("Node $version", ({ path: node }) => {
  let dir: string;
  let client: RawClient;
  let before: ReturnType<typeof snapshot>;

  const begin = async (cwd = "/w"): Promise<string> => {
    const { result } = await client.call("session/new", { cwd, mcpServers: [] });
    return result?.["sessionId"] as string;
  };

  beforeEach(async () => {
    dir = tempConfigDir();
    writeSessions(dir, 5);
    before = snapshot(dir, { directoryTimes: true });
    client = await connect({ node, args: ["--config-dir", dir] });
  });
  // oxlint-disable vitest/no-standalone-expect -- it is said of each test
  afterEach(async () => {
    expect(client.wrong).toEqual([]);
    expect(client.stderr).toBe("");
    expect(await client.end()).toMatchObject({ code: 0 });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });
  // oxlint-enable vitest/no-standalone-expect

  test("B2 B12 SESSION-001 SESSION-002: a new session has an id of its own and the directory it was given", async () => {
    const ids = [await begin("/w"), await begin("/v"), await begin(path.join(dir, "not", "there"))];
    expect(new Set(ids).size).toBe(3);
    const rows = rowsOf(await client.call("session/list", {}));
    // Nothing was said in them yet: they come after all that something was said in, and have a name.
    expect(rows.slice(5).map((row) => [row.sessionId, row.cwd, row.title])).toEqual(
      expect.arrayContaining([
        [ids[0], "/w", "New session"],
        [ids[1], "/v", "New session"],
        [ids[2], path.join(dir, "not", "there"), "New session"],
      ]),
    );
    expect(rows).toHaveLength(8);
  });

  test("B13: MCP servers are accepted and left alone", async () => {
    const mcpServers = [{ name: "x", command: path.join(dir, "none"), args: [], env: [] }];
    expect((await client.call("session/new", { cwd: "/w", mcpServers })).result).toMatchObject({});
  });

  test("PROMPT-001 PROMPT-002 PROMPT-003 B5: a prompt of text and links gets one message and end_turn", async () => {
    const id = await begin();
    const prompt = [
      { type: "text", text: "look at" },
      { type: "resource_link", uri: "file:///w/a.ts", name: "a.ts", size: 3 },
    ];
    expect((await client.call("session/prompt", { sessionId: id, prompt })).result).toEqual({ stopReason: "end_turn" });
    expect(client.updates).toHaveLength(1);
    expect(texts(client.updates, "agent_message_chunk")[0]).toMatch(/history[^]*\ncd \/w && claude\n[^]*agent/);
  });

  test("O3 LOAD-001: a new session's prompts and answers are replayed, under the ids they had", async () => {
    const id = await begin();
    await client.call("session/prompt", say(id, "one", "two"));
    await client.call("session/prompt", say(id, "three"));
    const [first, second] = client.updates.splice(0).map(({ update }) => update);
    expect((await client.call("session/load", open(id))).result).toEqual({});
    const replayed = client.updates.splice(0).map(({ update }) => update);
    expect(replayed.map((update) => update.sessionUpdate)).toEqual([
      "user_message_chunk",
      "user_message_chunk",
      "agent_message_chunk",
      "user_message_chunk",
      "agent_message_chunk",
    ]);
    expect([replayed[2], replayed[4]]).toEqual([first, second]);
    expect(replayed[0]?.["messageId"]).toBe(replayed[1]?.["messageId"]);
    expect(new Set(replayed.map((update) => update["messageId"])).size).toBe(4);
    const [row] = rowsOf(await client.call("session/list", {}));
    expect(row).toMatchObject({ sessionId: id, title: "one" });
  });

  test("L12: a title that was given, or a prompt, brings a new session to the front", async () => {
    const [named, prompted, empty] = [await begin(), await begin(), await begin()];
    await client.call("session/set_title", { sessionId: named, title: "Mine" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await client.call("session/prompt", say(prompted, "hello"));
    const rows = rowsOf(await client.call("session/list", {}));
    expect(rows.map(({ title }) => title)).toEqual([
      "hello",
      "Mine",
      ...[5, 4, 3, 2, 1].map((n) => `prompt ${n}`),
      "New session",
    ]);
    expect(rows.at(-1)).toMatchObject({ sessionId: empty, updatedAt: expect.any(String) as string });
  });

  test.for(["session/load", "session/resume"])(
    "PROMPT-001 F3: a stored session is prompted after %s, and its transcript stays as it is",
    async (method) => {
      const id = sessionId(1);
      await client.call(method, open(id, "/elsewhere"));
      client.updates.length = 0;
      expect((await client.call("session/prompt", say(id, "hello"))).result).toEqual({ stopReason: "end_turn" });
      expect(texts(client.updates, "agent_message_chunk")).toEqual([
        expect.stringContaining(`\ncd /w && CLAUDE_CONFIG_DIR=${dir} claude --resume ${id}\n`),
      ]);
    },
  );

  test("INFO-UNKNOWNSESSION C2: what is not open is not prompted: -32002", async () => {
    const closed = await begin();
    await client.call("session/close", { sessionId: closed });
    for (const id of [sessionId(1), closed, sessionId(0xdead), "no uuid"]) {
      const { error } = await client.call("session/prompt", say(id, "hello"));
      expect(error).toMatchObject({ code: -32002, data: { sessionId: id } });
    }
    expect(client.updates).toEqual([]);
    await client.call("session/resume", open(closed));
    expect((await client.call("session/prompt", say(closed, "hello"))).result).toEqual({ stopReason: "end_turn" });
  });

  test("PROMPTCAP-001 PROMPTCAP-002 PROMPTCAP-003 B5 ERROR-001: other blocks and wrong params of a prompt are -32602 and named", async () => {
    for (const [params, field] of [
      [{ prompt: [{ type: "image", data: "", mimeType: "image/png" }] }, "prompt[0].type"],
      [{ prompt: [{ type: "audio", data: "", mimeType: "audio/wav" }] }, "prompt[0].type"],
      [{ prompt: [{ type: "resource", resource: { uri: "file:///a", text: "x" } }] }, "prompt[0].type"],
      [{ prompt: [{ type: "text", text: "x" }, { type: "text" }] }, "prompt[1].text"],
      [{ prompt: "hello" }, "prompt"],
      [{ prompt: null }, "prompt"],
      [{ sessionId: 7, prompt: [] }, "sessionId"],
    ] as const) {
      const id = await begin();
      const { error } = await client.send({
        jsonrpc: "2.0",
        id: "x",
        method: "session/prompt",
        params: { sessionId: id, ...params },
      });
      expect(error, JSON.stringify(params)).toMatchObject({ code: -32602, data: { field } });
    }
  });

  test("B6 A2 A3 F8 ADDDIRS-001: wrong params of a new session are -32602 and named", async () => {
    for (const [params, field] of [
      [{ cwd: "here", mcpServers: [] }, "cwd"],
      [{ mcpServers: [] }, "cwd"],
      [{ cwd: "/w", mcpServers: {} }, "mcpServers"],
      [{ cwd: "/w", mcpServers: [], additionalDirectories: ["/x"] }, "additionalDirectories"],
      [{ cwd: "/w", mcpServers: [], systemPrompt: { append: "x" } }, "systemPrompt"],
    ] as const) {
      const { error } = await client.send({ jsonrpc: "2.0", id: "x", method: "session/new", params });
      expect(error, JSON.stringify(params)).toMatchObject({ code: -32602, data: { field } });
      expect(idsOf(await client.call("session/list", {}))).toHaveLength(5);
    }
  });

  test("CANCEL-001 CANCEL-002: a cancel is heard before and after a turn, and of sessions there are not", async () => {
    const id = await begin();
    const cancel = (of: unknown) =>
      client.write(`${JSON.stringify({ jsonrpc: "2.0", method: "session/cancel", params: of })}\n`);
    cancel({ sessionId: id });
    for (const params of [{ sessionId: sessionId(9) }, { sessionId: 7 }, {}, null]) cancel(params);
    expect((await client.call("session/prompt", say(id, "hello"))).result).toEqual({ stopReason: "end_turn" });
    cancel({ sessionId: id });
    expect((await client.call("session/prompt", say(id, "again"))).result).toEqual({ stopReason: "end_turn" });
  });

  test.for(["session/cancel", "session/close"])(
    "CANCEL-001 C2: %s during a turn ends it as cancelled",
    async (method) => {
      // A load that nobody reads fills the pipe, so that the answer to the prompt has to wait.
      const texts = Array.from({ length: 400 }, (_, i) => user(i + 1, i === 0 ? null : i, `${i} ${"x".repeat(5000)}`));
      writeSession(dir, "-w", sessionId(9), texts);
      const id = await begin();
      client.child.stdout.pause();
      const loaded = client.call("session/load", open(sessionId(9)));
      const prompted = client.call("session/prompt", say(id, "hello"));
      const params = { sessionId: id };
      if (method === "session/cancel") client.write(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`);
      else void client.call(method, params);
      client.child.stdout.resume();
      expect((await prompted).result).toEqual({ stopReason: "cancelled" });
      expect((await loaded).result).toBeDefined();
      fs.rmSync(path.join(dir, "projects", "-w", `${sessionId(9)}.jsonl`));
      before = snapshot(dir, { directoryTimes: true });
    },
  );

  test("MODES-001 MODES-002 CONFIG-001 CONFIG-002 CONFIG-003: no modes and no options are offered, so none can be set", async () => {
    const { result } = await client.call("session/new", { cwd: "/w", mcpServers: [] });
    expect(Object.keys(result ?? {})).toEqual(["sessionId"]);
    const id = result?.["sessionId"];
    for (const [method, params, field] of [
      ["session/set_mode", { modeId: "plan" }, "modeId"],
      ["session/set_config_option", { configId: "model", value: "x" }, "configId"],
    ] as const) {
      const { error } = await client.call(method, { sessionId: id, ...params });
      expect(error).toMatchObject({ code: -32602, data: { field } });
      const unknown = await client.call(method, { sessionId: sessionId(9), ...params });
      expect(unknown.error).toMatchObject({ code: -32002, data: { sessionId: sessionId(9) } });
    }
  });

  test("LOAD-003 RESUME-002 DELETE-001: one that was never prompted is loaded, resumed, forked and deleted", async () => {
    const id = await begin();
    expect((await client.call("session/load", open(id))).result).toEqual({});
    expect((await client.call("session/resume", open(id))).result).toEqual({});
    const { result } = await client.call("session/fork", open(id, "/v"));
    const fork = result?.["sessionId"] as string;
    expect(client.updates).toEqual([]);
    expect((await client.call("session/delete", { sessionId: id })).result).toEqual({});
    expect((await client.call("session/delete", { sessionId: id })).result).toEqual({});
    for (const method of ["session/load", "session/resume", "session/fork"]) {
      expect((await client.call(method, open(id))).error).toMatchObject({ code: -32002, data: { sessionId: id } });
    }
    const rows = rowsOf(await client.call("session/list", { cwd: "/v" }));
    expect(rows).toHaveLength(3);
    expect(rows[2]).toMatchObject({ sessionId: fork, cwd: "/v", _meta: { "claude-transcripts": { forkedFrom: id } } });
  });

  test("F4: a fork has what was said until then, and goes its own way", async () => {
    const id = await begin();
    await client.call("session/prompt", say(id, "one"));
    const { result } = await client.call("session/fork", open(id));
    const fork = result?.["sessionId"] as string;
    await client.call("session/prompt", say(fork, "two"));
    client.updates.length = 0;
    await client.call("session/load", open(id));
    expect(texts(client.updates.splice(0), "user_message_chunk")).toEqual(["one"]);
    await client.call("session/load", open(fork));
    expect(texts(client.updates, "user_message_chunk")).toEqual(["one", "two"]);
  });

  test("L4 LIST-001 LIST-002: new sessions are listed by directory like the others", async () => {
    const [id, below] = [await begin("/w"), await begin("/w/below")];
    expect(idsOf(await client.call("session/list", { cwd: "/w/" }))).toEqual([...[5, 3, 1].map(sessionId), id]);
    expect(idsOf(await client.call("session/list", { cwd: "/w/below" }))).toEqual([below]);
    expect(idsOf(await client.call("session/list", { cwd: "/nowhere" }))).toEqual([]);
  });

  test("L7 L9 L10: pages of every size partition the list of both kinds, by activity", async () => {
    const begun = [await begin(), await begin(), await begin()];
    // One stored session is later than all of them, one was said something in last of all.
    writeSession(dir, "-w", sessionId(9), turnRows("later", 86_400 * 365 * 50), { mtime: 4_000_000_000 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await client.call("session/prompt", say(begun[1] ?? "", "hello"));
    const all = idsOf(await client.call("session/list", {}));
    expect(all.slice(0, 7)).toEqual([sessionId(9), begun[1], ...[5, 4, 3, 2, 1].map(sessionId)]);
    expect(all.slice(7).sort()).toEqual([begun[0], begun[2]].sort());
    for (const limit of [1, 2, 3, 4, 5, 6, 8, 9, 10]) {
      const found = await pages(client, ours({ limit }));
      expect(found.flat()).toEqual(all);
      expect(found.every((page, i) => page.length === limit || i === found.length - 1)).toBe(true);
    }
    fs.rmSync(path.join(dir, "projects", "-w", `${sessionId(9)}.jsonl`));
    before = snapshot(dir, { directoryTimes: true });
  });

  test("L8: a cursor of such a page belongs to its list; another process goes on with what is stored", async () => {
    await begin();
    await begin();
    const { result } = await client.call("session/list", ours({ limit: 1 }));
    const cursor = result?.["nextCursor"];
    const { error } = await client.call("session/list", { cursor, cwd: "/w" });
    expect(error).toMatchObject({ code: -32602, data: { field: "cursor", code: "InvalidCursor" } });
    const other = await connect({ node, args: ["--config-dir", dir] });
    expect(idsOf(await other.call("session/list", { cursor }))).toEqual([4, 3, 2, 1].map(sessionId));
    await other.end();
  });
});
