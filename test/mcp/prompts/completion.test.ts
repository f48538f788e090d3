import path from "node:path";
import { describe, expect, test } from "vitest";
import { conversation, put, sessionId, tempConfigDir } from "../../support/config-dir.ts";
import { connectMcpHere } from "../../support/mcp-client.ts";

const SUBAGENT = "claude-transcripts://session/{id}/subagent/{agentId}";

/** Two sessions, the first with three subagents. */
function store(): string {
  const dir = tempConfigDir();
  for (const n of [1, 2]) put(dir, `projects/-w/${sessionId(n)}.jsonl`, conversation(sessionId(n), "ask", "answer"));
  for (const agent of ["a12f", "a17c", "b001"]) putAgent(dir, agent);
  return dir;
}

const putAgent = (dir: string, agent: string): string =>
  put(dir, path.join("projects/-w", sessionId(1), "subagents", `agent-${agent}.jsonl`), conversation(agent, "go"));

/** Asks for the values of a variable, given those of others. */
async function asking(dir: string) {
  const { client } = await connectMcpHere(dir);
  return async (name: string, value: string, chosen?: Record<string, string>) => {
    const { completion } = await client.complete({
      ref: { type: "ref/resource", uri: SUBAGENT },
      argument: { name, value },
      ...(chosen !== undefined && { context: { arguments: chosen } }),
    });
    return completion;
  };
}

describe("completion of the subagents of a session", () => {
  test.for([
    { value: "", values: ["a12f", "a17c", "b001"] },
    { value: "a1", values: ["a12f", "a17c"] },
    { value: "A17", values: ["a17c"] },
    { value: "c", values: [] },
    { value: "../", values: [] },
  ])("of those that begin with $value", async ({ value, values }) => {
    const ask = await asking(store());
    const id = sessionId(1);
    expect(await ask("agentId", value, { id })).toEqual({ values, total: values.length, hasMore: false });
    expect((await ask("agentId", value, { id: ` ${id.slice(0, 36)} ` })).values).toEqual(values);
  });

  test.for([
    ["which session is not said", undefined],
    ["something else was chosen", { agentId: "a12f" }],
    ["the session has none", { id: sessionId(2) }],
    ["several sessions begin so", { id: "0aaa" }],
    ["no session begins so", { id: "ffff" }],
    ["the session is no id", { id: "../../x" }],
  ] as const)("gives none where %s", async ([, chosen]) => {
    const ask = await asking(store());
    expect(await ask("agentId", "", chosen)).toEqual({ values: [], total: 0, hasMore: false });
  });

  test("gives only ids that a URI can contain", async () => {
    const dir = store();
    putAgent(dir, "odd one");
    const ask = await asking(dir);
    expect((await ask("agentId", "", { id: sessionId(1) })).values).toEqual(["a12f", "a17c", "b001"]);
  });

  test("what is offered is read under its URI", async () => {
    const dir = store();
    const { client } = await connectMcpHere(dir);
    const { contents } = await client.readResource({
      uri: SUBAGENT.replace("{id}", sessionId(1)).replace("{agentId}", "a17c"),
    });
    expect(contents).toMatchObject([{ mimeType: "text/markdown", text: expect.stringContaining("subagent a17c") }]);
  });

  test("completes the id of the session too", async () => {
    const ask = await asking(store());
    expect((await ask("id", sessionId(1).slice(0, 30))).values).toEqual([1, 2].map(sessionId));
  });
});
