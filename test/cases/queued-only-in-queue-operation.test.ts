import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { forkSession, getSessionMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { inOrder } from "../support/in-order.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const CASE = "queued-only-in-queue-operation";
const ID = "27f237e6-b7f9-4587-8620-2ff3607ad88a";
const DELIVERED = "does it also fail on my machine?";
const TAKEN_BACK = "stop that, wrong branch";
const WITH_ROW = "and then commit";
const WAITING = "push it as well please";

const count = (text: string, words: string): number => text.split(words).length - 1;

test("what was delivered stands where it was; what was taken back nowhere; what has a row is shown once", async () => {
  const { show: text, updates, mcp, messages } = await onEverySurface(caseConfigDir(CASE), ID);
  for (const shown of [text, mcp, JSON.stringify(updates), JSON.stringify(messages)]) {
    expect(inOrder(shown, ["Find out why CI is red", DELIVERED, "ok go on", WITH_ROW])).toBe(true);
    expect([DELIVERED, TAKEN_BACK, WITH_ROW].map((words) => count(shown, words))).toEqual([1, 0, 1]);
  }
  expect(updates).toContainEqual({
    sessionUpdate: "user_message_chunk",
    messageId: messages[3]?.uuid,
    content: { type: "text", text: DELIVERED },
  });
});

test("what nobody gave to the model says so on every surface, and is not among the library's messages", async () => {
  const dir = caseConfigDir(CASE);
  const { show: text, updates, mcp, messages } = await onEverySurface(dir, ID);
  expect(text).toMatch(/^You · #\d+ · .* · queued, not delivered\npush it as well please$/m);
  expect(mcp).toMatch(/^## #\d+ user .*queued, not delivered\npush it as well please$/m);
  expect(JSON.stringify(messages)).not.toContain(WAITING);
  const options = { configDirs: [dir], includeUndelivered: true };
  const [last] = (await getSessionMessages(ID, options)).slice(-1);
  expect(last).toMatchObject({ type: "user", undelivered: true, isQueuedCommand: true, message: { content: WAITING } });
  expect(updates).toContainEqual({
    sessionUpdate: "agent_message_chunk",
    messageId: last?.uuid,
    content: { type: "text", text: `*Queued, not delivered:*\n\n${WAITING}` },
    _meta: { "claude-transcripts": { undelivered: true } },
  });
});

test("it says so in JSON, where the conversation is the current one, and in what the user typed", async () => {
  const dir = caseConfigDir(CASE);
  const printed = async (options: Readonly<Record<string, unknown>>): Promise<string> => {
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [ID], options));
    return terminal.out;
  };
  expect(await printed({ json: true })).toMatch(/"undelivered":true,[^}]*"uuids":\["[^"]*"\],"parts":\[\{[^}]*push it/);
  expect(await printed({ current: true })).toMatch(/queued, not delivered\npush it as well please/);
  expect(inOrder(await printed({ role: ["user"] }), [DELIVERED, WITH_ROW, WAITING])).toBe(true);
});

test("each is found by its id, and a fork may end with it", async () => {
  const dir = caseConfigDir(CASE);
  const options = { configDirs: [dir], includeUndelivered: true };
  const [delivered, waiting] = (await getSessionMessages(ID, options)).filter((message) => message.isQueuedCommand);
  const client = await connectMcpHere(dir);
  for (const [message, words] of [
    [delivered, DELIVERED],
    [waiting, WAITING],
  ] as const) {
    const one = await client.call("get_message", { session: ID, id: message?.uuid });
    expect(one.text).toContain(words);
  }
  const { sessionId } = await forkSession(ID, { configDirs: [dir], upToMessageId: delivered?.uuid ?? "" });
  const copies = await getSessionMessages(sessionId, options);
  expect(copies.map(({ message }) => message).slice(-1)).toEqual([{ role: "user", content: DELIVERED }]);
  expect(copies).toHaveLength(4);
});

test("a fork has all of it", async () => {
  const dir = caseConfigDir(CASE);
  const options = { configDirs: [dir], includeUndelivered: true };
  const said = async (id: string): Promise<unknown[]> =>
    (await getSessionMessages(id, options)).map(({ type, message, undelivered }) => [type, message, undelivered]);
  const { sessionId } = await forkSession(ID, { configDirs: [dir] });
  expect(await said(sessionId)).toEqual(await said(ID));
});
