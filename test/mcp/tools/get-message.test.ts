import { describe, expect, test } from "vitest";
import { put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere, type McpClient } from "../../support/mcp-client.ts";
import { tokensOf } from "../../support/mcp-pages.ts";
import { assistant, jsonl, type Row, user, uuid } from "../../support/rows.ts";

const session = sessionId(1);

async function client(...rows: readonly Row[]): Promise<McpClient> {
  const dir = tempConfigDir();
  put(dir, `projects/-w/${session}.jsonl`, jsonl(rows));
  return connectMcpHere(dir);
}

/** Puts the slices of a text together, as a model would that follows the footers. */
async function readSlices(one: McpClient, id: string, maxTokens: number): Promise<string> {
  const slices: string[] = [];
  let offset: number | undefined = 0;
  while (offset !== undefined) {
    const { text, isError } = await one.call("get_message", { session, id, offset, maxTokens });
    expect(isError).toBe(false);
    expect(tokensOf(text)).toBeLessThanOrEqual(maxTokens * 1.05);
    const [, token, slice = "", foot = ""] =
      /^[^\n]*\n--- transcript data (\w+): [^\n]* ---\n([^]*)\n--- end of transcript data \1 ---\n([^]*)$/.exec(text) ??
      [];
    expect(slice).not.toBe("");
    slices.push(slice.replaceAll(`${token} `, ""));
    const next = /^The rest: get_message (.*)$/m.exec(foot)?.[1];
    offset = next === undefined ? undefined : (JSON.parse(next) as { offset: number }).offset;
  }
  return slices.join("");
}

const call = assistant(
  2,
  1,
  [
    { type: "text", text: "I run it." },
    { type: "tool_use", id: "toolu_a", name: "Bash", input: { command: "npm test", note: "x".repeat(2000) } },
  ],
  { message: "msg_a" },
);
const long = Array.from({ length: 900 }, (_, n) => `line ${n}: 🚀 ünïcode "quoted" 日本`).join("\n");
const answer = user(3, 2, [{ type: "tool_result", tool_use_id: "toolu_a", content: long }], { toolUseResult: {} });
const rows = [user(1, null, "Run the tests"), call, answer, assistant(4, 3, "All green.")];

describe("get_message", () => {
  test.each([400, 1000, 20_000])("a long tool result is whole in slices of %i tokens", async (maxTokens) => {
    const one = await client(...rows);
    expect(await readSlices(one, uuid(3), maxTokens)).toBe(long);
  });

  test.each([
    ["the uuid of a message", uuid(2)],
    ["its number", "2"],
    ["its number as it is shown", "#2"],
    ["the id of the API message", "msg_a"],
  ])("by %s: all of it, with what its calls were given and came to", async (_what, id) => {
    const text = await readSlices(await client(...rows), id, 8000);
    expect(text).toContain("I run it.");
    expect(text).toContain(`"note":"${"x".repeat(2000)}"`);
    expect(text).toContain(long);
  });

  test("by the id of a tool call: what it was given, and its result", async () => {
    const text = await readSlices(await client(...rows), "toolu_a", 8000);
    expect(text).toBe(`→ Bash ${JSON.stringify({ command: "npm test", note: "x".repeat(2000) })}\n← ${long}`);
  });

  test("by a unique prefix of a uuid", async () => {
    const one = await client({ ...user(1, null, "Here"), uuid: "c0ffee00-0000-4000-8000-000000000001" });
    expect((await one.call("get_message", { session, id: "c0ffee" })).text).toContain("\nHere\n");
    const { isError, text } = await (await client(...rows)).call("get_message", { session, id: "00000000" });
    expect(isError).toBe(true);
    expect(text).toMatch(/^4 ids start with "00000000"/);
  });

  test("as JSON for programs; beyond the end there is nothing, and no error", async () => {
    const one = await client(...rows);
    const { text } = await one.call("get_message", { session, id: uuid(4), format: "json" });
    expect(JSON.parse(text)).toMatchObject({
      session,
      id: uuid(4),
      number: 3,
      from: 0,
      to: 10,
      length: 10,
      text: "All green.",
    });
    const beyond = await one.call("get_message", { session, id: uuid(4), offset: 99, format: "json" });
    expect(JSON.parse(beyond.text)).toMatchObject({ from: 10, to: 10, text: "" });
  });

  test("an unknown id is refused, with hints", async () => {
    const { isError, text } = await (await client(...rows)).call("get_message", { session, id: "toolu_b" });
    expect(isError).toBe(true);
    expect(text).toMatch(/has the id "toolu_b"\. .* read_session shows them/);
  });
});
