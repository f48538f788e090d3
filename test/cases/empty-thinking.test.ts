import { expect, test } from "vitest";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";
import { show } from "../../src/cli/show/show-run.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";

function emptyThinking(): { dir: string; id: string } {
  const dir = caseConfigDir("empty-thinking");
  return { dir, id: sessionIdsIn(dir)[0] ?? "" };
}

test("thoughts without text are counted where the numbers of messages jump", async () => {
  const { dir, id } = emptyThinking();
  const { show, updates, facts, mcp, pages, messages } = await onEverySurface(dir, id);

  expect(show).toMatch(/#1 [^]*#4 /);
  expect(show).not.toMatch(/#2|#3/);
  expect(show).toContain("Not shown: 2 thoughts without text.");
  expect(mcp).toMatch(/#1 [^]*#4 /);
  expect(pages.join("\n")).toContain("Left out: 2 × thinking without text.");

  expect(facts.notShown).toEqual({ thoughtsWithoutText: 2 });
  expect(updates.map(({ sessionUpdate }) => sessionUpdate)).toEqual([
    "user_message_chunk",
    "agent_message_chunk",
    "usage_update",
  ]);

  // The library gives every row.
  expect(messages).toHaveLength(4);
});

test.for([{ thinking: true }, { json: true }, { format: "markdown" }, { role: ["assistant"] }])(
  "they are, whatever is asked for: %j",
  async (options) => {
    const { dir, id } = emptyThinking();
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [id], options));
    expect(terminal.out).toMatch(/2 thoughts without text|"thoughtsWithoutText":2/);
  },
);

test("over MCP also where thinking is asked for, and one of them", async () => {
  const { dir, id } = emptyThinking();
  const client = await connectMcpHere(dir);
  const page = await client.call("read_session", { session: id, include: ["thinking"] });
  expect(page.text).toContain("Left out: 2 × thinking without text.");
  const one = await client.call("get_message", { session: id, id: "2" });
  expect(one.text).toContain("(thinking; the API gave no text for it)");
});
