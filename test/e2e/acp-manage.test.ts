/** Archive, unarchive, set_title, status and fork at a message: one server for all that is about one config dir. */
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { connect, type RawClient, texts } from "../support/acp-client.ts";
import { idsOf, open, rowsOf, UNKNOWN } from "../support/acp-requests.ts";
import { LOADED, longRows, turnRows, writeSession, writeSessions } from "../support/acp-store.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { ownNode } from "../support/nodes.ts";
import { jsonl, uuid } from "../support/rows.ts";
import { snapshot } from "../support/snapshot.ts";

const forkAt = (id: string, messageId: unknown, cwd = "/w") => ({
  ...open(id, cwd),
  _meta: { "claude-transcripts": { messageId } },
});

/** Starts a server for the test; when the test has done its work, all that was said must have been right. */
async function serve(node: string, dir: string, work: (client: RawClient) => Promise<void>, ...args: string[]) {
  const client = await connect({ node, args: ["--config-dir", dir, ...args] });
  await work(client);
  expect(client.wrong).toEqual([]);
  expect(client.stderr).toBe("");
  expect(await client.end()).toMatchObject({ code: 0 });
}

/** What a load shows of a session. */
async function shown(client: RawClient, id: string): Promise<{ all: string[]; ids: unknown[] }> {
  client.updates.length = 0;
  await client.call("session/load", open(id));
  const updates = client.updates.splice(0);
  return {
    all: texts(updates, "user_message_chunk", "agent_message_chunk"),
    ids: updates.map(({ update }) => update["messageId"]).filter((it) => it !== undefined),
  };
}

describe.each(ownNode())("Node $version", ({ path: node }) => {
  test("X1 X3 X5 X6 X7 X8: archive hides a session, unarchive shows it again, both as often as one likes", async () => {
    const dir = tempConfigDir();
    writeSessions(dir, 2);
    const id = sessionId(1);
    await serve(node, dir, async (client) => {
      const [before] = rowsOf(await client.call("session/list", { cwd: "/w" }));
      await client.call("session/resume", open(id));
      for (let round = 0; round < 2; round++) {
        expect((await client.call("session/archive", { sessionId: id })).result).toEqual({});
        expect(idsOf(await client.call("session/list", {}))).toEqual([sessionId(2)]);
        expect(rowsOf(await client.call("session/list", { archived: "only" }))).toMatchObject([
          { sessionId: id, archived: true, updatedAt: before?.updatedAt },
        ]);
      }
      // It is closed first, as close would.
      expect((await client.call("session/status", { sessionId: id })).result).toEqual({ status: "saved" });
      const { error } = await client.call("session/prompt", { sessionId: id, prompt: [] });
      expect(error).toMatchObject({ code: -32002, data: { sessionId: id } });
      expect((await shown(client, id)).all).toEqual(["prompt 1", "I shall look.", "answer to prompt 1"]);
      await client.call("session/close", { sessionId: id });
      expect(idsOf(await client.call("session/list", { archived: "only" }))).toEqual([id]);

      for (let round = 0; round < 2; round++) {
        client.updates.length = 0;
        expect((await client.call("session/unarchive", { sessionId: id })).result).toEqual({});
        expect(client.updates).toEqual([
          {
            sessionId: id,
            update: { sessionUpdate: "session_info_update", _meta: { "claude-transcripts": { archived: false } } },
          },
        ]);
        expect(rowsOf(await client.call("session/list", { cwd: "/w" }))).toMatchObject([
          { sessionId: id, archived: false, updatedAt: before?.updatedAt },
        ]);
      }
      expect((await client.call("session/status", { sessionId: id })).result).toEqual({ status: "saved" });
    });
    const mark = fs.readFileSync(path.join(dir, "projects", "-w", id, "archived.json"), "utf8");
    expect(JSON.parse(mark)).toMatchObject({ archived: false, by: "sdk" });
  });

  test("X6: unarchive overrules a title that says archived", async () => {
    const dir = tempConfigDir();
    const id = sessionId(1);
    const title = JSON.stringify({ type: "custom-title", customTitle: "[archived] old", sessionId: id });
    put(dir, `projects/-w/${id}.jsonl`, `${jsonl(turnRows("x"))}${title}\n`);
    await serve(node, dir, async (client) => {
      expect(idsOf(await client.call("session/list", {}))).toEqual([]);
      expect(rowsOf(await client.call("session/list", { archived: "only" }))).toMatchObject([{ archived: true }]);
      expect((await client.call("session/unarchive", { sessionId: id })).result).toEqual({});
      expect(rowsOf(await client.call("session/list", {}))).toMatchObject([{ sessionId: id, archived: false }]);
    });
  });

  test("T2 T3 T4 T5: a title is stored as it is answered, for any session, and stays when the CLI makes one up", async () => {
    const dir = tempConfigDir();
    const [one = "", two = ""] = writeSessions(dir, 2);
    await serve(node, dir, async (client) => {
      const [before] = rowsOf(await client.call("session/list", { cwd: "/v" }));
      // A list shows the first hundred characters of it.
      for (const [asked, stored, listed] of [
        ["  My\n title\t", "My title", "My title"],
        ["x".repeat(201), `${"x".repeat(199)}…`, `${"x".repeat(99)}…`],
        [`${"y".repeat(198)}😀z`, `${"y".repeat(198)}…`, `${"y".repeat(99)}…`],
        ["Last", "Last", "Last"],
      ]) {
        client.updates.length = 0;
        const { result } = await client.call("session/set_title", { sessionId: two, title: asked });
        expect(result).toEqual({ title: stored });
        expect(client.updates).toEqual([
          { sessionId: two, update: { sessionUpdate: "session_info_update", title: stored } },
        ]);
        expect(rowsOf(await client.call("session/list", { cwd: "/v" }))).toMatchObject([
          { sessionId: two, title: listed, updatedAt: before?.updatedAt },
        ]);
      }
      const made = { type: "ai-title", aiTitle: "Made up", sessionId: two };
      fs.appendFileSync(path.join(dir, "projects", "-v", `${two}.jsonl`), `${JSON.stringify(made)}\n`);
      expect(rowsOf(await client.call("session/list", { cwd: "/v" }))[0]?.title).toBe("Last");

      const fresh = (await client.call("session/new", { cwd: "/w", mcpServers: [] })).result?.["sessionId"];
      expect((await client.call("session/set_title", { sessionId: fresh, title: " New " })).result).toEqual({
        title: "New",
      });
      expect((await client.call("session/archive", { sessionId: fresh })).result).toEqual({});
      const only = rowsOf(await client.call("session/list", { archived: "only" }));
      expect(only).toMatchObject([{ sessionId: fresh, title: "New", archived: true }]);
      expect(idsOf(await client.call("session/list", { cwd: "/w" }))).toEqual([one]);
      expect((await client.call("session/unarchive", { sessionId: fresh })).result).toEqual({});
      expect(idsOf(await client.call("session/list", { cwd: "/w" }))).toEqual([fresh, one]);
    });
    expect(fs.readFileSync(path.join(dir, "projects", "-v", `${two}.jsonl`), "utf8")).toContain(
      `{"type":"custom-title","customTitle":"Last","sessionId":"${two}"}\n`,
    );
  });

  test("T3 U3: a session that a CLI has open is said to be live, renamed, and the client warned", async () => {
    const dir = tempConfigDir();
    const [one = "", two = ""] = writeSessions(dir, 2);
    openByThisProcess(dir, one);
    await serve(node, dir, async (client) => {
      const live = rowsOf(await client.call("session/list", {})).map((row) => row._meta["claude-transcripts"]["live"]);
      expect(live).toEqual([undefined, true]);
      expect((await client.call("session/status", { sessionId: one })).result).toEqual({
        status: "saved",
        _meta: { "claude-transcripts": { live: true, pid: process.pid } },
      });
      expect((await client.call("session/set_title", { sessionId: one, title: "New" })).result).toEqual({
        title: "New",
        _meta: {
          "claude-transcripts": {
            live: true,
            warning: expect.stringContaining(`process ${process.pid} has it open`) as unknown,
          },
        },
      });
      expect((await client.call("session/set_title", { sessionId: two, title: "New" })).result).toEqual({
        title: "New",
      });
    });
  });

  test("U2 U3: status tells open from saved, and changes nothing", async () => {
    const dir = tempConfigDir();
    const [id = ""] = writeSessions(dir, 1);
    const before = snapshot(dir, { directoryTimes: true });
    await serve(node, dir, async (client) => {
      const status = async (of: unknown) => (await client.call("session/status", { sessionId: of })).result;
      expect([await status(id), await status(id)]).toEqual([{ status: "saved" }, { status: "saved" }]);
      for (const method of ["session/resume", "session/load"]) {
        await client.call(method, open(id));
        expect(await status(id)).toEqual({ status: "open" });
        await client.call("session/close", { sessionId: id });
        expect(await status(id)).toEqual({ status: "saved" });
      }
      const fresh = (await client.call("session/new", { cwd: "/w", mcpServers: [] })).result?.["sessionId"];
      expect(await status(fresh)).toEqual({ status: "open" });
      client.updates.length = 0;
      await status(id);
      expect(client.updates).toEqual([]);
    });
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });

  test("X6 T2 T3 U4 ERROR-001: unknown sessions are -32002 with the id, wrong params -32602 with the field", async () => {
    const dir = tempConfigDir();
    const [id = ""] = writeSessions(dir, 1);
    const before = snapshot(dir);
    await serve(node, dir, async (client) => {
      for (const unknown of [UNKNOWN, "no uuid", ""]) {
        for (const [method, more] of [["archive"], ["unarchive"], ["status"], ["set_title", { title: "x" }]] as const) {
          const { error } = await client.call(`session/${method}`, { sessionId: unknown, ...more });
          expect(error).toMatchObject({ code: -32002, data: { sessionId: unknown } });
        }
      }
      for (const [method, params, field] of [
        ["archive", { sessionId: null }, "sessionId"],
        ["unarchive", {}, "sessionId"],
        ["status", [], "params"],
        ["set_title", { sessionId: id }, "title"],
        ["set_title", { sessionId: id, title: null }, "title"],
        ["set_title", { sessionId: id, title: " \n\t\u2028 " }, "title"],
      ] as const) {
        const { error } = await client.send({ jsonrpc: "2.0", id: "x", method: `session/${method}`, params });
        expect(error).toMatchObject({ code: -32602, data: { field } });
      }
      expect(client.updates).toEqual([]);
    });
    expect(snapshot(dir)).toEqual(before);
  });

  test("F2 F3 F4 F7: a fork ends with the message that is named by any id a load shows, and is open", async () => {
    const dir = tempConfigDir();
    const id = sessionId(1);
    const source = writeSession(dir, "-w", id, longRows);
    const bytes = fs.readFileSync(source);
    await serve(node, dir, async (client) => {
      const fork = async (of: string, messageId: unknown): Promise<string> => {
        const { result } = await client.call("session/fork", forkAt(of, messageId, "/other"));
        return result?.["sessionId"] as string;
      };
      const whole = await shown(client, id);
      const upTo = (last: string): string[] => whole.all.slice(0, whole.all.indexOf(last) + 1);
      const byUser = await fork(id, uuid(6));
      expect((await shown(client, byUser)).all).toEqual(upTo("prompt"));
      expect((await client.call("session/status", { sessionId: byUser })).result).toEqual({ status: "open" });
      expect(idsOf(await client.call("session/list", { cwd: "/other" }))).toEqual([byUser]);
      const byMessage = await fork(id, "msg_7");
      expect((await shown(client, byMessage)).all).toEqual(upTo("second answer"));
      expect((await shown(client, await fork(id, null))).all).toEqual(whole.all);
      // What a load of the source showed names the same message on the fork, and on the fork's fork.
      const forkOfFork = await fork(byMessage, undefined);
      for (const [of, messageId, end] of [
        [byMessage, uuid(6), "prompt"],
        [byMessage, "msg_2", "first answer"],
        [forkOfFork, uuid(6), "prompt"],
        [forkOfFork, uuid(1), "first prompt"],
      ] as const) {
        expect((await shown(client, await fork(of, messageId))).all).toEqual(upTo(end));
      }
      // Every id that a load of the fork shows can be cut at, too.
      for (const messageId of (await shown(client, forkOfFork)).ids) {
        expect((await client.call("session/fork", forkAt(forkOfFork, messageId))).error).toBeUndefined();
      }
      for (const unknown of [uuid(99), "msg_none", "junk"]) {
        const { error } = await client.call("session/fork", forkAt(forkOfFork, unknown));
        expect(error).toMatchObject({
          code: -32602,
          data: { code: "MessageNotFound", field: '_meta["claude-transcripts"].messageId' },
        });
      }
      const { error } = await client.send({
        jsonrpc: "2.0",
        id: "x",
        method: "session/fork",
        params: forkAt(id, 7),
      });
      expect(error).toMatchObject({ code: -32602, data: { field: '_meta["claude-transcripts"].messageId' } });
    });
    expect(fs.readFileSync(source)).toEqual(bytes);
  });

  test("F7: a session in memory is forked at its messages, too", async () => {
    await serve(node, tempConfigDir(), async (client) => {
      const id = (await client.call("session/new", { cwd: "/w", mcpServers: [] })).result?.["sessionId"] as string;
      for (const text of ["one", "two"]) {
        await client.call("session/prompt", { sessionId: id, prompt: [{ type: "text", text }] });
      }
      const { ids } = await shown(client, id);
      const { result } = await client.call("session/fork", forkAt(id, ids[1]));
      expect((await shown(client, result?.["sessionId"] as string)).all).toEqual(["one", expect.any(String)]);
      const { error } = await client.call("session/fork", forkAt(id, "junk"));
      expect(error).toMatchObject({ code: -32602, data: { code: "MessageNotFound" } });
    });
  });

  test("tags and a description are set, told before the answer, and in the rows of a list", async () => {
    const dir = tempConfigDir();
    const [one = ""] = writeSessions(dir, 1);
    await serve(node, dir, async (client) => {
      const annotate = async (params: object): Promise<unknown> => {
        const { result, error } = await client.call("_claude-transcripts/session/annotate", {
          sessionId: one,
          ...params,
        });
        const [told] = client.updates.splice(0);
        expect(told?.update["_meta"]).toEqual(error === undefined ? { "claude-transcripts": result } : undefined);
        return error ?? result;
      };
      expect(await annotate({ addTags: ["a", "\u001B[31mb c"], description: " Two\nlines " })).toEqual({
        tags: ["a", "b c"],
        description: "Two lines",
      });
      expect(await annotate({ addTags: ["d"], removeTags: ["a"], setTags: null, description: null })).toEqual({
        tags: ["b c", "d"],
      });
      expect(rowsOf(await client.call("session/list", {}))).toMatchObject([
        { _meta: { "claude-transcripts": { tag: "b c", tags: ["b c", "d"], description: "Two lines" } } },
      ]);
      expect(await annotate({ setTags: [] })).toEqual({ tags: [] });
      expect(await annotate({ description: "" })).toEqual({ description: "" });
      const [row] = rowsOf(await client.call("session/list", {}));
      expect(JSON.stringify(row)).not.toMatch(/tag|description/);
      for (const [params, message] of [
        [{}, /setTags: must be given/],
        [{ addTags: "x" }, /addTags/],
        [{ addTags: [" "] }, /tag must be non-empty/],
        [{ setTags: ["x".repeat(101)] }, /at most 100/],
        [{ addTags: ["x"], description: "x".repeat(2001) }, /at most 2000/],
      ] as const) {
        expect(await annotate(params)).toMatchObject({
          code: -32602,
          message: expect.stringMatching(message) as unknown,
        });
      }
      expect(JSON.stringify(rowsOf(await client.call("session/list", {})))).not.toContain('"tag');
      expect(await annotate({ sessionId: UNKNOWN, addTags: ["x"] })).toMatchObject({ code: -32002 });
    });
  });

  test("B3: a read-only server declares nothing that changes anything, refuses it with the reason, and shows all", async () => {
    const dir = tempConfigDir();
    const [one = ""] = writeSessions(dir, 2);
    put(
      dir,
      `projects/-v/${sessionId(2)}/archived.json`,
      '{"archived":true,"at":"2027-01-01T00:00:00.000Z","by":"sdk"}',
    );
    const before = snapshot(dir, { directoryTimes: true });
    const work = async (client: RawClient) => {
      const { result } = await client.initialize();
      expect(result?.["agentCapabilities"]).toMatchObject({ loadSession: true });
      const capabilities = result?.["agentCapabilities"] as { sessionCapabilities: object } | undefined;
      expect(capabilities?.sessionCapabilities).toEqual({ list: {}, resume: {}, close: {}, status: {} });
      for (const [method, more] of [
        ["fork", { cwd: "/w" }],
        ["delete"],
        ["archive"],
        ["unarchive"],
        ["set_title", { title: "x" }],
      ] as const) {
        const { error } = await client.call(`session/${method}`, { sessionId: one, ...more });
        expect(error).toMatchObject({
          code: -32601,
          message: expect.stringContaining("--read-only") as unknown,
          data: { method: `session/${method}`, readOnly: true },
        });
      }
      const annotate = "_claude-transcripts/session/annotate";
      expect((await client.call(annotate, { sessionId: one, addTags: ["x"] })).error).toMatchObject({
        code: -32601,
        data: { method: annotate, readOnly: true },
      });
      expect(rowsOf(await client.call("session/list", {})).map((row) => row.archived)).toEqual([true, false]);
      expect((await client.call("session/load", open(one))).result).toEqual(LOADED);
      expect((await client.call("session/prompt", { sessionId: one, prompt: [] })).result).toMatchObject({
        stopReason: "end_turn",
      });
    };
    await serve(node, dir, work, "--read-only");
    expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
  });
});
