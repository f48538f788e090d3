/** What a client is told that asks for what there is not, or not in the way of the protocol. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { connectMcpHere } from "../support/mcp-client.ts";
import { store } from "../support/mcp-store.ts";

const ANYTHING = z.looseObject({});

async function asked(method: string, params?: Record<string, unknown>): Promise<unknown> {
  const { client } = await connectMcpHere(store());
  return client.request({ method, ...(params !== undefined && { params }) }, ANYTHING).catch((error: unknown) => error);
}

describe("a request", () => {
  test.for(["nothing/such", "sessions/list", "logging/setLevel", "tasks/list", "constructor", "__proto__"])(
    "for the unknown method %s is refused as such",
    async (method) => {
      expect(await asked(method)).toMatchObject({
        code: -32_601,
        message: expect.stringContaining("Method not found"),
      });
    },
  );

  test.for([
    ["tools/call", {}, "params.name"],
    ["tools/call", { name: 5 }, "params.name"],
    ["tools/call", { name: "list_sessions", arguments: [] }, "params.arguments"],
    ["resources/read", {}, "params.uri"],
    ["resources/list", { cursor: 7 }, "params.cursor"],
    ["prompts/get", { name: "recap", arguments: { session: 1 } }, "params.arguments.session"],
    ["completion/complete", { ref: { type: "ref/none" }, argument: { name: "a", value: "" } }, "params.ref"],
    ["resources/subscribe", { uri: null }, "params.uri"],
  ] as const)("%s with %j is refused, and told where it is wrong", async ([method, params, where]) => {
    const error = await asked(method, params);
    expect(error).toMatchObject({ code: -32_602 });
    expect(String(error)).toContain(`Invalid ${method}: ${where}: `);
  });

  test("that may leave its params out does", async () => {
    for (const method of ["tools/list", "resources/list", "resources/templates/list", "prompts/list", "ping"]) {
      expect(await asked(method)).not.toBeInstanceOf(Error);
    }
  });
});
