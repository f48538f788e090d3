/** The tools of the built server, over stdio, by the SDK's own client. */
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { turnRows, writeSession } from "../support/acp-store.ts";
import { sessionId } from "../support/config-dir.ts";
import { openByThisProcess } from "../support/live.ts";
import { connectMcp, type McpClient, type McpOptions, type Told } from "../support/mcp-client.ts";
import { ids, ONE, rows, store, TWIN, TWO } from "../support/mcp-store.ts";
import { ownNode } from "../support/nodes.ts";
import { runCli } from "../support/run-cli.ts";

const here = (dir: string, options: McpOptions = {}): Promise<McpClient> =>
  connectMcp(dir, { ...options, env: { CLAUDE_PROJECT_DIR: "/w", ...options.env } });

describe.each(ownNode())("Node $version", ({ path: node }) => {
  test("a life: list, search, rename, tag, archive, fork, delete, restore", async () => {
    const dir = store();
    const { call } = await here(dir, { node });
    const good = async (name: string, args: Readonly<Record<string, unknown>>): Promise<Told> => {
      const told = await call(name, args);
      expect({ name, isError: told.isError, text: told.isError ? told.text : "" }).toEqual({
        name,
        isError: false,
        text: "",
      });
      return told;
    };
    expect(ids(await good("list_sessions", {}))).toEqual(["22222223", "22222222", "11111111"]);
    expect(ids(await good("search_sessions", { query: "parser" }), "hits")).toEqual(["22222222"]);
    expect((await good("rename_session", { session: "1", title: " A\n new title " })).structured).toEqual({
      id: "11111111",
      title: "A new title",
      before: "Why is the café closed?",
    });
    expect((await good("tag_session", { session: "1", tag: "later" })).structured).toMatchObject({ tag: "later" });
    expect(ids(await good("list_sessions", { tag: "later" }))).toEqual(["11111111"]);
    expect((await good("tag_session", { session: "1", tag: null })).structured).not.toHaveProperty("tag");
    await good("archive_session", { session: "1" });
    expect(ids(await good("list_sessions", {}))).toEqual(["22222223", "22222222"]);
    expect(rows(await good("list_sessions", { archived: true }))).toMatchObject([{ marks: ["archived"] }]);
    await good("archive_session", { session: "1", archived: false });
    const fork = (await good("fork_session", { session: "1" })).structured as { sessionId: string; id: string };
    expect(fs.existsSync(path.join(dir, "projects", "-w", `${fork.sessionId}.jsonl`))).toBe(true);
    expect(ids(await good("list_sessions", { title: "NEW TITLE (fork)" }))).toEqual([fork.id]);
    expect((await good("delete_session", { session: fork.id, confirm: true })).structured).toMatchObject({
      deleted: true,
      items: 1,
    });
    expect(fs.existsSync(path.join(dir, "projects", "-w", `${fork.sessionId}.jsonl`))).toBe(false);
    expect((await good("restore_session", { session: fork.id })).structured).toMatchObject({ id: fork.id, items: 1 });
    expect(fs.existsSync(path.join(dir, "projects", "-w", `${fork.sessionId}.jsonl`))).toBe(true);
  });
});

test("the options of the command, and its errors", async () => {
  const { client } = await here(store(), { args: ["--read-only", "--tools", "list_sessions, delete_session"] });
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_sessions"]);
  const { status, stderr } = runCli(["mcp", "--tools", "list_session"]);
  expect(status).toBe(2);
  expect(stderr).toContain("--tools must be a comma-separated list of list_sessions, search_sessions, ");
});

test("the user is asked, and what they say counts", async () => {
  const dir = store();
  let answer: "accept" | "decline" = "decline";
  const { call } = await here(dir, { answer: () => answer });
  expect((await call("delete_session", { session: "1", confirm: true })).structured).toMatchObject({ deleted: false });
  answer = "accept";
  expect((await call("delete_session", { session: "1" })).structured).toMatchObject({ deleted: true });
  expect(fs.existsSync(path.join(dir, "projects", "-w", `${ONE}.jsonl`))).toBe(false);
});

describe("the session that asks", () => {
  const marked = (told: Told): string[] =>
    rows(told).flatMap(({ id, marks }) => (marks?.includes("this conversation") === true ? [id] : []));

  test("is the one that the environment names", async () => {
    const { call } = await here(store(), { env: { CLAUDE_CODE_SESSION_ID: TWO } });
    expect(marked(await call("list_sessions"))).toEqual(["22222222"]);
  });

  test("is else that of the nearest ancestor that keeps a file of itself", async () => {
    const dir = store();
    openByThisProcess(dir, TWIN);
    const { call } = await here(dir);
    expect(marked(await call("list_sessions"))).toEqual(["22222223"]);
  });
});

test.each([
  [["--no-programmatic"], {}, 3],
  [[], { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "1" }, 3],
  [[], { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "0" }, 4],
  [[], {}, 4],
])("sessions that programs started, with %j and %j", async (args, env, count) => {
  const dir = store();
  const rows = turnRows("run", 9).map((row) => ({ ...row, entrypoint: "sdk-cli" }));
  writeSession(dir, "-w", sessionId(1), rows);
  const { call } = await here(dir, { args, env });
  expect(ids(await call("list_sessions"))).toHaveLength(count);
  expect(ids(await call("list_sessions", { programmatic: true }))).toHaveLength(4);
});

test("a variable that says neither is an error", () => {
  const { status, stderr } = runCli(["mcp"], { env: { CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC: "no" } });
  expect(status).toBe(2);
  expect(stderr).toContain("CLAUDE_TRANSCRIPTS_NO_PROGRAMMATIC must be 1 or 0");
});
