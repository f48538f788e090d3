import { describe, expect, test } from "vitest";
import { replay } from "../../../src/acp/replay/load.ts";
import { openStore } from "../../../src/open/open-store.ts";
import { writeSession } from "../../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { assistant, call, result, type Row, uuid, user } from "../../support/rows.ts";

const id = sessionId(1);

/** Loads `rows` as asked; gives what was shown in short (`u1` a prompt's id, `c:t1` a call, `r:t1` its result) and the facts. */
async function load(
  rows: readonly Row[],
  request: { limit?: number; cursor?: string; replayLast?: number },
  dir = tempConfigDir(),
) {
  writeSession(dir, "-w", id, rows);
  const shown: string[] = [];
  const plans: unknown[] = [];
  const send = async (update: Record<string, unknown>): Promise<void> => {
    const { sessionUpdate, toolCallId, messageId } = update;
    if (sessionUpdate === "plan") plans.push(update["entries"]);
    else if (sessionUpdate === "tool_call") shown.push(`c:${String(toolCallId)}`);
    else if (sessionUpdate === "tool_call_update") shown.push(`r:${String(toolCallId)}`);
    else shown.push(String(messageId).replace(/^0+-.*-0*/, ""));
  };
  const facts = await replay(openStore([dir]), id, send, new AbortController().signal, request);
  return { shown: shown.join(" "), plans, facts };
}

/** Parts of `limit` messages from the end to the beginning. */
async function parts(rows: readonly Row[], limit: number): Promise<string[]> {
  const dir = tempConfigDir();
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const { shown, facts } = await load(rows, { limit, ...(cursor !== undefined && { cursor }) }, dir);
    found.push(shown);
    cursor = facts.nextCursor;
  } while (cursor !== undefined);
  return found;
}

const talk = [user(1, null), assistant(2, 1), user(3, 2), assistant(4, 3), user(5, 4)];
const parallel = [
  user(1, null),
  call(2, 1, "t1", "msg_a"),
  result(3, 2, "t1"),
  call(4, 3, "t2", "msg_a"),
  result(5, 4, "t2"),
  assistant(6, 5),
];

test("--replay-last separates no call from its result, and counts the earlier messages", async () => {
  const rows = [...parallel.slice(0, 5), user(6, 5, "[Request interrupted by user]")];
  expect(await load(rows, { replayLast: 1 })).toMatchObject({
    shown: expect.stringMatching(/^\S+#earlier c:t1 r:t1 c:t2 r:t2/) as string,
    facts: { earlier: 1, nextCursor: expect.any(String) as string },
  });
  const notes = [user(1, null), assistant(2, 1), user(3, 2, "[Request interrupted by user]"), user(4, 3)];
  expect((await load(notes, { replayLast: 1 })).facts.earlier).toBe(2);
  expect((await load(notes, { replayLast: 3 })).facts).not.toHaveProperty("earlier");
  const { nextCursor = "" } = (await load(notes, { replayLast: 1 })).facts;
  const dir = tempConfigDir();
  // A cursor is an explicit request: all of what stands before it.
  const before = await load(notes, { cursor: nextCursor, replayLast: 1 }, dir);
  expect(before.shown.split(" ")[0]).toBe("1");
});

describe("a load in parts", () => {
  test.for<[string, readonly Row[], number, readonly string[]]>([
    ["a message at a time", talk, 1, ["5", "msg_4", "3", "msg_2", "1"]],
    ["two at a time", talk, 2, ["msg_4 5", "msg_2 3", "1"]],
    ["as many as there are", talk, 5, ["1 msg_2 3 msg_4 5"]],
    ["more than there are", talk, 99, ["1 msg_2 3 msg_4 5"]],
    ["an answer's rows, calls and results stay together", parallel, 1, ["msg_6", "c:t1 r:t1 c:t2 r:t2", "1"]],
    [
      "a call stays with a result that stands far behind it",
      [user(1, null), call(2, 1, "t1"), user(3, 2), assistant(4, 3), result(5, 4, "t1"), user(6, 5)],
      1,
      ["6", "c:t1 3 msg_4 r:t1", "1"],
    ],
    [
      "a result whose call is lost draws nothing in",
      [user(1, null), assistant(2, 1), result(3, 2, "gone"), assistant(4, 3), user(5, 4)],
      2,
      ["msg_4 5", "1 msg_2 c:gone"],
    ],
    [
      "a call that was never answered ends in its own part",
      [user(1, null), call(2, 1, "t1"), user(3, 2)],
      1,
      ["3", "c:t1 r:t1", "1"],
    ],
  ])("%s", async ([, rows, limit, expected]) => {
    expect(await parts(rows, limit)).toEqual(expected);
  });

  test("a cursor stays valid while the conversation grows", async () => {
    const dir = tempConfigDir();
    const { facts } = await load(talk, { limit: 2 }, dir);
    const { shown } = await load([...talk, assistant(6, 5)], { limit: 1, cursor: facts.nextCursor ?? "" }, dir);
    expect(shown).toBe("3");
  });

  test.for(["", "x", "WzFd", Buffer.from(JSON.stringify(["before/1", uuid(99)])).toString("base64url")])(
    "cursor %j is none of this conversation",
    async (cursor) => {
      await expect(load(talk, { cursor })).rejects.toMatchObject({ code: "InvalidCursor" });
    },
  );

  test("the last part begins with the plan as of then, and an earlier part sends none", async () => {
    const rows = [
      user(1, null),
      assistant(2, 1, [{ type: "tool_use", id: "t1", name: "TaskCreate", input: { subject: "one" } }]),
      result(3, 2, "t1", { toolUseResult: { task: { id: "1", subject: "one" } } }),
      user(4, 3),
      assistant(5, 4),
    ];
    const dir = tempConfigDir();
    const last = await load(rows, { limit: 2 }, dir);
    expect(last.plans).toEqual([[{ content: "one", priority: "medium", status: "pending" }]]);
    const earlier = await load(rows, { cursor: last.facts.nextCursor ?? "" }, dir);
    expect(earlier.plans).toEqual([]);
    expect(earlier.shown).toBe("1 c:t1 r:t1");
  });
});
