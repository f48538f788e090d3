import { expect, test } from "vitest";
import { limitSize, shortId } from "../../../src/acp/rim/size-limit.ts";
import { UPDATE_BYTES, UPDATE_UNITS } from "../../../src/acp/rim/message-limits.ts";
import { piecesOf } from "../../../src/transcript/text/surrogates.ts";
import { problems } from "../../support/acp-schema.ts";

const big = "x".repeat(UPDATE_BYTES);
const show = (text: string) => [{ type: "content" as const, content: { type: "text" as const, text } }];
const lengthOf = (update: { _meta?: unknown }) =>
  (update._meta as { "claude-transcripts": { length: number } })["claude-transcripts"].length;
const row = "00000000-0000-4000-8000-000000000001";
const omittedOf = (update: { _meta?: unknown }) =>
  (update._meta as { "claude-transcripts": { omitted: string[] } })["claude-transcripts"].omitted;

test("an update of ordinary size is unchanged", () => {
  const update = {
    sessionUpdate: "tool_call" as const,
    toolCallId: "t",
    title: "x",
    rawInput: { text: "x".repeat(1000) },
  };
  expect(limitSize(update, row)).toBe(update);
});

test("long text that JSON does not lengthen is unchanged", () => {
  const data = "A".repeat(UPDATE_UNITS * 5);
  const update = {
    sessionUpdate: "user_message_chunk" as const,
    content: { type: "image" as const, mimeType: "image/png", data },
  };
  expect(limitSize(update, row)).toBe(update);
});

test.for([
  ["the raw output goes first", { content: show("short"), rawOutput: big, rawInput: "in" }, ["rawOutput"], "short"],
  [
    "then the raw input",
    { content: show("short"), rawOutput: "out", rawInput: big },
    ["rawOutput", "rawInput"],
    "short",
  ],
] as const)("%s", ([, rest, omitted, kept]) => {
  const update = { sessionUpdate: "tool_call_update" as const, toolCallId: "t", ...rest, content: [...rest.content] };
  const smaller = limitSize(update, row);
  expect(omittedOf(smaller)).toEqual(omitted);
  expect(smaller).toMatchObject({ toolCallId: "t", content: show(kept) });
  for (const key of omitted) expect(smaller).not.toHaveProperty(key);
  expect(update).toHaveProperty("rawOutput");
});

test("output that is too long is cut, with a note of how much is missing", () => {
  const smaller = limitSize(
    {
      sessionUpdate: "tool_call_update",
      toolCallId: "t",
      content: [...show(big), ...show("kept")],
      rawOutput: big,
    },
    row,
  );
  expect(problems("SessionUpdate", smaller)).toEqual([]);
  expect(omittedOf(smaller)).toEqual(["rawOutput", "content"]);
  const json = JSON.stringify(smaller);
  expect(Buffer.byteLength(json)).toBeLessThan(UPDATE_BYTES);
  expect(json).toMatch(
    /x{100}\\n\[Cut here: \d+ more characters are in row 00000000-0000-4000-8000-000000000001 of the/,
  );
  expect(json).toContain("kept");
});

test("text of six bytes per unit fits up to the limit", () => {
  const [first] = piecesOf("\u0000".repeat(UPDATE_UNITS + 1), UPDATE_UNITS);
  const update = {
    sessionUpdate: "agent_message_chunk" as const,
    messageId: "m",
    content: { type: "text" as const, text: first ?? "" },
  };
  expect(Buffer.byteLength(JSON.stringify(update))).toBeLessThan(UPDATE_BYTES);
});

test("an image that is too large becomes a note", () => {
  const smaller = limitSize(
    {
      sessionUpdate: "user_message_chunk",
      content: { type: "image", mimeType: "image/png", data: big },
    },
    row,
  );
  expect(smaller).toMatchObject({
    content: { type: "text" },
    _meta: { "claude-transcripts": { omitted: ["content"] } },
  });
});

test("input that is nested too deep for JSON is left out", () => {
  const rawInput: unknown = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  const smaller = limitSize({ sessionUpdate: "tool_call", toolCallId: "t", title: "x", rawInput }, row);
  expect(omittedOf(smaller)).toEqual(["rawInput"]);
  expect(JSON.stringify(smaller)).toContain('"toolCallId":"t"');
});

test("places are omitted if there is no room, impossible ones first", () => {
  const long = { path: `/${"x".repeat(UPDATE_BYTES)}` };
  const locations = [long, { path: "/a", line: 1 }];
  const smaller = limitSize({ sessionUpdate: "tool_call_update", toolCallId: "t", locations }, row);
  expect(smaller).toMatchObject({ toolCallId: "t", locations: [{ path: "/a", line: 1 }] });
  expect(omittedOf(smaller)).toContain("locations");
});

test("the last of very many contents are omitted, with their number of characters", () => {
  const smaller = limitSize(
    {
      sessionUpdate: "tool_call_update",
      toolCallId: "t",
      content: show("x".repeat(9_000)).flatMap((item) => Array.from({ length: 2_000 }, () => item)),
    },
    row,
  );
  expect(Buffer.byteLength(JSON.stringify(smaller))).toBeLessThan(UPDATE_BYTES);
  expect(JSON.stringify(smaller)).toMatch(/Too long to show: \d+ characters are in row/);
});

test("a cut text says where the rest is and how long it was, next to the other facts of the call", () => {
  const _meta = { "claude-transcripts": { exitCode: 1 } };
  const smaller = limitSize({ sessionUpdate: "tool_call_update", toolCallId: "t", content: show(big), _meta }, row);
  expect(smaller._meta).toMatchObject({ "claude-transcripts": { exitCode: 1, omitted: ["content"], row } });
  expect(lengthOf(smaller)).toBeGreaterThan(UPDATE_BYTES);
});

test.for(["", "toolu_1", "x".repeat(256)])("the id %j is left as it is", (id) => {
  expect(shortId(id)).toBe(id);
});

test("a long id is replaced by a short one, deterministic and distinct", () => {
  const [one, same, other] = ["a", "a", "b"].map((end) => shortId(`${"x".repeat(5000)}${end}`));
  expect(one).toBe(same);
  expect(one).not.toBe(other);
  expect(one?.length).toBeLessThan(256);
});
