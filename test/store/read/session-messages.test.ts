import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { readEntries } from "../../../src/store/read/entries.ts";
import {
  getSessionMessages,
  type GetSessionMessagesOptions,
  readConversation,
  streamSessionMessages,
} from "../../../src/store/read/session-messages.ts";
import { describeSubagents, getSubagentMessages, listSubagents } from "../../../src/store/read/subagents.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import {
  assistant,
  attachment,
  boundary,
  brief,
  call,
  checkpoint,
  collect,
  jsonl,
  progress,
  result,
  rewind,
  type Row,
  summary,
  system,
  user,
  uuid,
} from "../../support/rows.ts";
import { snapshot } from "../../support/snapshot.ts";

const ID = sessionId(1);

function store(content: string | Buffer): { configDirs: string[] } {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, content);
  return { configDirs: [dir] };
}

const read = async (rows: readonly (Row | string)[], options: GetSessionMessagesOptions = {}): Promise<string> =>
  brief(await getSessionMessages(ID, { ...store(jsonl(rows)), ...options }));

const DEEP = "[".repeat(200_000) + "]".repeat(200_000);
const four = [user(1, null), assistant(2, 1), user(3, 2), assistant(4, 3)];
/** Two compactions, the second of which kept two messages. */
const compactedTwice = [
  ...four,
  boundary(5, 4),
  summary(6, 5),
  user(7, 6),
  assistant(8, 7),
  user(9, 8),
  assistant(10, 9),
  boundary(11, 10, { anchor: 12, uuids: [9, 10] }),
  summary(12, 11),
  user(13, 12),
  assistant(14, 13),
];

const absorbed = (deliveryId: string): Row => ({
  type: "queue-operation",
  operation: "remove",
  reason: "absorbed_mid_turn",
  deliveryId,
});
const queued = (n: number, parent: number): Row =>
  attachment(n, parent, { type: "queued_command", prompt: `q${n}`, delivery_id: "d" });

describe("getSessionMessages", () => {
  test.for([
    ["a reply comes next", [...four, queued(5, 4), assistant(6, 5)], "u1 a2 u3 a4 u5 a6"],
    ["a prompt comes next", [...four, queued(5, 4), user(6, 5)], "u1 a2 u3 a4 u6"],
    ["a row says so", [...four, queued(5, 4), absorbed("d"), user(6, 5)], "u1 a2 u3 a4 u5 u6"],
    ["a row says so at the end", [...four, queued(5, 4), user(6, 5), absorbed("d")], "u1 a2 u3 a4 u5 u6"],
    ["a row says so of another", [...four, queued(5, 4), user(6, 5), absorbed("e")], "u1 a2 u3 a4 u6"],
    ["of two, one was", [...four, queued(5, 4), queued(6, 5), absorbed("d"), user(7, 6)], "u1 a2 u3 a4 u6 u7"],
  ] as [string, Row[], string][])("shows a queued prompt when it was delivered: %s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test("does not read what was written before the compaction that a large file begins with", async () => {
    const past = [user(1, null), JSON.stringify({ type: "filler", text: "x".repeat(5_500_000) })];
    const rest = [summary(5, 4), assistant(6, 5), queued(7, 6), user(8, 7)];
    expect(await read([...past, absorbed("d"), boundary(4, 1), ...rest])).toBe("u5 a6 u8");
    expect(await read([...past, boundary(4, 1), absorbed("d"), ...rest])).toBe("u5 a6 u7 u8");
  });

  test.for([
    ["a line", four, "u1 a2 u3 a4"],
    ["the branch that ends last", [...four, user(5, 2), assistant(6, 5)], "u1 a2 u5 a6"],
    [
      "a parent that is nowhere: the history before the break stays",
      [user(1, null), assistant(2, 1), user(4, 3), assistant(5, 4)],
      "u1 a2 u4 a5",
    ],
    ["a trailing attachment without a parent in the file", [user(1, null), assistant(2, 1), attachment(4, 3)], "u1 a2"],
    ["a parent that a damaged row held", [user(1, null), '{"type":"assistant","uuid":"x","mess', user(3, 99)], "u1 u3"],
    [
      "parallel results",
      [
        user(1, null),
        call(2, 1, "A", "m"),
        call(3, 2, "B", "m"),
        result(4, 2, "A"),
        result(5, 3, "B"),
        assistant(6, 5),
      ],
      "u1 a2 a3 u4 u5 a6",
    ],
    [
      "a result that no message can claim",
      [user(1, null), call(2, 1, "A", ""), result(3, 2, "A"), user(4, 2), assistant(5, 4)],
      "u1 a2 u3 u4 a5",
    ],
    [
      "a result of a call whose id two messages share",
      [user(1, null), call(2, 1, "A", "m1"), call(3, 1, "A", "m2"), result(4, 99, "A"), user(5, 2)],
      "u1 a2 u4 u5",
    ],
    ["a circle", [user(1, 2), assistant(2, 1), user(3, 2)], "u1 a2 u3"],
    ["a self parent", [user(1, 1)], ""],
    ["a self parent behind a message", [user(1, null), user(2, 2)], "u1 u2"],
    ["a parent that is no uuid", [user(1, null), user(2, 1, "u2", { parentUuid: 5 })], "u1 u2"],
    ["no word of a parent", [user(1, null), user(2, 1, "u2", { parentUuid: undefined })], "u1 u2"],
    ["no parent, and that is said", [user(1, null), user(2, null)], "u2"],
    ["glued rows", [JSON.stringify(user(1, null)) + JSON.stringify(assistant(2, 1))], "u1 a2"],
    [
      "a row glued to a torn one",
      [user(1, null), `{"type":"user","uuid":"t","mess${JSON.stringify(assistant(2, 1))}`],
      "u1 a2",
    ],
    [
      "a raw control character in a text",
      [JSON.stringify(user(1, null, "x")).replace('"x"', '"x\u0007"'), assistant(2, 1)],
      "u1 a2",
    ],
    [
      "escaped keys and types",
      [String.raw`{"\u0074ype":"us\u0065r","uuid":"${uuid(1)}","message":{"content":"x"}}`, assistant(2, 1)],
      "u1 a2",
    ],
    [
      "the same in a row that is nested deeper than calls are",
      [
        String.raw`{"\u0074ype":"us\u0065r","uuid":"${uuid(1)}","x":${DEEP},"message":{"content":"x"}}`,
        assistant(2, 1),
      ],
      "u1 a2",
    ],
  ] as [string, (Row | string)[], string][])("%s", async ([, rows, expected]) => {
    expect(await read(rows)).toBe(expected);
  });

  test.for([
    ["to an answer", [rewind(2)], "u1 a2"],
    ["to a prompt", [rewind(3)], "u1 a2 u3"],
    ["to the start", [rewind(null)], ""],
    ["the last one counts", [rewind(null), rewind(2)], "u1 a2"],
    ["and goes on from there", [rewind(2), user(5, 2), assistant(6, 5)], "u1 a2 u5 a6"],
    ["a late row of the abandoned branch brings it back", [rewind(2), system(5, 4, "turn_duration")], "u1 a2 u3 a4"],
    ["rows on another root do not count", [rewind(2), user(5, null), assistant(6, 5)], "u1 a2"],
    ["from the start, and on", [rewind(null), user(5, null), assistant(6, 5)], "u5 a6"],
    ["a plain checkpoint moves nothing", [checkpoint(2)], "u1 a2 u3 a4"],
    ["a plain checkpoint on the same leaf keeps it", [rewind(2), checkpoint(2)], "u1 a2"],
    ["a plain checkpoint elsewhere takes it back", [rewind(2), checkpoint(4)], "u1 a2 u3 a4"],
    ["to a row that is nowhere", [rewind(99)], "u1 a2 u3 a4"],
    ["to a row that is nowhere takes an earlier one back", [rewind(2), rewind(99)], "u1 a2 u3 a4"],
    ["a compaction takes it back", [rewind(2), boundary(5, 4), summary(6, 5), user(7, 6)], "u6 u7"],
    ["explicit has to be true", [rewind(2, { explicit: "true" })], "u1 a2 u3 a4"],
  ] as [string, Row[], string][])("rewind: %s", async ([, rows, expected]) => {
    expect(await read([...four, ...rows])).toBe(expected);
  });

  test.for([
    ["officially from the last compaction on", {}, "u12 u9 a10 u13 a14"],
    [
      "the whole of it, kept messages once and where they were said",
      { includeCompacted: true },
      "u1 a2 u3 a4 u6 u7 a8 u9 a10 u12 u13 a14",
    ],
    [
      "boundaries too",
      { includeCompacted: true, includeSystemMessages: true },
      "u1 a2 u3 a4 s5 u6 u7 a8 u9 a10 s11 u12 u13 a14",
    ],
    ["a page of it", { includeCompacted: true, offset: 3, limit: 3 }, "a4 u6 u7"],
  ] as [string, GetSessionMessagesOptions, string][])("two compactions: %s", async ([, options, expected]) => {
    expect(await read(compactedTwice, options)).toBe(expected);
  });

  test("marks what the model no longer has", async () => {
    const messages = await getSessionMessages(ID, { ...store(jsonl(compactedTwice)), includeCompacted: true });
    expect(brief(messages.filter((message) => message["compacted"] === true))).toBe("u1 a2 u3 a4 u6 u7 a8");
  });

  test.for([
    [
      "two compactions, both of which kept messages",
      [
        ...four,
        boundary(5, 4, { anchor: 6, uuids: [4] }),
        summary(6, 5),
        user(7, 6),
        assistant(8, 7),
        boundary(9, 8, { anchor: 10, uuids: [7, 8] }),
        summary(10, 9),
        user(11, 10),
      ],
      "u1 a2 u3 a4 u6 u7 a8 u10 u11",
    ],
    [
      "two compactions, of which only the first kept messages",
      [
        ...four,
        boundary(5, 4, { anchor: 6, uuids: [3, 4] }),
        summary(6, 5),
        user(7, 6),
        boundary(8, 7),
        summary(9, 8),
        user(10, 9),
      ],
      "u1 a2 u3 a4 u6 u7 u9 u10",
    ],
    ["a logical parent that is nowhere", [...four, boundary(5, 99), summary(6, 5), user(7, 6)], "u1 a2 u3 a4 u6 u7"],
    ["a boundary that names itself", [...four, boundary(5, 5), summary(6, 5)], "u1 a2 u3 a4 u6"],
    [
      "parallel results before the boundary",
      [
        user(1, null),
        call(2, 1, "A", "m"),
        call(3, 2, "B", "m"),
        result(4, 2, "A"),
        result(5, 3, "B"),
        boundary(6, 5),
        summary(7, 6),
      ],
      "u1 a2 a3 u4 u5 u7",
    ],
  ] as [string, Row[], string][])("the whole conversation through %s", async ([, rows, expected]) => {
    expect(await read(rows, { includeCompacted: true })).toBe(expected);
  });

  test("adds the abandoned branches, marked and in file order", async () => {
    const rows = [...four, user(5, 2), assistant(6, 5), user(7, 2), assistant(8, 7), user(9, 5)];
    const messages = await getSessionMessages(ID, { ...store(jsonl(rows)), branches: "all" });
    expect(messages.map((message) => [brief([message]), message["branch"]])).toEqual([
      ["u1", undefined],
      ["a2", undefined],
      ["u5", undefined],
      ["u9", undefined],
      ["u3", 1],
      ["a4", 1],
      ["a6", 2],
      ["u7", 3],
      ["a8", 3],
    ]);
  });

  test("does not take the past of a compaction for an abandoned branch", async () => {
    expect(await read(compactedTwice, { branches: "all" })).toBe(await read(compactedTwice));
    const all = await read(compactedTwice, { branches: "all", includeCompacted: true });
    expect(all).toBe(await read(compactedTwice, { includeCompacted: true }));
  });

  test("is empty for what is no session, and streams throw", async () => {
    const options = store(jsonl(four));
    for (const id of ["nope", "", sessionId(2), null as unknown as string])
      expect(await getSessionMessages(id, options)).toEqual([]);
    await expect(streamSessionMessages("nope", options).next()).rejects.toMatchObject({ code: "InvalidSessionId" });
    await expect(readConversation(sessionId(2), options).next()).rejects.toMatchObject({ code: "SessionNotFound" });
  });

  test("reads the newest copy of a session that stands in two projects", async () => {
    const dir = tempConfigDir();
    put(dir, `projects/-a/${ID}.jsonl`, jsonl(four.slice(0, 1)), { mtime: 1000 });
    put(dir, `projects/-b/${ID}.jsonl`, jsonl(four.slice(0, 2)), { mtime: 2000 });
    put(dir, `projects/-c/${ID}.jsonl`, "", { mtime: 3000 });
    expect(brief(await getSessionMessages(ID, { configDirs: [dir] }))).toBe("u1 a2");
  });

  test("stops when it is told to", async () => {
    const options = { ...store(jsonl(four)), signal: AbortSignal.abort(new Error("enough")) };
    await expect(getSessionMessages(ID, options)).rejects.toThrow("enough");
  });
});

describe("readEntries", () => {
  test("gives every row with its bytes and place, unknown and damaged ones too", async () => {
    const lines = [
      '{"type":"from-the-future","x":1}',
      "",
      "garbage",
      JSON.stringify(user(1, null)) + '{"type":"tag","tag":"t"}',
      '{"type":"cut',
    ];
    const text = lines.join("\n");
    const entries = await collect(readEntries(ID, store(text)));
    expect(entries.map(({ value, problem }) => value?.["type"] ?? problem)).toEqual([
      "from-the-future",
      "not_json",
      "user",
      "tag",
      "cut",
    ]);
    for (const { offset, byteLength, bytes } of entries) {
      expect(bytes.toString()).toBe(Buffer.from(text).toString("utf8", offset, offset + byteLength));
    }
    const from = entries[2]?.offset ?? 0;
    const rest = await collect(readEntries(ID, { ...store(text), from }));
    expect(rest).toEqual(entries.slice(2));
  });
});

describe("subagents", () => {
  const side = (rows: readonly Row[]): string =>
    jsonl(rows.map((row) => ({ ...row, isSidechain: true, sessionId: ID })));

  test("are found in every layout, with their meta files", async () => {
    const dir = tempConfigDir();
    const inline = [user(21, 1, "task", { isSidechain: true }), assistant(22, 21, "done", { isSidechain: true })];
    put(dir, `projects/-w/${ID}.jsonl`, jsonl([...four, ...inline]));
    put(dir, `projects/-w/${ID}/subagents/agent-b.jsonl`, side([user(1, null), progress(2, 1), assistant(3, 2)]));
    put(
      dir,
      `projects/-w/${ID}/subagents/agent-b.meta.json`,
      JSON.stringify({ toolUseId: "toolu_1", agentType: "Explore", parentAgentId: "p" }),
    );
    put(dir, `projects/-w/${ID}/subagents/workflows/wf_1/agent-a.jsonl`, side([user(1, null)]));
    put(dir, `projects/-w/${ID}/subagents/workflows/wf_1/journal.jsonl`, "{}\n");
    put(dir, "projects/-w/agent-old.jsonl", side([user(1, null), assistant(2, 1)]));
    put(dir, "projects/-w/agent-other.jsonl", jsonl([user(1, null, "x", { sessionId: sessionId(9) })]));
    const options = { configDirs: [dir] };
    expect(await listSubagents(ID, options)).toEqual(["b", "a"]);
    const all = await describeSubagents(ID, { ...options, includeLegacy: true });
    expect(all.map(({ agentId, layout }) => [agentId, layout])).toEqual([
      ["b", "directory"],
      ["a", "directory"],
      ["old", "beside"],
      [uuid(21), "inline"],
    ]);
    expect(all[0]).toMatchObject({ toolUseId: "toolu_1", agentType: "Explore", parentAgentId: "p" });
    const messages = await getSubagentMessages(ID, "b", options);
    expect(brief(messages)).toBe("u1 a3");
    expect(messages[0]).toMatchObject({ parent_tool_use_id: "toolu_1", parent_agent_id: "p" });
    expect(brief(await getSubagentMessages(ID, "old", options))).toBe("u1 a2");
    expect(brief(await getSubagentMessages(ID, uuid(21), options))).toBe("u21 a22");
    expect(await getSubagentMessages(ID, "nobody", options)).toEqual([]);
    expect(brief(await getSessionMessages(ID, options))).toBe("u1 a2 u3 a4");
  });

  test.each([
    ["at the end", [user(1, null), queued(2, 1), assistant(3, 2), absorbed("d")]],
    ["before it", [user(1, null), absorbed("d"), queued(2, 1), assistant(3, 2)]],
  ] as [string, Row[]][])("show a queued prompt whatever a row says of it %s", async (_name, rows) => {
    const dir = tempConfigDir();
    put(dir, `projects/-w/${ID}.jsonl`, jsonl(four));
    put(dir, `projects/-w/${ID}/subagents/agent-a.jsonl`, side(rows));
    expect(brief(await getSubagentMessages(ID, "a", { configDirs: [dir] }))).toBe("u1 u2 a3");
  });
});

test("reading changes nothing: no path, mode, byte or time", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(compactedTwice).slice(0, -1), { mode: 0o640, mtime: 1_700_000_000 });
  put(dir, `projects/-w/${ID}/subagents/agent-b.jsonl`, jsonl(four), { mtime: 1_700_000_000 });
  fs.symlinkSync(path.join(dir, "projects/-w"), path.join(dir, "projects/-link"));
  const before = snapshot(dir, { directoryTimes: true });
  const options = { configDirs: [dir] };
  await getSessionMessages(ID, { ...options, includeCompacted: true, branches: "all" });
  await collect(readConversation(ID, options));
  await collect(readEntries(ID, options));
  await describeSubagents(ID, { ...options, includeLegacy: true });
  await getSubagentMessages(ID, "b", options);
  expect(snapshot(dir, { directoryTimes: true })).toEqual(before);
});
