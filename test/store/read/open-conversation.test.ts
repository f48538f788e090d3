import fs from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { type OpenConversation, openConversation, openStream } from "../../../src/store/read/open-conversation.ts";
import { requireSession } from "../../../src/store/projects/find-copies.ts";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import {
  assistant,
  boundary,
  jsonl,
  result,
  rewind,
  type Row,
  summary,
  system,
  user,
  uuid,
} from "../../support/rows.ts";

afterEach(() => vi.unstubAllEnvs());

const id = sessionId(1);

/** `u1 a2 s3~ u4/1`: kinds and numbers of rows; `~` stands before a compaction, `/n` is a branch. */
function brief(open: OpenConversation): string {
  const rows = Array.from({ length: open.length }, (_, at) => {
    const { kind, compacted, branch } = open.facts(at);
    return `${kind[0]}${Number.parseInt(open.uuid(at).slice(-12), 16)}${compacted ? "~" : ""}${branch > 0 ? `/${branch}` : ""}`;
  });
  open.close();
  return rows.join(" ");
}

async function* chunks(text: string, size = 100): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

test.for<[string, Row[], string]>([
  ["messages and notices", [user(1, null), system(2, 1, "informational"), assistant(3, 2)], "u1 s2 a3"],
  [
    "compacted and not",
    [user(1, null), assistant(2, 1), boundary(3, 2), summary(4, 3), user(5, 4)],
    "u1~ a2~ s3 u4 u5",
  ],
  [
    "a branch that a rewind left behind",
    [user(1, null), assistant(2, 1), user(3, 2), rewind(2), user(4, 2)],
    "u1 a2 u4 u3/1",
  ],
  [
    "a notice beside the conversation stands in its place",
    [user(1, null), system(2, 1, "informational"), assistant(3, 1)],
    "u1 s2 a3",
  ],
  ["a notice at the end", [user(1, null), assistant(2, 1), system(3, 2, "away_summary")], "u1 a2 s3"],
  [
    "notices do not count as branches",
    [user(1, null), system(2, 1, "a"), assistant(3, 1), user(4, 3), rewind(3), user(5, 3), system(6, 5, "b")],
    "u1 s2 a3 u5 s6 u4/1",
  ],
])("%s", async ([, rows, expected]) => {
  expect(brief(await openStream(chunks(jsonl(rows))))).toBe(expected);
});

test("a stream and a file are the same", async () => {
  const dir = tempConfigDir();
  const rows = [
    user(1, null),
    assistant(2, 1),
    result(3, 2, "t", { toolUseResult: {} }),
    user(4, 3, "x".repeat(500_000)),
  ];
  put(dir, `projects/-w/${id}.jsonl`, jsonl(rows));
  const file = await openConversation(requireSession(id, { configDirs: [dir] }));
  const stream = await openStream(chunks(jsonl(rows), 65_536));
  expect(stream.size).toBe(file.size);
  for (let at = 0; at < 4; at++) {
    expect(stream.facts(at)).toEqual(file.facts(at));
    expect(stream.entry(at)).toEqual(file.entry(at));
    expect(Buffer.from(stream.bytes(at)).toString()).toBe(JSON.stringify(rows[at]));
  }
  expect(file.facts(2).answers).toBe(true);
  expect(brief(stream)).toBe(brief(file));
});

test("an unknown row and an unknown subagent throw", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${id}.jsonl`, jsonl([user(1, null)]));
  const copy = requireSession(id, { configDirs: [dir] });
  await expect(openConversation(copy, { agentId: "nobody" })).rejects.toThrow("it has no subagent nobody");
  const open = await openConversation(copy);
  expect(() => open.entry(1)).toThrow("There is no row 1");
  open.close();
});

test("a subagent's conversation", async () => {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${id}.jsonl`, jsonl([user(1, null)]));
  put(
    dir,
    `projects/-w/${id}/subagents/agent-a1.jsonl`,
    jsonl([user(8, null, "p", { isSidechain: true }), assistant(9, 8, "r", { isSidechain: true })]),
  );
  put(dir, `projects/-w/${id}/subagents/agent-a1.meta.json`, '{"description":"Look"}');
  const open = await openConversation(requireSession(id, { configDirs: [dir] }), { agentId: "a1" });
  expect(open.subagent).toMatchObject({ agentId: "a1", description: "Look", layout: "directory" });
  expect(brief(open)).toBe("u8 a9");
});

test("says which subagents can be opened, of every layout, from one look at their names", async () => {
  const dir = tempConfigDir();
  const side = { isSidechain: true, sessionId: id };
  const rows = jsonl([user(8, null, "p", side)]);
  put(dir, `projects/-w/${id}.jsonl`, jsonl([user(1, null), user(7, 1, "p", { ...side, agentId: "inside" })]));
  put(dir, `projects/-w/${id}/subagents/deep/agent-a.jsonl`, rows);
  fs.symlinkSync("deep/agent-a.jsonl", `${dir}/projects/-w/${id}/subagents/agent-linked.jsonl`);
  put(dir, "projects/-w/agent-beside.jsonl", rows);
  put(dir, "projects/-w/agent-other.jsonl", jsonl([user(8, null, "p", { ...side, sessionId: sessionId(2) })]));
  const copy = requireSession(id, { configDirs: [dir] });
  const open = await openConversation(copy);
  const asked = ["a", "beside", "inside", "linked", "other", "nobody", "", "../-w/agent-a", `${id}/x`, "a".repeat(300)];
  const openable = asked.filter((agentId) => open.hasSubagent(agentId));
  expect(openable).toEqual(["a", "beside", "inside"]);
  const opened = await Promise.allSettled(asked.map((agentId) => openConversation(copy, { agentId })));
  expect(asked.filter((_, at) => opened[at]?.status === "fulfilled")).toEqual(openable);
  for (const one of opened) if (one.status === "fulfilled") one.value.close();
  // Nothing is listed again for each call.
  put(dir, `projects/-w/${id}/subagents/agent-late.jsonl`, rows);
  expect(open.hasSubagent("late")).toBe(false);
  open.close();
  const stream = await openStream(chunks(jsonl([user(1, null)])));
  expect(stream.hasSubagent("a")).toBe(false);
  stream.close();
});

test.skipIf(process.platform === "win32")("a stream leaves no file behind, and has none while it comes", async () => {
  const tmp = tempConfigDir();
  vi.stubEnv("TMPDIR", tmp);
  const seen: string[][] = [];
  async function* stream(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks(jsonl([user(1, null)]))) {
      yield chunk;
      seen.push(fs.readdirSync(tmp));
    }
  }
  const open = await openStream(stream());
  expect(seen.length).toBeGreaterThan(1);
  expect([...seen.flat(), ...fs.readdirSync(tmp)].filter((name) => name !== "projects")).toEqual([]);
  expect(open.uuid(0)).toBe(uuid(1));
  open.close();
});

test("a stream that fails, or is given up, throws its reason", async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("x");
    throw new Error("the pipe broke");
  }
  await expect(openStream(failing())).rejects.toThrow("the pipe broke");
  await expect(openStream(chunks("x"), AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
