import { expect, test } from "vitest";
import { forkSession, getSessionMessages, listSessionPage } from "../../src/index.ts";
import { inOrder } from "../support/in-order.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const ID = "7e6aa2d5-3f6e-42b1-834b-017fa403cb76";

const MESSAGES = [
  "Make a team to raise coverage",
  "TeamCreate",
  "Team made. Now a tester.",
  "Test the CLI",
  "Spawned.",
  "All 12 CLI tests pass.",
  "All twelve pass.",
  "Good. Now clean up the team please",
  "TeamDelete",
  "Cleaned up.",
];

test("all that was said while the team existed is shown on every surface", async () => {
  const { show, updates, mcp, messages } = await onEverySurface(caseConfigDir("team-lead-session"), ID);
  expect(messages).toHaveLength(13);
  expect(show).toContain("10 messages");
  for (const text of [show, mcp, JSON.stringify(updates)]) expect(inOrder(text, MESSAGES)).toBe(true);
  expect(show).not.toContain("Not shown");
});

test("TeamCreate has its result", async () => {
  const { show, updates, mcp } = await onEverySurface(caseConfigDir("team-lead-session"), ID);
  expect(show).toContain('│ {"team_name":"coverage"}');
  expect(mcp).toContain('{"team_name":"coverage"}');
  const calls = updates.filter(({ sessionUpdate }) => sessionUpdate === "tool_call_update");
  expect(calls.map((call) => ("status" in call ? call.status : undefined))).toEqual([
    "completed",
    "completed",
    "completed",
  ]);
});

test("a teammate's message is a note with the teammate's name", async () => {
  const { show, updates, mcp } = await onEverySurface(caseConfigDir("team-lead-session"), ID);
  expect(show).toContain("\nNote from cli-tester · #6 · ");
  expect(show).toContain("\nTests written\nAll 12 CLI tests pass.\n");
  expect(updates).toContainEqual({
    sessionUpdate: "agent_message_chunk",
    messageId: "71dfc56a-4962-4ac3-8aa3-2a0af16db76b",
    content: { type: "text", text: "Note from cli-tester: Tests written\n\nAll 12 CLI tests pass." },
    _meta: { "claude-transcripts": { peer: { from: "cli-tester", summary: "Tests written" } } },
  });
  expect(mcp).toMatch(/#6 note .*\n.*note from cli-tester: "Tests written"\] All 12 CLI tests pass\./);
  for (const text of [show, mcp, JSON.stringify(updates)]) expect(text).not.toContain("teammate-message");
});

test("a fork has all of it", async () => {
  const dir = caseConfigDir("team-lead-session");
  const options = { configDirs: [dir] };
  const text = async (id: string): Promise<unknown[]> =>
    (await getSessionMessages(id, options)).map(({ message }) => message);
  const fork = await forkSession(ID, options);
  expect(await text(fork.sessionId)).toEqual(await text(ID));
});

test("the lead's session is a person's", async () => {
  const { sessions } = await listSessionPage({ configDirs: [caseConfigDir("team-lead-session")] });
  expect(sessions).toMatchObject([{ sessionId: ID, agentName: undefined, teamName: undefined }]);
});
