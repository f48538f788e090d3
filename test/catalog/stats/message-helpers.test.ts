import { describe, expect, test } from "vitest";
import { calculateCost } from "../../../src/catalog/library.ts";
import { countTurns, extractModel, extractSessionId, getSummary } from "../../../src/catalog/stats/message-helpers.ts";

type Message = Readonly<Record<string, unknown>>;

const init: Message = { type: "system", subtype: "init", session_id: "s", model: "claude-opus-4-5" };
const prompt = (content: unknown = "prompt", more: Message = {}): Message => ({
  type: "user",
  session_id: "s",
  parent_tool_use_id: null,
  message: { role: "user", content },
  ...more,
});
const toolResult = prompt([{ type: "tool_result", tool_use_id: "t", content: "ok" }]);

interface Answer {
  readonly text?: string;
  readonly model?: string;
  readonly output?: number;
  readonly more?: Message;
  readonly stop?: string | null;
}

const answer = (
  id: string,
  { text = "answer", model = "claude-opus-4-5", output = 1000, more = {}, stop = "end_turn" }: Answer = {},
): Message => ({
  type: "assistant",
  session_id: "s",
  parent_tool_use_id: null,
  message: {
    id,
    model,
    content: [{ type: "text", text }],
    stop_reason: stop,
    usage: { input_tokens: 0, output_tokens: output },
  },
  ...more,
});
const result = (total_cost_usd: number, session_id = "s"): Message => ({ type: "result", session_id, total_cost_usd });

const ODD: readonly unknown[] = [null, undefined, 1, "x", [], {}, { type: "assistant" }, { type: "user", message: 7 }];

test("nothing throws because of a message, and messages of no known form are ignored", async () => {
  expect(extractSessionId(ODD)).toBeUndefined();
  expect(extractModel(ODD)).toBeUndefined();
  expect(getSummary(ODD)).toBeUndefined();
  expect(countTurns([])).toBe(0);
  const nothing = { cost: 0, isReported: false, unpricedTokens: 0, unpricedModels: [], lowerBounds: 0 };
  expect(await calculateCost(ODD)).toEqual(nothing);
});

test.for<[messages: unknown[], id: string | undefined]>([
  [[init, answer("1")], "s"],
  [[{ type: "summary" }, { type: "user", sessionId: "row" }], "row"],
  [[{ session_id: "" }, { session_id: 7 }, { session_id: "t" }], "t"],
])("the session of %j is %s", ([messages, id]) => {
  expect(extractSessionId(messages)).toBe(id);
});

describe("the model", () => {
  test.for<[messages: unknown[], model: string]>([
    [[init], "claude-opus-4-5"],
    [[init, answer("1", { model: "claude-haiku-4-5" })], "claude-haiku-4-5"],
    [[answer("1", { model: "a" }), answer("2", { model: "b" }), answer("3", { model: "<synthetic>" })], "b"],
    [[answer("1", { model: "a" }), answer("2", { model: "b", more: { parent_tool_use_id: "t" } })], "a"],
    [[answer("1", { model: "a" }), answer("2", { model: "b", more: { isSidechain: true } })], "a"],
  ])("of %j is %s", ([messages, model]) => {
    expect(extractModel(messages)).toBe(model);
  });
});

describe("turns", () => {
  test.for<[name: string, messages: unknown[], turns: number]>([
    ["a stream that does not repeat the prompt", [init, answer("1"), toolResult, answer("2"), result(1)], 1],
    ["two queries", [answer("1"), result(1), answer("2"), result(2)], 2],
    ["rows of a transcript", [prompt(), answer("1"), toolResult, answer("2"), prompt(), answer("3")], 2],
    ["a prompt without an answer", [prompt(), answer("1"), prompt()], 1],
    ["a subagent's prompt", [prompt(), answer("1"), prompt("x", { parent_tool_use_id: "t" }), answer("2")], 1],
    ["a note of the CLI", [prompt(), answer("1"), prompt("x", { isMeta: true }), answer("2")], 1],
    ["an error of the CLI", [prompt(), answer("1", { model: "<synthetic>" })], 0],
  ])("of %s", ([, messages, turns]) => {
    expect(countTurns(messages)).toBe(turns);
  });
});

describe("the summary", () => {
  test("is the first answer with text", () => {
    const call = answer("1", { text: "" });
    const aside = answer("2", { text: "aside", more: { parent_tool_use_id: "t" } });
    expect(getSummary([init, prompt(), call, aside, answer("3", { text: " The answer.\n" }), answer("4")])).toBe(
      "The answer.",
    );
  });

  test("has at most 200 characters, and whole ones", () => {
    expect(getSummary([answer("1", { text: "x".repeat(300) })])).toBe("x".repeat(200));
    expect(getSummary([answer("1", { text: `${"x".repeat(199)}🎉 and more` })])).toBe("x".repeat(199));
    expect(getSummary([answer("1", { text: `${"x".repeat(198)}🎉` })])).toBe(`${"x".repeat(198)}🎉`);
  });
});

describe("the cost", () => {
  test("counts each request once, by its last message", async () => {
    const messages = [answer("1", { output: 10, stop: null }), answer("1"), answer("2"), answer("2")];
    expect(await calculateCost(messages)).toMatchObject({ cost: 50_000, isReported: false, lowerBounds: 0 });
  });

  test("is Claude Code's own figure where a result has it: the highest of each session", async () => {
    const messages = [answer("1"), result(0.1), answer("2"), result(0.3), result(0.05, "t")];
    expect(await calculateCost(messages)).toMatchObject({ cost: 350_000, isReported: true });
    const other = answer("3", { more: { session_id: "u" } });
    expect(await calculateCost([...messages, other])).toMatchObject({ cost: 375_000, isReported: true });
  });

  test("says what has no price, and what may have cost more", async () => {
    const messages = [
      answer("1", { model: "glm-5" }),
      answer("2", { stop: null }),
      answer("3", { model: "<synthetic>" }),
    ];
    expect(await calculateCost(messages)).toEqual({
      cost: 25_000,
      isReported: false,
      unpricedTokens: 1000,
      unpricedModels: ["glm-5"],
      lowerBounds: 1,
    });
  });

  test("above 200,000 input tokens is that of long requests", async () => {
    const long = (input: number): Message => ({
      ...answer("1"),
      message: {
        id: "1",
        model: "claude-sonnet-4-5",
        stop_reason: "end_turn",
        usage: { input_tokens: 1, cache_read_input_tokens: input },
      },
    });
    expect((await calculateCost([long(199_999)])).cost).toBe(60_003);
    expect((await calculateCost([long(200_000)])).cost).toBe(120_006);
  });
});
