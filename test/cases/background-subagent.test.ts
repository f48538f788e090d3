import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { show } from "../../src/cli/show/show-run.ts";
import { getSubagentMessages } from "../../src/index.ts";
import { FakeTerminal, invocation } from "../support/fake-terminal.ts";
import { connectMcpHere } from "../support/mcp-client.ts";
import { assistant, jsonl, user } from "../support/rows.ts";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

const READ = { type: "tool_use", id: "toolu_read", name: "Read", input: { file_path: "/home/eve/shop/a.ts" } };
/** The skill that ran in a subagent names one that has no transcript. */
const LOST = "acf6fe7";

test("a subagent is offered where it can be opened, and only there", async () => {
  const dir = caseConfigDir("background-subagent");
  const [id = ""] = sessionIdsIn(dir);
  const { show: text, updates, mcp, messages } = await onEverySurface(dir, id);

  const offered = [...text.matchAll(/its conversation: --subagent (\S+)/g)].map(([, agent]) => agent);
  expect(offered).toEqual(["a1b2c3d4e5f60718", "f0f0f0f0f0f0f0f0"]);
  expect([...mcp.matchAll(/its conversation: agentId (\S+)\]/g)].map(([, agent]) => agent)).toEqual(offered);
  expect(text).toContain("Plan written.");
  expect(mcp).toContain("Plan written.");
  expect([text, mcp, JSON.stringify(updates)].join("\n")).not.toContain(LOST);

  const client = await connectMcpHere(dir);
  for (const agentId of offered) {
    const terminal = new FakeTerminal();
    await show(invocation(terminal, dir, [id], { subagent: agentId }));
    expect(terminal.out).toContain(`subagent ${agentId} of ${id}`);
    expect((await client.call("read_session", { session: id, agentId })).isError).toBe(false);
    expect(await getSubagentMessages(id, agentId ?? "", { configDirs: [dir] })).not.toEqual([]);
  }
  // The row itself, and no conversation.
  expect(JSON.stringify(messages)).toContain("Plan written.");
  expect(await getSubagentMessages(id, LOST, { configDirs: [dir] })).toEqual([]);
});

test("a skill's subagent that has a transcript is offered, and its calls are shown over ACP", async () => {
  const dir = caseConfigDir("background-subagent");
  const [id = ""] = sessionIdsIn(dir);
  const file = path.join(dir, "projects", "-home-eve-shop", id, "subagents", `agent-${LOST}.jsonl`);
  fs.writeFileSync(file, jsonl([user(1, null, "Plan"), assistant(2, 1, [READ])]));
  const { show: text, mcp, updates } = await onEverySurface(dir, id);
  expect(text).toContain(`its conversation: --subagent ${LOST}`);
  expect(mcp).toContain(`[its conversation: agentId ${LOST}]`);
  const call = updates.find((update) => update.sessionUpdate === "tool_call" && update.toolCallId === READ.id);
  expect(call).toMatchObject({ _meta: { "claude-transcripts": { parentToolCallId: "toolu_n3" } } });
});
