import { expect, test } from "vitest";
import { Usage } from "../../../src/acp/replay/usage.ts";

const message = (model: unknown, ...tokens: readonly unknown[]) => ({
  model,
  usage: {
    input_tokens: tokens[0],
    cache_creation_input_tokens: tokens[1],
    cache_read_input_tokens: tokens[2],
    output_tokens: tokens[3],
  },
});
const of = (...messages: readonly Record<string, unknown>[]) => {
  const usage = new Usage();
  for (const one of messages) usage.add(one);
  return usage.update();
};
const update = (used: number, size: number) => ({ sessionUpdate: "usage_update", used, size });

test.for<[string, number]>([
  ["claude-3-5-sonnet-20241022", 200_000],
  ["claude-opus-4-20250514", 200_000],
  ["claude-opus-4-1-20250805", 200_000],
  ["claude-opus-4-5-20251101", 200_000],
  ["claude-opus-4-6", 200_000],
  ["claude-opus-4-7", 1_000_000],
  ["claude-opus-4-8", 1_000_000],
  ["claude-opus-5", 1_000_000],
  ["claude-opus-5-5", 1_000_000],
  ["claude-sonnet-4-5-20250929", 200_000],
  ["claude-sonnet-4-5-20250929[1m]", 1_000_000],
  ["claude-sonnet-5", 1_000_000],
  ["claude-haiku-4-5-20251001", 200_000],
  ["claude-haiku-5-5", 1_000_000],
  ["claude-fable-5-1", 1_000_000],
  ["us.anthropic.claude-opus-4-1-20250805-v1:0", 200_000],
])("%s has a window of %d tokens", ([model, size]) => {
  expect(of(message(model, 1, 2, 3, 4))).toEqual(update(10, size));
});

test.for<[string, readonly Record<string, unknown>[], unknown]>([
  ["no answer, no usage", [], undefined],
  ["a model nobody knows", [message("gpt-9", 1)], undefined],
  ["a family of which only the beginning is the same", [message("claude-opus-50", 1)], undefined],
  [
    "what the CLI says itself is no call",
    [message("claude-opus-5", 5), message("<synthetic>", 0)],
    update(5, 1_000_000),
  ],
  ["the last answer counts", [message("claude-opus-5", 5), message("claude-opus-5", 7)], update(7, 1_000_000)],
  [
    "more than the smaller window was in it once: it is the larger one",
    [message("claude-opus-4-6", 300_000), message("claude-opus-4-6", 50)],
    update(50, 1_000_000),
  ],
  [
    "more than any window known for the model: the size is not known",
    [message("claude-haiku-4-5", 300_000)],
    undefined,
  ],
  ["counts that are none", [message("claude-opus-5", "5", -1, Number.NaN, 2.5)], undefined],
])("%s", ([, messages, expected]) => {
  expect(of(...messages)).toEqual(expected);
});
