import { expect, test } from "vitest";
import { caseConfigDir, onEverySurface, sessionIdsIn } from "../support/surfaces.ts";

test("what the advisor answered, and that it did not, stand below its calls", async () => {
  const dir = caseConfigDir("advisor-result");
  const [id = ""] = sessionIdsIn(dir);
  const { show, updates, mcp, messages } = await onEverySurface(dir, id);

  expect(show).toContain("● advisor\n  │ Do not shard before 100 GB; add a read replica first.\n");
  expect(show).toContain("● advisor\n  │ Error: unavailable\n");
  expect(mcp).toContain("→ advisor {}\n← Do not shard before 100 GB; add a read replica first.\n");
  // The second answer has an id of its own: the API paused between the call and its result.
  expect(mcp).toContain("→ advisor {}\n← failed: Error: unavailable\n");

  const results = updates.filter((update) => update.sessionUpdate === "tool_call_update");
  expect(results).toEqual([
    {
      sessionUpdate: "tool_call_update",
      toolCallId: "srvtoolu_ad1",
      status: "completed",
      content: [
        { type: "content", content: { type: "text", text: "Do not shard before 100 GB; add a read replica first." } },
      ],
    },
    {
      sessionUpdate: "tool_call_update",
      toolCallId: "srvtoolu_ad2",
      status: "failed",
      content: [{ type: "content", content: { type: "text", text: "Error: unavailable" } }],
      rawOutput: { type: "advisor_tool_result_error", error_code: "unavailable" },
    },
  ]);

  // The library gives rows as they are.
  expect(JSON.stringify(messages)).toContain('"type":"advisor_tool_result_error"');
});
