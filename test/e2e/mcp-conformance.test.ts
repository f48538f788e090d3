/** The official conformance suite of the protocol, over HTTP. */
import { describe, expect, test } from "vitest";
import { tempConfigDir } from "../support/config-dir.ts";
import { conformance } from "../support/conformance.ts";
import { startHttpProcess, withToken } from "../support/mcp-http.ts";

/** What can be asked of any server, in the order of the suite. */
const GENERIC = [
  "server-initialize",
  "ping",
  "tools-list",
  "resources-list",
  "prompts-list",
  "dns-rebinding-protection",
];

describe("the shipped server", () => {
  test("passes what any server can be asked for, and fails what conformance.yml says", async () => {
    const { url, token } = await startHttpProcess(tempConfigDir());
    const { code, output, passed } = await conformance(await withToken(url, token), "conformance.yml");
    expect(code, output).toBe(0);
    expect(passed, output).toEqual(GENERIC);
  });
});
