import type { SessionUpdate } from "@agentclientprotocol/sdk/unstable";
import { expect, test } from "vitest";
import { replay } from "../../src/acp/replay/load.ts";
import { openStore } from "../../src/open/open-store.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { caseConfigDir, onEverySurface } from "../support/surfaces.ts";

const id = "4d1f0c52-7a4e-4c0e-9a57-1f0a6b0f2c11";
const POINTERS = ["Read the output file to retrieve the result: ", "Full transcript available at: "];

/** Role and text of each message, joined as a client does that does not look at ids. */
function joined(updates: readonly SessionUpdate[]): [string, string][] {
  const messages: [string, string][] = [];
  for (const update of updates) {
    const role = /^(user|agent)_message_chunk$/.exec(update.sessionUpdate)?.[1];
    if (role === undefined) messages.push(["", ""]);
    else if ("content" in update && update.content && "text" in update.content) {
      if (messages.at(-1)?.[0] === role) (messages.at(-1) as [string, string])[1] += update.content.text;
      else messages.push([role, update.content.text]);
    }
  }
  return messages.filter(([role]) => role !== "");
}

test("an editor shows as the user's what the person said, and messages of one role apart", async () => {
  const { updates } = await onEverySurface(caseConfigDir("machine-words"), id);
  const messages = joined(updates);
  expect(messages.filter(([role]) => role === "user").map(([, text]) => text)).toEqual([
    "Run the tests in the background",
    "Fix that finding\n\nand add a test",
    "/exit",
  ]);
  expect(messages.filter(([role]) => role === "agent").map(([, text]) => text)).toEqual([
    `They are running.

Background command "npm test" completed (exit code 0)

Read the output file to retrieve the result: /tmp/claude/tasks/b1.output

All tests pass.

Agent "Review" completed

One finding.

Full transcript available at: /tmp/claude/tasks/a1.output

The review has one finding.

*Request interrupted by user*`,
    "Fixed, with a test.",
    "Goodbye!",
  ]);
});

test("the ids of messages and their texts are as stored, apart from the separators", async () => {
  const { updates } = await onEverySurface(caseConfigDir("machine-words"), id);
  const texts = new Map<string, string>();
  for (const update of updates) {
    if (!("messageId" in update) || !update.content || !("text" in update.content)) continue;
    if (JSON.stringify(update._meta ?? {}).includes('"separator":true')) continue;
    const key = String(update.messageId);
    texts.set(key, (texts.get(key) ?? "") + update.content.text);
  }
  expect(texts.get("msg_w4")).toBe("The review has one finding.");
  expect(texts.get("00000000-00c0-4000-8000-00000000000a")).toBe("Fix that finding");
});

test("on the command line they are notes", async () => {
  const { show: shown } = await onEverySurface(caseConfigDir("machine-words"), id);
  const messages = shown.split(/\n\n(?=(?:You|Claude|Note) · #)/).slice(1);
  const yours = messages.filter((message) => message.startsWith("You"));
  expect(yours.map((message) => message.split("\n").slice(1).join("\n").trimEnd())).toEqual([
    "Run the tests in the background",
    "Fix that finding",
    "and add a test",
    "/exit\n  │ Goodbye!",
  ]);
  for (const pointer of POINTERS) {
    expect(messages.filter((message) => message.includes(pointer)).map((message) => message.slice(0, 4))).toEqual([
      "Note",
    ]);
  }
});

test("a model reads them as notes too, where it asks for notes", async () => {
  const { mcp } = await onEverySurface(caseConfigDir("machine-words"), id);
  for (const words of [...POINTERS, "interrupted"]) expect(mcp).not.toContain(words);
  const headings = [...mcp.matchAll(/^## #\d+ (\w+)/gm)].map(([, speaker]) => speaker);
  expect(headings.filter((speaker) => speaker === "user")).toHaveLength(4);
});

test("the last message is not a note alone", async () => {
  const dir = caseConfigDir("machine-words");
  const terminal = new FakeTerminal();
  await show(invocation(terminal, dir, [id], { last: "1" }));
  expect(terminal.out).toContain("Fixed, with a test.");
  expect(terminal.out).not.toContain("and add a test");
  const updates: SessionUpdate[] = [];
  const send = async (update: SessionUpdate): Promise<void> => void updates.push(update);
  await replay(openStore([dir]), id, send, new AbortController().signal, { limit: 1 });
  expect(joined(updates)).toEqual([
    ["agent", "Fixed, with a test."],
    ["user", "/exit"],
    ["agent", "Goodbye!"],
  ]);
});
