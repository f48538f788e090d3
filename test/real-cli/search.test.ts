import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binary } from "../support/binary.ts";
import { isCliExpected, newDir, prompted, requireCli, runCli } from "./cli.ts";
import { type Answers, answersOf } from "./conversation.ts";

const [SEARCH, READ] = ["mcp__transcripts__search_sessions", "mcp__transcripts__read_session"] as const;
const PLANTED = "The walrus of the harbour sleeps at noon";

describe.runIf(isCliExpected)("a model that asks where something was said", () => {
  const [old, asking] = [randomUUID(), randomUUID()];
  let root: string;
  let answers: Answers;

  beforeAll(async () => {
    requireCli();
    root = newDir("real-search");
    const [config, project] = [path.join(root, "config"), path.join(root, "acme")];
    fs.mkdirSync(project);
    // The sentence is where a page cuts the output by default.
    fs.writeFileSync(
      path.join(project, "notes.txt"),
      `${"Nothing of interest is in this line.\n".repeat(200)}${PLANTED}.\n`,
    );
    const transcripts = { command: process.execPath, args: [binary(), "mcp"] };
    const results = await runCli(
      config,
      [
        prompted(project, "Print the notes", "--session-id", old),
        {
          ...prompted(
            project,
            "Where does the walrus of the harbour sleep?",
            "--session-id",
            asking,
            "--strict-mcp-config",
            "--mcp-config",
            JSON.stringify({ mcpServers: { transcripts } }),
          ),
          // Otherwise the first request goes out while servers are still starting.
          env: { MCP_CONNECTION_NONBLOCKING: "0", MCP_TIMEOUT: "60000" },
        },
      ],
      [
        {
          when: "Print the notes",
          steps: [{ tools: [["Bash", { command: "cat notes.txt" }]] }, { text: "They are printed." }],
        },
        // The schemas of tools are loaded when the model looks for them.
        { when: "Where does", steps: [{ tools: [["ToolSearch", { query: `select:${SEARCH},${READ}` }]] }] },
        {
          when: "Tool loaded.",
          steps: [
            { tools: [[SEARCH, { query: "walrus harbour" }]] },
            { tools: [[READ, { fromResult: ["hits", 0, "matches", 0, "read"] }]] },
            { text: "At noon." },
          ],
        },
      ],
    );
    answers = answersOf(results[1]?.requests ?? []);
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  test("finds it in what a tool printed in an old session", () => {
    const { text, isError } = answers.of(SEARCH);
    expect(isError).toBe(false);
    const found = JSON.parse(text) as { hits: { id: string; matches: object[] }[]; total: number; notes: string[] };
    expect(found).toMatchObject({
      total: 1,
      totalIs: "exact",
      hits: [{ matches: [{ who: "Bash output", read: { include: ["tool_output"] } }] }],
    });
    expect(found.hits.map(({ id }) => old.startsWith(id))).toEqual([true]);
    // The prompt of this conversation has the words too.
    expect(found.notes.join("\n")).toContain("This conversation's own session matches, and is left out");
  });

  test("reads the sentence with the second call, which the first one gave", () => {
    const { text, isError } = answers.of(READ);
    expect(isError).toBe(false);
    expect(text).toContain(`${PLANTED}.`);
    expect(text).toContain("Print the notes");
  });
});
