import { expect, test } from "vitest";
import { getSessionMessages } from "../../src/index.ts";
import { put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { inOrder } from "../support/in-order.ts";
import { assistant, attachment, brief, jsonl, type Row, result, user } from "../support/rows.ts";
import { onEverySurface } from "../support/surfaces.ts";

const ID = sessionId(1);
const forModel = { type: "text", text: "for the model" };
const image = (name: string): Row => ({ type: "image", source: { type: "url", url: `https://x.org/${name}` } });

async function surfacesOf(rows: readonly Row[]) {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${ID}.jsonl`, jsonl(rows));
  return { ...(await onEverySurface(dir, ID)), official: brief(await getSessionMessages(ID, { configDirs: [dir] })) };
}

test("a picture in the meta row of a slash command is part of its prompt", async () => {
  const { show, mcp, updates, official } = await surfacesOf([
    user(1, null, "<command-message>fix</command-message>\n<command-name>/fix</command-name>"),
    user(2, 1, [forModel, image("a.png")], { isMeta: true }),
    user(3, 2, [forModel], { isMeta: true }),
    assistant(4, 3, "Fixed."),
  ]);
  expect(show).toMatch(/You · #1 .*\n\/fix\n\n\[image https:\/\/x\.org\/a\.png\]\n\nClaude · #2/);
  expect(inOrder(mcp, ["/fix", "[image ", "a.png", "Fixed."])).toBe(true);
  expect(updates.map(({ sessionUpdate }) => sessionUpdate)).toEqual([
    "user_message_chunk",
    "user_message_chunk",
    "user_message_chunk",
    "agent_message_chunk",
  ]);
  for (const shown of [show, mcp, JSON.stringify(updates)]) expect(shown).not.toContain("for the model");
  expect(official).toBe("u1 a4");
});

test("pages that a tool read are part of its answer, not the user's", async () => {
  const { show, mcp, updates } = await surfacesOf([
    user(1, null, "Read it."),
    assistant(2, 1, [{ type: "tool_use", id: "toolu_1", name: "Read", input: {} }]),
    result(3, 2, "toolu_1"),
    user(4, 3, [forModel, { type: "document", title: "pages", source: {} }], {
      isMeta: true,
      sourceToolUseID: "toolu_1",
    }),
    assistant(5, 4, "It is long."),
  ]);
  expect(show.match(/You ·/g)).toHaveLength(1);
  expect(inOrder(show, ["Claude · #2", "[document pages]", "Claude · #3", "It is long."])).toBe(true);
  expect(inOrder(mcp, ["[document ", "pages", "It is long."])).toBe(true);
  expect(updates.filter(({ sessionUpdate }) => sessionUpdate === "user_message_chunk")).toHaveLength(1);
  expect(JSON.stringify(updates)).toContain("[document pages]");
});

test("the picture of a queued prompt for the model is shown too", async () => {
  const { show, mcp, updates } = await surfacesOf([
    user(1, null),
    attachment(2, 1, { type: "queued_command", prompt: [forModel, image("b.png")], isMeta: true }),
    assistant(3, 2),
  ]);
  for (const shown of [show, mcp, JSON.stringify(updates)]) {
    expect(shown).toContain("b.png");
    expect(shown).not.toContain("for the model");
  }
});
