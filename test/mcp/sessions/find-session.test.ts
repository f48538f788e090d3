import { expect, test } from "vitest";
import { conversation, put, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";

test("of sessions whose ids begin as long alike, the one with the fewest changes is named first", async () => {
  const dir = tempConfigDir();
  const start = "aaaaaaaa-0000-4000-8000-000000000";
  for (const [end, words] of [
    ["111", "three changes"],
    ["1f2", "one change"],
  ]) {
    const id = `${start}${end}`;
    put(dir, `projects/-w/${id}.jsonl`, conversation(id, String(words), "answer"));
  }
  const { call } = await connectMcpHere(dir);
  const { text, isError } = await call("read_session", { session: `${start}0f2` });
  expect(isError).toBe(true);
  expect(text.match(/three changes|one change/g)).toEqual(["one change", "three changes"]);
});
