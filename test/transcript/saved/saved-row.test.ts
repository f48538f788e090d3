import { expect, test } from "vitest";
import { restoredMessage, withMark } from "../../../src/transcript/saved/saved-row.ts";

const row = { type: "user", message: { role: "user", content: "a" }, uuid: "u", sessionId: "s", timestamp: "t" };

test("a row has what a message says only once", () => {
  const message = { type: "user", uuid: "u", message: row.message, session_id: "s", parent_tool_use_id: null };
  const marked = withMark(row, message);
  expect(marked).toEqual({
    ...row,
    "claude-transcripts": {
      keys: ["type", "uuid", "message", "session_id", "parent_tool_use_id"],
      rest: { parent_tool_use_id: null },
    },
  });
  expect(JSON.stringify(restoredMessage(marked))).toBe(JSON.stringify(message));
});

test("a message of a fork has the ids of the fork, and keeps those that were never its own", () => {
  const fork = { ...withMark(row, { type: "user", uuid: "u", session_id: "s" }), uuid: "v", sessionId: "f" };
  expect(restoredMessage(fork)).toEqual({ type: "user", uuid: "v", session_id: "f" });
  const other = { ...withMark(row, { type: "user", uuid: "theirs", session_id: "theirs" }), uuid: "v", sessionId: "f" };
  expect(restoredMessage(other)).toEqual({ type: "user", uuid: "theirs", session_id: "theirs" });
});

test.for([
  undefined,
  null,
  5,
  [],
  {},
  { keys: ["type"] },
  { rest: {} },
  { keys: ["type", 5], rest: {} },
  { keys: "type", rest: {} },
  { keys: ["uuid"], rest: {} },
  { keys: ["type"], rest: { type: 5 } },
  { keys: ["type"], rest: [] },
])("%o is no mark", (mark) => {
  expect(restoredMessage({ ...row, "claude-transcripts": mark })).toBeUndefined();
});
