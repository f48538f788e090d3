import { RequestError } from "@agentclientprotocol/sdk/unstable";
import { describe, expect, test } from "vitest";
import { listParams, openParams, sessionParams } from "../../../src/acp/rim/from-acp.ts";

const open = { sessionId: "s", cwd: "/w", mcpServers: [] };
const ours = (options: unknown) => ({ _meta: { "claude-transcripts": options } });

describe("the problem is named", () => {
  test.for<[(params: unknown) => unknown, unknown, string]>([
    [listParams, { cwd: "rel" }, "cwd"],
    [listParams, { cwd: "" }, "cwd"],
    [listParams, { cwd: 7 }, "cwd"],
    [listParams, { cursor: 7 }, "cursor"],
    [listParams, { archived: "maybe" }, "archived"],
    [listParams, ours("x"), '_meta["claude-transcripts"]'],
    [listParams, ours({ limit: 0 }), '_meta["claude-transcripts"].limit'],
    [listParams, ours({ limit: 1.5 }), '_meta["claude-transcripts"].limit'],
    [listParams, ours({ limit: "7" }), '_meta["claude-transcripts"].limit'],
    [listParams, ours({ includeWorktrees: 1 }), '_meta["claude-transcripts"].includeWorktrees'],
    [listParams, [], "params"],
    [listParams, "x", "params"],
    [openParams, undefined, "sessionId"],
    [openParams, { ...open, sessionId: 7 }, "sessionId"],
    [openParams, { ...open, sessionId: null }, "sessionId"],
    [openParams, { ...open, cwd: undefined }, "cwd"],
    [openParams, { ...open, cwd: null }, "cwd"],
    [openParams, { ...open, cwd: "./x" }, "cwd"],
    [openParams, { ...open, mcpServers: {} }, "mcpServers"],
    [openParams, { ...open, mcpServers: ["x"] }, "mcpServers[0]"],
    [openParams, { ...open, additionalDirectories: "x" }, "additionalDirectories"],
    [openParams, { ...open, additionalDirectories: ["/x"] }, "additionalDirectories"],
    [openParams, { ...open, systemPrompt: "be kind" }, "systemPrompt"],
    [sessionParams, {}, "sessionId"],
    [sessionParams, { sessionId: ["s"] }, "sessionId"],
  ])("%o %j", ([parse, params, field]) => {
    let error: unknown;
    try {
      parse(params);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ code: -32602, data: { field } });
    expect((error as RequestError).message).toContain(`Invalid params: ${field}: `);
  });
});

describe("null is the same as absent", () => {
  test("for a list", () => {
    const nothing = {
      cwd: undefined,
      cursor: undefined,
      archived: undefined,
      limit: undefined,
      includeWorktrees: undefined,
    };
    for (const params of [
      undefined,
      null,
      {},
      { cwd: null, cursor: null, archived: null, _meta: null },
      ours(null),
      ours({ limit: null, includeWorktrees: null }),
      { _meta: "not ours to judge" },
      { _meta: { other: { limit: "x" } }, unknown: 1 },
    ]) {
      expect(listParams(params)).toEqual(nothing);
    }
  });

  test("for opening a session", () => {
    for (const more of [{}, { mcpServers: null, additionalDirectories: null, systemPrompt: null, _meta: null }]) {
      expect(openParams({ sessionId: "s", cwd: "/w", ...more })).toMatchObject({ sessionId: "s", cwd: "/w" });
    }
    expect(openParams({ ...open, additionalDirectories: [] })).toMatchObject({ sessionId: "s" });
  });
});

test.for([
  ["/w", "/w"],
  ["/w/", "/w"],
  ["//w/./x/..//", "/w"],
  ["/", "/"],
])("the directory %j is %j", ([cwd, expected]) => {
  expect(listParams({ cwd }).cwd).toBe(expected);
  expect(openParams({ ...open, cwd }).cwd).toBe(expected);
});

test("a page has at most the maximum length", () => {
  expect(listParams(ours({ limit: 100_000, includeWorktrees: false }))).toMatchObject({
    limit: 500,
    includeWorktrees: false,
  });
});
