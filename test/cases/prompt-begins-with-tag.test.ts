import { expect, test } from "vitest";
import { toSessionRow } from "../../src/acp/sessions/session-to-acp.ts";
import { listSessions as printSessions } from "../../src/cli/list/list-run.ts";
import { getSessionInfo, listSessionPage, listSessions } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { caseConfigDir } from "../support/surfaces.ts";

/** By session: what is listed, and what the official list calls it, which leaves three of them out. */
const TITLES: Readonly<Record<string, { title: string; official?: string }>> = {
  "cba0ca05-4865-499c-8a3e-d0cc77861c56": { title: "<task> Refactor the cart </task>" },
  "eedd6ad5-2d27-4de4-8763-2ba62497cc17": { title: "! is a bad idea as a prefix, isn't it" },
  "e3d985ac-83aa-4435-8b22-cf80c8dd500d": { title: '<div class="a">why is this not centred?</div>' },
  "091a0261-71c1-4dbb-8ae1-428c44daf201": {
    title: "/home/eve/Downloads/report.pdf here is the pdf, please review it",
  },
  "73f36feb-f531-4461-82d1-9b6d49140c0c": { title: "[Request interrupted by user] appears in my log, why?" },
  "5c5b1c49-40e2-4be3-8a06-e78f37ee685a": { title: "<Button> does not render in Safari" },
};
const byId = (rows: readonly (readonly [string, unknown])[]): Record<string, unknown> => Object.fromEntries(rows);
const titles = byId(Object.entries(TITLES).map(([id, { title }]) => [id, title]));

test("the library lists all of them, by their prompts", async () => {
  const configDirs = [caseConfigDir("prompt-begins-with-tag")];
  const sessions = await listSessions({ configDirs });
  expect(byId(sessions.map(({ sessionId, summary }) => [sessionId, summary]))).toEqual(titles);
  expect(byId(sessions.map(({ sessionId, firstPrompt }) => [sessionId, firstPrompt]))).toEqual(titles);
  for (const [id, title] of Object.entries(titles))
    expect(await getSessionInfo(id, { configDirs })).toMatchObject({ summary: title, firstPrompt: title });
});

test("so do the lists of editors, models and the command line", async () => {
  const dir = caseConfigDir("prompt-begins-with-tag");
  const { sessions } = await listSessionPage({ configDirs: [dir] });
  expect(byId(sessions.map((session) => [session.sessionId, toSessionRow(session).title]))).toEqual(titles);
  const { structured } = await (await connectMcpHere(dir)).call("list_sessions", { scope: "all" });
  const rows = structured?.["sessions"] as { id: string; title: string }[];
  expect(rows.map(({ title }) => title).sort()).toEqual(Object.values(titles).sort());
  const terminal = new FakeTerminal();
  await printSessions(invocation(terminal, dir, [], { all: true }));
  for (const title of Object.values(titles)) expect(terminal.out).toContain(title);
  expect(terminal.out).not.toContain("(no title)");
});
