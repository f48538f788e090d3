import { expect, test } from "vitest";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { attachment, jsonl, type Row, user } from "../support/rows.ts";
import { toSessionRow } from "../../src/acp/sessions/session-to-acp.ts";
import { listSessions } from "../../src/cli/list/list-run.ts";
import { listSessionPage } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const ID = "842ce6eb-510f-4e70-87da-883915ec90e0";

test("a teammate's own session is shown on every surface", async () => {
  const { show, updates, mcp, messages } = await onEverySurface(caseConfigDir("teammate-session"), ID);
  expect(messages).toHaveLength(6);
  expect(show).toContain("5 messages");
  for (const text of [show, mcp, JSON.stringify(updates)]) {
    for (const said of ["Write CLI tests", "12 passed", "All pass.", "also test the server please", "Server tested."])
      expect(text).toContain(said);
  }
});

test("lists mark it as an agent's", async () => {
  const dir = caseConfigDir("teammate-session");
  const [session] = (await listSessionPage({ configDirs: [dir] })).sessions;
  const agent = { agentName: "cli-tester", teamName: "coverage" };
  expect(session).toMatchObject(agent);
  expect(session && toSessionRow(session)._meta).toMatchObject({ "claude-transcripts": agent });
  const table = new FakeTerminal();
  await listSessions(invocation(table, dir, [], { all: true }));
  expect(table.out).toContain("(agent cli-tester)");
  const json = new FakeTerminal();
  await listSessions(invocation(json, dir, [], { json: true }));
  expect(JSON.parse(json.out)).toMatchObject({ sessions: [agent] });
  const { call } = await connectMcpHere(dir);
  const { text, structured } = await call("list_sessions", { scope: "all" });
  expect(text).toContain("agent cli-tester of team coverage");
  expect(structured).toMatchObject({ sessions: [{ marks: ["agent cli-tester of team coverage"] }] });
});

const mate = { teamName: "t", agentName: "tester" };

test.for<[string, Row[], string | undefined]>([
  ["every row names it", [user(1, null, "x", mate), user(2, 1, "y", mate)], "tester"],
  ["a row of another kind begins the conversation", [attachment(1, null, {}, mate), user(2, 1, "x", mate)], "tester"],
  [
    "rows of a sidechain do not begin it",
    [user(1, null, "x", { isSidechain: true }), user(2, null, "y", mate)],
    "tester",
  ],
  ["the team came later", [user(1, null), user(2, 1, "y", mate)], undefined],
  ["only the team is named", [user(1, null, "x", { teamName: "t" })], undefined],
  ["only an agent is named", [user(1, null, "x", { agentName: "tester" })], undefined],
  ["the lead is named", [user(1, null, "x", { teamName: "t", agentName: "team-lead" })], undefined],
  ["the names are no texts", [user(1, null, "x", { teamName: 1, agentName: ["a"] })], undefined],
  ["a session was given a name", [{ type: "agent-name", agentName: "x", teamName: "t" }, user(1, null)], undefined],
])("whose session it is: %s", async ([, rows, agentName]) => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${sessionId(1)}.jsonl`, jsonl(rows));
  const { sessions } = await listSessionPage({ configDirs: [dir] });
  expect(sessions).toMatchObject([{ agentName, teamName: agentName && "t" }]);
});
