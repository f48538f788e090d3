import { expect, test } from "vitest";
import { connect } from "../support/acp-client.ts";
import { conversation, put, sessionId, tempConfigDir } from "../support/config-dir.ts";
import { connectMcp } from "../support/mcp-client.ts";
import { runCli } from "../support/run-cli.ts";

/** More than a list reads of an end of a file. */
const FILLER = `${JSON.stringify({ type: "filler", text: "x".repeat(1000) })}\n`.repeat(150);

test("a title in the middle of a transcript is in the lists of all programs once one of them has an index", async () => {
  const [dir, cache] = [tempConfigDir(), tempConfigDir()];
  const id = sessionId(1);
  const title = JSON.stringify({ type: "custom-title", customTitle: "Deep title", sessionId: id });
  put(dir, `projects/-w/${id}.jsonl`, `${conversation(id, "A first prompt")}${FILLER}${title}\n${FILLER}`);
  const env = { XDG_CACHE_HOME: cache };
  const mcp = await connectMcp(dir, { env });
  const acp = await connect({ args: ["--config-dir", dir], env });
  const cli = (...args: string[]): string => runCli([...args, "--config-dir", dir], { env }).stdout;
  const lists = async (): Promise<string[]> => [
    cli("list"),
    (await mcp.call("list_sessions")).text,
    JSON.stringify((await acp.call("session/list", {})).result),
  ];
  for (const list of await lists()) {
    expect(list).toContain("A first prompt");
    expect(list).not.toContain("Deep title");
  }
  expect(cli("search", "prompt")).toContain("Deep title");
  // The servers run on, and see it too.
  for (const list of await lists()) expect(list).toContain("Deep title");
  await mcp.client.close();
  expect(acp.wrong).toEqual([]);
});
