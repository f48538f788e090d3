import fs from "node:fs";
import { expect, test } from "vitest";
import { show } from "../../../src/cli/show/show-run.ts";
import { command } from "../../../src/cli/commands/fork.ts";
import { forkSession, getSessionMessages, readConversation, type Unread } from "../../../src/index.ts";
import { checkTranscript } from "../../../src/store/doctor/check-transcript.ts";
import { openConversation } from "../../../src/store/read/open-conversation.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { put, tempConfigDir } from "../../support/config-dir.ts";
import { FakeTerminal, invocation } from "../../support/fake-terminal.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";
import { assistant, user } from "../../support/rows.ts";
import { onEverySurface } from "../../support/surfaces.ts";

const ID = "00000000-0000-4000-8000-0000000000aa";

/** A row that would take many times its bytes in memory: reported as one that is longer than 256 MiB is. */
const rich = `{"type":"user","uuid":"rich","message":{"content":[${"{},".repeat(1_500_000)}{}]}}`;
const whole = [user(1, null, "asked"), assistant(2, 1, "answered")].map((row) => JSON.stringify(row));

function store(lines: readonly string[], end = "\n"): string {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, lines.join("\n") + end);
  return dir;
}

const [asked = "", answered = ""] = whole;
const spoilt = [asked, rich, "garbage", '{"type":"user","uu', answered, asked.slice(0, 40)];
const unread: Unread = { tooLong: 1, cutShort: 1, notRows: 1, unfinished: true };
const words =
  "1 row that is too long to be read, 1 row that was cut short, 1 piece of the file that is not a row, the last row, which is cut short or still being written";

test("what cannot be read is counted and named on every surface, and the rest is shown", async () => {
  const dir = store(spoilt, "");
  const { show: shown, updates, facts, mcp, pages } = await onEverySurface(dir, ID);
  for (const text of [shown, JSON.stringify(updates), mcp]) {
    expect(text).toContain("asked");
    expect(text).toContain("answered");
  }
  expect(shown).toContain(`Not shown: ${words}.`);
  expect(facts.notShown).toEqual({ tooLong: 1, cutShort: 1, notRows: 1, unfinished: 1 });
  expect(updates[0]).toMatchObject({
    sessionUpdate: "agent_message_chunk",
    content: { text: `*Not shown: ${words}.*\n\n` },
  });
  expect(pages[0]).toContain(`Left out: ${words}.`);
  const json = new FakeTerminal();
  await show(invocation(json, dir, [ID], { json: true }));
  expect(JSON.parse(json.out)).toMatchObject({ omitted: { unread } });
});

test("the library tells it before the first message", async () => {
  const configDirs = [store(spoilt, "")];
  const told: unknown[] = [];
  for await (const { message } of readConversation(ID, { configDirs, onUnread: (it) => told.push(it) })) {
    told.push(message.type);
  }
  expect(told).toEqual([unread, "user", "assistant"]);
  const again: unknown[] = [];
  await getSessionMessages(ID, { configDirs, onUnread: (it) => again.push(it) });
  expect(again).toEqual([unread]);
});

test("a fork tells what of its source is not in it", async () => {
  const dir = store(spoilt, "");
  const told: unknown[] = [];
  await forkSession(ID, { configDirs: [dir], onUnread: (it) => told.push(it) });
  expect(told).toEqual([unread]);
  const terminal = new FakeTerminal();
  await command.run(invocation(terminal, dir, [ID]));
  expect(terminal.out + terminal.err).toContain(`Not in the fork: ${words}.`);
  const client = await connectMcpHere(dir);
  expect((await client.call("fork_session", { session: ID })).text).toContain(`Not in it: ${words}.`);
});

test("a row that is still being written is counted, and no editor is bothered with it", async () => {
  const dir = store([...whole, asked.slice(0, 40)], "");
  const { show: shown, updates, facts, pages } = await onEverySurface(dir, ID);
  expect(shown).toContain("Not shown: the last row, which is cut short or still being written.");
  expect(facts.notShown).toEqual({ unfinished: 1 });
  expect(updates.map(({ sessionUpdate }) => sessionUpdate)).toEqual(["user_message_chunk", "agent_message_chunk"]);
  expect(pages[0]).toContain("Left out: the last row");
  const told: Unread[] = [];
  const onUnread = (it: Unread): void => void told.push(it);
  await getSessionMessages(ID, { configDirs: [dir], onUnread });
  await forkSession(ID, { configDirs: [dir], onUnread });
  const only = { tooLong: 0, cutShort: 0, notRows: 0, unfinished: true };
  expect(told).toEqual([only, only]);
});

test("nothing is said where everything was read", async () => {
  const dir = store([...whole, "", "\u0000\u0000", JSON.stringify({ type: "unknown" })]);
  const { show: shown, facts, pages } = await onEverySurface(dir, ID);
  expect(shown).not.toContain("Not shown");
  expect(facts.notShown).toBeUndefined();
  expect(pages[0]).not.toContain("Left out");
  const told: unknown[] = [];
  const onUnread = (it: Unread): void => void told.push(it);
  await getSessionMessages(ID, { configDirs: [dir], onUnread });
  await forkSession(ID, { configDirs: [dir], onUnread });
  expect(told).toEqual([]);
});

test("doctor names the lines", async () => {
  const dir = store(spoilt, "");
  const { findings } = await checkTranscript(`${dir}/projects/-w/${ID}.jsonl`);
  const lines = Object.fromEntries(findings.map((finding) => [finding.kind, finding.lines]));
  expect(lines).toEqual({ oversized: [2], not_json: [3], cut: [4], cut_at_end: [6] });
});

test.each([1, 8, 16, 40])(
  "a row of %d MB with raw control characters and unknown escapes is shown whole",
  async (mb) => {
    const dir = store([asked, answered]);
    const file = `${dir}/projects/-w/${ID}.jsonl`;
    const text = "x".repeat(mb * 1e6);
    fs.writeFileSync(file, `${asked}\n${answered.replace("answered", () => `NEEDLE\t\u0001\\q${text}`)}\n`);
    const open = await openConversation(requireSession(ID, { configDirs: [dir] }));
    const { message } = open.entry(1).message as { message: { content: [{ text: string }] } };
    open.close();
    const [{ text: read }] = message.content;
    expect([read.length, read.slice(0, 10)]).toEqual([mb * 1e6 + 10, "NEEDLE\t\u0001\\q".slice(0, 10)]);
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [ID], { full: true }));
    expect([terminal.out.includes("NEEDLE"), terminal.out.length > mb * 1e6]).toEqual([true, true]);
  },
);
