import { expect, test } from "vitest";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { assistant, jsonl, type Row, user } from "../support/rows.ts";
import { onEverySurface, type Surfaces } from "../support/surfaces.ts";

const ID = sessionId(1);
const image: Row = { type: "image", source: { type: "url", url: "https://x.org/a.png" } };
const fromBoss = '<teammate-message teammate_id="boss">Do it.</teammate-message>';

async function surfacesOf(...rows: readonly Row[]): Promise<Surfaces & { sent: readonly string[] }> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  const surfaces = await onEverySurface(dir, ID);
  return { ...surfaces, sent: surfaces.updates.map(({ sessionUpdate }) => sessionUpdate) };
}

test.for<[string, unknown, Row]>([
  ["a teammate", [{ type: "text", text: fromBoss }, image], { teamName: "t" }],
  ["a teammate, picture first", [image, { type: "text", text: fromBoss }], { teamName: "t" }],
  ["a peer of whom only the row tells", [image], { origin: { kind: "peer", name: "boss" } }],
])("a picture from %s is not the user's", async ([, content, extra]) => {
  const { show, mcp, sent } = await surfacesOf(user(1, null), assistant(2, 1), user(3, 2, content, extra));
  expect(show.match(/You ·/g)).toHaveLength(1);
  expect(show).toMatch(/Note.* · #3/);
  expect(show).toContain("a.png");
  expect(mcp).toMatch(/#3 note/);
  expect(mcp).toContain("a.png");
  expect(sent.filter((kind) => kind === "user_message_chunk")).toHaveLength(1);
});

test("a person's picture next to a teammate's message stays the person's", async () => {
  const content = [{ type: "text", text: `${fromBoss} And this.` }, image];
  const { show } = await surfacesOf(user(1, null, content, { teamName: "t" }));
  expect(show).toContain("You · #1");
});

test("the element of teammates is somebody's text in a session that never had a team", async () => {
  const { show, mcp, updates } = await surfacesOf(user(1, null, `${fromBoss} What is this?`), assistant(2, 1));
  expect(show).toContain(`You · #1 · 2026-01-01 00:00\n${fromBoss} What is this?`);
  expect(mcp).toContain(`${fromBoss} What is this?`);
  expect(updates[0]).toMatchObject({
    sessionUpdate: "user_message_chunk",
    content: { text: `${fromBoss} What is this?` },
  });
});

test.for<[string, Row, Row]>([
  ["the row says that another wrote it", { origin: { kind: "peer", name: "boss" } }, {}],
  ["a row before it has a team", {}, { teamName: "t" }],
])("a teammate is known by more than the row's team: %s", async ([, extra, before]) => {
  const { show, updates } = await surfacesOf(user(1, null, "u1", before), assistant(2, 1), user(3, 2, fromBoss, extra));
  expect(show).toContain("Note from boss · #3");
  expect(JSON.stringify(updates)).not.toContain("<teammate-message");
});

test.for(["server_tool_use", "tool_use"])(
  "a call of type %s without a result says so on every surface",
  async (type) => {
    const { show, mcp, updates } = await surfacesOf(
      user(1, null),
      assistant(2, 1, [{ type, id: "srvtoolu_1", name: "advisor", input: {} }]),
    );
    expect(show).toContain("● advisor\n  │ no result in this message\n");
    expect(mcp).toContain("← no result in this message");
    expect(JSON.stringify(updates)).toContain("The transcript has no result for this call");
  },
);
