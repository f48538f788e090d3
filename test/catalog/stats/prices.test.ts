import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  claudeName,
  fromMicros,
  loadPrices,
  type PricedUsage,
  PRICES,
  toMicros,
} from "../../../src/catalog/stats/prices.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const prices = await loadPrices();

/** Epoch seconds of a day. */
const day = (text: string): number => Date.parse(`${text}T12:00:00Z`) / 1000;
const usage = (model: string, more: Partial<PricedUsage> = {}): PricedUsage => ({
  model,
  variant: "",
  ts: day("2026-11-29"),
  long: false,
  input: 0,
  output: 0,
  w5: 0,
  w1h: 0,
  read: 0,
  web: 0,
  ...more,
});
const MILLION = 1_000_000;
/** Cost of a million tokens of each kind, in dollars. */
const dollars = (asked: PricedUsage): number => toMicros(prices.costOf(asked).pico) / 1e6;

test("the CLI's own figure for a session of a real CLI is met to the micro-dollar", () => {
  const asked = usage("claude-opus-5-5", { input: 1200, output: 42, read: 5000, w5: 100, w1h: 200 });
  expect(prices.costOf(asked)).toEqual({ pico: fromMicros(8740), unpriced: 0, isLower: false });
});

test.for<[kind: keyof PricedUsage, dollars: number]>([
  ["input", 5],
  ["output", 25],
  ["w5", 6.25],
  ["w1h", 10],
  ["read", 0.5],
  ["web", 10_000],
])("a million of %s of Opus 4.5 costs %d dollars", ([kind, expected]) => {
  expect(dollars(usage("claude-opus-4-5-20251101", { [kind]: MILLION }))).toBe(expected);
});

describe("requests above 200,000 input tokens", () => {
  test.for<[model: string, day: string, long: boolean, dollars: number]>([
    ["claude-sonnet-4-5", "2026-11-29", false, 3],
    ["claude-sonnet-4-5", "2026-11-29", true, 6],
    ["claude-opus-4-6", "2026-03-12", true, 10],
    ["claude-opus-4-6", "2026-03-12", false, 5],
    ["claude-opus-4-6", "2026-03-14", true, 5],
    ["claude-opus-4-5", "2026-03-12", true, 5],
  ])("%s on %s, long %s: %d dollars", ([model, date, long, expected]) => {
    // Asked twice, in both orders: what is remembered of one day says nothing of another.
    dollars(usage(model, { ts: day("2026-06-01"), long, input: MILLION }));
    expect(dollars(usage(model, { ts: day(date), long, input: MILLION }))).toBe(expected);
  });

  test("have the newest prices if their time is unknown", () => {
    expect(dollars(usage("claude-opus-4-6", { ts: 0, long: true, input: MILLION }))).toBe(5);
  });
});

test.for<[model: string, variant: string, dollars: number, isLower: boolean]>([
  ["claude-opus-4-6", "fast", 30, false],
  ["claude-opus-4-7", "fast", 30, false],
  ["us.anthropic.claude-opus-4-7-20260101-v1:0", "fast", 30, false],
  ["claude-opus-4-8", "fast", 10, false],
  ["claude-opus-4-6", "us", 5.5, false],
  ["claude-opus-4-6", "fast us", 33, false],
  ["claude-opus-5", "fast", 5, true],
  ["claude-opus-4-6", "eu", 5, true],
  ["claude-opus-4-6", "fast eu", 30, true],
])("%s, %s: %d dollars, lower bound %s", ([model, variant, expected, isLower]) => {
  const asked = usage(model, { variant, input: MILLION });
  expect([dollars(asked), prices.costOf(asked).isLower]).toEqual([expected, isLower]);
});

test("searches cost the same in every mode", () => {
  expect(dollars(usage("claude-opus-4-6", { variant: "fast us", web: 3 }))).toBe(0.03);
});

test.for<[model: string, name: string]>([
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
  ["global.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
  [
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0",
    "claude-opus-4-1-20250805",
  ],
  ["anthropic/claude-opus-4.5", "claude-opus-4.5"],
  ["openrouter/anthropic/claude-3.7-sonnet:thinking", "claude-3.7-sonnet"],
  ["claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5-20250929"],
  ["claude-opus-4@20250514", "claude-opus-4-20250514"],
  ["claude-opus-4-6@default", "claude-opus-4-6"],
  ["claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2-20241022"],
  ["anthropic.claude-v2:1", "claude-v2:1"],
  [" Claude-Haiku-4-5 ", "claude-haiku-4-5"],
])("%s is %s, and has a price", ([model, name]) => {
  expect(claudeName(model)).toBe(name);
  expect(prices.costOf(usage(model, { input: 1 }))).toMatchObject({ unpriced: 0 });
});

test.for(["", "gpt-5", "claude-foo", "claude-opus-4-9", "glm-4.6", "claude", "anthropic/", "constructor"])(
  "%j has no price, and none is guessed",
  (model) => {
    const asked = usage(model, { input: 1, output: 2, w5: 3, w1h: 4, read: 5, variant: "fast" });
    expect(prices.costOf(asked)).toEqual({ pico: 0n, unpriced: 15, isLower: false });
  },
);

test("messages that the CLI wrote itself are free", () => {
  expect(prices.costOf(usage("<synthetic>", { input: 10 }))).toEqual({ pico: 0n, unpriced: 0, isLower: false });
});

test("tokens of a kind without a price are unpriced, the others are not", () => {
  expect(prices.costOf(usage("claude-2", { input: MILLION, read: 7 }))).toEqual({
    pico: fromMicros(8_000_000),
    unpriced: 7,
    isLower: false,
  });
});

test("sums above the exact numbers of JavaScript are exact", () => {
  const asked = usage("claude-opus-4-5", { output: 9_007_199_254_740_991 });
  expect(prices.costOf(asked).pico).toBe(9_007_199_254_740_991n * 25_000_000n);
});

test.for<[pico: bigint, micros: number]>([
  [0n, 0],
  [499_999n, 0],
  [500_000n, 1],
  [1_499_999n, 1],
  [-500_000n, 0],
  [-500_001n, -1],
  [-1_500_001n, -2],
])("%s pico-dollars are %d micro-dollars", ([pico, micros]) => {
  expect(toMicros(pico)).toBe(micros);
});

test("the date of the prices is that of the installed version", () => {
  const file = path.join(root, "node_modules/@pydantic/genai-prices/package.json");
  // A new version: write the day of its publication (`npm view @pydantic/genai-prices time`) into prices.ts.
  expect(PRICES.version).toBe(JSON.parse(fs.readFileSync(file, "utf8")).version);
  expect(PRICES.published).toMatch(/^20\d\d-\d\d-\d\d$/);
});
