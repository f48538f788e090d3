import { expect, test } from "vitest";
import { Separator } from "../../../src/acp/replay/separator.ts";

type Chunks = "user_message_chunk" | "agent_message_chunk" | "agent_thought_chunk";
const chunk = (sessionUpdate: Chunks, messageId: string, text: string) => ({
  sessionUpdate,
  messageId,
  content: { type: "text" as const, text },
});
const user = (id: string, text: string) => chunk("user_message_chunk", id, text);
const agent = (id: string, text: string) => chunk("agent_message_chunk", id, text);
const gap = (sessionUpdate: Chunks, id: string, text = "\n\n") => ({
  ...chunk(sessionUpdate, id, text),
  _meta: { "claude-transcripts": { separator: true } },
});
const call = { sessionUpdate: "tool_call", toolCallId: "t" };
const update = { sessionUpdate: "tool_call_update", toolCallId: "t" };
const subagent = { toolCallId: "t", agentId: undefined };

test.for<[string, readonly object[], readonly object[]]>([
  ["chunks of one message", [user("1", "a"), user("1", "b")], [user("1", "a"), user("1", "b")]],
  ["one after the other", [user("1", "a"), agent("2", "b")], [user("1", "a"), agent("2", "b")]],
  ["two prompts", [user("1", "a"), user("2", "b")], [user("1", "a"), gap("user_message_chunk", "1"), user("2", "b")]],
  [
    "two answers, and what is no place between them",
    [agent("1", "a"), update, { sessionUpdate: "plan", entries: [] }, agent("2", "b")],
    [agent("1", "a"), update, { sessionUpdate: "plan", entries: [] }, gap("agent_message_chunk", "1"), agent("2", "b")],
  ],
  ["a call between", [agent("1", "a"), call, agent("2", "b")], [agent("1", "a"), call, agent("2", "b")]],
  [
    "calls of a subagent between",
    [agent("1", "a"), subagent, agent("2", "b")],
    [agent("1", "a"), subagent, agent("2", "b")],
  ],
  ["a text that ends with a blank line", [user("1", "a\n\n"), user("2", "b")], [user("1", "a\n\n"), user("2", "b")]],
  [
    "a text that ends a line",
    [user("1", "a\n"), user("2", "b")],
    [user("1", "a\n"), gap("user_message_chunk", "1", "\n"), user("2", "b")],
  ],
  [
    "thoughts, and an answer after them",
    [chunk("agent_thought_chunk", "1", "a"), chunk("agent_thought_chunk", "2", "b"), agent("2", "c")],
    [
      chunk("agent_thought_chunk", "1", "a"),
      gap("agent_thought_chunk", "1"),
      chunk("agent_thought_chunk", "2", "b"),
      agent("2", "c"),
    ],
  ],
])("%s", ([, steps, expected]) => {
  expect(new Separator().between([...steps])).toEqual(expected);
  // A row at a time.
  const separator = new Separator();
  expect(steps.flatMap((step) => separator.between([step]))).toEqual(expected);
});
