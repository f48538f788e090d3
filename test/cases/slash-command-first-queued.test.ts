import { expect, test } from "vitest";
import { toSessionRow } from "../../src/acp/sessions/session-to-acp.ts";
import { listSessions as printSessions } from "../../src/cli/list/list-run.ts";
import { getSessionInfo, listSessionPage } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const ID = "8860370a-f76c-41de-8337-d4626c2678f4";
const TITLE = "/kanban STOCK #1395";

test("a command is listed with what was asked of it, and found by that", async () => {
  const dir = caseConfigDir("slash-command-first-queued");
  const [session] = (await listSessionPage({ configDirs: [dir] })).sessions;
  expect(session && toSessionRow(session).title).toBe(TITLE);
  const { call } = await connectMcpHere(dir);
  expect((await call("list_sessions", { scope: "all" })).structured).toMatchObject({ sessions: [{ title: TITLE }] });
  expect((await call("search_sessions", { query: "1395", scope: "all" })).text).toContain(TITLE);
  expect((await call("list_sessions", { title: "stock", scope: "all" })).text).toContain(TITLE);
  const terminal = new FakeTerminal();
  await printSessions(invocation(terminal, dir, [], { all: true }));
  expect(terminal.out).toContain(TITLE);
});

test("the library calls it by the name of the command, as the official one does", async () => {
  const configDirs = [caseConfigDir("slash-command-first-queued")];
  expect(await getSessionInfo(ID, { configDirs })).toMatchObject({ summary: "/kanban", firstPrompt: "/kanban" });
});

test("the command is the user's word, once", async () => {
  const { show, updates, mcp } = await onEverySurface(caseConfigDir("slash-command-first-queued"), ID);
  expect(show).toContain(`You · #1 · `);
  expect(show.split(TITLE)).toHaveLength(3);
  expect(updates.filter(({ sessionUpdate }) => sessionUpdate === "user_message_chunk")).toEqual([
    expect.objectContaining({ content: { type: "text", text: TITLE } }),
  ]);
  expect(mcp.split(TITLE)).toHaveLength(2);
});
