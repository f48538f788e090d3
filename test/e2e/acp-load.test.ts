import { expect, test } from "vitest";
import { RawClient } from "../support/acp-client.ts";
import { writeSession } from "../support/acp-store.ts";
import { sessionId, tempConfigDir } from "../support/config-dir.ts";
import { assistant, result, type Row, user } from "../support/rows.ts";

const id = sessionId(1);
const MIB = 1024 * 1024;

async function open(rows: readonly Row[]): Promise<RawClient> {
  const dir = tempConfigDir();
  writeSession(dir, "-w", id, rows);
  const client = new RawClient({ args: ["--config-dir", dir] });
  await client.initialize();
  return client;
}

/** Loads, and gives the facts of the answer and the updates of this load alone. */
async function load(client: RawClient, options?: Record<string, unknown>) {
  const before = client.updates.length;
  const _meta = options === undefined ? undefined : { "claude-transcripts": options };
  const reply = await client.call("session/load", {
    sessionId: id,
    cwd: "/w",
    mcpServers: [],
    ...(_meta && { _meta }),
  });
  const facts = (reply.result?.["_meta"] as { "claude-transcripts": { nextCursor?: string } } | undefined)?.[
    "claude-transcripts"
  ];
  return { reply, facts, updates: client.updates.slice(before).map(({ update }) => update) };
}

const talk = [user(1, null, "one"), assistant(2, 1, "two"), user(3, 2, "three"), assistant(4, 3, "four")];
const said = (updates: readonly { content?: unknown }[]) =>
  updates.map(({ content }) => (content as { text?: string } | undefined)?.text);

test("the last messages first, and with the answer's cursor those before them", async () => {
  const client = await open(talk);
  const last = await load(client, { limit: 2 });
  expect(said(last.updates)).toEqual(["three", "four"]);
  expect(last.facts).toEqual({ hiddenBranches: 0, nextCursor: expect.any(String) });
  const before = await load(client, { limit: 2, cursor: last.facts?.nextCursor });
  expect(said(before.updates)).toEqual(["one", "two"]);
  expect(before.facts).toEqual({ hiddenBranches: 0 });
  expect((await load(client)).updates.map(({ sessionUpdate }) => sessionUpdate)).toEqual([
    "user_message_chunk",
    "agent_message_chunk",
    "user_message_chunk",
    "agent_message_chunk",
  ]);
  expect(client.wrong).toEqual([]);
});

test.for<[Record<string, unknown>, string]>([
  [{ cursor: "x" }, '_meta["claude-transcripts"].cursor'],
  [{ cursor: 7 }, '_meta["claude-transcripts"].cursor'],
  [{ limit: 0 }, '_meta["claude-transcripts"].limit'],
])("a load with %j is -32602 and names it", async ([options, field]) => {
  const client = await open(talk);
  const { reply } = await load(client, options);
  expect(reply.error).toMatchObject({ code: -32602, data: { field } });
});

test("no message is longer than 8 MiB: prose comes in pieces, output is cut and says where the rest stands", async () => {
  const prose = "\u0001é".repeat(2 * MIB);
  const image = { type: "image", source: { type: "base64", media_type: "image/png", data: "A".repeat(9 * MIB) } };
  const edit = { filePath: "/w/a", structuredPatch: [{ newStart: 1, lines: [`+${"y".repeat(9 * MIB)}`] }] };
  const client = await open([
    user(1, null, prose),
    assistant(2, 1, [{ type: "tool_use", id: "t1", name: "Bash", input: { command: "cat" } }]),
    result(3, 2, "t1", { toolUseResult: { stdout: "z".repeat(9 * MIB), stderr: "" } }),
    assistant(4, 3, [{ type: "tool_use", id: "t2", name: "Edit", input: { file_path: "/w/a" } }]),
    result(5, 4, "t2", { toolUseResult: edit }),
    user(6, 5, [image]),
  ]);
  const { updates } = await load(client);
  const lengths = client.updates.map((params) =>
    Buffer.byteLength(JSON.stringify({ jsonrpc: "2.0", method: "session/update", params })),
  );
  expect(Math.max(...lengths)).toBeLessThanOrEqual(8 * MIB);
  expect(lengths.length).toBeGreaterThan(7);
  const chunks = updates.filter(({ sessionUpdate }) => sessionUpdate === "user_message_chunk");
  expect(said(chunks.slice(0, -1)).join("") === prose).toBe(true);
  expect(said(chunks.slice(-1))[0]).toMatch(/^\[Too long to show: \d+ characters are in row 0{8}-/);
  const results = updates.filter(({ sessionUpdate }) => sessionUpdate === "tool_call_update");
  for (const { _meta } of results as { _meta?: unknown }[]) {
    expect(_meta).toMatchObject({ "claude-transcripts": { omitted: expect.arrayContaining(["content"]) } });
  }
  expect(JSON.stringify(results[0]).slice(-400)).toMatch(/Cut here: \d+ more characters are in row/);
  expect(client.wrong).toEqual([]);
});
