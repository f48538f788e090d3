import { expect, test } from "vitest";
import { formatActive, formatCost, formatCount } from "../../src/view/figures.ts";

test.for<[count: number, text: string]>([
  [0, "0"],
  [999, "999"],
  [1000, "1.0k"],
  [9949, "9.9k"],
  [9950, "10k"],
  [999_499, "999k"],
  [999_500, "1.0M"],
  [1_234_567_890, "1.2G"],
  [Number.MAX_SAFE_INTEGER, "9007T"],
])("%d tokens are %s", ([count, text]) => {
  expect(formatCount(count)).toBe(text);
});

test.for<[micros: number, text: string]>([
  [0, "$0.00"],
  [1, "<$0.01"],
  [4999, "<$0.01"],
  [5000, "$0.01"],
  [1_994_999, "$1.99"],
  [1_995_000, "$2.00"],
  [1_234_567_890_000, "$1,234,567.89"],
])("%d micro-dollars are %s", ([micros, text]) => {
  expect(formatCost(micros)).toBe(text);
});

test.for<[ms: number, text: string]>([
  [0, "0m"],
  [29_999, "<1m"],
  [30_000, "1m"],
  [3_570_000, "1h 00m"],
  [4_500_000_000, "1,250h 00m"],
])("%d ms are %s", ([ms, text]) => {
  expect(formatActive(ms)).toBe(text);
});
