/** The official conformance suite of the protocol, over HTTP. */
import { describe, expect, onTestFinished, test } from "vitest";
import { serveHttp } from "../../src/mcp/wire/http.ts";
import type { Service } from "../../src/mcp/core/service.ts";
import { openStore } from "../../src/open/open-store.ts";
import { tempConfigDir } from "../support/config-dir.ts";
import { conformance } from "../support/conformance.ts";
import { conformanceServer } from "../support/conformance-tables.ts";
import { startHttpProcess, withToken } from "../support/mcp-http.ts";
import { serveStateful } from "../support/mcp-stateful.ts";

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

describe("a server with what the suite asks for in its tables", () => {
  const projectDir = undefined;
  const options = {
    projectDir,
    cwd: "/w",
    sessionId: undefined,
    startedByClient: false,
    includeProgrammatic: true,
  };
  const service = (): Service => ({ store: openStore([tempConfigDir()]), options });

  test("passes the rest over HTTP, too", async () => {
    const token = "of-this-test";
    const server = await serveHttp(conformanceServer, service(), { port: 0, token });
    onTestFinished(() => server.close());
    const { code, output, passed } = await conformance(
      await withToken(server.url, token),
      "test/support/conformance-http.yml",
    );
    expect(code, output).toBe(0);
    expect(passed, output).toEqual(
      expect.arrayContaining([...GENERIC, "tools-call-with-progress", "completion-complete"]),
    );
  });

  test("asks the user, and takes subscriptions, where a connection has a state", async () => {
    const url = await serveStateful(conformanceServer, service());
    const { code, output, passed } = await conformance(url, "test/support/conformance-stateful.yml");
    expect(code, output).toBe(0);
    expect(passed, output).toEqual(
      expect.arrayContaining([...GENERIC, "tools-call-elicitation", "resources-subscribe"]),
    );
  });
});
