import { describe, expect, test } from "vitest";
import { parseUri, projectUri, rawUri, sessionUri } from "../../../src/mcp/core/uri.ts";

const ID = "5d3f2a10-8c41-4e7b-9a60-1f0c8e2b7a01";
const SESSION = `claude-transcripts://session/${ID}`;

describe("what a URI names", () => {
  test.for([
    [SESSION, { kind: "session", session: ID, cursor: undefined }],
    [`${SESSION}?cursor=n.1.0.a-b_c~`, { kind: "session", session: ID, cursor: "n.1.0.a-b_c~" }],
    ["claude-transcripts://session/5D3F", { kind: "session", session: "5D3F", cursor: undefined }],
    [`${SESSION}/messages`, { kind: "messages", session: ID, cursor: undefined }],
    [`${SESSION}/messages?cursor=x`, { kind: "messages", session: ID, cursor: "x" }],
    [`${SESSION}/raw?cursor=262144`, { kind: "raw", session: ID, cursor: "262144" }],
    [`${SESSION}/subagent/a1b2_c-3`, { kind: "subagent", session: ID, agentId: "a1b2_c-3", cursor: undefined }],
    ["claude-transcripts://project/-w", { kind: "project", key: "-w", cursor: undefined }],
    ["claude-transcripts://project/a%20b.%C3%A9?cursor=x", { kind: "project", key: "a b.é", cursor: "x" }],
    ["claude-transcripts://project/%252e%252e", { kind: "project", key: "%2e%2e", cursor: undefined }],
  ] as const)("%s", ([uri, place]) => expect(parseUri(uri)).toEqual(place));

  test.for([
    "",
    ID,
    "claude-transcripts://",
    "claude-transcripts://session/",
    "claude-transcripts://session/../../x",
    "claude-transcripts://session/%2F",
    "claude-transcripts://session/..%2f..%2fx",
    `claude-transcripts://session/x/../${ID}`,
    `claude-transcripts://session//${ID}`,
    `claude-transcripts:/session/${ID}`,
    `claude-transcripts://SESSION/${ID}`,
    `Claude-Transcripts://session/${ID}`,
    `claude-transcripts://user@session/${ID}`,
    `claude-transcripts://session:1/${ID}`,
    `file:///session/${ID}`,
    ` ${SESSION}`,
    `${SESSION} `,
    `${SESSION}\n`,
    `${SESSION}\u0000`,
    `${SESSION}/`,
    `${SESSION}/x`,
    `${SESSION}/raw/`,
    `${SESSION}/raw/../messages`,
    `${SESSION}/subagent/`,
    `${SESSION}/subagent/../x`,
    `${SESSION}/subagent/a.b`,
    `${SESSION}/subagent/a%2Fb`,
    `${SESSION}0`,
    `${SESSION}#x`,
    `${SESSION}?`,
    `${SESSION}?cursor=`,
    `${SESSION}?cursor=a&cursor=b`,
    `${SESSION}?cursor=%2e`,
    `${SESSION}?x=1`,
    "claude-transcripts://project/",
    "claude-transcripts://project/.",
    "claude-transcripts://project/..",
    "claude-transcripts://project/%2e%2e",
    "claude-transcripts://project/a/b",
    "claude-transcripts://project/a%2Fb",
    "claude-transcripts://project/a%5Cb",
    "claude-transcripts://project/a%00",
    "claude-transcripts://project/%",
    "claude-transcripts://project/%ff",
    "claude-transcripts://project/é",
    `claude-transcripts://project/${"a".repeat(2000)}`,
  ])("%j names nothing", (uri) => expect(parseUri(uri)).toBeUndefined());

  test("URIs that are made are read again", () => {
    expect(parseUri(sessionUri(ID))).toMatchObject({ kind: "session", session: ID });
    expect(parseUri(rawUri(ID, 5))).toMatchObject({ kind: "raw", cursor: "5" });
    for (const key of ["-w", "a b", "é%", "a?b#c", "…"]) expect(parseUri(projectUri(key))).toMatchObject({ key });
  });
});
