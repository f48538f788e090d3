/** The built server against a client that knows nothing of the SDK. Names begin with the acp-tck id they answer for. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, type RawClient, type Reply, texts } from "../support/acp-client.ts";
import { idsOf, open, ours, pages, rowsOf, UNKNOWN } from "../support/acp-requests.ts";
import { LOADED, longRows, longTexts, turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { ownNode } from "../support/nodes.ts";
import { jsonl, uuid } from "../support/rows.ts";
import { snapshot } from "../support/snapshot.ts";

describe.each(ownNode())("Node $version", ({ path: node }) => {
  let dir: string;
  let client: RawClient;

  const start = async (...args: string[]): Promise<RawClient> =>
    connect({ node, args: ["--config-dir", dir, ...args] });

  beforeEach(async () => {
    dir = tempConfigDir();
    client = await start();
  });
  // oxlint-disable vitest/no-standalone-expect -- it is said of each test
  afterEach(async () => {
    expect(client.wrong).toEqual([]);
    expect(client.stderr).toBe("");
    expect(await client.end()).toMatchObject({ code: 0 });
  });
  // oxlint-enable vitest/no-standalone-expect

  describe("initialize", () => {
    test("INIT-001 INIT-002 B3 B4 B10 L1 D1 O1 R1 C1 A1 F1 X1 T1 U1: who it is, and what it can do: no more", async () => {
      const { result } = await client.initialize();
      expect(result).toMatchObject({
        protocolVersion: 1,
        agentInfo: { name: "claude-transcripts", version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown },
        agentCapabilities: { loadSession: true },
      });
      const capabilities = result?.["agentCapabilities"] as Record<string, object> | undefined;
      expect(capabilities?.["sessionCapabilities"]).toEqual({
        list: {},
        resume: {},
        close: {},
        status: {},
        fork: {},
        delete: {},
        archive: {},
        title: {},
      });
      expect(capabilities?.["_meta"]).toEqual({
        "claude-transcripts": {
          list: { limit: 500, includeWorktrees: true, includeProgrammatic: true, query: true },
          search: { method: "_claude-transcripts/session/search", limit: 500 },
          load: { limit: true, cursor: true },
          fork: { messageId: true },
          annotate: { method: "_claude-transcripts/session/annotate" },
        },
      });
    });

    test("INIT-003 B1: whatever version is asked for, it answers the one it speaks", async () => {
      for (const [asked, answered] of [
        [65535, 1],
        [0, 1],
        [2, 1],
      ] as const) {
        const params = { protocolVersion: asked, clientCapabilities: null, clientInfo: null, _meta: null };
        const { result } = await client.send({ jsonrpc: "2.0", id: "x", method: "initialize", params });
        expect(result?.["protocolVersion"], String(asked)).toBe(answered);
      }
    });

    test("INIT-004: wrong params of initialize are -32602", async () => {
      for (const [params] of [[{}], [{ protocolVersion: "1" }], [{ protocolVersion: null }]] as const) {
        const { error } = await client.send({ jsonrpc: "2.0", id: "x", method: "initialize", params });
        expect(error, JSON.stringify(params)).toMatchObject({
          code: -32602,
          data: { protocolVersion: expect.anything() as unknown },
        });
      }
    });

    test("AUTH-001: no login is offered, so none is taken", async () => {
      expect((await client.initialize()).result?.["authMethods"]).toEqual([]);
      const { error } = await client.call("authenticate", { methodId: "api-key" });
      expect(error).toMatchObject({ code: -32602, data: { field: "methodId" } });
      expect((await client.call("logout", {})).error).toMatchObject({ code: -32601, data: { method: "logout" } });
    });

    test("B9 EXT-001: methods and notifications that nobody knows", async () => {
      for (const method of ["_other/method", "session/unheard_of", "providers/list", "auth/status", "__proto__"]) {
        const { error } = await client.send({ jsonrpc: "2.0", id: method, method, params: {} });
        expect(error).toMatchObject({ code: -32601, data: { method } });
      }
      client.write(`${JSON.stringify({ jsonrpc: "2.0", method: "_other/notification", params: { a: 1 } })}\n`);
      expect((await client.initialize()).result).toBeDefined();
      expect(client.stray).toEqual([]);
    });

    test("CANCEL-001: cancelling what is not there is no error", async () => {
      client.write(`${JSON.stringify({ jsonrpc: "2.0", method: "session/cancel", params: { sessionId: UNKNOWN } })}\n`);
      expect((await client.initialize()).result).toBeDefined();
    });
  });

  describe("session/list", () => {
    test("L5: no sessions, and no config dir", async () => {
      expect(idsOf(await client.call("session/list", {}))).toEqual([]);
      fs.rmSync(dir, { recursive: true });
      expect(idsOf(await client.call("session/list", {}))).toEqual([]);
    });

    test("L6 L12 SCHEMA-001: rows with absolute directories, the last active first", async () => {
      writeSessions(dir, 3);
      const rows = rowsOf(await client.call("session/list", {}));
      expect(rows.map((row) => [row.sessionId, row.cwd, row.title, row.updatedAt])).toEqual([
        [sessionId(3), "/w", "prompt 3", "2026-01-01T00:00:02.000Z"],
        [sessionId(2), "/v", "prompt 2", "2026-01-01T00:00:01.000Z"],
        [sessionId(1), "/w", "prompt 1", "2026-01-01T00:00:00.000Z"],
      ]);
      expect(rows[0]?._meta["claude-transcripts"]).toMatchObject({
        programmatic: false,
        createdAt: "2026-01-01T00:00:02.000Z",
      });
    });

    test("L7 L9: pages of every size partition the list", async () => {
      const ids = writeSessions(dir, 23).reverse();
      for (const limit of [1, 2, 7, 22, 23, 24, 500]) {
        const found = await pages(client, ours({ limit }));
        expect(found.flat()).toEqual(ids);
        expect(found.every((page, i) => page.length === limit || i === found.length - 1)).toBe(true);
      }
    });

    test("L7: another process follows the cursor", async () => {
      const ids = writeSessions(dir, 4).reverse();
      const { result } = await client.call("session/list", ours({ limit: 3 }));
      const other = await start();
      expect(idsOf(await other.call("session/list", { cursor: result?.["nextCursor"] }))).toEqual(ids.slice(3));
      expect(await other.end()).toMatchObject({ code: 0 });
    });

    test("L8: a cursor that is none, or belongs to another list", async () => {
      writeSessions(dir, 4);
      const { result } = await client.call("session/list", { cwd: "/w", ...ours({ limit: 1 }) });
      for (const params of [{ cursor: "junk" }, { cursor: "" }, { cursor: result?.["nextCursor"], cwd: "/v" }]) {
        const { error } = await client.call("session/list", params);
        expect(error).toMatchObject({ code: -32602, data: { field: "cursor", code: "InvalidCursor" } });
      }
    });

    test("LIST-001: a directory without sessions", async () => {
      writeSessions(dir, 2);
      expect(idsOf(await client.call("session/list", { cwd: "/nowhere" }))).toEqual([]);
    });

    test("LIST-002 L4: a directory's own sessions, not those below it", async () => {
      writeSessions(dir, 4);
      writeSession(dir, "-w-sub", sessionId(9), turnRows("below"), { cwd: "/w/sub" });
      expect(idsOf(await client.call("session/list", { cwd: "/w" }))).toEqual([sessionId(3), sessionId(1)]);
      expect(idsOf(await client.call("session/list", { cwd: "/w/sub" }))).toEqual([sessionId(9)]);
      expect(idsOf(await client.call("session/list", { cwd: "/w/sub/" }))).toEqual([sessionId(9)]);
    });

    test("worktrees are shown, each row with its own directory, unless they are not wanted", async () => {
      const repo = path.join(dir, "repo");
      const tree = path.join(dir, "tree");
      const git = (...args: string[]) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { stdio: "ignore" });
      git("init", "-q", repo);
      git("-C", repo, "commit", "-q", "--allow-empty", "-m", "start");
      git("-C", repo, "worktree", "add", "-q", tree);
      const key = (at: string) => at.replaceAll(/[^A-Za-z0-9]/g, "-");
      writeSession(dir, key(repo), sessionId(1), turnRows("in the repository", 1), { cwd: repo });
      writeSession(dir, key(tree), sessionId(2), turnRows("in the worktree", 2), { cwd: tree });

      const rows = rowsOf(await client.call("session/list", { cwd: repo }));
      expect(rows.map((row) => [row.sessionId, row.cwd, row._meta["claude-transcripts"]["worktree"]])).toEqual([
        [sessionId(2), tree, tree],
        [sessionId(1), repo, undefined],
      ]);
      expect(idsOf(await client.call("session/list", { cwd: repo, ...ours({ includeWorktrees: false }) }))).toEqual([
        sessionId(1),
      ]);

      const without = await start("--no-worktrees");
      expect(idsOf(await without.call("session/list", { cwd: repo }))).toEqual([sessionId(1)]);
      expect(
        idsOf(await without.call("session/list", { cwd: repo, ...ours({ includeWorktrees: true }) })),
      ).toHaveLength(2);
      await without.end();
    });

    test("L6: a session without a directory is listed all the same", async () => {
      const [prompt] = turnRows("no cwd");
      const { cwd: _cwd, ...row } = prompt ?? {};
      writeSession(dir, "-w", sessionId(1), [row]);
      const [only] = rowsOf(await client.call("session/list", {}));
      expect(only).toMatchObject({
        cwd: path.join(dir, "projects", "-w"),
        _meta: { "claude-transcripts": { cwdUnknown: true } },
      });
    });

    test("a title is one line of at most 100 units", async () => {
      const title = JSON.stringify({
        type: "custom-title",
        customTitle: ` a\nb\t${"c".repeat(400)}`,
        sessionId: sessionId(1),
      });
      put(dir, `projects/-w/${sessionId(1)}.jsonl`, `${jsonl(turnRows("x"))}${title}\n`);
      const [only] = rowsOf(await client.call("session/list", {}));
      expect(only?.title).toBe(`a b ${"c".repeat(95)}…`);
    });

    test("X2 X3: archived sessions are left out unless the filter says otherwise, and every row says which it is", async () => {
      writeSessions(dir, 2);
      put(
        dir,
        `projects/-w/${sessionId(1)}/archived.json`,
        '{"archived":true,"at":"2027-01-01T00:00:00.000Z","by":"sdk"}',
      );
      const rows = rowsOf(await client.call("session/list", { archived: "include" }));
      expect(rows.map((row) => row.archived)).toEqual([false, true]);
      expect(idsOf(await client.call("session/list", { archived: "only" }))).toEqual([sessionId(1)]);
      for (const archived of ["exclude", null, undefined]) {
        expect(idsOf(await client.call("session/list", { archived }))).toEqual([sessionId(2)]);
      }
      expect(idsOf(await client.call("session/list", { archived: "only", cwd: "/v" }))).toEqual([]);
    });

    test("META-001 L2 B10: null stands for absent, and _meta of others is nobody's business", async () => {
      const ids = writeSessions(dir, 2).reverse();
      for (const params of [
        { cwd: null, cursor: null, archived: null, _meta: null },
        { _meta: { traceparent: "x", other: { limit: -1 } } },
      ]) {
        expect(idsOf(await client.call("session/list", params))).toEqual(ids);
      }
      expect(idsOf(await client.send({ jsonrpc: "2.0", id: "none", method: "session/list" }))).toEqual(ids);
    });

    test("L3 X4 ERROR-001: wrong params of a list are -32602 and named", async () => {
      for (const [params, field] of [
        [{ cwd: "relative" }, "cwd"],
        [{ cwd: 7 }, "cwd"],
        [{ cursor: {} }, "cursor"],
        [{ archived: "perhaps" }, "archived"],
        [ours({ limit: -1 }), '_meta["claude-transcripts"].limit'],
      ] as const) {
        const { error } = await client.send({ jsonrpc: "2.0", id: "x", method: "session/list", params });
        expect(error, JSON.stringify(params)).toMatchObject({
          code: -32602,
          data: { field },
          message: expect.stringContaining(field) as unknown,
        });
      }
    });
  });

  describe("session/load", () => {
    test("LOAD-001 O1 O3 O6: the whole conversation, what stands before the compaction included, in order", async () => {
      writeSession(dir, "-w", sessionId(1), longRows);
      expect((await client.call("session/load", open(sessionId(1)))).result).toEqual(ours({ hiddenBranches: 1 }));
      expect(texts(client.updates, "user_message_chunk", "agent_message_chunk")).toEqual(longTexts);
      expect(client.updates.every((update) => update.sessionId === sessionId(1))).toBe(true);
      expect(client.updates.map(({ update }) => update.sessionUpdate)).not.toContain("notice");
    });

    test("O3: text, thoughts and tool calls with input and output, under ids that stay", async () => {
      writeSession(dir, "-w", sessionId(1), turnRows("do it"));
      await client.call("session/load", open(sessionId(1)));
      const first = client.updates.splice(0).map(({ update }) => update);
      expect(first).toEqual([
        { sessionUpdate: "user_message_chunk", messageId: uuid(1), content: { type: "text", text: "do it" } },
        { sessionUpdate: "agent_thought_chunk", messageId: "msg_2", content: { type: "text", text: "let me see" } },
        { sessionUpdate: "agent_message_chunk", messageId: "msg_2", content: { type: "text", text: "I shall look." } },
        {
          sessionUpdate: "tool_call",
          toolCallId: "toolu_1",
          name: "Bash",
          title: "ls",
          kind: "execute",
          status: "pending",
          rawInput: { command: "ls" },
        },
        {
          sessionUpdate: "tool_call_update",
          toolCallId: "toolu_1",
          status: "completed",
          content: [{ type: "content", content: { type: "text", text: "```console\nok\n```" } }],
        },
        {
          sessionUpdate: "agent_message_chunk",
          messageId: "msg_4",
          content: { type: "text", text: "answer to do it" },
        },
      ]);
      await client.call("session/load", open(sessionId(1)));
      expect(client.updates.map(({ update }) => update)).toEqual(first);
    });

    test("O7: how full the context is, after a load and a resume, where it is known", async () => {
      const rows = (model: string) =>
        turnRows("x").map((row) =>
          row["type"] !== "assistant"
            ? row
            : {
                ...row,
                message: {
                  ...(row["message"] as object),
                  model,
                  usage: {
                    input_tokens: 1,
                    cache_creation_input_tokens: 20,
                    cache_read_input_tokens: 300,
                    output_tokens: 4000,
                  },
                },
              },
        );
      writeSession(dir, "-w", sessionId(1), rows("claude-opus-4-1-20250805"));
      writeSession(dir, "-w", sessionId(2), rows("another-model"));
      const usage = { sessionUpdate: "usage_update", used: 4321, size: 200_000 };
      await client.call("session/load", open(sessionId(1)));
      expect(client.updates.splice(0).at(-1)?.update).toEqual(usage);
      await client.call("session/resume", open(sessionId(1)));
      expect(client.updates.splice(0)).toEqual([{ sessionId: sessionId(1), update: usage }]);
      await client.call("session/load", open(sessionId(2)));
      await client.call("session/resume", open(sessionId(2)));
      expect(client.updates.map(({ update }) => update.sessionUpdate)).not.toContain("usage_update");
    });

    test("O9: a client that knows compactions is sent one instead of its words", async () => {
      writeSession(dir, "-w", sessionId(1), longRows);
      const clientCapabilities = { session: { compaction: {} } };
      const id = "with compactions";
      await client.send({
        jsonrpc: "2.0",
        id,
        method: "initialize",
        params: { protocolVersion: 1, clientCapabilities },
      });
      await client.call("session/load", open(sessionId(1)));
      const updates = client.updates.map(({ update }) => update);
      expect(updates.filter(({ sessionUpdate }) => sessionUpdate === "compaction_update")).toMatchObject([
        { status: "completed" },
        { status: "completed", summary: [{ type: "text", text: "summary 5" }] },
      ]);
      expect(texts(client.updates, "user_message_chunk", "agent_message_chunk")).toEqual(
        longTexts.filter((text) => !/summary|compacted/.test(text)),
      );
    });

    test("LOAD-002 O4: nothing comes after the response", async () => {
      writeSession(dir, "-w", sessionId(1), longRows);
      await client.call("session/load", open(sessionId(1)));
      const count = client.updates.length;
      // An answer to a later request has passed everything that was on its way.
      await client.call("session/list", {});
      expect(client.updates).toHaveLength(count);
    });

    test("LOAD-003 RESUME-002 O5: a session that was never prompted has nothing to replay", async () => {
      put(
        dir,
        `projects/-w/${sessionId(1)}.jsonl`,
        jsonl([{ type: "mode", mode: "default", sessionId: sessionId(1) }]),
      );
      expect((await client.call("session/load", open(sessionId(1)))).result).toEqual(LOADED);
      expect((await client.call("session/resume", open(sessionId(1)))).result).toEqual({});
      expect(client.updates).toEqual([]);
    });

    test("O8: another directory, and one that is not there", async () => {
      writeSession(dir, "-w", sessionId(1), turnRows("x"));
      for (const cwd of ["/elsewhere", dir]) {
        expect((await client.call("session/load", open(sessionId(1), cwd))).result).toEqual(LOADED);
        expect((await client.call("session/resume", open(sessionId(1), cwd))).result).toEqual({});
      }
    });

    test("O2 R3 F2: null for what is optional", async () => {
      writeSession(dir, "-w", sessionId(1), turnRows("x"));
      const params = {
        sessionId: sessionId(1),
        cwd: "/w",
        mcpServers: null,
        additionalDirectories: null,
        systemPrompt: null,
        _meta: null,
      };
      for (const method of ["session/load", "session/resume", "session/fork"]) {
        expect((await client.send({ jsonrpc: "2.0", id: method, method, params })).result).toBeDefined();
      }
    });

    test("B13: MCP servers are accepted, and never asked", async () => {
      writeSession(dir, "-w", sessionId(1), turnRows("x"));
      const mcpServers = [{ name: "x", command: "/bin/false", args: [], env: [] }];
      expect((await client.call("session/load", { sessionId: sessionId(1), cwd: "/w", mcpServers })).result).toEqual(
        LOADED,
      );
    });

    test("rows that are broken cost nothing but themselves", async () => {
      const [a, b, c, d] = turnRows("x").map((row) => JSON.stringify({ ...row, sessionId: sessionId(1) }));
      put(dir, `projects/-w/${sessionId(1)}.jsonl`, `${a}\n{"cut\n${b}${c}\n\u0000\u0000${d}`);
      const loaded = (await client.call("session/load", open(sessionId(1)))).result;
      expect(loaded).toEqual({ _meta: { "claude-transcripts": { hiddenBranches: 0, notShown: { cutShort: 1 } } } });
      expect(texts(client.updates, "user_message_chunk", "agent_message_chunk")).toEqual([
        "*Not shown: 1 row that was cut short.*\n\n",
        "x",
        "I shall look.",
        "answer to x",
      ]);
    });

    test("U+2028 stands in no line", async () => {
      writeSession(dir, "-w", sessionId(1), turnRows("a\u2028b"));
      let raw = "";
      client.child.stdout.on("data", (chunk: Buffer) => (raw += chunk.toString()));
      await client.call("session/load", open(sessionId(1)));
      expect(texts(client.updates, "user_message_chunk")).toEqual(["a\u2028b"]);
      expect(raw).not.toContain("\u2028");
    });

    test("C2: closing or cancelling ends a load that is under way", async () => {
      const big = Array.from({ length: 4000 }, (_, i) => ({
        ...turnRows(`${i} ${"x".repeat(5000)}`)[0],
        uuid: uuid(i),
        parentUuid: i === 0 ? null : uuid(i - 1),
      }));
      writeSession(dir, "-w", sessionId(1), big);
      client.child.stdout.pause();
      const closed = client.call("session/load", open(sessionId(1)));
      const cancelled = client.send({
        jsonrpc: "2.0",
        id: "cancelled",
        method: "session/load",
        params: open(sessionId(1)),
      });
      const close = client.call("session/close", { sessionId: sessionId(1) });
      client.write(
        `${JSON.stringify({ jsonrpc: "2.0", method: "$/cancel_request", params: { requestId: "cancelled" } })}\n`,
      );
      client.child.stdout.resume();
      expect((await closed).error).toMatchObject({ code: -32800 });
      expect((await cancelled).error).toMatchObject({ code: -32800 });
      expect((await close).result).toEqual({});
      expect(client.updates.length).toBeLessThan(4000);
    });
  });

  describe("unknown sessions and bad input", () => {
    test("INFO-UNKNOWNSESSION O8 R4: an unknown session is -32002 with its id", async () => {
      for (const [method, id] of [
        ["session/load", UNKNOWN],
        ["session/load", "not-a-uuid"],
        ["session/load", ""],
        ["session/load", "../../../etc/passwd"],
        ["session/resume", UNKNOWN],
        ["session/resume", "not-a-uuid"],
        ["session/fork", UNKNOWN],
        ["session/fork", "not-a-uuid"],
      ] as const) {
        const { error } = await client.call(method, open(id));
        expect(error, `${method} ${id}`).toMatchObject({ code: -32002, data: { sessionId: id } });
        expect(client.updates).toEqual([]);
      }
    });

    test("ERROR-001 A2 A3: wrong params of a session are -32602 and named", async () => {
      for (const [method, params, field] of [
        ["session/load", { ...open(UNKNOWN), cwd: "here" }, "cwd"],
        ["session/load", { ...open(UNKNOWN), cwd: undefined }, "cwd"],
        ["session/load", { ...open(UNKNOWN), sessionId: 7 }, "sessionId"],
        ["session/load", { ...open(UNKNOWN), mcpServers: "x" }, "mcpServers"],
        ["session/resume", { ...open(UNKNOWN), sessionId: null }, "sessionId"],
        ["session/fork", { ...open(UNKNOWN), cwd: ["/w"] }, "cwd"],
        ["session/close", {}, "sessionId"],
        ["session/delete", { sessionId: 1 }, "sessionId"],
        ["session/delete", [], "params"],
        ["session/load", { ...open(UNKNOWN), additionalDirectories: ["/x"] }, "additionalDirectories"],
      ] as const) {
        const { error } = await client.send({ jsonrpc: "2.0", id: "x", method, params });
        expect(error, JSON.stringify(params)).toMatchObject({
          code: -32602,
          data: { field },
          message: expect.stringContaining(field) as unknown,
        });
      }
    });
  });

  describe("session/resume, close, fork, delete", () => {
    test("RESUME-001 R2: the session is there, and nothing is replayed", async () => {
      writeSession(dir, "-w", sessionId(1), longRows);
      expect((await client.call("session/resume", { sessionId: sessionId(1), cwd: "/w" })).result).toEqual({});
      await client.call("session/list", {});
      expect(client.updates).toEqual([]);
    });

    test("CLOSE-001 CLOSE-002 C3 C4: known, unknown, no UUID: {}", async () => {
      writeSession(dir, "-w", sessionId(1), longRows);
      for (const id of [sessionId(1), UNKNOWN, "no uuid", ""]) {
        expect((await client.call("session/close", { sessionId: id })).result).toEqual({});
      }
      expect(idsOf(await client.call("session/list", {}))).toEqual([sessionId(1)]);
    });

    test("SESSION-002 F2 F3 F4 F6: a fork is a session of its own, in the directory asked for", async () => {
      const source = writeSession(dir, "-w", sessionId(1), longRows);
      const before = fs.readFileSync(source);
      const replies = [
        await client.call("session/fork", open(sessionId(1))),
        await client.call("session/fork", open(sessionId(1), "/other/place")),
      ];
      const ids = replies.map(({ result }) => result?.["sessionId"] as string);
      expect(replies.map(({ result }) => Object.keys(result ?? {}))).toEqual([["sessionId"], ["sessionId"]]);
      expect(new Set([...ids, sessionId(1)]).size).toBe(3);
      expect(client.updates).toEqual([]);
      expect(fs.readFileSync(source)).toEqual(before);
      expect(fs.readdirSync(path.join(dir, "projects", "-other-place"))).toEqual([`${ids[1]}.jsonl`]);
      expect(idsOf(await client.call("session/list", { cwd: "/other/place" }))).toEqual([ids[1]]);

      for (const id of ids) {
        client.updates.length = 0;
        await client.call("session/load", open(id));
        expect(texts(client.updates, "user_message_chunk", "agent_message_chunk")).toEqual(longTexts);
      }
    });

    test("F5: a session in which nothing was said cannot be forked", async () => {
      put(
        dir,
        `projects/-w/${sessionId(1)}.jsonl`,
        jsonl([{ type: "mode", mode: "default", sessionId: sessionId(1) }]),
      );
      const { error } = await client.call("session/fork", open(sessionId(1)));
      expect(error).toMatchObject({ code: -32602, data: { code: "NoMessages" } });
    });

    test("DELETE-001 D2 D3 D5: it is gone from the list, and can be restored", async () => {
      writeSessions(dir, 2);
      expect((await client.call("session/delete", { sessionId: sessionId(1) })).result).toEqual({});
      expect(idsOf(await client.call("session/list", {}))).toEqual([sessionId(2)]);
      expect((await client.call("session/load", open(sessionId(1)))).error).toMatchObject({ code: -32002 });
      expect(fs.readdirSync(path.join(dir, "claude-transcripts", "trash"))).toHaveLength(1);
    });

    test("DELETE-002 D4: unknown, twice, no UUID: {}", async () => {
      writeSessions(dir, 1);
      for (const id of [sessionId(1), sessionId(1), UNKNOWN, "no uuid", "", ".."]) {
        expect((await client.call("session/delete", { sessionId: id })).result).toEqual({});
      }
    });

    test("D5: a fork can be deleted at once", async () => {
      writeSessions(dir, 1);
      const { result } = await client.call("session/fork", open(sessionId(1)));
      expect((await client.call("session/delete", { sessionId: result?.["sessionId"] })).result).toEqual({});
      expect(idsOf(await client.call("session/list", {}))).toEqual([sessionId(1)]);
    });

    test("D5: a session that a running CLI has open is refused, with the reason", async () => {
      writeSessions(dir, 1);
      openByThisProcess(dir, sessionId(1));
      fs.utimesSync(path.join(dir, "projects", "-w", `${sessionId(1)}.jsonl`), new Date(), new Date());
      const { error } = await client.call("session/delete", { sessionId: sessionId(1) });
      expect(error).toMatchObject({
        code: -32602,
        data: { code: "SessionInUse", sessionId: sessionId(1), field: "sessionId" },
      });
      expect(idsOf(await client.call("session/list", {}))).toEqual([sessionId(1)]);
    });
  });

  test("ERROR-001: whatever a client sends, it is not called a fault of the server's", async () => {
    writeSessions(dir, 2);
    // Too deep to be written by `JSON.stringify`, so it is put in afterwards.
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    const values = [
      null,
      7,
      -0.5,
      "",
      "x",
      "\0",
      "\ud800",
      "/\0",
      `/${"y".repeat(5000)}`,
      "/..",
      true,
      [],
      [[]],
      {},
      "<deep>",
    ];
    const known = { cwd: "/w", mcpServers: [], prompt: [], title: "t", modeId: "m", configId: "c", methodId: "m" };
    const methods = ["list", "new", "load", "resume", "fork", "prompt", "close", "delete", "archive", "unarchive"];
    const more = ["set_title", "status", "set_mode", "set_config_option"];
    const codes = new Set<unknown>();
    const replies: Promise<Reply>[] = [];
    for (const method of [...methods, ...more].map((name) => `session/${name}`).concat("authenticate", "initialize")) {
      const bodies = [...values, ...values.map((value) => ({ ...known, sessionId: value }))];
      for (const name of ["cwd", "mcpServers", "cursor", "archived", "prompt", "title", "modeId", "_meta"]) {
        bodies.push(...values.map((value) => ({ ...known, sessionId: UNKNOWN, [name]: value })));
      }
      for (const name of ["limit", "cursor", "includeWorktrees", "messageId"]) {
        bodies.push(...values.map((value) => ({ ...known, sessionId: sessionId(1), ...ours({ [name]: value }) })));
      }
      for (const params of bodies) {
        const message = { jsonrpc: "2.0", id: `${replies.length}`, method, params };
        replies.push(client.send(message, JSON.stringify(message).replace('"<deep>"', deep)));
      }
    }
    for (const { error } of await Promise.all(replies)) codes.add(error?.code);
    // Loads are cancelled where the session is closed meanwhile.
    expect([undefined, -32002, -32602, -32800]).toEqual(expect.arrayContaining([...codes]));
    expect(codes.size).toBeGreaterThan(2);
    expect(client.stderr).toBe("");
    expect(client.stray).toEqual([]);
  });

  test("SCHEMA-001 SCHEMA-002 B8 CLIENTCAP-001 CLIENTCAP-002 CLIENTCAP-003: a tour of every method fits the schema, and asks the client for nothing", async () => {
    writeSessions(dir, 3);
    const begun = (await client.call("session/new", { cwd: "/w", mcpServers: [] })).result?.["sessionId"];
    const fork = (await client.call("session/fork", open(sessionId(1)))).result?.["sessionId"];
    for (const [method, more] of [
      ["status", {}],
      ["load", { cwd: "/w", mcpServers: [] }],
      ["resume", { cwd: "/w", mcpServers: [] }],
      ["prompt", { prompt: [{ type: "text", text: "x" }] }],
      ["set_title", { title: "x" }],
      ["archive", {}],
      ["unarchive", {}],
      ["close", {}],
      ["delete", {}],
    ] as const) {
      for (const id of [begun, fork, sessionId(2)]) {
        expect((await client.call(`session/${method}`, { sessionId: id, ...more })).result).toBeDefined();
      }
    }
    expect((await client.call("session/list", {})).result).toBeDefined();
    // Requests of the server's would stand there, and so would answers that were not asked for.
    expect(client.stray).toEqual([]);
    expect(client.updates.length).toBeGreaterThan(20);
  });

  test("L11: looking changes nothing on the disk", async () => {
    writeSessions(dir, 3);
    writeSession(dir, "-w", sessionId(4), longRows);
    const before = snapshot(dir, { directoryTimes: true });
    await client.call("session/list", {});
    for (const method of ["session/load", "session/resume"]) await client.call(method, open(sessionId(4)));
    await client.call("session/close", { sessionId: sessionId(4) });
    await client.call("session/delete", { sessionId: UNKNOWN });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("several config dirs at once, and CLAUDE_CONFIG_DIR where none is named", async () => {
    const other = tempConfigDir();
    writeSession(dir, "-w", sessionId(1), turnRows("here", 1));
    writeSession(other, "-w", sessionId(2), turnRows("there", 2));
    const both = await start("--config-dir", other);
    expect(idsOf(await both.call("session/list", {}))).toEqual([sessionId(2), sessionId(1)]);
    expect((await both.call("session/load", open(sessionId(2)))).result).toEqual(LOADED);
    await both.end();
    const byName = await connect({ node, env: { CLAUDE_CONFIG_DIR: other } });
    expect(idsOf(await byName.call("session/list", {}))).toEqual([sessionId(2)]);
    await byName.end();
  });
});
